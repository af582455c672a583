// The books: what was received and what was lost, for each origin and topic.

import { byId, element, setText } from "./dom.js";
import { whole } from "./format.js";

const FATES = ["received", "lost", "malformed", "absent", "unknown"];

/// The number in the header and the table behind it.
export class Books {
  constructor({ connection }) {
    this.connection = connection;
    this.dialog = byId("books");
    byId("lost").addEventListener("click", () => this.open());
    this.dialog.addEventListener("close", () => this.want());
  }

  open() {
    this.dialog.showModal();
    this.want();
  }

  /// Whether somebody else needs the rows as well, as long as a source is silent.
  need(isNeeded) {
    if (isNeeded === this.isNeeded) return;
    this.isNeeded = isNeeded;
    this.want();
  }

  want() { this.connection.want({ type: "books", on: this.dialog.open || this.isNeeded === true }); }

  /// Writes the number of lost events: red as soon as there are any.
  total({ lost, malformed, silent, gone }) {
    const missing = Math.max(lost + malformed, this.lostElsewhere ?? 0);
    setText(byId("lost-number"), whole(missing));
    byId("lost").classList.toggle("bad", missing > 0);
    const parts = [silent > 0 ? `${silent} silent` : "", gone > 0 ? `${gone} gone` : ""].filter(Boolean);
    setText(byId("origins"), parts.join(" · "));
    byId("origins").hidden = parts.length === 0;
  }

  /// What other links lost, from the catalogue: an event that a router missed is missing here, too.
  elsewhere(links) {
    const missing = ({ lost = 0, malformed = 0 }) => Math.max(0, lost) + Math.max(0, malformed);
    this.lostElsewhere = links.reduce((sum, link) => sum + missing(link), 0);
    byId("link-rows").replaceChildren(...links.map((link) => element("tr", {},
      element("th", { scope: "row" }, `${link.name || link.origin} → ${link.receiver ?? "here"}`),
      element("td", { class: "topic" }, link.topic),
        ...FATES.slice(1).map((fate) => element("td", {}, whole(link[fate] ?? 0))))));
    byId("links").hidden = links.length === 0;
  }

  show({ rows, more }) {
    if (!this.dialog.open) return;
    const cell = (row, fate) => {
      const isBad = (fate === "lost" || fate === "malformed") && row[fate] > 0;
      return element("td", { class: isBad ? "bad" : "" }, whole(row[fate]));
    };
    byId("book-rows").replaceChildren(...rows.map((row) => element("tr", {},
      element("th", { scope: "row" }, row.name ?? "", element("span", { class: "muted" }, ` ${row.origin}`)),
      element("td", { class: "topic" }, row.topic),
      element("td", { class: `state-${row.state}` }, row.state ?? ""),
      ...FATES.map((fate) => cell(row, fate)))));
    const none = rows.length === 0 ? "No origin yet." : "";
    const note = more > 0 ? `${whole(more)} more rows, all with fewer losses.` : none;
    setText(byId("book-note"), note);
  }
}
