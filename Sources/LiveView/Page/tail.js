// The live tail: the newest events, at a rate that a person can follow.

import { byId, element, setText } from "./dom.js";
import { eventItem } from "./event.js";
import { whole } from "./format.js";

/// Events kept in the page.
const KEPT = 200;

/// Shows events and asks the server for those of a topic or pattern; asks for none while paused.
export class Tail {
  constructor({ connection, onGraph }) {
    this.connection = connection;
    this.onGraph = onGraph;
    this.pattern = "*";
    this.isPaused = false;
    this.leftOut = 0;
    byId("pause").addEventListener("click", () => this.pause(!this.isPaused));
    byId("tail-filter").addEventListener("change", ({ target }) => this.filterBy(target.value));
    this.ask();
  }

  /// A paused tail costs the server nothing: it is asked for no events at all.
  ask() {
    this.connection.want({ type: "tail", topic: this.isPaused ? null : this.pattern });
  }

  pause(isPaused) {
    this.isPaused = isPaused;
    const button = byId("pause");
    button.setAttribute("aria-pressed", String(isPaused));
    setText(button, isPaused ? "Resume" : "Pause");
    byId("tail").classList.toggle("paused", isPaused);
    this.ask();
  }

  filterBy(pattern) {
    this.pattern = pattern.trim() || "*";
    byId("tail-filter").value = this.pattern === "*" ? "" : this.pattern;
    byId("events").replaceChildren();
    this.leftOut = 0;
    this.complain("");
    if (this.isPaused) this.pause(false);
    else this.ask();
  }

  complain(mistake) {
    const place = byId("tail-mistake");
    place.hidden = mistake === "";
    setText(place, mistake);
  }

  /// Offers a topic for the filter.
  offer(topic) {
    byId("tail-topics").append(element("option", { value: topic }));
  }

  /// Puts new events on top, the newest first.
  show({ topic, events, left_out: leftOut }, time) {
    if (this.isPaused || topic !== this.pattern) return;  // it was under way when the filter changed
    const list = byId("events");
    this.leftOut += leftOut;
    setText(byId("left-out"), this.leftOut === 0 ? "" : `${whole(this.leftOut)} left out`);
    const items = events.map((entry) => eventItem(entry, time, this.onGraph)).reverse();
    list.prepend(...items);
    while (list.childElementCount > KEPT) list.lastElementChild.remove();
  }
}
