// From a panel to the questions that it needs answered.

import { both } from "./query.js";
import { spanText } from "./format.js";
import { bucketStep } from "./scale.js";
import { timeline } from "./timeline.js";

/// Up to this range all buckets have a second, and one watch serves every shorter range.
const SECONDS = 900_000;
/// Groups that a graph asks for; it shows the largest of them.
const GROUPS = 40;
const ROWS = 150;
/// Values that the server keeps for one watch, less some room.
const CELLS = 200_000;
/// Events in a bucket from which on percentiles tell something.
const ENOUGH = 12;
/// Milliseconds for which mails and the like are waited for.
const LATE = 300_000;

/// How long buckets are, and how long they are kept, so that a range shows some 300 to 900.
export function bucketsFor(last) {
  if (last <= SECONDS) return { every: 1_000, last: SECONDS };
  const every = bucketStep(last / 450);
  return { every, last: Math.ceil(last / every) * every };
}

/// Whether the kind shows all of the time together instead of its course.
export const isTotal = (panel) => panel.kind === "top";

/// The questions of a panel: one, or two where it compares a part with all.
///
/// `view` is the filter of the page (its `match`), and whether the server can read the past.
export function questionsOf(panel, { match, hasHistory, pace }) {
  if (!panel.topic || panel.kind === "log" || panel.kind === "heading") return [];
  const own = both(panel.match ?? "", match);
  const base = question(panel, own, hasHistory, pace ?? 0);
  if (!panel.share) return [base];
  return [{ ...base, match: both(own, panel.share) }, base];
}

/// Milliseconds within which a topic has enough events for a percentile: a bucket with one event has none to tell.
export function paceOf(panel, catalogue) {
  const kinds = [panel.value ?? "count"].flat().flatMap((value) => (typeof value === "string" ? []
    : Object.keys(value)));
  if (!kinds.some((kind) => /^p\d|^distinct$/.test(kind))) return 0;
  const rate = catalogue.matching(panel.topic).reduce((sum, topic) => sum + (topic.rate ?? 0), 0);
  return rate > 0 ? Math.min(60_000, (1_000 * ENOUGH) / rate) : 10_000;
}

function question(panel, match, hasHistory, pace) {
  const value = panel.value ?? "count";
  const values = (Array.isArray(value) ? value : [value]).map((one) => (one === "rate" ? "count" : one));
  const asked = { topic: panel.topic };
  if (match) asked.match = match;
  if (panel.group) asked.group = panel.group;
  asked.value = values;
  const isFixed = timeline.fixed !== null && hasHistory;
  const span = timeline.fixed ? timeline.fixed.to - timeline.fixed.from : timeline.last;
  let { every, last } = bucketsFor(isFixed ? span : timeline.last);
  if (pace > every) {
    every = Math.min(bucketStep(pace), bucketStep(span / 30));
    last = Math.ceil(last / every) * every;
  }
  let limit = panel.group ? panel.limit ?? GROUPS : 1;
  if (isTotal(panel)) {
    last = isFixed ? span : timeline.last;
    every = bucketStep(last / 30);
    last = Math.ceil(last / every) * every;
    limit = panel.group ? ROWS : 1;
    asked.totals = true;
  }
  while (panel.group && limit > 8 && (last / every + 12) * (limit + 1) * values.length > CELLS) limit >>= 1;
  asked.every = spanText(every);
  if (isFixed) {
    asked.from = Math.floor(timeline.fixed.from / every) * every;
    asked.to = Math.ceil(timeline.fixed.to / every) * every;
  } else asked.last = spanText(last);
  // What is counted as it comes has no past: with one, it is counted by its own time, and may come late.
  if (panel.clock === "arrival" && hasHistory) asked.late = spanText(Math.min(LATE, last));
  else if (panel.clock) asked.clock = panel.clock;
  if (panel.group) asked.limit = limit;
  return asked;
}
