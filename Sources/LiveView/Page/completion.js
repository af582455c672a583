// Completion of a query: fields, operators and values from the catalogue.

import { element } from "./dom.js";
import { keyText, valueText } from "./query.js";
import { contextAt } from "./tokens.js";
import { brief } from "./format.js";

const OPERATORS = [
  ["$gte", "at least"], ["$gt", "more than"], ["$lte", "at most"], ["$lt", "less than"], ["$ne", "not equal"],
  ["$eq", "equal"], ["$in", "one of"], ["$nin", "none of"], ["$exists", "is there"], ["$regex", "pattern"],
  ["$type", "type"], ["$not", "not"], ["$elemMatch", "an element matches"], ["$all", "all of"], ["$size", "length"],
  ["$mod", "remainder"],
];
const JOINTS = [["$or", "one of these"], ["$and", "all of these"], ["$nor", "none of these"], ["$expr", "expression"]];
const MOST = 12;

/// A list below an input, as WAI-ARIA's combobox has it.
export class Completion {
  constructor(input, list, catalogue, topic) {
    Object.assign(this, { input, list, catalogue, topic });
    this.items = [];
    this.chosen = -1;
    input.addEventListener("input", () => this.open());
    input.addEventListener("click", () => this.open());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const item = event.target.closest("li");
      if (item) this.use([...list.children].indexOf(item));
    });
  }

  open() {
    const before = this.input.value.slice(0, this.input.selectionStart);
    this.context = contextAt(before);
    const word = this.context.word.replace(/^["']/, "").toLowerCase();
    const fits = ({ label }) => label.toLowerCase().includes(word);
    const starts = ({ label }) => label.toLowerCase().startsWith(word);
    const found = this.offers().filter(fits);
    found.sort((a, b) => starts(b) - starts(a));
    this.items = found.slice(0, MOST);
    if (this.items.length === 1 && this.items[0].label === this.context.word) this.items = [];
    this.show();
  }

  offers() {
    const { kind, field, isOutside } = this.context;
    const fields = this.catalogue.fields(this.topic() || "*");
    if (isOutside && this.input.value.trim().endsWith("}")) return [];
    if (kind === "key") {
      const keys = fields.map(({ path, types }) => ({ label: path, text: keyOffer(path),
        note: Object.keys(types)[0] ?? "" }));
      return [...keys, ...JOINTS.map(([label, note]) => ({ label, text: `${label}: [{`, note }))];
    }
    if (kind === "operator") return OPERATORS.map(([label, note]) => ({ label, text: `${label}: `, note }));
    if (kind !== "value") return [];
    const known = fields.find(({ path }) => path === field);
    const values = (known?.top ?? []).map(([value, count]) => (
      { label: brief(value, 60), text: valueText(value), note: `${count} seen` }));
    return [...values, ...OPERATORS.slice(0, 8).map(([label, note]) => ({ label, text: `{${label}: `, note }))];
  }

  show() {
    this.chosen = -1;
    const items = this.items.map(({ label, note }, index) => element("li", {
      role: "option", id: `completion-${index}`, "aria-selected": "false",
    }, element("span", {}, label), element("span", { class: "muted" }, note)));
    this.list.replaceChildren(...items);
    this.list.hidden = items.length === 0;
    this.input.setAttribute("aria-expanded", String(items.length > 0));
    this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    this.items = [];
    this.show();
  }

  key(event) {
    if (event.ctrlKey && event.key === " ") this.open();
    else if (this.items.length === 0) return;
    else if (event.key === "ArrowDown") this.choose(this.chosen + 1);
    else if (event.key === "ArrowUp") this.choose(this.chosen - 1);
    else if (event.key === "Escape") this.close();
    else if (event.key === "Tab") this.use(Math.max(0, this.chosen));
    else if (event.key === "Enter" && this.chosen >= 0) this.use(this.chosen);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  choose(index) {
    const count = this.items.length;
    this.chosen = (index + count) % count;
    [...this.list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === this.chosen)));
    this.list.children[this.chosen].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", `completion-${this.chosen}`);
  }

  /// Writes what was chosen, and closes what is complete.
  use(index) {
    const { input, context } = this;
    const text = (context.isOutside ? "{" : "") + this.items[index].text;
    const rest = input.value.slice(input.selectionStart);
    const before = input.value.slice(0, context.from) + text;
    const closing = context.kind === "value" && rest === "" && !text.endsWith(" ") ? endings(before) : "";
    input.value = before + closing + rest;
    input.setSelectionRange(before.length + closing.length, before.length + closing.length);
    this.open();
  }
}

const keyOffer = (path) => `${keyText(path)}: `;

/// The brackets that a text lacks.
function endings(text) {
  const open = [];
  for (const [sign] of text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, "").matchAll(/[{}[\]]/g)) {
    if (sign === "{" || sign === "[") open.push(sign === "{" ? "}" : "]");
    else open.pop();
  }
  return open.toReversed().join("");
}
