// One moving graph on a canvas.

import { clock, join, ticks, units } from "./format.js";

/// Milliseconds that a graph lags behind, so that the newest point is always beyond its right edge: it moves evenly
/// although points come four times a second.
export const LAG = 700;
/// Milliseconds that a graph shows, at first and at most: a page just opened is not mostly empty.
const NARROW = 30_000;
const WIDE = 90_000;
const TOP = 8;
const BOTTOM = 18;

/// What all graphs share: the colours of the theme, the time under the pointer, the time that is shown, whether motion
/// is unwanted, and how far the server's clock is ahead.
export const shared = { hover: null, colours: null, began: Infinity, window: NARROW, isCalm: false, skew: 0 };

/// The server's time. Widens what is shown as there is more to show.
export function serverNow() {
  const now = Date.now() + shared.skew;
  shared.window = Math.min(WIDE, Math.max(NARROW, now - shared.began));
  return now;
}

/// Reads the theme's colours from the style sheet.
export function readColours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  shared.colours = { grid: read("--grid"), text: read("--muted"), cross: read("--text"), card: read("--card") };
}

/// Draws a series into a canvas: a line over a soft area, a band where points have a low and a high.
export class Graph {
  constructor(canvas, series, { unit, colour, isBand = false, joins = 1_500 }) {
    this.canvas = canvas;
    this.series = series;
    this.unit = units[unit];
    this.colour = colour;
    this.isBand = isBand;
    this.joins = joins;
    this.isVisible = true;
    this.low = 0;
    this.high = 0;
    this.drawn = -Infinity;
    this.resize();
  }

  /// Fits the canvas to its size in device pixels.
  resize() {
    const density = window.devicePixelRatio || 1;
    const { width, height } = this.canvas.getBoundingClientRect();
    this.width = width;
    this.height = height;
    this.density = density;
    this.canvas.width = Math.round(width * density);
    this.canvas.height = Math.round(height * density);
    this.drawn = -Infinity;
  }

  /// Draws if the picture has moved by a quarter of a device pixel since it was drawn: more would not be seen.
  draw(now, isForced = false) {
    if (!this.isVisible || this.width === 0) return;
    const step = shared.window / (this.width * this.density) / 4;
    if (!isForced && now - this.drawn < step && !this.isEasing) return;
    this.drawn = now;
    this.start = now - LAG - shared.window;
    const context = this.canvas.getContext("2d");
    context.setTransform(this.density, 0, 0, this.density, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    const marks = this.scale();
    this.drawGrid(context, marks);
    this.drawSeries(context);
    this.drawMarks(context, marks);
    this.drawHover(context);
  }

  x(time) { return ((time - this.start) / shared.window) * this.width; }

  y(value) {
    const height = this.height - TOP - BOTTOM;
    return TOP + height * (1 - (value - this.low) / (this.high - this.low || 1));
  }

  timeAt(x) { return this.start + (x / this.width) * shared.window; }

  /// Eases the vertical scale to what is in view; returns the values to mark.
  scale() {
    const range = this.series.range(this.start) ?? { low: 0, high: 1 };
    const isFlat = range.high === range.low && range.high === 0;
    const most = this.height > 100 ? 4 : 2;
    const marks = ticks(Math.min(0, range.low), isFlat ? 1 : Math.max(0, range.high), most);
    const [low, high] = [marks[0], marks.at(-1)];
    const pace = shared.isCalm || this.high === this.low ? 1 : 0.18;
    this.low += (low - this.low) * pace;
    this.high += (high - this.high) * pace;
    this.isEasing = Math.abs(this.high - high) + Math.abs(this.low - low) > (high - low) * 0.002;
    if (!this.isEasing) [this.low, this.high] = [low, high];
    return marks;
  }

  drawGrid(context, marks) {
    const { grid, text } = shared.colours;
    context.font = "11px system-ui, sans-serif";
    context.lineWidth = 1;
    context.strokeStyle = grid;
    context.fillStyle = text;
    context.textBaseline = "alphabetic";
    context.beginPath();
    const step = shared.window > WIDE / 2 ? 30_000 : 10_000;
    for (let time = Math.ceil(this.start / step) * step; this.x(time) < this.width; time += step) {
      const x = this.x(time);
      context.moveTo(x, TOP);
      context.lineTo(x, this.height - BOTTOM + 4);
      context.textAlign = "center";
      if (x > 26 && x < this.width - 26) context.fillText(clock(time), x, this.height - 4);
    }
    for (const mark of marks) {
      const y = Math.round(this.y(mark)) + 0.5;
      context.moveTo(0, y);
      context.lineTo(this.width, y);
    }
    context.stroke();
  }

  /// Writes what the horizontal lines mean, each with a rim, so that it is read above the series too.
  drawMarks(context, marks) {
    context.textAlign = "left";
    context.lineWidth = 3;
    context.strokeStyle = shared.colours.card;
    context.fillStyle = shared.colours.text;
    for (const mark of marks) {
      const y = this.y(mark);
      if (mark === 0 || y < TOP - 4) continue;
      const text = join(this.unit(mark));
      context.strokeText(text, 4, y + 12);
      context.fillText(text, 4, y + 12);
    }
  }

  /// Splits the series where points are missing or further apart than they are joined.
  runs() {
    const runs = [];
    let run = null;
    let previous = -Infinity;
    this.series.forEach(this.start, (time, value, low, high) => {
      if (Number.isNaN(value)) run = null;
      else {
        if (!run || time - previous > this.joins) runs.push((run = []));
        run.push({ x: this.x(time), y: this.y(value), low: this.y(low), high: this.y(high) });
        previous = time;
      }
    });
    return runs;
  }

  drawSeries(context) {
    const floor = this.y(Math.max(0, this.low));
    context.lineJoin = "round";
    context.lineCap = "round";
    for (const run of this.runs()) {
      const trace = () => run.forEach(({ x, y }, index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
      const [first, last] = [run[0], run.at(-1)];
      context.beginPath();
      if (this.isBand && run.some(({ low, high }) => low - high > 1)) {
        run.forEach(({ x, high }, index) => (index ? context.lineTo(x, high) : context.moveTo(x, high)));
        for (const { x, low } of run.toReversed()) context.lineTo(x, low);
        context.globalAlpha = 0.22;
      } else {
        trace();
        context.lineTo(last.x, floor);
        context.lineTo(first.x, floor);
        context.globalAlpha = 0.16;
      }
      context.fillStyle = this.colour;
      context.fill();
      context.globalAlpha = 1;
      context.beginPath();
      trace();
      if (run.length === 1) context.lineTo(first.x + 0.01, first.y);
      context.strokeStyle = this.colour;
      context.lineWidth = 1.75;
      context.stroke();
    }
  }

  drawHover(context) {
    if (shared.hover === null) return;
    const x = this.x(shared.hover);
    context.strokeStyle = shared.colours.cross;
    context.globalAlpha = 0.35;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, TOP);
    context.lineTo(x, this.height - BOTTOM);
    context.stroke();
    context.globalAlpha = 1;
    const point = this.series.at(shared.hover);
    if (!point) return;
    context.beginPath();
    context.arc(this.x(point.time), this.y(point.value), 3.5, 0, 2 * Math.PI);
    context.fillStyle = this.colour;
    context.fill();
    context.strokeStyle = shared.colours.card;
    context.lineWidth = 1.5;
    context.stroke();
  }
}
