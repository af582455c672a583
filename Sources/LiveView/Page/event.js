// One event: a line that tells the most, and a tree with everything when opened.

import { element } from "./dom.js";
import { clock, preciseClock, whole } from "./format.js";
import { colourOf } from "./cards.js";

/// Fields whose values speak for themselves: they come first, without their names.
const BARE = ["message", "method", "path", "status"];
/// Fields that the line shows elsewhere or not at all.
const QUIET = new Set(["_id", "timestamp", "kind", "tags", "interval", ...BARE]);
const PAIRS = 9;

/// Makes the list item of an event. Its time is its own, else that of its arrival.
///
/// `onGraph(topic, field)` is called when a number is to be graphed.
export function eventItem({ topic, event, size }, arrival, onGraph) {
  const time = timeOf(event) ?? arrival;
  const line = element("button", { type: "button", class: "line", "aria-expanded": "false" },
    element("time", { title: preciseClock(time) }, clock(time)),
    topicBadge(topic),
    event === undefined ? tooLarge(size) : summary(event));
  const item = element("li", { class: `event ${severity(event)}` }, line);
  if (event !== undefined) line.addEventListener("click", () => toggle(item, line, topic, event, onGraph));
  return item;
}

function tooLarge(size) {
  return element("span", { class: "summary muted" }, `an event of ${whole(size)} bytes, too large to show`);
}

function topicBadge(topic) {
  const badge = element("span", { class: "badge" }, topic);
  badge.style.color = colourOf(topic);
  return badge;
}

function timeOf(event) {
  const date = event?.timestamp?.$date;
  const time = typeof date === "string" ? Date.parse(date) : NaN;
  return Number.isNaN(time) ? null : time;
}

/// "bad" and "poor" colour the line: by severity, or by the status of a web server.
function severity(event) {
  const { severity, status } = event ?? {};
  if (typeof status === "number" && status >= 500) return "bad";
  if (/^(emerg|alert|crit|err|fatal)/i.test(severity)) return "bad";
  if (typeof status === "number" && status >= 400) return "poor";
  return /^warn/i.test(severity) ? "poor" : "";
}

function summary(event) {
  const line = element("span", { class: "summary" });
  for (const key of BARE.filter((key) => key in event)) line.append(element("span", { class: "pair" }, brief(event[key])));
  const pairs = Object.entries(event).filter(([key]) => !QUIET.has(key)).slice(0, PAIRS);
  for (const [key, value] of pairs) {
    line.append(element("span", { class: "pair" }, element("span", { class: "key" }, key), "=", brief(value)));
  }
  return line;
}

/// A value in a few characters.
function brief(value) {
  if (typeof value === "string") return value.length > 120 ? `${value.slice(0, 119)}…` : value;
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.length}]`;
  return special(value) ?? "{…}";
}

/// The text of a type of Extended JSON: {"$date": …} is a date, not an object.
function special(value) {
  const keys = Object.keys(value);
  if (keys.length !== 1 || !keys[0].startsWith("$")) return null;
  const inner = value[keys[0]];
  return typeof inner === "object" && inner !== null ? JSON.stringify(inner) : String(inner);
}

function toggle(item, line, topic, event, onGraph) {
  const isOpen = line.getAttribute("aria-expanded") === "true";
  line.setAttribute("aria-expanded", String(!isOpen));
  if (isOpen) item.querySelector(".tree").remove();
  else item.append(tree(event, "", (field) => onGraph(topic, field)));
}

/// All fields of a document, indented; every number has a button that graphs it.
function tree(value, path, onGraph) {
  const list = element("dl", { class: "tree" });
  for (const [key, inner] of Object.entries(value)) {
    const field = path === "" ? key : `${path}.${key}`;
    const isNested = inner !== null && typeof inner === "object" && special(inner) === null;
    const row = element("dd", {});
    if (isNested) row.append(isEmpty(inner) ? JSON.stringify(inner) : tree(inner, field, onGraph));
    else row.append(element("span", { class: `value ${typeof inner}` }, full(inner)));
    if (typeof inner === "number" && !/\s/.test(field)) {
      row.append(element("button", { type: "button", on: { click: () => onGraph(field) } }, "Graph"));
    }
    list.append(element("dt", {}, key), row);
  }
  return list;
}

function isEmpty(value) { return Object.keys(value).length === 0; }

function full(value) {
  if (value === null || typeof value !== "object") return String(value);
  return special(value) ?? JSON.stringify(value);
}
