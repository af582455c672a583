// What the page shows: a view, with the filter and the time that hold for all of it.

import { Address } from "./address.js";
import { Board } from "./board.js";
import { BoardMenu } from "./boardmenu.js";
import { Books } from "./books.js";
import { Catalogue } from "./catalogue.js";
import { BUILT_IN, Dashboards, checked } from "./dashboards.js";
import { byId, notify, setText } from "./dom.js";
import { Editor } from "./editor.js";
import { FilterBar } from "./filterbar.js";
import { Alerts, Marks } from "./marks.js";
import { redrawAll } from "./motion.js";
import { Outages } from "./outages.js";
import { panelActions } from "./panelactions.js";
import { overviewOf } from "./recipes.js";
import { nextTheme, nextZone, onSettings } from "./settings.js";
import { Store } from "./store.js";
import { TailOwner } from "./tail.js";
import { changed, timeline } from "./timeline.js";
import { valueChoices } from "./values.js";

/// Milliseconds for which the page listens to all topics to find new ones, and between two such times.
const LISTENING = 3_000;
const PAUSE = 60_000;

export class Page {
  constructor(connection) {
    this.connection = connection;
    this.store = new Store(connection);
    this.catalogue = new Catalogue({ onChange: () => this.catalogueChanged() });
    this.marks = new Marks();
    this.alerts = new Alerts({ onOpen: (topic) => this.filter.setTopic(topic) });
    this.filter = new FilterBar({ connection, catalogue: this.catalogue, onChange: () => this.filterChanged() });
    this.tail = new TailOwner(connection);
    this.books = new Books({ connection });
    this.outages = new Outages(this.books);
    this.dashboards = new Dashboards();
    this.editor = new Editor(this.catalogue);
    Object.assign(this, panelActions, valueChoices(this));
    this.board = new Board(byId("board"), this);
    this.boardMenu = new BoardMenu(this);
    this.address = new Address({ onChange: (state) => this.restore(state) });
    this.hasHistory = false;
    this.shown = { name: "overview", title: "Overview", isGenerated: true, isChanged: false };
    timeline.listeners.add(() => this.remember({ isStep: true }));
    onSettings(() => this.board.askAll());
  }

  async begin() {
    // The catalogue tells which questions make sense; without an answer the page begins all the same.
    await Promise.race([this.catalogue.load(), new Promise((resolve) => setTimeout(resolve, 1_000))]);
    this.restore(this.address.read());
    setInterval(() => this.discover(), PAUSE);
    byId("marks-open").addEventListener("click", () => this.openMarks());
    byId("alerts-open").addEventListener("click", () => this.openMarks());
    byId("theme").addEventListener("click", () => this.nextTheme());
    byId("zone").addEventListener("click", () => this.nextZone());
    byId("new-panel").addEventListener("click", () => this.newPanel());
    this.showZone();
  }

  /// The server's hello: what it can.
  async greet({ history, dashboards, marks, alerts, user }) {
    const hadHistory = this.hasHistory;
    this.hasHistory = timeline.hasHistory = history === true;
    if (marks) this.connection.want({ type: "marks", on: true });
    if (alerts?.length > 0) this.connection.want({ type: "alerts", on: true });
    byId("marks-open").hidden = !marks;
    setText(byId("user"), user ?? "");
    await this.dashboards.use(dashboards);
    if (hadHistory !== this.hasHistory) this.board.askAll();
    this.discover();
    if (this.isMissing) this.open(this.isMissing, { isStep: false });
  }

  /// Listens to everything for a moment: who publishes without saying so is found by its events.
  discover() {
    if (!this.shown.isGenerated || document.hidden) return;
    this.connection.want({
      type: "watch", id: "discovery", topic: "*", group: "$topic", clock: "arrival", every: "1s", last: "5s",
        limit: 1_000,
    });
    setTimeout(() => {
      this.connection.forget("discovery");
      this.catalogue.load();
    }, LISTENING);
  }

