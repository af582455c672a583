// A dashboard on the page: its panels in a grid, begun when they are seen.

import { announce, byId } from "./dom.js";
import { Arranging } from "./arranging.js";
import { Panel } from "./panel.js";
import { timeline } from "./timeline.js";
import { matches } from "./catalogue.js";

/// Columns that panels are measured in, on a usual screen.
export const COLUMNS = 12;
const ROW = 36;
const GAP = 12;
/// Pixels beyond the screen within which panels ask already.
const AHEAD = "500px";
/// Milliseconds between two times that values are written.
const PACE = 250;
/// Milliseconds between two times that a panel takes what it was told.
const OFTEN = 900;

export class Board {
  constructor(root, page) {
    this.root = root;
    this.page = page;
    this.panels = new Map();
    this.order = [];
    this.stale = new Set();
    this.visibility = new IntersectionObserver((entries) => this.see(entries), { rootMargin: AHEAD });
    this.arranging = new Arranging(this);
    new ResizeObserver(() => this.measure()).observe(root);
    page.store.listeners.add((watch) => this.note(watch));
    timeline.listeners.add(() => this.askAll());
    setInterval(() => this.tick(), PACE);
    this.follow();
  }

  /// Shows these panels. Those that are there already and were made of the same stay as they are.
  show(specs, { isAgain = false } = {}) {
    for (const [id, panel] of this.panels) {
      const text = JSON.stringify(specs.find((one) => one.id === id));
      if (text !== (isAgain ? panel.madeOf : JSON.stringify(panel.spec))) this.drop(id, panel);
    }
    this.root.classList.toggle("alone", specs.length === 1 && specs[0].kind === "log");
    this.order = specs.map((spec) => this.panels.get(spec.id) ?? this.make(spec));
    this.place();
  }

  make(spec) {
    const madeOf = JSON.stringify(spec);
    if (this.page.off?.[spec.id]) spec.off = this.page.off[spec.id];
    const panel = new Panel(spec, this.page);
    panel.madeOf = madeOf;
    this.panels.set(spec.id, panel);
    this.root.append(panel.root);
    panel.begin();
    this.visibility.observe(panel.root);
    this.arranging.attach(panel);
    return panel;
  }

  drop(id, panel) {
    this.visibility.unobserve(panel.root);
    panel.end();
    this.panels.delete(id);
  }

  /// Makes a panel anew, as after it was edited.
  renew(panel) {
    const place = this.order.indexOf(panel);
    this.drop(panel.spec.id, panel);
    this.order[place] = this.make(panel.spec);
    this.place();
    return this.order[place];
  }

  get specs() { return this.order.map(({ spec }) => spec); }

  /// Puts panels into their order and gives them their room; none is moved without need.
  place() {
    const { topic } = this.page.filter;
    let next = this.root.firstElementChild;
    for (const panel of this.order) {
      const { spec, root } = panel;
      if (root === next) next = next.nextElementSibling;
      else this.root.insertBefore(root, next);
      root.hidden = Boolean(topic) && Boolean(spec.topic) && !isAbout(spec.topic, topic);
      this.span(panel);
    }
    this.order.forEach(({ spec, root }, index) => {
      if (spec.kind === "heading") root.hidden = Boolean(topic) && this.isEmptySection(index + 1);
    });
  }

  /// Whether the filter hides everything up to the next heading.
  isEmptySection(index) {
    const end = this.order.findIndex(({ spec }, place) => place >= index && spec.kind === "heading");
    return this.order.slice(index, end < 0 ? undefined : end).every(({ root }) => root.hidden);
  }

  span({ spec, root }) {
    const columns = this.columns ?? COLUMNS;
    const width = columns < COLUMNS ? Math.min(columns, Math.max(1, Math.round((spec.w * columns) / COLUMNS))) : spec.w;
    const isNarrow = columns === 2;
    const wide = isNarrow && !(spec.kind === "number" && spec.w <= 4) ? columns : width;
    root.style.gridColumn = spec.kind === "heading" ? "1 / -1" : `span ${wide}`;
    root.style.gridRow = spec.kind === "heading" ? "span 1" : `span ${spec.h}`;
  }

