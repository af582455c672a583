// The grids: one card with a graph for each watched field, and a small one for each topic.

import { byId, element, setText } from "./dom.js";
import { clock, join, units } from "./format.js";
import { Graph, LAG, serverNow, shared } from "./graph.js";

/// Cards shown at once; the filter reaches the others.
const MOST = 60;
const COLOURS = 8;

const given = new Map();

/// Gives a name its colour, the same one everywhere: that of its hash, or the next one that no other name has.
export function colourOf(name) {
  if (!given.has(name)) {
    let colour = 7;
    for (const character of name) colour = (colour * 31 + character.codePointAt(0)) >>> 0;
    const taken = new Set(given.values());
    const isFull = taken.size === COLOURS;
    while (!isFull && taken.has(colour % COLOURS)) colour += 1;
    given.set(name, colour % COLOURS);
  }
  return getComputedStyle(document.documentElement).getPropertyValue(`--series-${given.get(name)}`).trim();
}

/// One graph with its title, its current value and its buttons.
class Card {
  constructor({ grid, key, title, subtitle, series, unit, isBand, joins, buttons }) {
    this.grid = grid;
    this.key = key;
    this.series = series;
    this.format = units[unit];
    this.title = subtitle ? `${title} ${subtitle}` : title;
    this.number = element("span", { class: "number" }, "–");
    this.unit = element("span", { class: "unit" });
    this.canvas = element("canvas", { class: "graph", role: "img", tabindex: "0" });
    const name = element("h3", { title: this.title }, title);
    if (subtitle) name.append(element("span", { class: "field" }, subtitle));
    this.root = element("article", { class: "card", "data-key": key },
      element("div", { class: "card-head" }, name, element("p", { class: "value" }, this.number, this.unit)),
      this.canvas, element("div", { class: "card-foot" }, ...buttons));
    this.options = { unit, isBand, joins };
    this.listen();
  }

  /// Begins to draw; the card must be in the document.
  begin() {
    this.graph = new Graph(this.canvas, this.series, { ...this.options, colour: colourOf(this.key) });
  }

  recolour() {
    this.graph.colour = colourOf(this.key);
  }

  listen() {
    const point = (event) => (shared.hover = this.graph.timeAt(event.clientX - this.canvas.getBoundingClientRect().left));
    this.canvas.addEventListener("pointermove", point);
    this.canvas.addEventListener("pointerdown", point);
    this.canvas.addEventListener("pointerleave", () => (shared.hover = null));
    this.canvas.addEventListener("blur", () => (shared.hover = null));
    this.canvas.addEventListener("keydown", (event) => this.moveHover(event));
  }

  /// Arrow keys move the crosshair, Escape takes it away.
  moveHover(event) {
    const step = { ArrowLeft: -1_000, ArrowRight: 1_000 }[event.key];
    if (event.key === "Escape") shared.hover = null;
    else if (step) shared.hover = Math.max(this.graph.start, (shared.hover ?? this.graph.start + shared.window - LAG) + step);
    else return;
    event.preventDefault();
  }

  /// Writes the value under the crosshair, or the current one.
  writeValue() {
    const point = shared.hover === null ? null : this.series.at(shared.hover);
    const value = shared.hover === null ? this.latest() : point?.value;
    const { number, unit } = value === undefined || Number.isNaN(value) ? { number: "–", unit: "" } : this.format(value);
    setText(this.number, number);
    setText(this.unit, point ? `${unit} at ${clock(point.time)}` : unit);
  }

  latest() {
    return this.series.at(serverNow())?.value;
  }

  /// Says in words what the graph shows, for those who do not see it.
  describe() {
    const range = this.graph && this.series.range(this.graph.start ?? 0);
    const now = this.latest();
    const tell = (value) => join(this.format(value));
    const text = range && now !== undefined
      ? `now ${tell(now)}, between ${tell(range.low)} and ${tell(range.high)} in view`
      : "no value yet";
    this.canvas.setAttribute("aria-label", `${this.title}: ${text}`);
  }
}

/// All cards, in the order of their keys, and the loop that draws them.
export class Cards {
  constructor(...grids) {
    this.grids = grids;
    this.cards = new Map();
    this.filter = "";
    this.visibility = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const card = this.cards.get(target.dataset.key);
        if (card?.graph) card.graph.isVisible = isIntersecting;
      }
    });
    this.sizes = new ResizeObserver(() => this.forEach((card) => card.graph?.resize()));
    for (const grid of grids) this.sizes.observe(grid);
    requestAnimationFrame(() => this.frame());
  }

  forEach(visit) { for (const card of this.cards.values()) visit(card); }

  add(options) {
    const card = new Card(options);
    this.cards.set(options.key, card);
    this.isAdded = true;  // arranged with the next frame: a thousand may come at once
  }

  remove(key) {
    this.cards.get(key)?.root.remove();
    this.cards.delete(key);
    this.arrange();
  }

  filterBy(text) {
    this.filter = text.trim().toLowerCase();
    this.arrange();
  }

  /// Puts the cards that pass the filter into their grids, in the order of their names; none is moved without need.
  arrange() {
    this.isAdded = false;
    const passing = [...this.cards.values()].filter(({ title }) => title.toLowerCase().includes(this.filter));
    passing.sort((a, b) => (a.key < b.key ? -1 : 1));
    const shown = new Set(passing.slice(0, MOST));
    this.forEach((card) => { if (!shown.has(card)) card.root.remove(); });
    for (const grid of this.grids) {
      let next = grid.firstChild;
      for (const card of shown) {
        if (card.grid !== grid) continue;
        if (card.root === next) next = next.nextSibling;
        else grid.insertBefore(card.root, next);
        if (!card.graph) {
          card.begin();
          this.visibility.observe(card.root);
        }
      }
    }
    const more = passing.length - shown.size;
    const note = byId("more-topics");
    note.hidden = more === 0;
    setText(note, `${more} more: the filter above finds them.`);
  }

  writeValues() { this.forEach((card) => { if (card.root.isConnected) card.writeValue(); }); }

  /// Draws what is seen; with reduced motion only when new points came.
  frame() {
    if (this.isAdded) this.arrange();
    const now = serverNow();
    const isMoving = !shared.isCalm || now - (this.calmAt ?? 0) > 1_000;
    if (isMoving || shared.hover !== this.lastHover) {
      const isForced = shared.isCalm || shared.hover !== this.lastHover;
      this.forEach((card) => { if (card.root.isConnected) card.graph.draw(now, isForced); });
      if (shared.hover !== this.lastHover) this.writeValues();
      this.lastHover = shared.hover;
      if (isMoving) this.calmAt = now;
    }
    requestAnimationFrame(() => this.frame());
  }
}
