// Marks on the graphs, and the state of alerts.

import { byId, element, button, setText } from "./dom.js";
import { ago, fullClock } from "./clock.js";
import { nameOfValue, spanText, tell, unitOfValue } from "./format.js";
import { serverNow } from "./timeline.js";

const KEPT = 500;

/// What people and programs noted at a time: deployments, incidents.
export class Marks {
  constructor() { this.list = []; }

  /// Takes marks in; one that came twice, as an alert whose events are marks too, is one.
  take({ marks, all }) {
    const sorted = (all ? marks : this.list.concat(marks)).toSorted((a, b) => a.time - b.time);
    const keys = sorted.map(({ time, topic, message, state }) => JSON.stringify([time, topic, message, state]));
    this.list = sorted.filter((_, index) => keys.indexOf(keys[index]) === index).slice(-KEPT);
  }

  between(from, to) { return this.list.filter(({ time }) => time >= from && time <= to); }

  /// The dialog's list, the newest first.
  write() {
    const items = this.list.toReversed().map((mark) => element("li", {},
      element("time", {}, fullClock(mark.time)), element("b", {}, mark.topic), " ", mark.message ?? "",
      mark.state ? element("span", { class: "muted" }, ` ${mark.state}`) : null, " ", linkTo(mark.link)));
    byId("mark-list").replaceChildren(...items);
    byId("marks-none").hidden = items.length > 0;
  }
}

/// A link of an event: only to the web, in a window of its own that knows nothing of this one.
export function linkTo(address) {
  if (!/^https?:\/\//i.test(address ?? "")) return null;
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, "open");
}

/// The state of alerts: a number in the bar, and a list.
export class Alerts {
  constructor({ onOpen }) {
    this.list = [];
    this.onOpen = onOpen;
  }

  take({ alerts }) {
    this.list = alerts;
    const firing = alerts.filter(({ state }) => state === "firing").length;
    const place = byId("alerts-open");
    place.hidden = alerts.length === 0;
    place.dataset.state = firing > 0 ? "firing" : alerts.some(({ state }) => state === "waiting") ? "waiting" : "quiet";
    setText(byId("alerts-number"), String(firing));
    setText(byId("alerts-word"), firing === 1 ? "alert" : "alerts");
    this.write();
  }

  write() {
    const order = { firing: 0, waiting: 1, quiet: 2 };
    const sorted = this.list.toSorted((a, b) => order[a.state] - order[b.state]);
    byId("alert-list").replaceChildren(...sorted.map((alert) => this.item(alert)));
  }

  item({ name, title, state, since, group, value, above, below, topic, of = "count", every }) {
    const text = (number) => tell(number, unitOfValue(topic, of));
    const limit = above !== undefined ? `above ${text(above)}` : `below ${text(below)}`;
    const told = value === undefined ? "" : `${text(value)} for ${ago(serverNow() - since)}`;
    return element("li", { "data-state": state },
      element("span", { class: "badge" }, state), element("b", {}, title ?? name), group ? ` ${group} ` : " ", told,
      element("p", { class: "muted" }, `${nameOfValue(of)} ${limit}${every ? ` in ${spanText(every)}` : ""}, of `,
        button(topic, () => this.onOpen(topic), { class: "value" })));
  }
}
