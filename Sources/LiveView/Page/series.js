// From the answers of the server to what a graph draws.

import { coloursFor, stepColours } from "./colours.js";
import { brief, nameOfValue, unitOfValue } from "./format.js";
import { bucketStep } from "./scale.js";
import { bandsOf } from "./bands.js";
import { placeOf } from "./watch.js";

/// Series that a graph shows; what is beyond is one more, or left out and said.
const SHOWN = 8;
/// Events in a bucket below which buckets are joined: what comes once a second makes a line, not a comb.
const FEW = 6;
/// Milliseconds that the server may need to tell a bucket whole.
const SLACK = 300;
/// Length of a bucket from which on, and part of it after which, the last one is shown before it is complete: scaled.
const TENTATIVE = 5_000;
const ENOUGH = 0.5;
/// Milliseconds beyond the right edge for which bands are made, since graphs move on between two answers.
const AHEAD = 2_000;

const isSum = (value) => typeof value === "string" || "sum" in value;

/// Makes the series of a panel from its watches, for an interval.
///
/// A value is NaN where it is not known, or where nothing had a value. A sum is zero only where that is known.
export function seriesOf(panel, watches, { from, to }) {
  const [watch, whole] = watches;
  const values = (Array.isArray(panel.value) ? panel.value : [panel.value ?? "count"]);
  const step = stepOf(panel, watch, values, to - from);
  const margin = 2 * step;
  const isRate = panel.share || values.every((value) => value === "rate" || panel.perSecond);
  const grid = gridOf(watch, from - margin, to + margin, step, isRate);
  const list = values.flatMap((value, index) => (isSum(value)
    ? sums(watch, grid, value, index, panel) : points(watch, grid, value, index)));
  for (const one of list) one.name = nameOf(one, panel, values);
  let series = list;
  if (panel.share) series = [ratio(list, sums(whole, grid, "count", 0, panel), panel)];
  const { shown, leftOut } = largest(series, panel.kind, panel.show ?? SHOWN);
  const colours = coloursIn(panel, values, shown);
  shown.forEach((one, index) => (one.colour = colours[index % colours.length]));
  // A bucket that is not over yet is no part that is not known.
  const bands = bandsOf(watches, from - margin, to + Math.min(margin, AHEAD));
  return { series: shown, leftOut, step, bands, unit: unitOf(panel, values), sampled: sampling(watch, from, to) };
}

/// Groups have the colours of their names, several values those of steps, and a single series that of its topic.
function coloursIn(panel, values, shown) {
  if (panel.group) return coloursFor(shown.map(({ name }) => name));
  return values.length > 1 ? stepColours() : coloursFor([panel.topic]);
}

/// The unit of what a panel shows.
export function unitOf(panel, values) {
  if (panel.unit) return panel.unit;
  if (panel.perSecond && unitOfValue(panel.topic, values[0]) === "bytes") return "bytesRate";
  return panel.share ? "percent" : unitOfValue(panel.topic, values[0]);
}

function stepOf(panel, watch, values, span) {
  if (panel.kind === "bars") return Math.max(watch.every, bucketStep(span / 75));
  if (panel.kind === "heat") return Math.max(watch.every, bucketStep(span / 110));
  if (!values.every(isSum)) return watch.every;
  if (panel.share) return Math.max(watch.every, bucketStep(span / 75));
  const seen = watch.buckets.slice(-200);
  const events = seen.reduce((sum, { received }) => sum + received, 0);
  const time = seen.length > 0 ? Math.max(watch.every, seen.at(-1).time - seen[0].time + watch.every) : watch.every;
  const wanted = events > 0 ? (FEW * time) / events : watch.every;
  return Math.max(watch.every, bucketStep(Math.min(wanted, span / 60)));
}

/// The buckets of a graph: where they begin, how many, which are not known, and how much of the last one has passed.
/// Rates of the part that has passed are rates; counts of it would be guesses when scaled.
function gridOf(watch, from, to, step, isRate) {
  const start = Math.floor(from / step) * step;
  const known = watch.knownTo - SLACK;
  const end = Math.min(Math.ceil(to / step) * step, Math.ceil(known / step) * step);
  let count = Math.max(0, Math.round((end - start) / step));
  const passed = count > 0 ? Math.min(1, (known - (end - step)) / step) : 1;
  const isTentative = isRate && passed < 1 && passed >= ENOUGH && step >= TENTATIVE;
  if (passed < 1 && !isTentative) count -= 1;
  count = Math.max(0, Math.min(4_000, count));
  const times = Float64Array.from({ length: count }, (_, index) => start + (index + 0.5) * step);
  const unknown = new Uint8Array(count);
  for (const [begin, finish] of watch.unknown(start, end)) {
    const first = Math.max(0, Math.floor((begin - start) / step));
    const last = Math.min(count, Math.ceil((finish - start) / step));
    if (first < last) unknown.fill(1, first, last);
  }
  return { start, step, count, times, unknown, scale: isTentative ? 1 / passed : 1 };
}

function eachRow(watch, { start, step, count }, visit) {
  const end = start + count * step;
  for (let index = placeOf(watch.buckets, start); index < watch.buckets.length; index += 1) {
    const bucket = watch.buckets[index];
    if (bucket.time >= end) return;
    const place = Math.floor((bucket.time - start) / step);
    for (const [key, row] of bucket.rows) visit(key, row, place, bucket);
  }
}

