// The bar on top: the connection, and how much comes in.

import { byId, notify, setText } from "./dom.js";
import { units, whole } from "./format.js";
import { ago } from "./clock.js";

/// Milliseconds over which the rates in the bar are averaged.
const WINDOW = 3_000;

export class Header {
  constructor() {
    this.ticks = [];
    this.lostAt = null;
  }

  showState(state, seconds, reason) {
    const place = byId("state");
    place.dataset.state = state;
    setText(place, state === "waiting" ? `connection lost, again in ${seconds} s` : state);
    if (reason) place.title = reason;
    if (state === "waiting") this.lostAt ??= Date.now();
  }

  /// The server has greeted: says what was missed meanwhile.
  begin({ time }) {
    this.showState("live");
    if (this.lostAt !== null) {
      const away = Date.now() - this.lostAt;
      const note = "What came meanwhile is hatched as not known, unless the server still has it.";
      notify(`Connected again after ${ago(away)}. ${note}`);
    }
    this.lostAt = null;
    this.ticks = [];
    this.time = time;
  }

  tick({ time, events, bytes }) {
    const first = this.ticks.at(-1);
    if (first && events < first.events) this.ticks = [];
    this.ticks.push({ time, events, bytes });
    while (this.ticks.length > 2 && this.ticks[1].time <= time - WINDOW) this.ticks.shift();
    const [oldest] = this.ticks;
    const seconds = (time - oldest.time) / 1000;
    if (seconds < 0.5) return;
    const rate = (events - oldest.events) / seconds;
    setText(byId("rate"), rate >= 100_000 ? units.plain(rate).number : whole(Math.round(rate)));
    const { number, unit } = units.bytesRate((bytes - oldest.bytes) / seconds);
    setText(byId("volume"), number);
    setText(byId("volume-unit"), unit);
  }
}
