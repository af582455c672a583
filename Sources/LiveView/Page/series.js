// What a graph draws: values over time, in a ring of fixed size.

/// Milliseconds over which a rate is averaged, where events are many.
const SHORT = 2_000;
/// Milliseconds over which it is averaged where they are few: what comes once a second makes a line, not a comb.
export const LONG = 5_000;
/// Events in the short time that are many.
const MANY = 8;
/// Points that the average is taken of once more: an event that falls to one side or the other of a tick makes no tooth.
const AGAIN = 4;
const SIZE = 512;

/// A ring of points. NaN is a gap: something is not known there, which is not the same as zero.
export class Series {
  constructor() {
    this.times = new Float64Array(SIZE);
    this.values = new Float64Array(SIZE);
    this.lows = new Float64Array(SIZE);
    this.highs = new Float64Array(SIZE);
    this.end = 0;
  }

  get length() { return Math.min(this.end, SIZE); }

  push(time, value, low = value, high = value) {
    const slot = this.end % SIZE;
    this.times[slot] = time;
    this.values[slot] = value;
    this.lows[slot] = low;
    this.highs[slot] = high;
    this.end += 1;
  }

  /// Marks that nothing is known from here to the next point.
  break(time) {
    if (this.length > 0 && !Number.isNaN(this.latest)) this.push(time, NaN);
  }

  get latest() { return this.length === 0 ? NaN : this.values[(this.end - 1) % SIZE]; }

  /// Calls with (time, value, low, high) for each point from the last one before `since`.
  forEach(since, visit) {
    let index = this.end - this.length;
    while (index + 1 < this.end && this.times[(index + 1) % SIZE] < since) index += 1;
    for (; index < this.end; index += 1) {
      const slot = index % SIZE;
      visit(this.times[slot], this.values[slot], this.lows[slot], this.highs[slot]);
    }
  }

  /// The point nearest to a time, or null if that is a gap or too far.
  at(time) {
    let best = null;
    let distance = 4_000;
    this.forEach(time - distance, (t, value) => {
      if (Math.abs(t - time) < distance && !Number.isNaN(value)) {
        distance = Math.abs(t - time);
        best = { time: t, value };
      }
    });
    return best;
  }

  /// Lowest and highest value since a time; null without any.
  range(since) {
    let low = Infinity;
    let high = -Infinity;
    this.forEach(since, (_, value, lowest, highest) => {
      if (Number.isNaN(value)) return;
      if (lowest < low) low = lowest;
      if (highest > high) high = highest;
    });
    return low <= high ? { low, high } : null;
  }
}

/// Turns a counter that only grows into a rate per second.
///
/// The server sends counters, not rates: a message that was skipped for a slow client costs detail, never events.
export class Rate extends Series {
  constructor() {
    super();
    this.marks = [];
    this.raw = [];
  }

  count(time, counter) {
    const previous = this.marks.at(-1);
    if (previous && counter < previous.counter) this.restart(time);
    this.marks.push({ time, counter });
    while (this.marks.length > 2 && this.marks[1].time <= time - LONG) this.marks.shift();
    const recent = this.marks.findLast((mark) => mark.time <= time - SHORT);
    if (!recent) return;  // too short to tell a rate
    const first = counter - recent.counter >= MANY ? recent : this.marks[0];
    this.raw.push(((counter - first.counter) * 1000) / (time - first.time));
    if (this.raw.length > AGAIN) this.raw.shift();
    this.push(time, this.raw.reduce((sum, rate) => sum + rate) / this.raw.length);
  }

  /// Forgets the counter: it belonged to another connection or another run of the server.
  restart(time) {
    this.marks = [];
    this.raw = [];
    this.break(time);
  }
}
