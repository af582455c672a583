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
    byId("books-close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => connection.want({ type: "books", on: false }));
  }

  open() {
    this.connection.want({ type: "books", on: true });
    this.dialog.showModal();
  }

  /// Writes the number of lost events: red as soon as there are any.
  total({ lost, malformed }) {
    const missing = lost + malformed;
    setText(byId("lost-number"), whole(missing));
    byId("lost").classList.toggle("bad", missing > 0);
  }

  show({ rows, more }) {
    const cell = (row, fate) => {
      const isBad = (fate === "lost" || fate === "malformed") && row[fate] > 0;
      return element("td", { class: isBad ? "bad" : "" }, whole(row[fate]));
    };
    byId("book-rows").replaceChildren(...rows.map((row) => element("tr", {},
      element("th", { scope: "row" }, row.name ?? "", element("span", { class: "muted" }, ` ${row.origin}`)),
      element("td", { class: "topic" }, row.topic),
      ...FATES.map((fate) => cell(row, fate)))));
    const note = more > 0 ? `${whole(more)} more rows, all with fewer losses.` : rows.length === 0 ? "No origin yet." : "";
    setText(byId("book-note"), note);
  }
}
