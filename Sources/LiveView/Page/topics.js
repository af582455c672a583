// Topics and watched fields: what the server answers, kept as series with a card each.

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
const FIELDS = 60;
/// Characters between topic and field in a key and in the address: neither may contain it.
const BETWEEN = " ";
/// The name of the watch of all topics.
const ALL = "topics";
/// Buckets whose counts are remembered: later ones do not change any more.
const KEPT = 32;

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
    this.lastField = 0;
    this.hasOthers = false;
    this.began = 0;
    this.previous = null;
    connection.want({
      type: "watch", id: ALL, topic: "*", group: "$topic", value: "count", clock: "arrival", every: "1s", last: "30s",
      limit: 1_000,
    });
    this.restore();
  }

  // --- Rates

  /// Takes an answer of the server: that about all topics, or that about a field.
  take(message) {
    if (message.id === ALL) return this.takeTopics(message);
    const field = [...this.fields.values()].find(({ id }) => id === message.id);
    if (field) takeValues(field, message);
  }

  /// Buckets become counters: a message that was skipped for a slow client costs detail, never events.
  takeTopics({ type, groups, buckets }) {
    if (type === "snapshot") {
      this.names = new Map();
      this.counts = new Map();
    }
    for (const [number, [topic]] of groups) this.names.set(number, topic);
    for (const { time, rows } of buckets) {
      const counts = this.counts.get(time) ?? new Map();
      this.counts.set(time, counts);
      for (const [number, count] of rows) {
        const topic = this.names.get(number);
        if (topic === undefined) this.hasOthers = true;
        else {
          const rate = this.rates.get(topic) ?? this.addTopic(topic);
          if (type === "change" && time >= this.began - 1_000) rate.counter += count - (counts.get(topic) ?? 0);
          counts.set(topic, count);
        }
      }
      for (const old of [...this.counts.keys()].slice(0, -KEPT)) this.counts.delete(old);
    }
  }

  /// Four times a second: counters that did not change stand where they stood.
  tick(time) {
    for (const rate of this.rates.values()) rate.count(time, rate.counter);
    for (const field of this.fields.values()) pushValues(field, time);
    this.previous = time;
  }

  addTopic(topic) {
    const rate = new Rate();
    rate.counter = 0;
    // It is new: from the beginning of this connection, or for long, there was none.
    if (this.previous) rate.marks.push({ time: Math.max(this.previous - LONG, this.began), counter: 0 });
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

  /// Another connection: what lies between is a gap.
  restart(time) {
    this.began = time;
    this.previous = null;
    for (const rate of this.rates.values()) rate.restart(time);
    for (const field of this.fields.values()) {
      field.pending = null;
      field.series.break(time);
    }
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
    this.remember();
  }

  unwatch(topic, field) {
    const key = topic + BETWEEN + field;
    this.chosen.delete(key);
    this.connection.forget(this.fields.get(key)?.id);
    this.fields.delete(key);
    this.removed.add(topic);
    this.cards.remove(key);
    this.remember();
  }

  addField(key) {
    const [topic, field] = key.split(BETWEEN);
    const series = new Series();
    const id = `field ${(this.lastField += 1)}`;
    this.fields.set(key, { id, series, pending: null });
    this.connection.want({
      type: "watch", id, topic, value: [{ avg: field }, { min: field }, { max: field }], clock: "arrival",
      every: "250ms", last: "1m",
    });
    const remove = element("button", {
      type: "button", "aria-label": `Remove the graph of ${topic} ${field}`,
      on: { click: () => this.unwatch(topic, field) },
    }, "Remove");
    this.cards.add({
      grid: byId("fields"), key, title: topic, subtitle: field, series, unit: unitOf(topic, field), isBand: true,
      joins: 15_000, buttons: [remove],
    });
  }

  /// Tells the address bar which fields are chosen, so that a reload shows the same.
  remember() {
    const keys = [...this.chosen];
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

/// Takes the buckets of a field: one that another follows is complete, and becomes a point.
function takeValues(field, { buckets }) {
  for (const { time, rows } of buckets) {
    if (time < (field.pushed ?? 0) || rows.length === 0 || rows[0][1] === null) continue;
    if (field.pending && field.pending.time !== time) pushValues(field, Infinity);
    field.pending = { time, values: rows[0] };
  }
}

/// Makes a point of the bucket that waits, if it ended before a time.
function pushValues(field, now) {
  if (!field.pending || field.pending.time + 250 > now) return;
  const [, average, low, high] = field.pending.values;
  field.series.push(field.pending.time + 250, average, low, high);
  field.pushed = field.pending.time + 250;
  field.pending = null;
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
