// One question to the server and all that it has answered so far.

import { spanOf } from "./format.js";

/// Buckets kept at most: what is shown may stand still while time goes on.
const MOST = 14_400;
/// Milliseconds without a word of the server after which nothing is known.
const AWAY = 4_000;
/// Milliseconds before and after a question was asked for which the store is read again: it may have lagged behind what
/// came, and what came may have reached the server later than the question.
const SEAM = { before: 3_000, after: 1_000, readAgain: 5_000 };

/// The answer to a question, as it grows. Several panels may share one.
///
/// `buckets` are in the order of their times; the rows of each are kept by the group's key, since the server may give
/// a number to another group later. What is not told within the known time is zero; what lies outside is not known.
export class Watch {
  constructor(id, question) {
    this.id = id;
    this.question = question;
    this.every = spanOf(question.every);
    this.last = spanOf(question.last) || question.to - question.from;
    this.buckets = [];
    this.names = new Map();
    /// Values of each group by its key.
    this.groups = new Map();
    this.totals = [];
    /// Time from which on everything is known, but for the gaps.
    this.knownFrom = Infinity;
    this.gaps = [];
    this.time = 0;
    /// "reading", "whole" or "failed" where the server reads older events; undefined where it does not.
    this.history = undefined;
    this.mistake = "";
    this.version = 0;
    this.holders = 0;
    /// Whether this connection has begun to answer it.
    this.isLive = false;
  }

  /// Takes an answer in.
  take(message) {
    if (message.type === "error") {
      this.mistake = message.message;
      this.version += 1;
      return;
    }
    const seen = this.time;
    this.time = message.time;
    if (message.type === "snapshot") {
      this.isLive = true;
      this.begin(message, seen);
    }
    for (const [number, values] of message.groups) {
      const key = JSON.stringify(values, (_, value) => (typeof value === "bigint" ? String(value) : value));
      this.names.set(number, key);
      this.groups.set(key, values);
    }
    for (const bucket of message.buckets) this.put(bucket);
    if (message.buckets.some(({ past }) => past) && this.time > this.since + SEAM.readAgain) this.isJoined = true;
    if (message.totals) this.totals = message.totals.map((row) => ({ key: this.keyOf(row[0]), values: row.slice(1) }));
    if (message.history) this.readHistory(message);
    if (!message.more && this.oldestComing !== null) this.oldestComing = null;
    this.trim();
    this.version += 1;
  }

  begin({ since, more, every }, seen) {
    this.mistake = "";
    this.names.clear();
    this.every = every ?? this.every;
    this.since = since;
    this.isJoined = false;
    this.oldestComing = more ? Infinity : null;
    if (this.question.from) return;
    const isFirst = this.knownFrom === Infinity;
    if (isFirst) this.knownFrom = since;
    else if (since > seen) this.gaps.push([seen, since]);
    // What comes now is whole: it takes the place of what was told before the connection was lost.
    const kept = this.buckets.findIndex(({ time }) => time + this.every > since);
    if (kept >= 0) this.buckets.length = kept;
  }

  put(bucket) {
    if (this.oldestComing !== null && bucket.time < this.oldestComing) this.oldestComing = bucket.time;
    if (bucket.past || this.question.from) {
      this.oldestPast = Math.min(this.oldestPast ?? Infinity, bucket.time);
    } else if (bucket.time < this.since) {
      return;  // it began before everything was seen
    }
    const rows = new Map();
    for (const row of bucket.rows) rows.set(this.keyOf(row[0]), row);
    const entry = {
      time: bucket.time, rows, received: bucket.received, sampled: bucket.sampled ?? 0, late: bucket.late ?? 0,
      missing: bucket.missing ?? [],
    };
    const place = placeOf(this.buckets, bucket.time);
    if (this.buckets[place]?.time === bucket.time) {
      if (bucket.past && !this.isInGap(bucket.time) && bucket.time >= this.since) return;
      this.buckets[place] = entry;
    } else this.buckets.splice(place, 0, entry);
  }

  /// Group 0 is everything that has no number.
  keyOf(number) { return number === 0 ? "" : this.names.get(number) ?? ""; }

  isInGap(time) { return this.gaps.some(([from, to]) => time >= from && time < to); }

  readHistory({ history, message }) {
    this.history = history;
    if (history === "failed") this.historyMistake = message ?? "";
    if (history === "whole") {
      this.knownFrom = -Infinity;
      this.gaps = [];
    }
  }

  /// Forgets what is too old to be shown.
  trim() {
    const excess = this.buckets.length - Math.min(MOST, 2 * Math.ceil(this.last / this.every) + 20);
    if (excess > 0) this.buckets.splice(0, excess);
    this.gaps = this.gaps.filter(([, to]) => to > this.time - 3 * this.last);
  }

  /// Time from which on buckets that are not told are zeros.
  get wholeFrom() {
    if (this.history === "whole") return this.question.from ?? -Infinity;
    const past = this.oldestPast ?? Infinity;
    const coming = this.oldestComing ?? -Infinity;
    const first = Math.min(this.knownFrom, past);
    return Number.isFinite(coming) || coming === Infinity ? Math.max(first, coming) : first;
  }

  /// Time until which everything is known: that of the last answer, unless the connection is lost.
  get knownTo() { return Math.min(this.time, this.question.to ?? Infinity); }

  /// Intervals between two times that are not known.
  unknown(from, to) {
    const found = this.wholeFrom > from ? [[from, Math.min(to, this.wholeFrom)]] : [];
    for (const [begin, finish] of this.gaps) {
      const end = Math.min(finish, this.oldestPast ?? Infinity);  // what was read of the past fills it from its end
      if (end <= begin) continue;
      if (end > from && begin < to) found.push([Math.max(from, begin), Math.min(to, end)]);
    }
    // The past was read, but not yet again what was being stored meanwhile.
    const [begin, end] = [Math.max(from, this.since - SEAM.before, this.wholeFrom), this.since + SEAM.after];
    const isSeam = this.history === "reading" && !this.isJoined && !this.question.from;
    if (isSeam && begin < Math.min(to, end)) found.push([begin, Math.min(to, end)]);
    // The connection is lost: what comes meanwhile is not known.
    if (!this.question.to && to - this.time > AWAY) found.push([Math.max(from, this.time), to]);
    return found;
  }

  /// Nothing was told until this time: there was nothing.
  tick(time) {
    if (this.isLive && !this.question.to) this.time = Math.max(this.time, time);
  }
}

/// The place of the first bucket that is not before a time.
export function placeOf(buckets, time) {
  let [low, high] = [0, buckets.length];
  if (high > 0 && buckets[high - 1].time < time) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (buckets[middle].time < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
