// What lies over a graph: hatched bands, marks, dead sources, the crosshair and the part that is being chosen.

import { theme } from "./colours.js";
import { timeline } from "./timeline.js";

const patterns = new Map();

/// Diagonal lines of a colour.
function hatch(context, colour, isRising, density) {
  const key = `${colour} ${isRising} ${density}`;
  if (!patterns.has(key)) {
    const size = 8 * density;
    const tile = new OffscreenCanvas(size, size);
    const pen = tile.getContext("2d");
    pen.strokeStyle = colour;
    pen.lineWidth = 1.4 * density;
    for (const shift of [-size, 0, size]) {
      pen.moveTo(shift, isRising ? size : 0);
      pen.lineTo(shift + size, isRising ? 0 : size);
    }
    pen.stroke();
    const pattern = context.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix().scale(1 / density));
    patterns.set(key, pattern);
  }
  return patterns.get(key);
}

/// Draws the bands: losses in red, unknown times in grey, both hatched, with their titles where there is room.
export function drawBands(plot, bands) {
  const { context } = plot;
  for (const band of bands) {
    const isLoss = band.kind === "lost";
    let [left, right] = [plot.x(band.from), plot.x(band.to)];
    if (isLoss && right - left < 6) [left, right] = [(left + right) / 2 - 3, (left + right) / 2 + 3];
    [left, right] = [Math.max(plot.left, left), Math.min(plot.right, right)];
    if (right <= left) continue;
    const colour = isLoss ? theme.bad : theme.muted;
    context.globalAlpha = isLoss ? 0.5 : 0.14;
    context.fillStyle = hatch(context, colour, isLoss, plot.density);
    context.fillRect(left, plot.top, right - left, plot.bottom - plot.top);
    context.globalAlpha = 1;
    if (isLoss) {
      context.fillStyle = theme.bad;
      context.fillRect(left, plot.top, right - left, 2);
    }
    drawTitle(plot, band.title, left, right, isLoss ? theme.bad : theme.muted);
  }
}

function drawTitle(plot, title, left, right, colour) {
  const { context } = plot;
  const width = context.measureText(title).width;
  if (width + 8 > right - left) return;
  context.textAlign = "center";
  context.lineWidth = 4;
  context.strokeStyle = theme.card;
  context.fillStyle = colour;
  const x = (left + right) / 2;
  context.strokeText(title, x, plot.top + 16);
  context.fillText(title, x, plot.top + 16);
}

/// Draws from when on all sources of a topic are dead: dotted, with a cross at its beginning.
export function drawDeath(plot, death) {
  if (!death || death.from > plot.to) return;
  const { context } = plot;
  const left = Math.max(plot.left, plot.x(death.from));
  context.fillStyle = theme.muted;
  context.globalAlpha = 0.5;
  for (let x = left + 4; x < plot.right; x += 9) {
    for (let y = plot.bottom - 5; y > plot.top; y -= 9) context.fillRect(x, y, 1.6, 1.6);
  }
  context.globalAlpha = 1;
  if (death.from > plot.from) {
    context.strokeStyle = theme.poor;
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(left - 4, plot.bottom - 4);
    context.lineTo(left + 4, plot.bottom + 4);
    context.moveTo(left + 4, plot.bottom - 4);
    context.lineTo(left - 4, plot.bottom + 4);
    context.stroke();
  }
  drawTitle(plot, death.title, left, plot.right, theme.poor);
}

/// Draws marks: a dashed line with a flag at the foot.
export function drawMarks(plot, marks) {
  const { context } = plot;
  context.setLineDash([3, 3]);
  context.lineWidth = 1;
  for (const mark of marks) {
    if (mark.time < plot.from || mark.time > plot.to) continue;
    const x = plot.x(mark.time);
    context.strokeStyle = context.fillStyle = colourOfMark(mark);
    context.beginPath();
    context.moveTo(x, plot.top);
    context.lineTo(x, plot.bottom);
    context.stroke();
    context.beginPath();
    context.moveTo(x - 4.5, plot.bottom + 6);
    context.lineTo(x + 4.5, plot.bottom + 6);
    context.lineTo(x, plot.bottom - 1);
    context.fill();
  }
  context.setLineDash([]);
}

function colourOfMark({ severity }) {
  if (/^(emerg|alert|crit|err|fatal)/i.test(severity ?? "")) return theme.bad;
  return /^warn/i.test(severity ?? "") ? theme.poor : theme.accent;
}

/// Draws the line at the time under the pointer, the same on every graph.
export function drawCrosshair(plot) {
  if (timeline.hover === null || timeline.hover < plot.from || timeline.hover > plot.to) return;
  const { context } = plot;
  const x = plot.x(timeline.hover);
  context.strokeStyle = theme.text;
  context.globalAlpha = 0.4;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, plot.top);
  context.lineTo(x, plot.bottom);
  context.stroke();
  context.globalAlpha = 1;
}

/// Draws the part that is being chosen by dragging.
export function drawChoice(plot, from, to) {
  const { context } = plot;
  const [left, right] = [Math.max(plot.left, plot.x(from)), Math.min(plot.right, plot.x(to))];
  context.fillStyle = theme.accent;
  context.globalAlpha = 0.18;
  context.fillRect(left, plot.top, right - left, plot.bottom - plot.top);
  context.globalAlpha = 1;
}
