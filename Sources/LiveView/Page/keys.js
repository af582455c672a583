// Keys for everything. `?` lists them.

import { byId, element, isTyping } from "./dom.js";
import { Panel } from "./panel.js";
import { RANGES, pan, showLast, showNow, toggleHold, zoom } from "./timeline.js";
import { spanOf } from "./format.js";

/// Makes the table of keys. `page` does what is not about time.
export function keysOf(page) {
  const panel = (act) => () => {
    const one = page.panelOf(Panel.focused());
    if (one) act(one);
  };
  const size = (w, h) => panel((one) => page.board.resize(one, one.spec.w + w, one.spec.h + h));
  return [
    ["Time", [
      [["n", "0"], "back to now", showNow],
      [[" "], "hold, and go on", toggleHold],
      [["ArrowLeft"], "into the past", () => pan(-0.5)],
      [["ArrowRight"], "towards now", () => pan(0.5)],
      [["+"], "less time, larger", () => zoom(0.5)],
      [["-"], "more time", () => zoom(2)],
      ...RANGES.map((range, index) => [[String(index + 1)], `last ${range}`, () => showLast(spanOf(range))]),
    ]],
    ["Look", [
      [["/"], "the filter", () => byId("query").focus()],
      [["f"], "the topic", () => byId("topic").focus()],
      [["o"], "overview", () => page.open("overview")],
      [["l"], "log", () => page.open("log")],
      [["w"], "web", () => page.open("web")],
      [["m"], "mail", () => page.open("mail")],
      [["g"], "choose a dashboard", () => page.openBoardMenu()],
      [["b"], "the books", () => page.books.open()],
      [["a"], "marks and alerts", () => page.openMarks()],
      [["p"], "pause the log", (event) => page.tail.toggle(event.target)],
      [["t"], "light, dark, or as the system", page.nextTheme],
      [["u"], "local time or UTC", page.nextZone],
      [["k"], "wall: only graphs, all of the screen", page.toggleWall],
      [["?"], "this list", () => byId("help").showModal()],
    ]],
    ["Panel that has the focus, or is under the pointer", [
      [["]"], "next panel", () => page.focusPanel(1)],
      [["["], "panel before", () => page.focusPanel(-1)],
      [["e"], "edit", panel((one) => page.edit(one))],
      [["v"], "table behind it", panel((one) => one.toggleTable())],
      [["c"], "data as CSV", panel((one) => page.saveTable(one))],
      [["d"], "duplicate", panel((one) => page.board.duplicate(one))],
      [["Delete"], "remove", panel((one) => page.remove(one))],
      [["Shift+ArrowLeft", "Shift+ArrowUp"], "move before", panel((one) => page.board.move(one, -1))],
      [["Shift+ArrowRight", "Shift+ArrowDown"], "move behind", panel((one) => page.board.move(one, 1))],
      [["Alt+ArrowRight"], "wider", size(1, 0)],
      [["Alt+ArrowLeft"], "narrower", size(-1, 0)],
      [["Alt+ArrowDown"], "higher", size(0, 1)],
      [["Alt+ArrowUp"], "lower", size(0, -1)],
      [["."], "all choices", panel((one) => page.openPanelMenu(one, one.menu))],
      [["i"], "new panel", () => page.newPanel()],
    ]],
  ];
}

/// Keys of a graph that has the focus, for the list; the graph itself listens to them.
const GRAPH = ["On a graph", [
  [["←", "→"], "move the crosshair"], [["Enter"], "begin and end a part to look into"], [["Esc"], "leave it"],
  [["drag"], "look into a part"], [["double click"], "back to now"], [["click"], "filter by the value"],
  [["Ctrl+wheel"], "less or more time"], [["wheel sideways"], "move through time"],
  [["swipe"], "move through time"], [["pinch"], "less or more time"], [["tap"], "read the values"],
]];

const NAMES = { " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Delete: "Del" };
const nameOf = (key) => (key === "+" ? key : key.split("+").map((part) => NAMES[part] ?? part).join("+"));

/// Listens to keys, and writes the list of them.
export function beginKeys(page) {
  const groups = keysOf(page);
  const actions = new Map();
  for (const [, keys] of groups) for (const [names, , act] of keys) for (const name of names) actions.set(name, act);
  byId("help-keys").replaceChildren(...[...groups, GRAPH].map(([title, keys]) => element("section", {},
    element("h3", {}, title), element("dl", {}, ...keys.flatMap(([names, text]) => [
      element("dt", {}, ...names.map((name) => element("kbd", {}, nameOf(name)))),
        element("dd", {}, text)])))));
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
    if (isTyping(event.target)) return void (event.key === "Escape" && event.target.blur());
    const isButton = /^(BUTTON|A|SUMMARY)$/.test(event.target.tagName);
    if (event.key === " " && isButton) return;
    const name = `${event.altKey ? "Alt+" : ""}${event.shiftKey && event.key.length > 1 ? "Shift+" : ""}${event.key}`;
    const act = actions.get(name === "=" ? "+" : name);
    if (!act) return;
    event.preventDefault();
    act(event);
  });
}
