// Joins the parts of the page.

import { Books } from "./books.js";
import { Cards } from "./cards.js";
import { Connection } from "./connection.js";
import { byId, setText } from "./dom.js";
import { units, whole } from "./format.js";
import { readColours, shared } from "./graph.js";
import { Rate } from "./series.js";
import { Tail } from "./tail.js";
import { Topics } from "./topics.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const isLight = matchMedia("(prefers-color-scheme: light)");
shared.isCalm = calm.matches;
calm.addEventListener("change", () => (shared.isCalm = calm.matches));
readColours();

const total = new Rate();
const volume = new Rate();
let hasEvents = false;
/// Topics that the filter offers.
let known = 0;

const connection = new Connection({ onState: showState, onMessage: take });
const cards = new Cards(byId("fields"), byId("topics"));
const tail = new Tail({ connection, onGraph: (topic, field) => topics.watch(topic, field) });
const topics = new Topics({ cards, connection, onFilter: (topic) => tail.filterBy(topic) });
const books = new Books({ connection });

isLight.addEventListener("change", () => {
  readColours();
  cards.forEach((card) => card.graph && card.recolour());
});
byId("topic-filter").addEventListener("input", ({ target }) => cards.filterBy(target.value));
document.addEventListener("keydown", (event) => {
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (event.key === "p" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) tail.pause(!tail.isPaused);
});
setInterval(() => cards.forEach((card) => card.root.isConnected && card.describe()), 5_000);

function showState(state, seconds) {
  const place = byId("state");
  place.dataset.state = state;
  setText(place, state === "waiting" ? `connection lost, again in ${seconds} s` : state);
}

/// One message of the server; docs/live.md says what they contain.
function take(message) {
  if (message.type === "hello") begin(message);
  else if (message.type === "tick") tick(message);
  else if (message.type === "snapshot" || message.type === "change") topics.take(message);
  else if (message.type === "books") books.show(message);
  else if (message.type === "error" && !message.id) tail.complain(message.message);
}

function begin({ time }) {
  showState("live");
  shared.skew = time - Date.now();
  shared.began = Math.min(shared.began, time);
  for (const rate of [total, volume]) rate.restart(time);
  topics.restart(time);
}

function tick(message) {
  topics.tick(message.time);
  if (topics.rates.size !== known) announceTopics();
  total.count(message.time, message.events);
  volume.count(message.time, message.bytes);
  writeTotals();
  books.total(message.books);
  if (message.tail) {
    for (const { topic, event } of message.tail.events) if (event) topics.learn(topic, event);
    tail.show(message.tail, message.time);
  }
  cards.writeValues();
}

function announceTopics() {
  for (const topic of [...topics.rates.keys()].slice(known)) tail.offer(topic);
  known = topics.rates.size;
  const more = topics.hasOthers ? " and others, counted together" : "";
  setText(byId("topic-count"), `${whole(known)} topics${more}`);
  hasEvents ||= topics.rates.size > 0;
  byId("nothing").hidden = hasEvents;
}

function writeTotals() {
  const events = Number.isNaN(total.latest) ? 0 : total.latest;
  setText(byId("rate"), events >= 100_000 ? units.plain(events).number : whole(Math.round(events)));
  const { number, unit } = units.bytesRate(Number.isNaN(volume.latest) ? 0 : volume.latest);
  setText(byId("volume"), number);
  setText(byId("volume-unit"), unit);
}
