// Topics and watched fields: what the server counts, kept as series with a card each.

import { byId, element } from "./dom.js";
import { unitOf } from "./format.js";
import { LONG, Rate, Series } from "./series.js";

/// Fields that are graphed without being asked for, where they occur: what most people look for first.
const USUAL = {
  "host.cpu": ["busy"],
  "host.memory": ["used_fraction", "used"],
  "host.network": ["rx_bytes_per_second"],
  "http.hit": ["request_time", "bytes"],
};
const FIELDS = 64;
/// Characters between topic and field in a key and in the address: neither may contain it.
const BETWEEN = " ";

/// Everything that is graphed.
export class Topics {
  constructor({ cards, connection, onFilter }) {
    this.cards = cards;
    this.connection = connection;
    this.onFilter = onFilter;
    this.rates = new Map();
    this.known = new Map();
    this.fields = new Map();
    this.chosen = new Set();
    this.removed = new Set();
    this.restore();
  }

  // --- Rates

  /// Takes the counters of one message: those of changed topics; the others stand where they stood.
  count(message, previous) {
    for (const [topic, events] of message.topics) {
      const rate = this.rates.get(topic) ?? this.addTopic(topic, previous);
      rate.counter = events;
    }
    for (const rate of this.rates.values()) rate.count(message.time, rate.counter);
  }

  addTopic(topic, previous) {
    const rate = new Rate();
    // It is new: from the beginning of this connection, or for long, there was none.
    if (previous) rate.marks.push({ time: Math.max(previous - LONG, this.began), counter: 0 });
    this.rates.set(topic, rate);
    const show = element("button", { type: "button", on: { click: () => this.onFilter(topic) } }, "Events");
    const choose = element("button", {
      type: "button", "aria-haspopup": "true", "aria-expanded": "false",
      on: { click: () => this.openChooser(topic, choose) },
    }, "Fields");
    const grid = byId("topics");
    this.cards.add({ grid, key: topic, title: topic, series: rate, unit: "rate", buttons: [show, choose] });
    return rate;
  }

  /// Another connection: counters begin anew, what lies between is a gap.
  restart(time) {
    this.began = time;
    for (const rate of this.rates.values()) rate.restart(time);
    for (const { series } of this.fields.values()) series.break(time);
  }

  // --- Fields

  /// Learns from an event which numeric fields its topic has.
  learn(topic, event) {
    const known = this.known.get(topic) ?? new Set();
    this.known.set(topic, known);
    const before = known.size;
    collectNumbers(event, "", known);
    if (known.size === before) return;
    const usual = (USUAL[topic] ?? []).find((field) => known.has(field));
    const isTaken = [...this.chosen].some((key) => key.startsWith(topic + BETWEEN));
    if (usual && !isTaken && !this.removed.has(topic)) this.watch(topic, usual);
  }

  isWatched(topic, field) { return this.chosen.has(topic + BETWEEN + field); }

  watch(topic, field) {
    const key = topic + BETWEEN + field;
    if (this.chosen.has(key) || this.chosen.size >= FIELDS) return;
    this.chosen.add(key);
    this.addField(key);
    this.ask();
  }

  unwatch(topic, field) {
    const key = topic + BETWEEN + field;
    this.chosen.delete(key);
    this.fields.delete(key);
    this.removed.add(topic);
    this.cards.remove(key);
    this.ask();
  }

  addField(key) {
    const [topic, field] = key.split(BETWEEN);
    const series = new Series();
    this.fields.set(key, { topic, field, series });
    const remove = element("button", {
      type: "button", "aria-label": `Remove the graph of ${topic} ${field}`,
      on: { click: () => this.unwatch(topic, field) },
    }, "Remove");
    this.cards.add({
      grid: byId("fields"), key, title: topic, subtitle: field, series, unit: unitOf(topic, field), isBand: true,
      joins: 15_000, buttons: [remove],
    });
  }

  /// Tells the server which fields are wanted, and the address bar, so that a reload shows the same.
  ask() {
    const keys = [...this.chosen];
    this.connection.want({ type: "fields", watch: keys.map((key) => key.split(BETWEEN)) });
    const hash = keys.map((key) => key.split(BETWEEN).map(encodeURIComponent).join("/")).join("&");
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname);
  }

  restore() {
    for (const part of location.hash.slice(1).split("&")) {
      const names = part.split("/").map(decodeSafely);
      if (names.length !== 2 || names.some((name) => name === "" || name.includes(BETWEEN))) continue;
      this.chosen.add(names.join(BETWEEN));
    }
    for (const key of this.chosen) this.addField(key);
    if (this.chosen.size > 0) this.ask();
  }

  /// Takes the values of one message: [topic, field, count, average, low, high, last] for each field with any.
  take({ time, fields }) {
    for (const [topic, field, , average, low, high] of fields) {
      this.fields.get(topic + BETWEEN + field)?.series.push(time, average, low, high);
    }
  }

  /// Opens a list of the numeric fields of a topic below a button; closes it if it is open.
  openChooser(topic, button) {
    const foot = button.parentElement;
    const open = foot.querySelector(".chooser");
    button.setAttribute("aria-expanded", String(!open));
    if (open) return open.remove();
    const fields = [...(this.known.get(topic) ?? [])].sort();
    const list = element("div", { class: "chooser", role: "group", "aria-label": `Numeric fields of ${topic}` });
    if (fields.length === 0) list.append(element("p", { class: "muted" }, "No numeric field seen yet."));
    for (const field of fields) {
      const box = element("input", { type: "checkbox", checked: this.isWatched(topic, field) });
      box.addEventListener("change", () => (box.checked ? this.watch(topic, field) : this.unwatch(topic, field)));
      list.append(element("label", {}, box, field));
    }
    foot.append(list);
    const close = ({ type, key, target }) => {
      if (type === "keydown" ? key !== "Escape" : foot.contains(target)) return;
      for (const event of ["keydown", "pointerdown"]) document.removeEventListener(event, close);
      if (list.isConnected) this.openChooser(topic, button);
    };
    for (const event of ["keydown", "pointerdown"]) document.addEventListener(event, close);
  }
}

function decodeSafely(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/// Collects the dotted paths of all numbers in an event; not those of arrays, whose places mean little.
function collectNumbers(value, path, into) {
  if (typeof value === "number" || typeof value === "bigint") return void (path !== "" && into.add(path));
  if (value === null || typeof value !== "object" || Array.isArray(value) || into.size >= 200) return;
  for (const [key, inner] of Object.entries(value)) {
    if (/[\s.$]/.test(key) || key === "") continue;
    collectNumbers(inner, path === "" ? key : `${path}.${key}`, into);
  }
}
