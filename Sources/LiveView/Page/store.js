// All questions to the server: equal ones are asked once, and no more than it answers.

import { serverNow, timeline } from "./timeline.js";
import { Watch } from "./watch.js";

/// Watches at the same time; the server has 64 for each client.
const MOST = 60;
/// Milliseconds for which a question that nobody looks at any more is kept: people scroll back.
const PATIENCE = 60_000;
/// Milliseconds after which a question that the server ended is asked again.
const AGAIN = 10_000;

/// Gives panels the answers to their questions.
export class Store {
  constructor(connection) {
    this.connection = connection;
    this.watches = new Map();
    this.byId = new Map();
    this.lastId = 0;
    this.listeners = new Set();
    setInterval(() => this.sweep(), 5_000);
  }

  /// Begins to ask, or shares what is asked already. Give it back with `release`.
  ask(question) {
    const key = JSON.stringify(question);
    let watch = this.watches.get(key);
    if (!watch) {
      this.makeRoom();
      watch = new Watch(`w${(this.lastId += 1)}`, question);
      this.watches.set(key, watch);
      this.byId.set(watch.id, watch);
      this.connection.want({ type: "watch", id: watch.id, ...question });
    }
    watch.holders += 1;
    watch.leftAt = undefined;
    return watch;
  }

  release(watch) {
    watch.holders -= 1;
    if (watch.holders === 0) watch.leftAt = serverNow();
  }

  /// Takes an answer of the server.
  take(message) {
    const watch = this.byId.get(message.id);
    if (!watch) return;
    watch.take(message);
    timeline.knownSince = Math.min(timeline.knownSince, watch.wholeFrom);
    if (watch.question.to && message.history === "whole") this.connection.settle(watch.id);
    // A question that was answered before is right: it was ended because the server had too much to do.
    if (message.type === "error" && watch.time > 0) setTimeout(() => this.askAgain(watch), AGAIN);
    for (const listener of this.listeners) listener(watch);
  }

  /// Another connection: what comes before a question is answered anew is not known.
  restart() {
    for (const watch of this.watches.values()) watch.isLive = false;
  }

  askAgain(watch) {
    if (this.byId.get(watch.id) === watch) this.connection.want({ type: "watch", id: watch.id, ...watch.question });
  }

  /// The server's word, four times a second, that it told everything until this time.
  tick(time) {
    for (const watch of this.watches.values()) watch.tick(time);
  }

  makeRoom() {
    if (this.watches.size < MOST) return;
    const idle = [...this.watches.values()].filter(({ holders }) => holders === 0);
    idle.sort((a, b) => a.leftAt - b.leftAt);
    if (idle.length > 0) this.end(idle[0]);
  }

  sweep() {
    const now = serverNow();
    for (const watch of this.watches.values()) {
      if (watch.holders === 0 && now - watch.leftAt > PATIENCE) this.end(watch);
    }
  }

  end(watch) {
    this.watches.delete(JSON.stringify(watch.question));
    this.byId.delete(watch.id);
    this.connection.forget(watch.id);
  }
}
