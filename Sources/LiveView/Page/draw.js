// Lines, stacked areas and bars on a plot.

/// Milliseconds over which the points of a line are joined although there are buckets without a value between them:
/// where nothing came nothing was measured, which is neither zero nor a break.
const JOINED = 20_000;

/// Splits a series where it is not known, into runs of places.
function runsOf({ times, values, isSum }, step) {
  const reach = isSum ? step * 1.5 : Math.max(step * 3.5, JOINED);
  const runs = [];
  let run = null;
  let previous = -Infinity;
  for (let place = 0; place < times.length; place += 1) {
    if (Number.isNaN(values[place])) {
      if (isSum) run = null;
      continue;
    }
    if (!run || times[place] - previous > reach) runs.push((run = []));
    run.push(place);
    previous = times[place];
  }
  return runs;
}

/// Draws lines; a single one over a soft area.
export function drawLines(plot, series, step, { isSoft }) {
  plot.clipped((context) => {
    for (const one of series.toReversed()) {
      for (const run of runsOf(one, step)) {
        if (isSoft && series.length === 1) fillBelow(plot, context, one, run);
        context.beginPath();
        trace(plot, context, one, run);
        context.strokeStyle = one.colour;
        // Where points are closer than pixels a thin line is as clear, and costs a tenth.
        context.lineWidth = step * plot.perMillisecond * plot.density < 1.5 ? 1 / plot.density : 1.6;
        context.stroke();
      }
    }
  });
}

function trace(plot, context, { times, values }, run) {
  run.forEach((place, index) => {
    const [x, y] = [plot.x(times[place]), plot.y(values[place])];
    if (index === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
  if (run.length === 1) context.lineTo(plot.x(times[run[0]]) + 1.5, plot.y(values[run[0]]));
}

function fillBelow(plot, context, one, run) {
  const floor = plot.y(Math.max(0, plot.low));
  context.beginPath();
  trace(plot, context, one, run);
  context.lineTo(plot.x(one.times[run.at(-1)]), floor);
  context.lineTo(plot.x(one.times[run[0]]), floor);
  context.closePath();
  context.globalAlpha = 0.16;
  context.fillStyle = one.colour;
  context.fill();
  context.globalAlpha = 1;
}

/// Adds up series from the first: `tops[i]` is the upper edge of the i-th. What is not known stays so.
export function stack(series) {
  let below = null;
  return series.map(({ values }) => {
    const top = Float64Array.from(values, (value, place) => (below ? below[place] : 0) + value);
    below = top;
    return top;
  });
}

/// Draws areas, one upon the other.
export function drawAreas(plot, series, tops, step) {
  plot.clipped((context) => {
    for (let index = series.length - 1; index >= 0; index -= 1) {
      const one = series[index];
      const below = tops[index - 1];
      for (const run of runsOf({ ...one, values: tops[index] }, step)) {
        const edge = { times: one.times, values: tops[index] };
        context.beginPath();
        trace(plot, context, edge, run);
        for (const place of run.toReversed()) context.lineTo(plot.x(one.times[place]),
          plot.y(below ? below[place] : 0));
        context.closePath();
        context.fillStyle = one.colour;
        context.globalAlpha = 0.55;
        context.fill();
        context.globalAlpha = 1;
        context.beginPath();
        trace(plot, context, edge, run);
        context.strokeStyle = one.colour;
        context.lineWidth = 1.2;
        context.stroke();
      }
    }
  });
}

/// Draws bars, one upon the other.
export function drawBars(plot, series, tops, step) {
  const width = step * plot.perMillisecond;
  const gap = width > 5 ? 1 : 0.25;
  plot.clipped((context) => {
    series.forEach((one, index) => {
      context.fillStyle = one.colour;
      context.globalAlpha = 0.85;
      context.beginPath();
      for (let place = 0; place < one.times.length; place += 1) {
        const top = tops[index][place];
        if (!(one.values[place] > 0)) continue;
        const [high, low] = [plot.y(top), plot.y(top - one.values[place])];
        context.rect(plot.x(one.times[place] - step / 2), high, width - gap, Math.max(low - high, 0.75));
      }
      context.fill();
      context.globalAlpha = 1;
    });
  });
}

/// A dot on a line at a time.
export function drawDot(plot, x, y, colour, rim) {
  const { context } = plot;
  context.beginPath();
  context.arc(x, y, 3.5, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  context.strokeStyle = rim;
  context.lineWidth = 1.5;
  context.stroke();
}
