// The inside of a panel that shows the course of time: a graph, its legend, and the table behind it.

import { theme } from "./colours.js";
import { fullClock, intervalText } from "./clock.js";
import { element } from "./dom.js";
import { tell, whole } from "./format.js";
import { Graph } from "./graph.js";
import { heatOf } from "./heat.js";
import { Legend } from "./legend.js";
import { bandsOf, lossText } from "./bands.js";
import { seriesOf, statsOf, unitOf } from "./series.js";
import { bucketStep } from "./scale.js";
import { shownSpan, timeline } from "./timeline.js";

/// Rows of the table at most: it is read, not scrolled through.
const ROWS = 120;

export class GraphBody {
  constructor(spec, page, panel) {
    this.spec = spec;
    this.page = page;
    this.panel = panel;
    const { kind } = spec;
    const onValue = (series, anchor) => page.openValues(spec, series.group, anchor);
    this.graph = new Graph({
      kind, marksIn: (from, to) => page.marks.between(from, to),
      onPick: (series, event) => series.group && onValue(series, { x: event.clientX, y: event.clientY }),
    });
    this.legend = new Legend({ onToggle: (name, isAlone) => this.toggle(name, isAlone), onValue });
    this.root = element("div", { class: "graph-body" }, this.graph.canvas, this.legend.root);
    this.data = null;
  }

  begin() { this.graph.begin(); }

  end() { this.graph.end(); }

  /// Takes the answers of the watches in.
  take(watches) {
    const { spec, graph } = this;
    const span = shownSpan();
    const off = new Set(spec.off ?? []);
    this.data = spec.kind === "heat" ? this.heat(watches, span) : seriesOf(spec, watches, span);
    this.data.bands = this.data.bands.concat(this.page.outages.bands(spec.topic, span.from, span.to));
    this.data.limits = (spec.limits ?? []).map(({ value, severity }) => (
      { value, colour: severity === "bad" ? theme.bad : theme.poor }));
    graph.take(this.data, off);
    graph.death = this.deathIn(watches[0]);
    const isAlone = this.data.series.length === 1 && !spec.group;
    this.legend.root.hidden = spec.kind === "heat" || isAlone;
    if (!this.legend.root.hidden) this.legend.arrange(this.data.series, off);
    this.describe(span);
  }

  /// A source that is gone, unless events came since: others may publish that say nothing about themselves.
  deathIn({ buckets, every }) {
    const death = this.page.catalogue.death(this.spec.topic);
    const newest = buckets.findLast(({ received }) => received > 0);
    return death && newest && newest.time > death.from + every ? null : death;
  }

  heat(watches, span) {
    const step = Math.max(watches[0].every, bucketStep((span.to - span.from) / 110));
    const values = Array.isArray(this.spec.value) ? this.spec.value : [this.spec.value];
    return {
      heat: heatOf(watches[0], span, step), series: [], step, unit: unitOf(this.spec, values),
      bands: bandsOf(watches, span.from, span.to),
    };
  }

  /// Values beside the names, four times a second: those under the crosshair, or the latest.
  write() {
    if (!this.data || this.data.heat) return;
    const values = timeline.hover === null
      ? new Map(this.data.series.map((one) => [one.name, statsOf(one, shownSpan()).latest]))
      : this.graph.valuesAt(timeline.hover);
    if (!this.legend.root.hidden) this.legend.write(values, this.data.unit);
    this.panel.showValue(this.legend.root.hidden ? tell([...values.values()][0], this.data.unit) : "");
  }

  toggle(name, isAlone) {
    const names = this.data.series.map((one) => one.name);
    const off = new Set(this.spec.off ?? []);
    if (isAlone) {
      const isAlready = names.every((other) => off.has(other) === (other !== name));
      this.spec.off = isAlready ? [] : names.filter((other) => other !== name);
    } else if (off.delete(name)) this.spec.off = [...off];
    else this.spec.off = [...off, name];
    if (this.spec.off.length === 0) delete this.spec.off;
    this.panel.refresh();
    this.page.remember();
  }

  /// Says in words what the graph shows, for those who do not see it.
  describe(span) {
    const now = performance.now();
    if (now - (this.describedAt ?? -Infinity) < 5_000) return;
    this.describedAt = now;
    const { series, unit, bands } = this.data;
    const parts = series.slice(0, 6).map((one) => {
      const stats = statsOf(one, span);
      return stats.count === 0 ? `${one.name} no value`
        : `${one.name} now ${tell(stats.latest, unit)}, between ${tell(stats.low, unit)} and ${tell(stats.high, unit)}`;
    });
    const losses = lossText(bands);
    if (losses) parts.push(`missing: ${losses}`);
    this.graph.canvas.setAttribute("aria-label",
      `${this.panel.title}, ${intervalText(span.from, span.to)}: ${parts.join("; ") || "no value yet"}`);
  }

  /// What the graph shows as rows of text: `{head, rows}`.
  table() {
    if (!this.data) return { head: ["Time"], rows: [] };
    if (this.data.heat) return this.heatTable();
    const { from, to } = shownSpan();
    const { series, unit, bands } = this.data;
    const rows = [];
    const times = series[0]?.times ?? [];
    const places = [...times.keys()].filter((place) => times[place] >= from && times[place] <= to);
    const stride = Math.max(1, Math.ceil(places.length / ROWS));
    for (const place of places.toReversed().filter((_, index) => index % stride === 0)) {
      const missing = lossText(bands.filter((band) => times[place] >= band.from && times[place] <= band.to));
      rows.push([fullClock(times[place]), ...series.map(({ values }) => tell(values[place], unit)), missing]);
    }
    return { head: ["Time", ...series.map(({ name }) => name), "Missing"], rows };
  }

  heatTable() {
    const { columns } = this.data.heat;
    const rows = [...columns].toSorted((a, b) => b[0] - a[0]).slice(0, ROWS)
      .map(([time, cells]) => [fullClock(time), whole(Math.round([...cells.values()].reduce((a, b) => a + b, 0)))]);
    return { head: ["Time", "Values"], rows };
  }

  /// All that is shown, for a file: numbers as they are, times in UTC.
  records() {
    const { from, to } = shownSpan();
    const series = this.data?.series ?? [];
    const times = series[0]?.times ?? [];
    const rows = [];
    for (let place = 0; place < times.length; place += 1) {
      if (times[place] < from || times[place] > to) continue;
      rows.push([new Date(times[place]).toISOString(), ...series.map(({ values }) => values[place])]);
    }
    return { head: ["time", ...series.map(({ name }) => name)], rows };
  }
}
