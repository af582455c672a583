// One panel of a dashboard: its frame, its questions, its notes; what is inside is told by its kind.

import { byId, element, button, setText } from "./dom.js";
import { lossText } from "./bands.js";
import { spanText, tell, whole } from "./format.js";
import { GaugeBody } from "./gaugebody.js";
import { GraphBody } from "./graphbody.js";
import { HeadingBody } from "./headingbody.js";
import { LogBody } from "./logbody.js";
import { NumberBody } from "./numberbody.js";
import { paceOf, questionsOf } from "./question.js";
import { closeTable, showTable } from "./table.js";
import { shownSpan } from "./timeline.js";
import { TopBody } from "./topbody.js";

/// What a panel can be.
export const KINDS = {
  line: { name: "Lines", body: GraphBody }, area: { name: "Stacked areas", body: GraphBody },
  bars: { name: "Bars", body: GraphBody }, heat: { name: "Heat map", body: GraphBody },
  top: { name: "Table", body: TopBody }, number: { name: "Number", body: NumberBody },
  gauge: { name: "Gauges", body: GaugeBody }, log: { name: "Log", body: LogBody },
  heading: { name: "Heading", body: HeadingBody },
};

/// A panel on the page. `page` is what all of them share: store, catalogue, filter, marks, and what can be opened.
export class Panel {
  constructor(spec, page) {
    this.spec = spec;
    this.page = page;
    this.watches = [];
    this.seen = [];
    this.name = element("h2", { title: this.title }, this.title);
    this.value = element("span", { class: "panel-value" });
    this.notes = element("span", { class: "notes" });
    this.menu = button("⋯", (event) => page.openPanelMenu(this, event.currentTarget), {
      class: "quiet", "aria-label": `Choices for ${this.title}`, "aria-haspopup": "menu",
    });
    this.head = element("header", {}, this.name, this.notes, this.value, this.menu);
    this.hint = element("p", { class: "hint", hidden: true });
    this.foot = element("p", { class: "foot muted", hidden: true });
    this.body = new KINDS[spec.kind].body(spec, page, this);
    this.root = element("article", {
      class: `panel kind-${spec.kind}`, tabindex: "0", "data-id": spec.id, "aria-label": this.title,
    }, this.head, this.body.root, this.hint, this.foot);
  }

  get title() { return this.spec.title || this.spec.topic || KINDS[this.spec.kind].name; }

  /// Begins: the panel is in the document.
  begin() { this.body.begin(this.spec); }

  /// Ends for good.
  end() {
    this.unask();
    this.body.end();
    if (this.isTable) closeTable(this);
    this.root.remove();
  }

  /// Asks its questions: it is seen, or will be soon. Asks others when the filter or the time has changed.
  ask() {
    this.pace ??= paceOf(this.spec, this.page.catalogue);
    const questions = questionsOf(this.spec, { ...this.page.view, pace: this.pace });
    const keys = questions.map((question) => JSON.stringify(question)).join() + (this.body.question?.() ?? "");
    this.isAsking = true;
    if (keys !== this.keys) {
      this.hasData = false;
      const before = this.watches;
      this.watches = questions.map((question) => this.page.store.ask(question));
      for (const watch of before) this.page.store.release(watch);
      this.keys = keys;
      this.body.ask?.();
    }
    this.refresh();
  }

  /// Nobody sees it any more.
  unask() {
    for (const watch of this.watches) this.page.store.release(watch);
    this.watches = [];
    this.keys = undefined;
    this.isAsking = false;
    this.body.unask?.();
  }

  /// Shows what the watches hold now.
  refresh() {
    if (!this.isAsking || this.watches.length === 0) return;
    const mistake = this.watches.map((watch) => watch.mistake).find(Boolean);
    this.root.classList.toggle("wrong", Boolean(mistake));
    if (mistake) return this.showHint(mistake);
    if (this.watches.some(({ time }) => time === 0)) return this.showHint("waiting for an answer");
    this.refreshedAt = performance.now();
    this.hasData = true;
    this.body.take(this.watches);
    this.showHint(this.emptyText());
    this.writeNotes();
    this.write();
  }

  /// Writes what changes with time or with the crosshair.
  write() {
    if (this.isAsking) this.body.write?.();
    if (this.isTable && performance.now() - this.tableAt > 2_000) this.showTable();
  }

  /// Whether the server still reads what is shown.
  get isReading() {
    const { from } = shownSpan();
    return this.watches.some(({ history, wholeFrom }) => history === "reading" && wholeFrom > from);
  }

  /// Says why there is nothing to see; nothing if there is something.
  emptyText() {
    const [watch] = this.watches;
    if (!watch || watch.history === "failed") return watch?.historyMistake ?? "";
    if (watch.buckets.some(({ received }) => received > 0) || watch.totals.length > 0) return "";
    const { spec, page } = this;
    if (page.catalogue.death(spec.topic)) return "";
    if (watch.history === "reading") return "reading the past";
    const isFiltered = watch.question.match && page.catalogue.topic(spec.topic).rate > 0;
    return isFiltered ? "no event matches the filter" : "no events yet";
  }

  writeNotes() {
    const { data } = this.body;
    const notes = [];
    const isCount = (this.spec.value ?? "count") === "count" && !this.spec.share && data?.series.length > 0;
    if (isCount) notes.push({ text: `per ${spanText(data.step)}`, kind: "", title: "Events in each bucket of time" });
    const losses = lossText(data?.bands ?? []);
    if (losses) notes.push({ text: losses, kind: "bad", title: "Events that did not come here: the hatched parts" });
    const outage = data?.bands.findLast(({ kind, sums }) => kind === "lost" && !sums);
    if (outage) notes.push({ text: outage.title, kind: "bad", title: outage.lines[0] });
    if (data?.sampled) {
      const { seen, all } = data.sampled;
      notes.push({
        text: `sampled, × ${tell(all / seen, "plain")}`, kind: "",
        title: `${whole(seen)} events were seen and stand for ${whole(Math.round(all))}: what is shown is scaled`,
      });
    }
    const { from } = shownSpan();
    const late = this.watches[0].buckets.reduce((sum, bucket) => sum + (bucket.time >= from ? bucket.late : 0), 0);
    const title = "They came after their time was closed";
    if (late > 0) notes.push({ text: `${whole(late)} late`, kind: "poor", title });
    if (data?.leftOut > 0) notes.push({ text: `${data.leftOut} not shown`, kind: "" });
    for (const { name, host } of this.page.catalogue.gone(this.spec.topic).slice(0, 2)) {
      notes.push({ text: `${name} gone`, kind: "poor", title: `No sign of life from ${name} on ${host}` });
    }
    const text = JSON.stringify(notes);
    if (text === this.notesText) return;
    this.notesText = text;
    this.notes.replaceChildren(...notes.map(({ text: words, kind, title }) => (
      element("span", { class: `chip ${kind}`, title: title ?? "" }, words))));
  }

  showValue(text) { setText(this.value, text); }

  showHint(text) {
    setText(this.hint, text);
    this.hint.hidden = text === "";
  }

  showFoot(text) {
    setText(this.foot, text);
    this.foot.hidden = text === "";
  }

  /// Shows the table behind it, or the panel again.
  toggleTable() {
    if (this.isTable) closeTable(this);
    else this.showTable();
  }

  showTable() {
    this.tableAt = performance.now();
    showTable(this, this.body.table());
  }

  static focused() { return document.activeElement?.closest?.(".panel") ?? byId("board").querySelector(
    ".panel:hover"); }
}
