// The filter of the whole page: a topic and a query, checked by the server before they are used.

import { byId, button, element, setText } from "./dom.js";
import { Completion } from "./completion.js";
import { describe, isEmpty, membersOf, without } from "./query.js";
import { tokenize } from "./tokens.js";

/// The name of the watch that checks a query: nobody publishes its topic, so it costs nothing.
const CHECK = "check";
const NOWHERE = "eventstorm.check";

export class FilterBar {
  constructor({ connection, catalogue, onChange }) {
    Object.assign(this, { connection, catalogue, onChange });
    this.match = "";
    this.topic = "";
    this.input = byId("query");
    this.topicInput = byId("topic");
    this.completion = new Completion(this.input, byId("completions"), catalogue, () => this.topic);
    byId("filter").addEventListener("submit", (event) => {
      event.preventDefault();
      this.completion.close();
      this.set(this.input.value);
    });
    byId("clear").addEventListener("click", () => {
      this.setTopic("");
      this.set("");
      this.input.focus();
    });
    this.topicInput.addEventListener("change", () => this.setTopic(this.topicInput.value.trim()));
    this.input.addEventListener("input", () => this.complain(""));
  }

  /// Uses a query, once the server has said that it is one.
  set(text) {
    this.input.value = text;
    const { mistake } = tokenize(text);
    if (mistake) return this.complain(mistake.text, mistake.place);
    if (isEmpty(text)) return this.use("");
    if (!/^\s*\{/.test(text)) return this.complain("a query begins with {, as in {status: 404}", 0);
    this.wanted = text;
    this.connection.want({ type: "watch", id: CHECK, topic: NOWHERE, match: text, every: "1s", last: "1s" });
  }

  setTopic(topic) {
    if (topic === this.topic) return;
    this.topic = topic;
    this.show();
    this.onChange();
  }

  /// Takes the server's word on a query; true if it was about one.
  take({ type, id, message }) {
    if (id !== CHECK) return false;
    this.connection.forget(CHECK);
    if (type === "error") this.complain(message.replace(/^match: /, ""), placeIn(this.wanted, message));
    else if (this.wanted !== undefined) this.use(this.wanted);
    this.wanted = undefined;
    return true;
  }

  use(match) {
    this.complain("");
    if (match === this.match) return this.show();
    this.match = match;
    this.show();
    this.onChange();
  }

  /// Takes over what the address says, without asking the server again.
  restore({ match, topic }) {
    this.match = match;
    this.topic = topic;
    this.show();
  }

  show() {
    this.input.value = this.match;
    this.topicInput.value = this.topic;
    byId("clear").hidden = !this.match && !this.topic;
    const members = this.match ? membersOf(this.match) ?? [] : [];
    byId("conditions").hidden = members.length === 0;
    byId("conditions").replaceChildren(...members.map((member, index) => {
      const text = describe(member);
      return element("li", {}, button(text, () => this.edit(index), { title: "Change it", class: "value" }),
        button("×", () => this.set(without(this.match, index)),
          { "aria-label": `Remove ${text}`, title: "Remove it" }));
    }));
  }

  edit(index) {
    const { value } = membersOf(this.match)[index];
    const from = this.match.indexOf(value);
    this.input.focus();
    this.input.setSelectionRange(from, from + value.length);
  }

  /// Says what is wrong with the query, and where.
  complain(text, place) {
    const note = byId("query-mistake");
    note.hidden = text === "";
    setText(note, text);
    this.input.setAttribute("aria-invalid", String(text !== ""));
    if (text && place !== undefined && document.activeElement === this.input) {
      this.input.setSelectionRange(place, Math.min(this.input.value.length, place + 1));
    }
  }

  /// Offers the topics of the catalogue.
  offer() {
    const names = this.catalogue.names;
    const roots = new Set(names.filter((name) => name.includes(".")).map((name) => `${name.split(".")[0]}.*`));
    const offered = [...roots, ...names];
    const list = byId("topics");
    if (list.childElementCount === offered.length) return;
    list.replaceChildren(...offered.map((name) => element("option", { value: name })));
  }
}

/// The place that a message of the server names; undefined if it names none.
function placeIn(text, message) {
  const match = /column (\d+)/.exec(message);
  return match && !text.includes("\n") ? Number(match[1]) - 1 : undefined;
}
