// The inside of a panel with gauges: how full something is, one for each group.

import { coloursFor, theme } from "./colours.js";
import { element, setText } from "./dom.js";
import { tell } from "./format.js";
import { seriesOf, statsOf } from "./series.js";
import { shownSpan } from "./timeline.js";

const ENDS = { fraction: 1, percent: 100 };

/// Gauges that are drawn as arcs; more of them are bars.
const ARCS = 2;
const SVG = "http://www.w3.org/2000/svg";

/// A half circle: its length counts as a hundred.
function arcOf() {
  const root = document.createElementNS(SVG, "svg");
  root.setAttribute("viewBox", "0 0 100 54");
  root.setAttribute("aria-hidden", "true");
  const [, line] = ["ground", "arc"].map((name) => {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", "M 8 50 A 42 42 0 0 1 92 50");
    path.setAttribute("pathLength", "100");
    path.setAttribute("class", name);
    root.append(path);
    return path;
  });
  return { root, line };
}

export class GaugeBody {
  constructor(spec, page, panel) {
    Object.assign(this, { spec, page, panel });
    this.root = element("ul", { class: "gauges" });
    this.entries = new Map();
    this.data = null;
  }

  begin() {}

  end() {}

  take(watches) {
    this.data = seriesOf({ ...this.spec, kind: "line", show: this.spec.show ?? 24 }, watches, shownSpan());
  }

  /// The end of the scale: that of the panel, or of the unit, or the largest value.
  get scaleEnd() {
    const most = Math.max(0, ...this.data.series.map((one) => statsOf(one, shownSpan()).high));
    return this.spec.most ?? ENDS[this.data.unit] ?? (most || 1);
  }

  write() {
    if (!this.data) return;
    const end = this.scaleEnd;
    const names = new Set(this.data.series.map(({ name }) => name));
    for (const [name, entry] of this.entries) if (!names.has(name)) {
      entry.item.remove();
      this.entries.delete(name);
    }
    const span = shownSpan();
    for (const one of this.data.series.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const value = statsOf(one, { from: span.to - 30_000 - this.data.step, to: span.to }).latest;
      this.writeOne(this.entries.get(one.name) ?? this.make(one), one, value, end);
    }
    this.root.classList.toggle("arcs", names.size <= ARCS);
    this.panel.showHint(this.data.series.length === 0 ? this.panel.emptyText() : "");
  }

  make(one) {
    const fill = element("span", { class: "fill" });
    const arc = arcOf();
    const value = element("span", { class: "value" });
    const name = element("button", { type: "button", class: "name", title: "Filter by this value" }, one.name);
    if (one.group) name.addEventListener("click", () => this.page.openValues(this.spec, one.group, name));
    const meter = element("span", { class: "meter", role: "meter", "aria-label": one.name, "aria-valuemin": "0" },
      fill, arc.root);
    const item = element("li", {}, name, value, meter);
    const entry = { item, fill, value, meter, arc: arc.line };
    this.root.append(item);
    this.entries.set(one.name, entry);
    return entry;
  }

  writeOne({ fill, value: text, meter, arc }, { name }, value, end) {
    const part = Number.isNaN(value) ? 0 : Math.max(0, Math.min(1, value / end));
    const hasEnd = this.data.unit in ENDS;
    const [poor, bad] = hasEnd ? [this.spec.poor ?? 0.75, this.spec.bad ?? 0.9] : [Infinity, Infinity];
    fill.style.width = `${part * 100}%`;
    const colour = part >= bad ? theme.bad : part >= poor ? theme.poor : coloursFor([name])[0];
    fill.style.background = colour;
    arc.style.stroke = colour;
    arc.style.strokeDasharray = `${part * 100} 200`;
    setText(text, tell(value, this.data.unit));
    meter.setAttribute("aria-valuemax", String(end));
    meter.setAttribute("aria-valuenow", String(Number.isNaN(value) ? 0 : Number(value.toPrecision(4))));
    meter.setAttribute("aria-valuetext", tell(value, this.data.unit));
  }

  table() {
    const rows = (this.data?.series ?? []).map((one) => [one.name,
      tell(statsOf(one, shownSpan()).latest, this.data.unit)]);
    return { head: ["Name", "Value"], rows };
  }

  records() {
    return { head: ["name", "value"],
      rows: (this.data?.series ?? []).map((one) => [one.name, statsOf(one, shownSpan()).latest]) };
  }
}
