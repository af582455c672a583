// The area of a graph on a canvas: sizes, scales, axes.

import { axisClock } from "./clock.js";
import { theme } from "./colours.js";
import { tell } from "./format.js";
import { timeMarks, valueMarks } from "./scale.js";

const TOP = 8;
const BOTTOM = 20;
const LEFT = 56;
const RIGHT = 4;
/// Milliseconds in which the vertical scale goes most of its way, and after which it jumps: nobody saw it before.
const EASE = 75;
const RESTED = 1_000;
export const FONT = "11px system-ui, sans-serif";

/// A canvas that knows its size in device pixels, and where a time and a value are on it.
export class Plot {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.from = 0;
    this.to = 1;
    this.low = 0;
    this.high = 1;
    this.resize();
  }

  /// Fits the canvas to its size in device pixels.
  resize() {
    const density = window.devicePixelRatio || 1;
    this.density = density;
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.width * density);
    this.canvas.height = Math.round(this.height * density);
    this.left = this.width < 260 ? 48 : LEFT;
    this.right = this.width - RIGHT;
    this.top = TOP;
    this.bottom = this.height - BOTTOM;
  }

  get isDrawable() { return this.width > 60 && this.height > 40; }

  begin({ from, to }) {
    this.from = from;
    this.to = to;
    this.perMillisecond = (this.right - this.left) / (to - from || 1);
    const { context, density } = this;
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    context.font = FONT;
    context.textBaseline = "alphabetic";
    context.lineJoin = "bevel";
    context.lineCap = "butt";
  }

  x(time) { return this.left + (time - this.from) * this.perMillisecond; }

  y(value) { return this.bottom - ((value - this.low) / (this.high - this.low || 1)) * (this.bottom - this.top); }

  timeAt(x) { return this.from + (x - this.left) / this.perMillisecond; }

  valueAt(y) { return this.low + ((this.bottom - y) / (this.bottom - this.top)) * (this.high - this.low); }

  /// Eases the vertical scale to what is to be seen, however fast pictures follow each other; true while it moves.
  scaleTo({ low, high }, unit, isCalm) {
    const most = Math.max(1, Math.min(6, Math.floor((this.bottom - this.top) / 34)));
    this.marks = valueMarks(Math.min(0, low), high > low || high > 0 ? Math.max(high, 0) : 1, most, unit);
    const [bottom, top] = [this.marks[0], this.marks.at(-1)];
    this.isFlat = low === 0 && high === 0;
    const now = performance.now();
    const passed = now - (this.scaledAt ?? -Infinity);
    const pace = isCalm || passed > RESTED ? 1 : 1 - Math.exp(-passed / EASE);
    this.scaledAt = now;
    this.low += (bottom - this.low) * pace;
    this.high += (top - this.high) * pace;
    const isMoving = Math.abs(this.high - top) + Math.abs(this.low - bottom) > (top - bottom) * 0.003;
    if (!isMoving) [this.low, this.high] = [bottom, top];
    return isMoving;
  }

  /// Keeps what is drawn within the area.
  clipped(draw) {
    const { context } = this;
    context.save();
    context.beginPath();
    context.rect(this.left, 0, this.right - this.left, this.bottom + 1);
    context.clip();
    draw(context);
    context.restore();
  }

  /// Draws lines and texts of both axes.
  drawAxes(unit, marks = this.marks) {
    const { context } = this;
    context.lineWidth = 1;
    context.strokeStyle = theme.grid;
    context.fillStyle = theme.muted;
    context.beginPath();
    context.textAlign = "right";
    // The end of a scale on which everything is zero would be invented.
    for (const mark of this.isFlat ? marks.slice(0, 1) : marks) {
      const y = Math.round(this.y(mark)) + 0.5;
      if (y < this.top - 6 || y > this.bottom + 2) continue;
      context.moveTo(this.left, y);
      context.lineTo(this.right, y);
      context.fillText(tell(mark, unit), this.left - 6, Math.max(y + 4, 10));
    }
    context.stroke();
    this.drawTimes();
  }

  drawTimes() {
    const { context } = this;
    const { marks, step } = timeMarks(this.from, this.to, Math.max(1, Math.floor((this.right - this.left) / 76)));
    context.beginPath();
    context.textAlign = "center";
    context.fillStyle = theme.muted;
    context.strokeStyle = theme.grid;
    for (const time of marks) {
      const x = this.x(time);
      context.moveTo(x, this.top);
      context.lineTo(x, this.bottom + 4);
      if (x > this.left - 12 && x < this.right - 24) context.fillText(axisClock(time, step), x, this.height - 4);
    }
    context.stroke();
  }
}
