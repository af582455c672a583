// The WebSocket to the server: one that comes back by itself.

/// Seconds to wait before each new attempt; the last one repeats.
const PAUSES = [0.5, 1, 2, 4, 8];
/// Milliseconds without a message after which the connection counts as dead: the server sends four a second.
const SILENCE = 10_000;
/// Close codes that say that another attempt would end the same.
const REFUSED = 1008;

/// Keeps a connection to the server and tells its listeners what happens.
///
/// `onState` is given "connecting", "live" or "waiting" with the seconds to wait; `onMessage` is given the parsed
/// messages. What `want` was told is sent again after each reconnect, so the server always knows what is wanted.
export class Connection {
  constructor({ onState, onMessage }) {
    this.onState = onState;
    this.onMessage = onMessage;
    this.wishes = new Map();
    this.attempts = 0;
    /// Milliseconds since 1970 of the last message.
    this.heardAt = 0;
  }

  open() {
    this.onState("connecting");
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
    this.socket = socket;
    this.isGreeted = false;
    socket.onopen = () => this.watch();
    socket.onmessage = ({ data }) => {
      this.attempts = 0;
      this.watch();
      this.heardAt = Date.now();
      const message = parseExactly(data);
      this.onMessage(message);
      if (message.type === "hello") this.begin();
    };
    socket.onclose = ({ code, reason }) => this.retry(code, reason);
  }

  /// Asks again for everything: what the server can was told by its hello.
  begin() {
    this.isGreeted = true;
    for (const wish of [...this.wishes.values()]) this.socket.send(JSON.stringify(wish));
  }

  /// Asks the server for something; a later wish of the same type, or watch of the same name, replaces it.
  want(wish) {
    this.wishes.set(wish.id ? `watch ${wish.id}` : wish.type, wish);
    this.send(wish);
  }

  /// Takes back what was asked for by this name.
  forget(id) {
    if (this.wishes.delete(`watch ${id}`)) this.send({ type: "unwatch", id });
  }

  /// Does not ask for this again: it was answered for good.
  settle(id) {
    this.wishes.delete(`watch ${id}`);
  }

  /// Ends it for good.
  close() {
    clearTimeout(this.watchdog);
    clearTimeout(this.retrying);
    this.socket.onclose = this.socket.onmessage = this.socket.onopen = null;
    this.socket.close();
  }

  send(wish) {
    if (this.isGreeted && this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(wish));
  }

  watch() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => {
      this.socket.onclose = null;  // a dead peer answers no goodbye: do not wait for one
      this.socket.close();
      this.retry();
    }, SILENCE);
  }

  retry(code, reason) {
    clearTimeout(this.watchdog);
    this.isGreeted = false;
    if (code === REFUSED) this.attempts = Math.max(this.attempts, 3);
    const seconds = PAUSES[Math.min(this.attempts, PAUSES.length - 1)];
    this.attempts += 1;
    this.onState("waiting", seconds, reason);
    this.retrying = setTimeout(() => this.open(), seconds * 1000);
  }
}

/// Parses JSON without rounding: integers beyond 2^53 become BigInt where the browser shows their source.
export function parseExactly(text) {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (key, value, context) => {
    const isRounded = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
    return isRounded && /^-?\d+$/.test(context?.source ?? "") ? BigInt(context.source) : value;
  });
}
