// Where a graph does not tell the whole: losses, times that are not known, sources that died.

import { whole } from "./format.js";
import { placeOf } from "./watch.js";

export const FATES = ["lost", "malformed", "absent", "unknown"];
/// Milliseconds for which the band of a loss reaches back to what came before.
const REACH = 30_000;
/// What a fate means, in a few words.
const REASONS = {
  lost: "between two numbered messages, on a full queue or a cut link",
  malformed: "came damaged",
  absent: "not sent while nobody listened here",
  unknown: "between the last word of a program that died and the first of its successor",
};

/// The bands of a panel between two times: `{from, to, kind, title, lines}`.
export function bandsOf(watches, from, to) {
  const bands = watches[0].unknown(from, to).map(([begin, end]) => ({
    from: begin, to: end, kind: "unknown", title: "not known",
    lines: [watches[0].history === "reading" ? "still being read" : "nobody asked for it at that time"],
  }));
  return bands.concat(lossesOf(watches[0], from, to));
}

/// A loss is noticed when the next message comes: it lies between that and what came before, if that is not long ago.
function beginOf(watch, index) {
  const { time } = watch.buckets[index];
  let before = index - 1;
  while (before >= 0 && watch.buckets[before].received === 0) before -= 1;
  return before < 0 ? time : Math.min(time, Math.max(watch.buckets[before].time + watch.every, time - REACH));
}

/// Neighbouring buckets in which events went missing are one band.
function lossesOf(watch, from, to) {
  const bands = [];
  for (let index = placeOf(watch.buckets, from); index < watch.buckets.length; index += 1) {
    const { time, missing } = watch.buckets[index];
    if (time >= to) break;
    if (missing.length === 0) continue;
    let band = bands.at(-1);
    if (!band || time - band.to > 2 * watch.every) {
      bands.push((band = { from: beginOf(watch, index), kind: "lost", links: new Map() }));
    }
    band.to = time + watch.every;
    for (const link of missing) note(band.links, link);
  }
  return bands.map(finish).filter(({ sum }) => sum > 0);
}

function note(links, link) {
  const name = link.receiver ? `${link.name || link.origin} → ${link.receiver}` : `${link.name || link.origin} → here`;
  const counts = links.get(name) ?? {};
  links.set(name, counts);
  for (const fate of FATES) if (link[fate]) counts[fate] = (counts[fate] ?? 0) + link[fate];
}

function finish({ from, to, kind, links }) {
  const sums = {};
  const lines = [];
  for (const [name, counts] of links) {
    for (const fate of FATES) {
      if (!counts[fate]) continue;
      sums[fate] = (sums[fate] ?? 0) + counts[fate];
      lines.push(`${whole(counts[fate])} ${fate} on ${name}: ${REASONS[fate]}`);
    }
  }
  const parts = FATES.filter((fate) => sums[fate] > 0).map((fate) => `${whole(sums[fate])} ${fate}`);
  const sum = FATES.reduce((total, fate) => total + Math.max(0, sums[fate] ?? 0), 0);
  return { from, to, kind, title: parts.join(", "), lines: lines.slice(0, 6), sum, sums };
}

/// All losses of some bands together, as a text; nothing if there are none.
export function lossText(bands) {
  const sums = {};
  for (const band of bands) {
    for (const fate of FATES) if (band.sums?.[fate]) sums[fate] = (sums[fate] ?? 0) + band.sums[fate];
  }
  return FATES.filter((fate) => sums[fate] > 0).map((fate) => `${whole(sums[fate])} ${fate}`).join(", ");
}
