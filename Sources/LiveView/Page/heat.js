// A heat map over time: how many values lay in each interval, on a logarithmic scale.

import { theme } from "./colours.js";
import { tell } from "./format.js";
import { placeOf } from "./watch.js";

/// Rows: intervals five within a doubling, as the server tells them.
const WITHIN = 5;

/// Adds up the histograms of a watch in columns of time.
export function heatOf(watch, { from, to }, step) {
  const start = Math.floor(from / step) * step;
  const columns = new Map();
  let [low, high, most] = [Infinity, -Infinity, 0];
  for (let index = placeOf(watch.buckets, start); index < watch.buckets.length; index += 1) {
    const bucket = watch.buckets[index];
    if (bucket.time > to) break;
    const time = start + Math.floor((bucket.time - start) / step) * step;
    const cells = columns.get(time) ?? new Map();
    columns.set(time, cells);
    for (const row of bucket.rows.values()) {
      for (const [bound, count] of row[1] ?? []) {
        if (!(bound > 0)) continue;
        const bin = Math.round(Math.log2(bound) * WITHIN);
        const sum = (cells.get(bin) ?? 0) + count;
        cells.set(bin, sum);
        [low, high, most] = [Math.min(low, bin), Math.max(high, bin), Math.max(most, sum)];
      }
    }
  }
  if (!Number.isFinite(low)) return { columns, step, low: 0, high: 1, most: 0, picture: null };
  const heat = { columns, step, start, low, high: high + 1, most };
  heat.picture = paint(heat, to);
  return heat;
}

/// One pixel for each cell, to be drawn larger.
function paint({ columns, step, start, low, high, most }, to) {
  const count = Math.max(1, Math.ceil((to - start) / step) + 1);
  const picture = new OffscreenCanvas(count, high - low);
  const context = picture.getContext("2d");
  context.fillStyle = theme.series[0];
  for (const [time, cells] of columns) {
    for (const [bin, sum] of cells) {
      context.globalAlpha = 0.12 + 0.88 * Math.sqrt(sum / most);
      context.fillRect((time - start) / step, high - 1 - bin, 1, 1);
    }
  }
  return { canvas: picture, from: start, to: start + count * step };
}

/// The value at a row's lower bound.
export const boundOf = (bin) => 2 ** (bin / WITHIN);

/// Draws the map; the plot's values are rows.
export function drawHeat(plot, heat) {
  plot.low = heat.low;
  plot.high = heat.high;
  if (!heat.picture) return;
  plot.clipped((context) => {
    context.imageSmoothingEnabled = false;
    const { canvas, from, to } = heat.picture;
    const left = plot.x(from);
    context.drawImage(canvas, left, plot.top, plot.x(to) - left, plot.bottom - plot.top);
  });
}

/// Rows to mark, at round values: 1, 2 and 5 times powers of ten, not more than fit.
export function heatMarks(plot, heat) {
  const room = Math.max(1, Math.floor((plot.bottom - plot.top) / 26));
  const [low, high] = [boundOf(heat.low), boundOf(heat.high)];
  for (const factors of [[1, 2, 5], [1, 3], [1]]) {
    const marks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
      for (const factor of factors) marks.push(factor * 10 ** power);
    }
    const fitting = marks.filter((value) => value >= low && value <= high);
    if (fitting.length <= room || factors.length === 1) return fitting.map((value) => Math.log2(value) * WITHIN);
  }
  return [];
}

/// The axis of values: rows are told by the values they stand for.
export function drawHeatAxis(plot, heat, unit) {
  const { context } = plot;
  context.textAlign = "right";
  context.fillStyle = theme.muted;
  for (const row of heatMarks(plot, heat)) {
    context.fillText(tell(Number(boundOf(row).toPrecision(3)), unit), plot.left - 6, Math.max(10, plot.y(row) + 4));
  }
}

/// What lies under the pointer: the interval of values and how many there were.
export function heatAt(heat, time, row) {
  const column = heat.columns.get(heat.start + Math.floor((time - heat.start) / heat.step) * heat.step);
  const bin = Math.floor(row);
  return column ? { from: boundOf(bin), to: boundOf(bin + 1), count: column.get(bin) ?? 0 } : null;
}
