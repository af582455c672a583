// One event: a line that tells the most, and a tree with everything when opened.

import { clock, preciseClock } from "./clock.js";
import { colourOf } from "./colours.js";
import { button, copy, element } from "./dom.js";
import { brief, extended, whole } from "./format.js";
import { linkTo } from "./marks.js";

/// Fields whose values speak for themselves: they come first, without their names.
const BARE = ["message", "method", "path", "status", "outcome"];
/// Fields that the line shows elsewhere or not at all.
const QUIET = new Set(["_id", "timestamp", "kind", "tags", "interval", ...BARE]);
const PAIRS = 9;

/// The time of an event, if it has one.
export function timeOf(event) {
  const date = event?.timestamp?.$date;
  const time = typeof date === "string" ? Date.parse(date) : Number(date?.$numberLong ?? NaN);
  return Number.isNaN(time) ? null : time;
}

/// Makes the list item of an event. Its time is its own, else that of its arrival.
export function eventItem({ topic, event, size }, arrival, columns) {
  const time = timeOf(event) ?? arrival;
  const open = element("button", { type: "button", class: "open", "aria-expanded": "false", title: preciseClock(time) },
    element("time", {}, clock(time)));
  const badge = element("span", { class: "badge", "data-field": "$topic", title: topic }, topic);
  badge.style.color = colourOf(topic);
  const line = element("div", { class: "line" }, open, badge);
  if (event === undefined) line.append(element("span", { class: "summary muted" },
    `an event of ${whole(size)} bytes, too large to show`));
  else line.append(columns.length > 0 ? cells(event, columns) : summary(event));
  return element("li", { class: `event ${severityOf(event)}` }, line);
}

/// "bad" and "poor" colour the line: by severity, or by the status of a web server, or by the outcome.
function severityOf(event) {
  const { severity, status, outcome } = event ?? {};
  if (typeof status === "number" && status >= 500) return "bad";
  if (/^(emerg|alert|crit|err|fatal|panic)/i.test(severity) || /^(bounced|expired)$/.test(outcome)) return "bad";
  if (typeof status === "number" && status >= 400) return "poor";
  return /^warn/i.test(severity) || /^(failed|invalid_user|deferred|rejected)$/.test(outcome) ? "poor" : "";
}

function summary(event) {
  const line = element("span", { class: "summary" });
  for (const key of BARE.filter((key) => key in event)) line.append(valueOf(key, event[key]));
  const pairs = Object.entries(event).filter(([key]) => !QUIET.has(key)).slice(0, PAIRS);
  for (const [key, value] of pairs) line.append(element("span", { class: "key" }, `${key}=`), valueOf(key, value));
  return line;
}

function valueOf(key, value) {
  const isWhole = value !== null && typeof value === "object" && !extended(value);
  return element("span", { class: isWhole ? "pair" : "pair value", "data-field": isWhole ? undefined : key },
    brief(value));
}

function cells(event, columns) {
  const line = element("span", { class: "cells" });
  for (const path of columns) {
    const value = at(event, path);
    line.append(value === undefined ? element("span", { class: "muted" }, "–") : valueOf(path, value));
  }
  return line;
}

/// The value at a dotted path.
export function at(event, path) {
  let value = event;
  for (const name of path.split(".")) {
    if (value === null || typeof value !== "object") return undefined;
    value = Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}

/// All dotted paths of an event; those within arrays and beyond some depth are left out.
export function pathsOf(value, path = "", into = [], depth = 0) {
  for (const [key, inner] of Object.entries(value)) {
    const field = path === "" ? key : `${path}.${key}`;
    const isInner = inner !== null && typeof inner === "object" && !Array.isArray(inner) && !extended(inner);
    if (isInner && depth < 3) pathsOf(inner, field, into, depth + 1);
    else into.push(field);
  }
  return into;
}

/// The whole of an event, with types; every value offers its choices.
export function eventTree(topic, event, page) {
  const text = () => JSON.stringify(event, (_, value) => (typeof value === "bigint" ? { $numberLong: String(value) }
    : value), 2);
  return element("div", { class: "opened" },
    element("p", { class: "opened-head" }, button("Copy as JSON", () => copy(text(), "event")),
      linkTo(event.view_link), linkTo(event.ack_link)),
    tree(event, "", { topic, page }));
}

function tree(value, path, about) {
  const list = element("dl", { class: "tree" });
  for (const [key, inner] of Object.entries(value)) {
    const field = path === "" ? key : `${path}.${key}`;
    const isNested = inner !== null && typeof inner === "object" && extended(inner) === null;
    const row = element("dd", {});
    if (isNested) {
      row.append(Object.keys(inner).length === 0 ? JSON.stringify(inner) : tree(inner, field, about));
    } else {
      const { type, text } = typed(inner, field, about);
      const isPlain = !/\s|^\$|\.\$|\.\.|\.$/.test(field);
      row.append(isPlain ? button(text, (event) => {
        about.page.openValue(about.topic, field.replace(/\.\d+(?=\.|$)/g, ""), inner, event.currentTarget);
      }, { class: "value" }) : element("span", {}, text), element("span", { class: "type" }, type));
    }
    list.append(element("dt", {}, key), row);
  }
  return list;
}

/// Type and text of a value. The catalogue knows which kind of number a field holds.
function typed(value, field, { topic, page }) {
  if (value === null) return { type: "null", text: "null" };
  if (typeof value === "object") return extended(value);
  if (typeof value === "bigint") return { type: "int64", text: String(value) };
  if (typeof value !== "number") return { type: typeof value === "boolean" ? "bool" : "string", text: String(value) };
  const known = page.catalogue.topic(topic).fields.find(({ path }) => path === field);
  const kinds = Object.keys(known?.types ?? {}).filter((type) => /^(int32|int64|double)$/.test(type));
  return { type: kinds.length === 1 ? kinds[0] : Number.isInteger(value) ? "integer" : "double", text: String(value) };
}
