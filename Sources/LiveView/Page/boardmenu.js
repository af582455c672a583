// The choice of dashboards, and what can be done with the one that is shown.

import { BUILT_IN, NAME, checked } from "./dashboards.js";
import { byId, copy, download, notify } from "./dom.js";
import { openMenu } from "./menu.js";

const LARGEST = 262_144;

export class BoardMenu {
  constructor(page) {
    this.page = page;
    byId("boards").addEventListener("click", () => this.open());
    byId("import").addEventListener("change", () => this.take());
    byId("save-form").addEventListener("submit", (event) => this.submit(event));
  }

  open() {
    const { page } = this;
    const { shown, dashboards } = page;
    const mark = (name) => (shown.name === name ? "● " : "");
    const choice = (name, title, key) => ({ text: mark(name) + title, key, run: () => page.open(name) });
    const own = dashboards.list.map(({ name, title }) => choice(name, title || name));
    openMenu(byId("boards"), [
      choice("overview", "Overview", "o"), choice("log", BUILT_IN.log.title, "l"),
        choice("web", BUILT_IN.web.title, "w"),
      choice("mail", BUILT_IN.mail.title, "m"),
      ...(own.length > 0 ? [null, ...own] : []),
      null,
      { text: "Save", isOff: page.isBuiltIn || !dashboards.mayWrite, run: () => this.save(shown.name, shown.title) },
      { text: "Save as …", isOff: !dashboards.mayWrite, run: () => this.ask() },
      { text: "Back to how it was", isOff: !shown.isChanged, run: () => page.open(shown.name) },
      { text: "Delete", isOff: page.isBuiltIn || !dashboards.mayWrite, run: () => this.remove() },
      null,
      { text: "New panel …", key: "i", run: () => page.newPanel() },
      { text: "New, empty", run: () => page.show("overview", { title: "New", panels: [] }, { isChanged: true }) },
      { text: "Export", run: () => this.export() },
      { text: "Import …", run: () => byId("import").click() },
      { text: "Copy a link to what is shown", run: () => this.copyLink() },
    ], "Dashboards");
  }

  get board() { return { title: this.page.shown.title, panels: this.page.board.specs }; }

  ask() {
    const { name, title } = this.page.shown;
    byId("save-title").value = this.page.isBuiltIn ? "" : title;
    byId("save-name").value = this.page.isBuiltIn ? "" : name;
    this.complain("");
    byId("save").showModal();
  }

  async submit(event) {
    event.preventDefault();
    const title = byId("save-title").value.trim();
    const made = title.toLowerCase().normalize("NFD").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 64);
    const name = byId("save-name").value.trim() || made;
    if (!title || !NAME.test(name)) return this.complain("It needs a title, and a name of letters, digits, - and _");
    if (await this.save(name, title)) byId("save").close();
  }

  async save(name, title) {
    const isNew = name !== this.page.shown.name;
    const mistake = await this.page.dashboards.save(name, { ...this.board, title }, { isNew });
    if (mistake) {
      if (byId("save").open) this.complain(mistake);
      else notify(mistake, { isBad: true });
      return false;
    }
    Object.assign(this.page.shown, { name, title, isChanged: false, isGenerated: false });
    this.page.showTitle();
    this.page.remember({ isStep: true });
    notify(`${title} saved ${this.page.dashboards.isOnServer ? "on the server" : "in this browser"}`);
    return true;
  }

  complain(text) {
    byId("save-mistake").hidden = text === "";
    byId("save-mistake").textContent = text;
  }

  async remove() {
    const { name, title } = this.page.shown;
    const board = this.board;
    await this.page.dashboards.remove(name);
    await this.page.open("overview");
    notify(`${title} deleted`,
      { action: { text: "Undo", run: () => this.page.dashboards.save(name, board).then(() => this.page.open(name)) } });
  }

  export() {
    download(`${this.page.shown.name}.json`, "application/json", `${JSON.stringify(this.board, null, 2)}\n`);
  }

  async take() {
    const [file] = byId("import").files;
    byId("import").value = "";
    if (!file) return;
    try {
      if (file.size > LARGEST) throw new Error("it is larger than 256 KiB");
      this.page.show("overview", checked(JSON.parse(await file.text())), { isChanged: true });
      this.page.remember({ isStep: true });
    } catch (error) {
      notify(`${file.name} is no dashboard: ${error.message}`, { isBad: true });
    }
  }

  copyLink() {
    this.page.address.flush();
    copy(location.href, "link");
  }
}
