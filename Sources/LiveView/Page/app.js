// Joins the parts of the page.

import { Connection } from "./connection.js";
import { byId } from "./dom.js";
import { Header } from "./header.js";
import { beginKeys } from "./keys.js";
import { beginMotion } from "./motion.js";
import { Page } from "./page.js";
import { beginSettings } from "./settings.js";
import { TimeBar } from "./timebar.js";
import { timeline } from "./timeline.js";

beginSettings();
const header = new Header();
const connection = new Connection({ onState: (...state) => header.showState(...state), onMessage: take });
const page = new Page(connection);
const timeBar = new TimeBar();
let isKnown = false;

/// One message of the server; docs/live.md says what they contain.
function take(message) {
  const { type } = message;
  if (type === "tick") tick(message);
  else if (type === "hello") begin(message);
  else if (page.filter.take(message) || page.tail.hear(message)) return;
  else if (type === "snapshot" || type === "change") page.store.take(message);
  else if (type === "books") {
    page.books.show(message);
    page.outages.take(message);
  }
  else if (type === "marks") page.takeMarks(message);
  else if (type === "alerts") page.alerts.take(message);
  else if (type === "error" && message.id) page.store.take(message);
  else if (type === "error") page.tail.complain(message.message);
}

function begin(hello) {
  timeline.skew = hello.time - Date.now();
  page.store.restart();
  header.begin(hello);
  page.greet(hello);
  if (!isKnown) timeBar.begin();
  isKnown = true;
}

function tick(message) {
  page.store.tick(message.time);
  header.tick(message);
  page.books.total(message.books);
  page.outages.tick(message);
  if (message.tail) page.tail.take(message.tail);
}

beginKeys(page);
beginMotion();
page.begin();
connection.open();
byId("help-open").addEventListener("click", () => byId("help").showModal());
for (const close of document.querySelectorAll("dialog .close")) {
  close.addEventListener("click", () => close.closest("dialog").close());
}
