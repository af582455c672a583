// The time that all graphs show: it moves with now, or stands still in the past.

import { spanOf, spanText } from "./format.js";

/// The ranges that the bar offers, and their keys 1 to 8.
export const RANGES = ["1m", "5m", "15m", "1h", "6h", "1d", "7d", "30d"];
/// Milliseconds that moving graphs lag behind, so that the newest bucket is always complete and beyond the right edge:
/// they move evenly although answers come four times a second.
const LAG = 2_300;
const SHORTEST = 5_000;
/// Milliseconds that are shown at least, as far as the range goes.
const NARROW = 20_000;
const LONGEST = 90 * 86_400_000;

/// What all graphs share. `hover` is the time under the pointer; `fixed` an interval of the past, or null for now.
export const timeline = {
  skew: 0,
  last: 300_000,
  fixed: null,
  hover: null,
  /// Time from which on anything is known, and whether the server can read what was before.
  knownSince: Infinity,
  hasHistory: false,
  isCalm: false,
  listeners: new Set(),
};

/// The server's time.
export const serverNow = () => Date.now() + timeline.skew;

/// Tells everybody who listens that another time is shown.
export function changed() {
  for (const listener of timeline.listeners) listener();
}

/// The right edge of what moves with now.
const shownNow = (now = serverNow()) => now - (timeline.last <= 900_000 ? LAG : 0);

/// The interval that is shown now.
export function shownSpan(now = serverNow()) {
  if (timeline.fixed) return timeline.fixed;
  const to = shownNow(now);
  // Where nothing older can be known, a page just opened shows what there is, and widens.
  const isYoung = !timeline.hasHistory && timeline.knownSince < Infinity;
  return { from: isYoung ? Math.max(to - timeline.last, Math.min(timeline.knownSince, to - NARROW))
    : to - timeline.last, to };
}

/// Shows the last so many milliseconds, and moves on with now.
export function showLast(milliseconds) {
  timeline.fixed = null;
  timeline.last = Math.min(LONGEST, Math.max(SHORTEST, milliseconds));
  changed();
}

/// Shows an interval that stands still; one that reaches to now moves on.
export function showInterval(from, to) {
  const span = Math.min(LONGEST, Math.max(SHORTEST, to - from));
  const middle = (from + to) / 2;
  const end = Math.min(serverNow(), Math.round(middle + span / 2));
  timeline.fixed = { from: Math.round(end - span), to: end };
  changed();
}

/// Shows an interval while it is dragged along: graphs follow at once, and those who ask are told when it is let go.
/// What would lie in the future is now.
export function dragTo(from, to, { isZoom }) {
  const now = shownNow();
  const span = Math.min(LONGEST, Math.max(SHORTEST, to - from));
  if (to >= now) {
    timeline.fixed = null;
    if (isZoom) timeline.last = Math.round(span);
  } else timeline.fixed = { from: Math.round(to - span), to: Math.round(to) };
}

/// Goes back to now.
export function showNow() {
  timeline.fixed = null;
  changed();
}

/// Holds what is shown, or lets it go on.
export function toggleHold() {
  if (timeline.fixed) return showNow();
  const { from, to } = shownSpan();
  timeline.fixed = { from: Math.round(from), to: Math.round(to) };
  changed();
}

/// Moves by a part of what is shown: -0.5 goes half of it into the past.
export function pan(part) {
  const { from, to } = shownSpan();
  const distance = (to - from) * part;
  if (to + distance >= serverNow() - 1_000) return part > 0 ? showNow() : undefined;
  showInterval(from + distance, to + distance);
}

/// Shows more or less: 0.5 shows half as much.
export function zoom(factor) {
  const { from, to } = shownSpan();
  if (!timeline.fixed) return showLast((to - from) * factor);
  const middle = timeline.hover ?? (from + to) / 2;
  showInterval(middle - (middle - from) * factor, middle + (to - middle) * factor);
}

/// The words of the address for what is shown.
export function timeWords() {
  if (timeline.fixed) return { from: String(timeline.fixed.from), to: String(timeline.fixed.to) };
  return { last: spanText(Math.round(timeline.last / 1000) * 1000) };
}

/// Takes such words; nonsense changes nothing.
export function readTimeWords({ last, from, to }) {
  const [begin, end] = [Number(from), Number(to)];
  const span = spanOf(last);
  if (span >= SHORTEST && span <= LONGEST) timeline.last = span;
  timeline.fixed = from && to && end - begin >= 1_000 && end - begin <= LONGEST ? { from: begin, to: end } : null;
}