  /// The filter that every panel's questions are asked with.
  get view() { return { match: this.filter.match, hasHistory: this.hasHistory }; }

  // --- Views

  /// Shows a dashboard by its name; an unknown one says so.
  async open(name, { isStep = true } = {}) {
    this.isMissing = null;
    if (name === "overview") {
      this.shown = { name, title: "Overview", isGenerated: true, isChanged: false };
      this.showOverview();
    } else {
      let found = null;
      try {
        found = await this.dashboards.get(name);
      } catch (error) {
        notify(`The dashboard "${name}" cannot be shown: ${error.message}`, { isBad: true });
      }
      if (!found) {
        this.isMissing = name;
        setText(byId("board-name"), name);
        return;
      }
      this.show(name, found, { isChanged: false });
    }
    this.off = {};
    this.remember({ isStep });
  }

  show(name, { title, panels }, { isChanged }) {
    this.shown = { name, title, isGenerated: false, isChanged };
    this.board.show(panels);
    byId("nothing").hidden = true;
    this.showTitle();
  }

  showOverview() {
    const topics = [...this.catalogue.topics.values()];
    this.board.show(overviewOf(topics), { isAgain: true });
    byId("nothing").hidden = !this.catalogue.isLoaded || topics.length > 0;
    this.showTitle();
  }

  showTitle() {
    const { title, isChanged } = this.shown;
    setText(byId("board-name"), isChanged ? `${title} *` : title);
    document.title = `${title} · Eventstorm`;
  }

  catalogueChanged() {
    this.filter.offer();
    this.books.elsewhere(this.catalogue.lost);
    if (this.shown.isGenerated) this.showOverview();
  }

  filterChanged() {
    this.board.place();
    this.board.askAll();
    this.remember({ isStep: true });
  }

  /// A person moved, added or changed panels: it is a dashboard of one's own, kept in the address until it is saved.
  boardChanged() {
    const view = this.shown;
    if (view.isGenerated) view.title = "My overview";
    if (!view.isChanged) Object.assign(view, { isGenerated: false, isChanged: true });
    this.showTitle();
    this.remember();
  }

  // --- The address

  remember({ isStep = false } = {}) {
    const { name, title, isChanged } = this.shown;
    const board = isChanged ? { title, panels: this.board.specs } : null;
    const off = Object.fromEntries(this.board.specs.flatMap((spec) => (spec.off ? [[spec.id, spec.off]] : [])));
    const state = { view: name, match: this.filter.match, topic: this.filter.topic, board, off: board ? {} : off };
    this.address.write(state, { isStep });
  }

  async restore({ view, match, topic, board, off }) {
    this.off = off;
    this.filter.restore({ match, topic });
    let own = null;
    try {
      own = board ? checked(board) : null;
    } catch (error) {
      notify(`The dashboard in the address cannot be shown: ${error.message}`, { isBad: true });
    }
    if (own) this.show(view, own, { isChanged: true });
    else await this.open(view, { isStep: false });
    changed();
  }

  // --- Marks, looks

  takeMarks(message) {
    this.marks.take(message);
    if (byId("marks").open) this.marks.write();
    redrawAll();
  }

  openMarks() {
    this.marks.write();
    this.alerts.write();
    byId("marks").showModal();
  }

  nextTheme = () => notify(
    `Colours: ${nextTheme() === "system" ? "as the system" : document.documentElement.dataset.theme}`);

  nextZone = () => {
    nextZone();
    this.showZone();
  };

  showZone() {
    const isUTC = document.documentElement.dataset.zone === "utc";
    setText(byId("zone"), isUTC ? "UTC" : "Local");
  }

  toggleWall = () => {
    const isWall = document.body.classList.toggle("wall");
    if (isWall) document.documentElement.requestFullscreen?.().catch(() => null);
    else if (document.fullscreenElement) document.exitFullscreen();
  };

  get isBuiltIn() { return this.shown.name === "overview" || Object.hasOwn(BUILT_IN, this.shown.name); }
}