function sums(watch, grid, value, index, panel) {
  const found = new Map();
  const divisor = value === "rate" || panel.perSecond ? grid.step / 1000 : 1;
  const of = (key) => {
    let one = found.get(key);
    if (!one) {
      const values = new Float64Array(grid.count);
      for (let place = 0; place < grid.count; place += 1) if (grid.unknown[place]) values[place] = NaN;
      found.set(key, (one = { key, group: watch.groups.get(key) ?? null, index, times: grid.times, values,
        isSum: true }));
    }
    return one.values;
  };
  if (!watch.question.group) of("");
  eachRow(watch, grid, (key, row, place) => (of(key)[place] += (row[index + 1] ?? 0) / divisor));
  if (grid.scale !== 1 && grid.count > 0) for (const { values } of found.values()) values[grid.count - 1] *= grid.scale;
  return [...found.values()];
}

function points(watch, grid, value, index) {
  const found = new Map();
  eachRow(watch, grid, (key, row, place) => {
    const held = row[index + 1];
    if (held === null || held === undefined) return;
    let one = found.get(key);
    if (!one) {
      one = { key, group: watch.groups.get(key) ?? null, index, times: grid.times, isSum: false };
      one.values = new Float64Array(grid.count).fill(NaN);
      found.set(key, one);
    }
    one.values[place] = Number(held);
  });
  return [...found.values()];
}

function ratio(parts, wholes, panel) {
  const all = wholes[0];
  const part = parts[0];
  const values = all.values.map((value, place) => (value > 0 ? (100 * (part?.values[place] ?? 0)) / value : NaN));
  return { key: "", group: null, index: 0, times: all.times, values, isSum: false,
    name: panel.shareName ?? panel.share };
}

function nameOf({ group, key, index }, panel, values) {
  const value = panel.names?.[index] ?? nameOfValue(values[index]);
  if (!panel.group) return value;
  const name = group === null || key === "" ? "others"
    : group.map((one) => (one === null ? "none" : brief(one, 60))).join(" · ");
  return values.length > 1 ? `${name} ${value}` : name;
}

/// The largest series first; of sums the others together.
function largest(series, kind, most) {
  const sizes = new Map(series.map((one) => [one, sizeOf(one)]));
  const isOthers = (one) => one.name === "others";
  const sorted = [...series];
  if (series.length > 1 && series.some(({ group }) => group)) {
    sorted.sort((a, b) => isOthers(a) - isOthers(b) || sizes.get(b) - sizes.get(a) || (a.name < b.name ? -1 : 1));
  }
  const shown = sorted.slice(0, sorted.length <= most + 1 ? most + 1 : most);
  const rest = sorted.slice(shown.length);
  if (rest.length > 0 && rest[0].isSum) {
    const values = new Float64Array(rest[0].values.length);
    for (const one of rest) one.values.forEach((value, place) => (values[place] += value));
    shown.push({ ...rest[0], key: "", group: null, name: `${rest.length} others`, values });
    return { shown, leftOut: 0 };
  }
  return { shown, leftOut: rest.length };
}

function sizeOf({ values, isSum }) {
  let [sum, count] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
  }
  return isSum || count === 0 ? sum : sum / count;
}

/// How many events were seen, and how many they stand for; null if each stands for itself.
function sampling(watch, from, to) {
  let [seen, besides] = [0, 0];
  for (let index = placeOf(watch.buckets, from); index < watch.buckets.length; index += 1) {
    const bucket = watch.buckets[index];
    if (bucket.time > to) break;
    seen += bucket.received;
    besides += bucket.sampled;
  }
  return besides > 0 ? { seen, all: seen + besides } : null;
}

/// What a series holds in an interval: the latest, lowest, highest and average value, and the sum.
export function statsOf({ times, values }, { from, to }) {
  const stats = { latest: NaN, low: Infinity, high: -Infinity, sum: 0, count: 0, time: NaN };
  for (let place = 0; place < times.length; place += 1) {
    const value = values[place];
    if (Number.isNaN(value) || times[place] < from || times[place] > to) continue;
    stats.latest = value;
    stats.time = times[place];
    if (value < stats.low) stats.low = value;
    if (value > stats.high) stats.high = value;
    stats.sum += value;
    stats.count += 1;
  }
  stats.average = stats.count > 0 ? stats.sum / stats.count : NaN;
  return stats;
}

/// The value of a series nearest to a time, within some milliseconds; NaN if there is none.
export function valueAt({ times, values }, time, reach) {
  let [best, distance] = [NaN, reach];
  if (times.length === 0) return best;
  const step = times.length > 1 ? times[1] - times[0] : reach;
  const middle = Math.round((time - times[0]) / step);
  const width = Math.ceil(reach / step);
  for (let place = Math.max(0, middle - width); place <= Math.min(times.length - 1, middle + width); place += 1) {
    const away = Math.abs(times[place] - time);
    if (away <= distance && !Number.isNaN(values[place])) [best, distance] = [values[place], away];
  }
  return best;
}
