// A graph of time: draws what a panel's series hold, and answers to pointer and keyboard.

import { theme } from "./colours.js";
import { element } from "./dom.js";
import { drawAreas, drawBars, drawDot, drawLines, stack } from "./draw.js";
import { drawHeat, drawHeatAxis } from "./heat.js";
import { animate, rest } from "./motion.js";
import { drawBands, drawChoice, drawCrosshair, drawDeath, drawMarks } from "./overlay.js";
import { Pointing } from "./pointing.js";
import { Plot } from "./plot.js";
import { valueAt } from "./series.js";
import { shownSpan, timeline } from "./timeline.js";

const NOTHING = { series: [], bands: [], step: 1_000, unit: "plain", heat: null };

/// A canvas with lines, areas, bars or a heat map over the time that is shown.
export class Graph {
  constructor({ kind, onPick, marksIn }) {
    this.kind = kind;
    this.marksIn = marksIn;
    this.canvas = element("canvas", { class: "graph", role: "img", tabindex: "0" });
    this.data = NOTHING;
    this.off = new Set();
    this.death = null;
    this.pointing = new Pointing(this, onPick);
  }

  /// Begins to draw; the canvas is in the document.
  begin() {
    this.plot = new Plot(this.canvas);
    animate(this);
  }

  end() {
    this.pointing.leave();
    rest(this);
  }

  resize() {
    this.plot.resize();
    this.isStale = true;
  }

  /// Takes what is to be drawn: series, bands, step and unit.
  take(data, off) {
    this.data = data;
    this.off = off;
    this.shown = data.series.filter(({ name }) => !off.has(name));
    const isStacked = this.kind === "area" || this.kind === "bars";
    if (isStacked) this.tops = stack(this.shown.map((one) => ({ values: numbers(one) })));
    this.isStale = true;
  }

  /// Draws if the picture has moved by half a device pixel since it was drawn: more would not be seen.
  draw(now, isForced) {
    const { plot } = this;
    if (!plot?.isDrawable) return false;
    const span = shownSpan(now);
    const step = (span.to - span.from) / (plot.width * plot.density) / 2;
    if (!isForced && !this.isStale && !this.isEasing && Math.abs(span.to - plot.to) < step) return false;
    this.isStale = false;
    plot.begin(span);
    this.pointing.follow();
    if (this.data.heat) this.drawHeat(span);
    else this.drawSeries(span);
    drawDeath(plot, this.death);
    drawBands(plot, this.data.bands);
    drawMarks(plot, this.marksIn(span.from, span.to));
    if (this.pointing.choice) drawChoice(plot, this.pointing.choice.from, this.pointing.choice.to);
    drawCrosshair(plot);
    this.drawDots();
    this.pointing.show();
    return true;
  }

  drawHeat(span) {
    const { plot, data } = this;
    plot.low = data.heat.low;
    plot.high = data.heat.high;
    plot.drawTimes();
    drawHeat(plot, data.heat, span);
    drawHeatAxis(plot, data.heat, data.unit);
  }

  drawSeries({ from, to }) {
    const { plot, data, shown = [] } = this;
    this.isEasing = plot.scaleTo(this.range(from, to), data.unit, timeline.isCalm);
    plot.drawAxes(data.unit);
    if (this.kind === "area") drawAreas(plot, shown, this.tops, data.step);
    else if (this.kind === "bars") drawBars(plot, shown, this.tops, data.step);
    else drawLines(plot, shown, data.step, { isSoft: true });
    for (const { value, colour } of data.limits ?? []) this.drawLimit(value, colour);
  }

  drawLimit(value, colour) {
    const { plot } = this;
    const y = plot.y(value);
    if (y < plot.top || y > plot.bottom) return;
    plot.context.strokeStyle = colour;
    plot.context.setLineDash([6, 4]);
    plot.context.beginPath();
    plot.context.moveTo(plot.left, y);
    plot.context.lineTo(plot.right, y);
    plot.context.stroke();
    plot.context.setLineDash([]);
  }

  /// Lowest and highest value that is to be seen.
  range(from, to) {
    let [low, high] = [Infinity, -Infinity];
    const { shown = [], tops } = this;
    const lists = this.kind === "area" || this.kind === "bars" ? tops : shown.map(({ values }) => values);
    shown.forEach(({ times }, index) => {
      const values = lists[index];
      for (let place = 0; place < times.length; place += 1) {
        const value = values[place];
        if (times[place] < from || times[place] > to || Number.isNaN(value)) continue;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    });
    return low <= high ? { low, high } : { low: 0, high: 0 };
  }

  /// Values under the crosshair, by name.
  valuesAt(time) {
    const reach = Math.max(this.data.step * 0.75, this.data.series[0]?.isSum ? 0 : 4_000);
    return new Map(this.data.series.map((one) => [one.name, valueAt(one, time, reach)]));
  }

  drawDots() {
    if (timeline.hover === null || this.kind !== "line" || this.data.heat) return;
    const { plot } = this;
    for (const [name, value] of this.valuesAt(timeline.hover)) {
      const one = this.shown?.find((other) => other.name === name);
      if (one && !Number.isNaN(value) && timeline.hover >= plot.from && timeline.hover <= plot.to) {
        drawDot(plot, plot.x(timeline.hover), plot.y(value), one.colour, theme.card);
      }
    }
  }
}

/// In a stack what has no value is nothing, unless nothing is known at all.
function numbers({ values, isSum }) {
  return isSum ? values : values.map((value) => (Number.isNaN(value) ? 0 : value));
}
