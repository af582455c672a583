// The names of the series below a graph, each with its value; a click shows or hides one.

import { button, element, setText } from "./dom.js";
import { tell } from "./format.js";

/// A list of buttons. `onToggle(name, isAlone)` shows or hides; `onValue(series, anchor)` opens the choices of a value.
export class Legend {
  constructor({ onToggle, onValue }) {
    this.onToggle = onToggle;
    this.onValue = onValue;
    this.root = element("ul", { class: "legend" });
    this.entries = new Map();
  }

  /// Makes entries for series; those that stay are kept, so that the focus stays too.
  arrange(series, off) {
    const names = new Set(series.map(({ name }) => name));
    for (const [name, { item }] of this.entries) {
      if (names.has(name)) continue;
      item.remove();
      this.entries.delete(name);
    }
    series.forEach((one, index) => {
      const entry = this.entries.get(one.name) ?? this.make(one);
      entry.series = one;
      entry.swatch.style.background = one.colour;
      entry.toggle.setAttribute("aria-pressed", String(!off.has(one.name)));
      const there = this.root.children[index] ?? null;
      if (there !== entry.item) this.root.insertBefore(entry.item, there);
    });
  }

  make(one) {
    const swatch = element("span", { class: "swatch" });
    const value = element("span", { class: "value" });
    const toggle = element("button", {
      type: "button", class: "toggle", title: "Show or hide; with Alt only this one",
      on: {
        click: (event) => this.onToggle(one.name, event.altKey),
        contextmenu: (event) => {
          const entry = this.entries.get(one.name);
          if (!entry?.series.group) return;
          event.preventDefault();
          this.onValue(entry.series, toggle);
        },
      },
    }, swatch, element("span", { class: "name" }, one.name), value);
    const item = element("li", {}, toggle);
    if (one.group) {
      item.append(button("▾", (event) => this.onValue(this.entries.get(one.name).series, event.currentTarget), {
        class: "only", "aria-label": `Filter by ${one.name}`, title: "Filter by this value",
      }));
    }
    const entry = { item, swatch, toggle, value, series: one };
    this.entries.set(one.name, entry);
    return entry;
  }

  /// Writes values by the names of their series.
  write(values, unit) {
    for (const [name, { value }] of this.entries) setText(value, tell(values.get(name), unit));
  }
}
