// The whole view in the address, so that a link shows a colleague the same. Nothing in it is sent to a server.

import { readTimeWords, timeWords } from "./timeline.js";

/// Milliseconds between two entries in the history at most: more would be in the way of "back".
const PACE = 400;

/// Reads and writes the part behind `#`: view, time, filter, and a dashboard that is not stored.
export class Address {
  constructor({ onChange }) {
    this.onChange = onChange;
    addEventListener("popstate", () => this.onChange(this.read()));
    addEventListener("hashchange", () => this.onChange(this.read()));
  }

  read() {
    const words = new URLSearchParams(location.hash.slice(1));
    const text = (name, most) => (words.get(name) ?? "").slice(0, most);
    readTimeWords({ last: words.get("last"), from: words.get("from"), to: words.get("to") });
    return { view: text("view", 64) || "overview", match: text("match", 16_000), topic: text("topic", 255),
      board: unpack(words.get("board")), off: offOf(words.get("off")) };
  }

  /// Writes soon; a `step` is one that "back" takes back.
  write(state, { isStep = false } = {}) {
    this.state = state;
    this.isStep ||= isStep;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), PACE);
  }

  flush() {
    const { view, match, topic, board, off } = this.state;
    const words = new URLSearchParams();
    if (view !== "overview") words.set("view", view);
    for (const [name, value] of Object.entries(timeWords())) if (value !== "5m") words.set(name, value);
    if (topic) words.set("topic", topic);
    if (match) words.set("match", match);
    if (board) words.set("board", pack(board));
    if (Object.keys(off ?? {}).length > 0) words.set("off", JSON.stringify(off));
    const hash = words.size > 0 ? `#${words}` : "";
    if (hash === location.hash) return;
    const target = location.pathname + hash;
    if (this.isStep) history.pushState(null, "", target);
    else history.replaceState(null, "", target);
    this.isStep = false;
  }
}

/// The names of series that are hidden, by panel.
function offOf(text) {
  try {
    const off = JSON.parse(text ?? "{}");
    return Object.fromEntries(Object.entries(off).filter(([, names]) => Array.isArray(names)));
  } catch {
    return {};
  }
}

/// A dashboard as letters that an address may hold.
export function pack(board) {
  const bytes = new TextEncoder().encode(JSON.stringify(board));
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/// Takes such letters; null if they are none.
export function unpack(letters) {
  if (!letters) return null;
  try {
    const text = atob(letters.replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
  } catch {
    return null;
  }
}
