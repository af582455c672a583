// Times at which nothing was heard of a publisher of this server: what it sent, and whether it did, is not known.

import { matches } from "./catalogue.js";

/// Milliseconds without a beat after which the server calls an origin silent.
const SILENCE = 3_000;
/// Milliseconds for which the rows of the books are looked at after one fell silent.
const WATCHED = 30_000;
const KEPT = 200;

/// Learns from the books which origins fell silent and when others took their place.
export class Outages {
  constructor(books) {
    this.books = books;
    /// `{origin, name, topics, from, to}`; `to` is missing while nobody took its place.
    this.list = [];
    this.quiet = 0;
    this.until = 0;
  }

  /// The counters of a tick: more silent origins than before are looked into.
  tick({ time, books: { silent, gone } }) {
    if (silent + gone > this.quiet) this.until = time + WATCHED;
    this.quiet = silent + gone;
    this.time = time;
    this.books.need(time < this.until);
  }

  /// The rows of the books.
  take({ rows }) {
    const alive = rows.filter(({ state }) => state === "alive");
    for (const { origin, name, topic, state } of rows) {
      if (state !== "silent" && state !== "gone") continue;
      let outage = this.list.find((one) => one.origin === origin && !one.isOver);
      if (!outage) {
        if (state === "gone") continue;  // it was so before this page looked
        outage = { origin, name, topics: new Set(), from: this.time - SILENCE - 1_000 };
        this.list.push(outage);
      }
      outage.topics.add(topic);
      outage.state = state;
    }
    for (const outage of this.list) {
      if (outage.to !== undefined) continue;
      const isBack = alive.some(({ origin, name, topic }) => (
        origin === outage.origin || (name === outage.name && outage.topics.has(topic))));
      if (isBack) Object.assign(outage, { to: this.time, isOver: true });
    }
    this.list = this.list.slice(-KEPT);
  }

  /// Bands for a topic or pattern between two times.
  bands(pattern, from, to) {
    return this.list.filter((one) => one.from < to && (one.to ?? Infinity) > from
      && [...one.topics].some((topic) => matches(pattern, topic)))
      .map((one) => ({
        from: one.from, to: one.to ?? to, kind: "lost",
        title: `${one.name || one.origin} ${one.to === undefined ? one.state : "was silent"}`,
        lines: ["nothing was heard of it: what it sent meanwhile may be missing, and how much is not known"],
      }));
  }
}
