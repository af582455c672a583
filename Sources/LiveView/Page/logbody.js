// The inside of a panel with the live log: the newest events as they come.

import { button, element, setText } from "./dom.js";
import { at, eventItem, eventTree, pathsOf } from "./event.js";
import { openMenu } from "./menu.js";
import { both } from "./query.js";
import { whole } from "./format.js";
import { serverNow } from "./timeline.js";

/// Events kept on the page.
const KEPT = 500;
const COLUMNS = 60;

export class LogBody {
  constructor(spec, page, panel) {
    Object.assign(this, { spec, page, panel });
    this.kept = [];
    this.leftOut = 0;
    this.isPaused = false;
    this.pauseButton = button("Pause", () => this.pause(!this.isPaused),
      { "aria-pressed": "false", title: "Pause or resume (p)" });
    this.search = element("input", { type: "search", placeholder: "Search what is here",
      "aria-label": "Search the events on the page", autocomplete: "off", spellcheck: "false" });
    this.search.addEventListener("input", () => this.seek());
    this.columnsButton = button("Columns", () => this.chooseColumns(), { "aria-haspopup": "menu" });
    this.count = element("span", { class: "muted count" });
    this.header = element("div", { class: "log-columns", hidden: true });
    this.list = element("ol", { class: "events", "aria-label": "Latest events, newest first", tabindex: "0" });
    this.list.addEventListener("click", (event) => this.click(event));
    this.root = element("div", { class: "log-body" },
      element("div", { class: "log-bar" }, this.pauseButton, this.search, this.columnsButton, this.count),
        this.header, this.list);
    this.writeHeader();
  }

  begin() {}

  end() { this.unask(); }

  get columns() { return this.spec.columns ?? []; }

  /// What is asked for, as a text: another one is another question.
  question() { return JSON.stringify(this.wish()); }

  wish() {
    const topic = this.spec.topic || this.page.filter.topic || "*";
    const match = both(this.spec.match ?? "", this.page.filter.match);
    return { type: "tail", topic, ...(match ? { match } : {}), rate: 48 };
  }

  ask() {
    this.asked = this.wish();
    this.kept = [];
    this.list.replaceChildren();
    this.leftOut = 0;
    this.page.tail.ask(this, this.isPaused ? null : this.asked);
  }

  unask() { this.page.tail.disown(this); }

  pause(isPaused) {
    this.isPaused = isPaused;
    setText(this.pauseButton, isPaused ? "Resume" : "Pause");
    this.pauseButton.setAttribute("aria-pressed", String(isPaused));
    this.list.classList.toggle("paused", isPaused);
    if (this.asked) this.page.tail.ask(this, isPaused ? null : this.asked);
  }

  /// Puts new events on top, the newest first.
  take({ topic, events, left_out: leftOut }) {
    if (this.isPaused || topic !== this.asked?.topic) return;  // it was under way when the filter changed
    this.leftOut += leftOut;
    const time = serverNow();
    const scrolled = this.list.scrollTop;
    const before = this.list.scrollHeight;
    for (const entry of events) {
      const item = eventItem(entry, time, this.columns);
      this.kept.push({ ...entry, item, time });
      item.hidden = !this.isFound(entry);
      this.list.prepend(item);
    }
    for (const { item } of this.kept.splice(0, Math.max(0, this.kept.length - KEPT))) item.remove();
    // What is being read stays where it is.
    if (scrolled > 8) this.list.scrollTop = scrolled + this.list.scrollHeight - before;
    this.panel.showHint("");
    setText(this.count, this.leftOut === 0 ? "" : `${whole(this.leftOut)} more not shown`);
  }

  complain(text) { this.panel.showHint(text); }

  seek() {
    for (const entry of this.kept) entry.item.hidden = !this.isFound(entry);
  }

  isFound(entry) {
    const wanted = this.search.value.trim().toLowerCase();
    if (wanted === "") return true;
    const plain = (_, value) => (typeof value === "bigint" ? String(value) : value);
    entry.text ??= `${entry.topic} ${JSON.stringify(entry.event ?? "", plain)}`.toLowerCase();
    return entry.text.includes(wanted);
  }

  /// A value opens its choices, anything else of the line opens the event.
  click({ target }) {
    const item = target.closest("li.event");
    const entry = this.kept.find((one) => one.item === item);
    if (!entry?.event || target.closest(".opened")) return;
    const field = target.closest("[data-field]")?.dataset.field;
    if (field === "$topic") return this.page.openValue(entry.topic, field, entry.topic, target);
    if (field) return this.page.openValue(entry.topic, field, at(entry.event, field), target);
    const open = item.querySelector(".open");
    const isOpen = open.getAttribute("aria-expanded") === "true";
    open.setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) item.querySelector(".opened").remove();
    else item.append(eventTree(entry.topic, entry.event, this.page));
  }

  chooseColumns() {
    const paths = new Set(this.columns);
    for (const { event } of this.kept.slice(-80)) if (event) pathsOf(event).forEach((path) => paths.add(path));
    const items = [...paths].slice(0, COLUMNS).map((path) => ({
      text: `${this.columns.includes(path) ? "✓ " : "   "}${path}`, run: () => this.toggleColumn(path),
    }));
    openMenu(this.columnsButton, [{ text: "No columns: the most telling", run: () => this.setColumns([]) }, null,
      ...items], "Columns");
  }

  toggleColumn(path) {
    const { columns } = this;
    this.setColumns(columns.includes(path) ? columns.filter((one) => one !== path) : [...columns, path]);
    this.chooseColumns();
  }

  setColumns(columns) {
    this.spec.columns = columns;
    if (columns.length === 0) delete this.spec.columns;
    this.writeHeader();
    for (const entry of this.kept) {
      const item = eventItem(entry, entry.time, columns);
      item.hidden = entry.item.hidden;
      entry.item.replaceWith(item);
      entry.item = item;
    }
    this.page.boardChanged();
  }

  writeHeader() {
    const { columns } = this;
    this.header.hidden = columns.length === 0;
    this.header.replaceChildren(element("span", {}, "time"), element("span", {}, "topic"),
      element("span", { class: "cells" },
      ...columns.map((path) => element("span", {}, path))));
    this.root.style.setProperty("--columns", String(Math.max(1, columns.length)));
  }

  table() {
    const { columns } = this;
    const shown = columns.length > 0 ? columns : ["message", "status", "path", "host"];
    const rows = this.kept.toReversed().map(({ topic, event, time }) => [
      new Date(time).toISOString(), topic, ...shown.map((path) => textOf(at(event ?? {}, path)))]);
    return { head: ["time", "topic", ...shown], rows };
  }

  records() { return this.table(); }
}

const textOf = (value) => (value === undefined ? "" : typeof value === "object" ? JSON.stringify(value)
  : String(value));
