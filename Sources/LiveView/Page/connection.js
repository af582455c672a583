// The WebSocket to the server: one that comes back by itself.

/// Seconds to wait before each new attempt; the last one repeats.
const PAUSES = [0.5, 1, 2, 4, 8];
/// Milliseconds without a message after which the connection counts as dead: the server sends four a second.
const SILENCE = 10_000;

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
    this.open();
  }

  open() {
    this.onState("connecting");
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
    this.socket = socket;
    socket.onopen = () => {
      for (const wish of this.wishes.values()) socket.send(JSON.stringify(wish));
      this.watch();
    };
    socket.onmessage = ({ data }) => {
      this.attempts = 0;
      this.watch();
      this.onMessage(parseExactly(data));
    };
    socket.onclose = () => this.retry();
  }

  /// Asks the server for something; a later wish of the same type replaces it.
  want(wish) {
    this.wishes.set(wish.id ? `watch ${wish.id}` : wish.type, wish);
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(wish));
  }

  /// Takes back what was asked for by this name.
  forget(id) {
    this.wishes.delete(`watch ${id}`);
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type: "unwatch", id }));
  }

  watch() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => {
      this.socket.onclose = null;  // a dead peer answers no goodbye: do not wait for one
      this.socket.close();
      this.retry();
    }, SILENCE);
  }

  retry() {
    clearTimeout(this.watchdog);
    const seconds = PAUSES[Math.min(this.attempts, PAUSES.length - 1)];
    this.attempts += 1;
    this.onState("waiting", seconds);
    setTimeout(() => this.open(), seconds * 1000);
  }
}

/// Parses JSON without rounding: integers beyond 2^53 become BigInt where the browser shows their source.
export function parseExactly(text) {
  return JSON.parse(text, (key, value, context) => {
    const isRounded = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
    return isRounded && /^-?\d+$/.test(context?.source ?? "") ? BigInt(context.source) : value;
  });
}
