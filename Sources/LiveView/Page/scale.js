// Round numbers for axes: values by their unit, times by the clock.

import { zoneOffset } from "./clock.js";

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
/// Distances between two marks of time.
const STEPS = [
  SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 15 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE,
  15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY,
];

/// Times to mark from one to another, `most` at most, and how far they are apart.
export function timeMarks(from, to, most) {
  const step = STEPS.find((size) => (to - from) / size <= most) ?? STEPS.at(-1);
  const offset = step >= HOUR ? zoneOffset(to) : 0;
  const marks = [];
  for (let time = Math.ceil((from + offset) / step) * step - offset; time <= to; time += step) marks.push(time);
  return { marks, step };
}

/// The smallest usual length of a bucket that is not shorter than this.
export function bucketStep(milliseconds) {
  return STEPS.find((size) => size >= milliseconds) ?? STEPS.at(-1);
}

/// Round numbers from 0 or `low` to at least `high`. The steps are 1, 2 or 5 times a power of ten; those of bytes are
/// powers of two, those of longer durations halves and quarters of minutes and hours.
export function valueMarks(low, high, most, unit) {
  const step = valueStep((high - low) / most || 1, unit);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const marks = [];
  for (let index = first; index <= Math.max(last, first + 1); index += 1) marks.push(index * step);
  return marks;
}

function valueStep(rough, unit) {
  if (unit === "bytes") return rough < 1 ? 1 : 2 ** Math.ceil(Math.log2(rough * 0.999));
  const seconds = unit === "milliseconds" ? rough / 1000 : rough;
  if ((unit === "seconds" || unit === "milliseconds") && seconds > 20) {
    const step = [30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400].find((size) => size >= seconds);
    return (step ?? Math.ceil(seconds / 86_400) * 86_400) * (unit === "milliseconds" ? 1000 : 1);
  }
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10);
}
