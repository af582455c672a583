// What is under the pointer, beside it.

import { byId, element } from "./dom.js";
import { preciseClock, fullClock } from "./clock.js";

const ROWS = 14;

/// Shows a time, values and what is to be said about them beside the pointer.
export function showTooltip(pointer, { time, isLong, rows, notes }) {
  const place = byId("tooltip");
  const list = element("ul", {});
  for (const { colour, name, value, isNearest } of rows.slice(0, ROWS)) {
    const swatch = element("span", { class: "swatch" });
    swatch.style.background = colour;
    list.append(element("li", { class: isNearest ? "nearest" : "" }, swatch,
      element("span", { class: "name" }, name), element("span", { class: "value" }, value)));
  }
  if (rows.length > ROWS) list.append(element("li", { class: "muted" }, `and ${rows.length - ROWS} more`));
  place.replaceChildren(element("p", { class: "time" }, isLong ? fullClock(time) : preciseClock(time).slice(0, 10)),
    list,
    ...notes.map(({ text, kind }) => element("p", { class: `tooltip-note ${kind}` }, text)));
  place.hidden = false;
  const { width, height } = place.getBoundingClientRect();
  const x = pointer.x + 18 + width > innerWidth ? pointer.x - width - 14 : pointer.x + 18;
  place.style.left = `${Math.max(4, x)}px`;
  place.style.top = `${Math.max(4, Math.min(innerHeight - height - 4, pointer.y - 20))}px`;
}

/// Takes it away.
export function hideTooltip() {
  byId("tooltip").hidden = true;
}
