// The choice of time: ranges, into the past, hold, back to now.

import { byId, button, setText } from "./dom.js";
import { intervalText } from "./clock.js";
import { spanOf, spanText } from "./format.js";
import { onSettings } from "./settings.js";
import { RANGES, pan, showInterval, showLast, showNow, timeline, toggleHold } from "./timeline.js";

export class TimeBar {
  constructor() {
    this.ranges = RANGES.map((range, index) => button(range, () => showLast(spanOf(range)), {
      "aria-pressed": "false", title: `The last ${range} (${index + 1})`,
    }));
    byId("ranges").replaceChildren(...this.ranges);
    byId("earlier").addEventListener("click", () => pan(-0.5));
    byId("later").addEventListener("click", () => pan(0.5));
    byId("hold").addEventListener("click", toggleHold);
    byId("now").addEventListener("click", showNow);
    byId("interval").addEventListener("click", () => this.choose());
    byId("interval-form").addEventListener("submit", (event) => this.submit(event));
    timeline.listeners.add(() => this.show());
    onSettings(() => this.show());
    this.show();
  }

  begin() { this.show(); }

  show() {
    const { fixed, last } = timeline;
    this.ranges.forEach((one, index) => {
      one.setAttribute("aria-pressed", String(!fixed && spanOf(RANGES[index]) === last));
    });
    byId("now").disabled = !fixed;
    byId("hold").setAttribute("aria-pressed", String(Boolean(fixed)));
    document.body.classList.toggle("past", Boolean(fixed));
    const isUsual = RANGES.some((range) => spanOf(range) === last);
    setText(byId("interval"), fixed ? intervalText(fixed.from, fixed.to)
      : isUsual ? "From … to …" : `last ${spanText(Math.round(last / 1000) * 1000)}`);
  }

  /// Opens the form with the interval that is shown, in local time.
  choose() {
    const to = timeline.fixed?.to ?? Date.now();
    const from = timeline.fixed?.from ?? to - timeline.last;
    const local = (time) => new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
    byId("from").value = local(from);
    byId("to").value = local(to);
    byId("interval-dialog").showModal();
  }

  submit(event) {
    event.preventDefault();
    const [from, to] = [Date.parse(byId("from").value), Date.parse(byId("to").value)];
    if (!(to > from)) return;
    byId("interval-dialog").close();
    showInterval(from, to);
  }
}

