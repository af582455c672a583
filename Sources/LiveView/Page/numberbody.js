// The inside of a panel with one number: its value, how it moved, and a small line of its course.

import { element, setText } from "./dom.js";
import { drawLines } from "./draw.js";
import { drawBands } from "./overlay.js";
import { tell, units } from "./format.js";
import { animate, rest } from "./motion.js";
import { Plot } from "./plot.js";
import { seriesOf, statsOf, valueAt } from "./series.js";
import { shownSpan, timeline } from "./timeline.js";

/// Part of the interval that is "now": its average is the number.
const NOW = 0.04;

export class NumberBody {
  constructor(spec, page, panel) {
    Object.assign(this, { spec, page, panel });
    this.number = element("span", { class: "number" }, "–");
    this.unit = element("span", { class: "unit" });
    const titles = ["against the average", "average", "highest", "all of the time that is shown"];
    this.trend = titles.map((title) => element("span", { title }));
    this.canvas = element("canvas", { class: "spark", "aria-hidden": "true" });
    this.root = element("div", { class: "number-body" },
      element("p", { class: "big" }, this.number, this.unit), element("p", { class: "trend" }, ...this.trend),
      this.canvas);
    this.data = null;
  }

  begin() {
    this.plot = new Plot(this.canvas);
    this.fit();
    animate(this);
  }

  end() { rest(this); }

  resize() {
    this.plot.resize();
    this.fit();
    this.isStale = true;
  }

  fit() { Object.assign(this.plot, { left: 0, right: this.plot.width, top: 3, bottom: this.plot.height - 2 }); }

  take(watches) {
    this.data = seriesOf({ ...this.spec, kind: "line" }, watches, shownSpan());
    const { from, to } = shownSpan();
    this.data.bands = this.data.bands.concat(this.page.outages.bands(this.spec.topic, from, to));
    this.isStale = true;
  }

  draw(now, isForced) {
    const { plot, data } = this;
    if (!data || plot.height < 16) return false;
    const span = shownSpan(now);
    const step = (span.to - span.from) / (plot.width * plot.density);
    if (!isForced && !this.isStale && !this.isEasing && Math.abs(span.to - plot.to) < step) return false;
    this.isStale = false;
    plot.begin(span);
    const stats = statsOf(data.series[0] ?? { times: [], values: [] }, span);
    this.isEasing = plot.scaleTo(stats.count > 0 ? stats : { low: 0, high: 1 }, data.unit, timeline.isCalm);
    drawLines(plot, data.series, data.step, { isSoft: true });
    drawBands(plot, data.bands.map((band) => ({ ...band, title: "" })));
    return true;
  }

  /// The average of the newest part of the interval, or the value under the crosshair.
  write() {
    const one = this.data?.series[0];
    if (!one) return this.writeNothing();
    const span = shownSpan();
    const length = span.to - span.from;
    const recent = statsOf(one, { from: span.to - Math.max(length * NOW, 3 * this.data.step), to: span.to });
    const all = statsOf(one, span);
    const latest = Number.isNaN(recent.average) ? all.latest : recent.average;
    const value = timeline.hover === null ? latest : valueAt(one, timeline.hover, 2 * this.data.step);
    const shown = value === undefined || Number.isNaN(value) ? { number: "–", unit: "" } : units[this.data.unit](value);
    setText(this.number, shown.number);
    setText(this.unit, shown.unit);
    this.root.classList.toggle("bad", value >= (this.spec.bad ?? Infinity));
    this.root.classList.toggle("poor", value >= (this.spec.poor ?? Infinity)
      && !(value >= (this.spec.bad ?? Infinity)));
    this.writeTrend(latest, all, this.totalOf(one, all));
  }

  writeNothing() {
    setText(this.number, "–");
    setText(this.unit, "");
    for (const part of this.trend) setText(part, "");
  }

  /// How many events a rate was of, at least that many where a part is not known.
  totalOf({ times, values }, { sum }) {
    if (this.data.unit !== "rate") return "";
    const { from, to } = shownSpan();
    const isWhole = !values.some((value, place) => Number.isNaN(value) && times[place] >= from && times[place] <= to);
    return `${isWhole ? "" : "≥ "}${tell((sum * this.data.step) / 1000, "plain")} in all`;
  }

  writeTrend(now, { average, high }, total) {
    const change = average === 0 || Number.isNaN(average) ? NaN : (100 * (now - average)) / Math.abs(average);
    const size = Math.abs(change) < 3 ? "steady"
      : `${change > 0 ? "▲" : "▼"} ${Math.abs(change) >= 1000 ? ">999" : Math.abs(change).toFixed(0)}%`;
    const parts = Number.isNaN(change) ? [] : [size, `avg ${tell(average, this.data.unit)}`,
      `max ${tell(high, this.data.unit)}`, total];
    this.trend.forEach((part, index) => setText(part, parts[index] ?? ""));
  }

  table() {
    const one = this.data?.series[0];
    const stats = one ? statsOf(one, shownSpan()) : {};
    const unit = this.data?.unit ?? "plain";
    const cells = [stats.latest, stats.average, stats.low, stats.high].map((value) => (Number.isFinite(value)
      ? tell(value, unit) : "–"));
    return { head: ["Latest", "Average", "Lowest", "Highest"], rows: [cells] };
  }

  records() {
    const one = this.data?.series[0] ?? { times: [], values: [] };
    return { head: ["time", this.panel.title],
      rows: [...one.times].map((time, place) => [new Date(time).toISOString(), one.values[place]]) };
  }

}
