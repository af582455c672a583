// The newest events for the logs of a page. The server gives one tail to a connection: the first log has that of the
// page, each other one a connection of its own.

import { Connection } from "./connection.js";
import { isTyping } from "./dom.js";

/// A watch that costs nothing, since nobody publishes its topic.
const TURN = "turn";
const NOWHERE = "eventstorm.check";

/// The tail of one connection, and the log that it is for.
class Tail {
  constructor(connection) {
    this.connection = connection;
    this.isHeard = false;
    this.body = null;
  }

  /// Events of the wish before may be under way: a watch that is answered after the wish tells when it holds.
  ask(wish) {
    this.connection.want(wish ?? { type: "tail", topic: null });
    this.isHeard = false;
    this.connection.forget(this.turn);
    this.turn = `${TURN} ${(this.turns = (this.turns ?? 0) + 1)}`;
    if (wish) this.connection.want({ type: "watch", id: this.turn, topic: NOWHERE, every: "1s", last: "1s" });
  }

  /// Takes the answer of that watch; true if it was that.
  hear({ id }) {
    if (id === this.turn) {
      this.connection.forget(id);
      this.isHeard = true;
    }
    return id?.startsWith(TURN) === true;
  }

  take(tail) { if (this.isHeard) this.body?.take(tail); }

  complain(text) { this.body?.complain(text); }
}

/// Gives each log its tail.
export class TailOwner {
  constructor(connection) {
    this.first = new Tail(connection);
    this.others = new Map();
  }

  /// Asks for a log's events, or with null for none for now.
  ask(body, wish) {
    this.first.body ??= this.others.has(body) ? null : body;
    (this.first.body === body ? this.first : this.others.get(body) ?? this.open(body)).ask(wish);
  }

  open(body) {
    const connection = new Connection({ onState: () => null, onMessage: (message) => receive(tail, message) });
    const tail = new Tail(connection);
    tail.body = body;
    this.others.set(body, tail);
    connection.open();
    return tail;
  }

  /// A log that is not seen any more.
  disown(body) {
    if (this.first.body === body) {
      this.first.body = null;
      this.first.ask(null);
    }
    this.others.get(body)?.connection.close();
    this.others.delete(body);
  }

  hear(message) { return this.first.hear(message); }

  take(tail) { this.first.take(tail); }

  complain(text) { this.first.complain(text); }

  /// The key p: all logs pause, or all go on.
  toggle(target) {
    if (isTyping(target)) return;
    const bodies = [this.first.body, ...this.others.keys()].filter(Boolean);
    const isPaused = !bodies.some((body) => body.isPaused);
    for (const body of bodies) body.pause(isPaused);
  }
}

function receive(tail, message) {
  if (message.type === "tick") {
    if (message.tail) tail.take(message.tail);
  } else if (message.type === "error" && !message.id) tail.complain(message.message);
  else tail.hear(message);
}