  /// Two columns on a phone, six on a small screen, more than twelve on a wall.
  measure() {
    const width = this.root.clientWidth;
    const columns = width < 600 ? 2 : width < 1000 ? 6 : width < 2300 ? COLUMNS : 2 * COLUMNS;
    if (columns === this.columns) return;
    this.columns = columns;
    this.root.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    this.place();
  }

  /// Pixels of a column and a row, gaps included.
  get cell() {
    return { width: (this.root.clientWidth + GAP) / (this.columns ?? COLUMNS), height: ROW + GAP };
  }

  see(entries) {
    for (const { target, isIntersecting } of entries) {
      const panel = this.panels.get(target.dataset.id);
      if (!panel || panel.isAsking === isIntersecting) continue;
      if (isIntersecting) panel.ask();
      else panel.unask();
    }
  }

  /// Asks anew: the filter or the time has changed.
  askAll() {
    for (const panel of this.panels.values()) if (panel.isAsking) panel.ask();
  }

  note(watch) {
    for (const panel of this.panels.values()) if (panel.watches.includes(watch)) this.stale.add(panel);
    if (this.stale.size > 0 && !this.isPlanned) {
      this.isPlanned = true;
      requestAnimationFrame(() => this.flush());
    }
  }

  /// A bucket has a second at least, so once a second is enough; the first answer is shown at once.
  flush() {
    this.isPlanned = false;
    const now = performance.now();
    for (const panel of this.stale) {
      if (panel.hasData && now - panel.refreshedAt < OFTEN) continue;
      this.stale.delete(panel);
      panel.refresh();
    }
  }

  /// Panels that were told nothing new move on all the same: nothing is news, too.
  tick() {
    if (document.hidden) return;
    this.flush();
    const now = performance.now();
    for (const panel of this.panels.values()) {
      if (panel.isAsking && now - (panel.refreshedAt ?? 0) > 1_000) panel.refresh();
    }
    byId("reading").hidden = ![...this.panels.values()].some((panel) => panel.isAsking && panel.isReading);
  }

  /// Values follow the crosshair at once.
  follow() {
    if (timeline.hover !== this.hover) {
      this.hover = timeline.hover;
      for (const panel of this.panels.values()) panel.write();
    }
    requestAnimationFrame(() => this.follow());
  }

  // --- Changes by a person

  add(spec) {
    const panel = this.make(spec);
    this.order.push(panel);
    this.changed(`${panel.title} added`);
    panel.root.scrollIntoView({ block: "nearest", behavior: timeline.isCalm ? "auto" : "smooth" });
    panel.root.focus({ preventScroll: true });
    return panel;
  }

  duplicate(panel) {
    const spec = { ...structuredClone(panel.spec), id: this.page.newId() };
    const copy = this.make(spec);
    this.order.splice(this.order.indexOf(panel) + 1, 0, copy);
    this.changed(`${panel.title} duplicated`);
    copy.root.focus();
  }

  remove(panel) {
    const place = this.order.indexOf(panel);
    this.order.splice(place, 1);
    this.drop(panel.spec.id, panel);
    this.changed(`${panel.title} removed`);
    (this.order[place] ?? this.order.at(-1))?.root.focus();
    return place;
  }

  /// Moves a panel by so many places.
  move(panel, by) {
    const from = this.order.indexOf(panel);
    const to = Math.min(this.order.length - 1, Math.max(0, from + by));
    if (from === to) return;
    this.order.splice(from, 1);
    this.order.splice(to, 0, panel);
    this.changed(`${panel.title}: place ${to + 1} of ${this.order.length}`);
    panel.root.focus();
  }

  resize(panel, w, h) {
    const spec = panel.spec;
    const width = Math.min(COLUMNS, Math.max(2, w));
    const height = Math.min(24, Math.max(3, h));
    if (spec.w === width && spec.h === height) return;
    Object.assign(spec, { w: width, h: height });
    this.changed(`${panel.title}: ${width} of ${COLUMNS} wide, ${height} high`);
  }

  changed(text) {
    this.place();
    announce(text);
    this.page.boardChanged();
  }
}

const isAbout = (topic, filter) => matches(filter, topic) || matches(topic, filter);
