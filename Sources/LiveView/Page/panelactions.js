// What can be done with the panels of a page: make, edit, remove, keep as a file, look into.

import { notify } from "./dom.js";
import { openMenu } from "./menu.js";
import { saveTable } from "./table.js";

/// The acts of a page on its panels, to be joined to it.
export const panelActions = {
  newId() { return `panel-${Date.now().toString(36)}-${Math.floor(Math.random() * 1e6).toString(36)}`; },

  addPanel(spec) {
    const made = this.board.add({ id: this.newId(), ...spec });
    notify(`${made.title} added at the end`, { action: { text: "Show", run: () => made.root.scrollIntoView() } });
  },

  newPanel() {
    const topic = this.filter.topic || this.catalogue.names[0] || "";
    this.editor.open({ kind: "line", topic, value: "rate", w: 6, h: 6 }, "New panel", (spec) => {
      this.board.add({ ...spec, id: this.newId() });
    });
  },

  edit(panel) {
    this.editor.open(panel.spec, `Edit: ${panel.title}`, (spec) => {
      panel.spec = spec;
      this.board.renew(panel).root.focus();
      this.board.changed(`${panel.title} changed`);
    });
  },

  remove(panel) {
    const place = this.board.remove(panel);
    notify(`${panel.title} removed`, { action: { text: "Undo", run: () => {
      this.board.order.splice(place, 0, this.board.make(panel.spec));
      this.board.changed(`${panel.title} is back`);
    } } });
  },

  saveTable,

  panelOf(root) { return root ? this.board.panels.get(root.dataset.id) : undefined; },

  focusPanel(by) {
    const list = this.board.order.filter(({ root }) => !root.hidden);
    const now = list.findIndex(({ root }) => root.contains(document.activeElement));
    list[(now + by + list.length + (now < 0 && by < 0 ? 1 : 0)) % list.length]?.root.focus();
  },

  openPanelMenu(panel, anchor) {
    const { board } = this;
    const { spec } = panel;
    openMenu(anchor, [
      { text: "Edit", key: "e", run: () => this.edit(panel) },
      { text: panel.isTable ? "Graph" : "Table", key: "v", run: () => panel.toggleTable() },
      { text: "Data as CSV", key: "c", run: () => saveTable(panel) },
      { text: "Its events in the log", isOff: !spec.topic, run: () => this.openLog(spec.topic,
        panel.watches[0]?.question.match ?? "") },
      null,
      { text: "Duplicate", key: "d", run: () => board.duplicate(panel) },
      { text: "Move before", key: "Shift+←", run: () => board.move(panel, -1) },
      { text: "Move behind", key: "Shift+→", run: () => board.move(panel, 1) },
      { text: "Wider", key: "Alt+→", run: () => board.resize(panel, spec.w + 1, spec.h) },
      { text: "Narrower", key: "Alt+←", run: () => board.resize(panel, spec.w - 1, spec.h) },
      { text: "Higher", key: "Alt+↓", run: () => board.resize(panel, spec.w, spec.h + 1) },
      { text: "Lower", key: "Alt+↑", run: () => board.resize(panel, spec.w, spec.h - 1) },
      null,
      { text: "Remove", key: "Del", run: () => this.remove(panel) },
    ], panel.title);
  },

  openBoardMenu() { this.boardMenu.open(); },

  /// The log, of a topic and a query.
  async openLog(topic, match) {
    this.filter.topic = topic ?? "";
    this.filter.match = match;
    this.filter.show();
    await this.open("log");
    this.filterChanged();
  },
};
