// The inside of a panel with gauges: how full something is, one for each group.

import { coloursFor, theme } from "./colours.js";
import { element, setText } from "./dom.js";
import { tell } from "./format.js";
import { seriesOf, statsOf } from "./series.js";
import { shownSpan } from "./timeline.js";

const ENDS = { fraction: 1, percent: 100 };

export class GaugeBody {
  constructor(spec, page, panel) {
    Object.assign(this, { spec, page, panel });
    this.root = element("ul", { class: "gauges" });
    this.entries = new Map();
    this.data = null;
  }

  begin() {}

  end() {}

  take(watches) { this.data = seriesOf({ ...this.spec, kind: "line", show: this.spec.show ?? 24 }, watches,
    shownSpan()); }

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
    this.panel.showHint(this.data.series.length === 0 ? this.panel.emptyText() : "");
  }

  make(one) {
    const fill = element("span", { class: "fill" });
    const value = element("span", { class: "value" });
    const name = element("button", { type: "button", class: "name", title: "Filter by this value" }, one.name);
    if (one.group) name.addEventListener("click", () => this.page.openValues(this.spec, one.group, name));
    const meter = element("span", { class: "meter", role: "meter", "aria-label": one.name, "aria-valuemin": "0" },
      fill);
    const item = element("li", {}, name, meter, value);
    const entry = { item, fill, value, meter };
    this.root.append(item);
    this.entries.set(one.name, entry);
    return entry;
  }

  writeOne({ fill, value: text, meter }, { name }, value, end) {
    const part = Number.isNaN(value) ? 0 : Math.max(0, Math.min(1, value / end));
    const [poor, bad] = [this.spec.poor ?? 0.75, this.spec.bad ?? 0.9].map((limit) => (ENDS[this.data.unit] ? limit
      : Infinity));
    fill.style.width = `${part * 100}%`;
    fill.style.background = part >= bad ? theme.bad : part >= poor ? theme.poor : coloursFor([name])[0];
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
