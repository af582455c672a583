// The form of a panel: what it shows, of which events.

import { byId, element } from "./dom.js";
import { KINDS } from "./panel.js";
import { units } from "./format.js";

const MEASURES = ["rate", "count", "sum", "avg", "min", "max", "p50", "p90", "p95", "p99", "p99.9", "distinct", "top",
  "histogram"];

/// Opens the form; `onDone(spec)` is given the panel as it was filled in.
export class Editor {
  constructor(catalogue) {
    this.catalogue = catalogue;
    this.dialog = byId("editor");
    this.form = byId("editor-form");
    fill(this.field("kind"), Object.entries(KINDS).map(([key, { name }]) => [key, name]));
    fill(this.field("unit"), [["", "by the field"], ...Object.keys(units).map((unit) => [unit, unit])]);
    byId("editor-measures").replaceChildren(...MEASURES.map((value) => element("option",
      { value: value === "rate" || value === "count" ? value : `${value} ` })));
    this.field("topic").addEventListener("change", () => this.offerFields());
    this.form.addEventListener("submit", (event) => this.submit(event));
  }

  field(name) { return this.form.elements.namedItem(name); }

  open(spec, title, onDone) {
    this.spec = spec;
    this.onDone = onDone;
    byId("editor-title").textContent = title;
    const values = [spec.value ?? "rate"].flat().map((value) => (
      typeof value === "string" ? value : Object.entries(value).map(([kind, field]) => `${kind} ${field}`)[0]));
    const texts = {
      title: spec.title ?? "", kind: spec.kind, topic: spec.topic ?? "", match: spec.match ?? "",
        share: spec.share ?? "",
      group: [spec.group ?? []].flat().join(", "), value: values.join(", "), unit: spec.unit ?? "",
        clock: spec.clock ?? "event",
      poor: spec.poor ?? "", bad: spec.bad ?? "", w: spec.w, h: spec.h,
    };
    for (const [name, text] of Object.entries(texts)) this.field(name).value = text;
    this.complain("");
    this.offerFields();
    this.dialog.showModal();
    this.field("title").focus();
  }

  offerFields() {
    const fields = this.catalogue.fields(this.field("topic").value || "*");
    const paths = ["$topic", ...fields.map(({ path }) => path)];
    byId("editor-fields").replaceChildren(...paths.map((path) => element("option", { value: path })));
    byId("editor-known").textContent = fields.length > 0
      ? `Fields: ${fields.slice(0, 30).map(({ path }) => path).join(", ")}` : "";
  }

  submit(event) {
    event.preventDefault();
    const text = (name) => this.field(name).value.trim();
    const kind = text("kind");
    const values = text("value").split(",").map((value) => valueOf(value.trim())).filter((value) => value !== "");
    const isPlain = kind === "heading" || kind === "log";
    if (!text("topic") && !isPlain) return this.complain("Which topic?");
    if (values.includes(null)) return this.complain(
      `A value is rate, count, or one of ${MEASURES.slice(2).join(", ")} and a field: p99 request_time`);
    const isHistogram = values.length === 1 && values[0].histogram;
    if (kind === "heat" && !isHistogram) return this.complain("A heat map shows one value: histogram and a field");
    const group = text("group").split(",").map((field) => field.trim()).filter(Boolean);
    const number = (name) => (text(name) === "" ? undefined : Number(text(name)));
    const spec = {
      ...this.spec, kind, title: text("title"), topic: text("topic"), match: text("match"), share: text("share"),
      group: group.length > 1 ? group : group[0], value: values.length > 1 ? values : values[0], unit: text("unit"),
      clock: text("clock") === "arrival" ? "arrival" : undefined, poor: number("poor"), bad: number("bad"),
      w: Number(text("w")) || 6, h: Number(text("h")) || 6, off: undefined,
    };
    const isOther = JSON.stringify(spec.value) !== JSON.stringify(this.spec.value);
    if (isOther) Object.assign(spec, { names: undefined, sort: undefined });
    for (const [key, value] of Object.entries(spec)) if (value === undefined || value === "") delete spec[key];
    this.dialog.close();
    this.onDone(spec);
  }

  complain(text) {
    const place = byId("editor-mistake");
    place.hidden = text === "";
    place.textContent = text;
  }
}

function fill(select, options) {
  select.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
}

/// "p99 request_time" as the protocol has it; null if it is nothing known.
function valueOf(text) {
  if (text === "" || text === "count" || text === "rate") return text;
  const [, kind, field] = /^(\S+)\s+(\S+)$/.exec(text) ?? [];
  const isKnown = MEASURES.slice(2).includes(kind) || /^p\d{1,2}(\.\d+)?$/.test(kind ?? "");
  if (!isKnown || !field) return null;
  return kind === "top" ? { top: field, n: 20 } : { [kind]: field };
}
