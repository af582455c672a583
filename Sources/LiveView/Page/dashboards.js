// Dashboards: those that come with the program, and those that people keep: on the server where it can, else here.

import { KINDS } from "./panel.js";

const PLACE = "eventstorm.dashboards";
const PANELS = 80;
export const NAME = /^[A-Za-z0-9_-]{1,64}$/;

const WEB = "http.hit";
const MAIL = "smtp.transaction";

/// Dashboards that are always there.
export const BUILT_IN = {
  log: { title: "Log", panels: [{ id: "log", kind: "log", title: "Log", w: 12, h: 17 }] },
  web: {
    title: "Web",
    panels: [
      { id: "rate", kind: "number", topic: WEB, title: "Requests", value: "rate", w: 3, h: 4 },
      { id: "errors", kind: "number", topic: WEB, title: "Server errors", share: "{status: {$gte: 500}}", poor: 1,
        bad: 5, w: 3, h: 4 },
      { id: "missing", kind: "number", topic: WEB, title: "Not found", share: "{status: 404}", poor: 10, w: 3, h: 4 },
      { id: "visitors", kind: "number", topic: WEB, title: "Addresses in 10 s", value: { distinct: "remote_addr" },
        w: 3, h: 4 },
      { id: "status", kind: "area", topic: WEB, title: "Requests by status", group: "status", value: "rate", w: 8,
        h: 8 },
      { id: "methods", kind: "bars", topic: WEB, title: "Methods", group: "method", value: "count", w: 4, h: 8 },
      {
        id: "duration", kind: "line", topic: WEB, title: "Duration", names: ["p50", "p90", "p99"], w: 6, h: 7,
        value: [{ p50: "request_time" }, { p90: "request_time" }, { p99: "request_time" }],
      },
      { id: "durations", kind: "heat", topic: WEB, title: "Durations", value: { histogram: "request_time" }, w: 6,
        h: 7 },
      {
        id: "paths", kind: "top", topic: WEB, title: "Paths", group: "path", names: ["hits", "p95", "sent"], w: 6, h: 8,
        value: ["count", { p95: "request_time" }, { sum: "bytes" }],
      },
      { id: "failing", kind: "top", topic: WEB, title: "Failing requests", match: "{status: {$gte: 400}}",
        group: ["status", "path"], value: "count", w: 6, h: 8 },
      { id: "talkers", kind: "top", topic: WEB, title: "Top talkers", value: { top: "remote_addr", n: 30 }, w: 4,
        h: 8 },
      { id: "agents", kind: "top", topic: WEB, title: "User agents", value: { top: "user_agent", n: 30 }, w: 4, h: 8 },
      { id: "referers", kind: "top", topic: WEB, title: "Referrers", value: { top: "referer", n: 30 }, w: 4, h: 8 },
      { id: "log", kind: "log", topic: WEB, title: "Errors as they come", match: "{status: {$gte: 500}}", w: 12, h: 8 },
    ],
  },
  mail: {
    title: "Mail",
    panels: [
      { id: "mails", kind: "number", topic: MAIL, title: "Mails", value: "rate", clock: "arrival", w: 3, h: 4 },
      { id: "delivered", kind: "number", topic: MAIL, title: "Delivered", share: "{outcome: 'delivered'}",
        clock: "arrival", w: 3, h: 4 },
      { id: "deferred", kind: "number", topic: MAIL, title: "Deferred", share: "{outcome: 'deferred'}", poor: 10,
        bad: 30, clock: "arrival", w: 3, h: 4 },
      { id: "bounced", kind: "number", topic: MAIL, title: "Bounced",
        share: "{outcome: {$in: ['bounced', 'expired']}}", poor: 5, bad: 15, clock: "arrival", w: 3, h: 4 },
      { id: "outcomes", kind: "bars", topic: MAIL, title: "Outcomes", group: "outcome", value: "count",
        clock: "arrival", w: 8, h: 7 },
      { id: "queue", kind: "line", topic: MAIL, title: "Mails seen in the queue", match: "{open: true}",
        value: { distinct: "queue_id" }, names: ["in the queue"], clock: "arrival", w: 4, h: 7 },
      { id: "duration", kind: "line", topic: MAIL, title: "Time in the queue",
        value: [{ p50: "duration" }, { p95: "duration" }], names: ["p50", "p95"], clock: "arrival", w: 6, h: 7 },
      { id: "durations", kind: "heat", topic: MAIL, title: "Times in the queue", value: { histogram: "duration" },
        clock: "arrival", w: 6, h: 7 },
      { id: "senders", kind: "top", topic: MAIL, title: "Senders", group: "from", value: ["count", { sum: "size" }],
        names: ["mails", "size"], clock: "arrival", w: 4, h: 8 },
      { id: "clients", kind: "top", topic: MAIL, title: "Clients", group: "client_addr", value: "count",
        clock: "arrival", w: 4, h: 8 },
      { id: "troubles", kind: "top", topic: MAIL, title: "Troubles", match: "{outcome: {$ne: 'delivered'}}",
        group: ["outcome", "from"], value: "count", clock: "arrival", w: 4, h: 8 },
      { id: "log", kind: "log", topic: "smtp.*", title: "Mail as it goes", w: 12, h: 8 },
    ],
  },
};

/// Takes a dashboard from outside: only what is known, within limits; throws what is wrong with it.
export function checked(board) {
  if (typeof board !== "object" || board === null || !Array.isArray(board.panels)) throw new Error("no panels in it");
  if (board.panels.length > PANELS) throw new Error(`more than ${PANELS} panels`);
  const ids = new Set();
  const panels = board.panels.map((panel, index) => {
    const isKnown = typeof panel === "object" && panel !== null && Object.hasOwn(KINDS, panel.kind);
    if (!isKnown) throw new Error(`panel ${index + 1} is of no known kind`);
    const id = typeof panel.id === "string" && !ids.has(panel.id) ? panel.id.slice(0, 100) : `panel-${index}`;
    ids.add(id);
    return { ...known(panel), id, w: within(panel.w, 2, 12, 6), h: within(panel.h, 1, 24, 6) };
  });
  return { title: String(board.title ?? "Dashboard").slice(0, 100), panels };
}

const within = (value, low, high, usual) => (Number.isInteger(value) ? Math.min(high, Math.max(low, value)) : usual);
const isText = (value) => typeof value === "string" && value.length <= 16_000;
const isTexts = (value) => Array.isArray(value) && value.length <= 64 && value.every(isText);
const isValue = (value) => isText(value) || (typeof value === "object" && value !== null && !Array.isArray(value)
  && Object.values(value).every((one) => isText(one) || Number.isInteger(one)));
const FORMS = {
  kind: isText, topic: isText, title: isText, text: isText, match: isText, share: isText, shareName: isText,
    unit: isText,
  clock: (value) => value === "event" || value === "arrival", perSecond: (value) => typeof value === "boolean",
  group: (value) => isText(value) || (isTexts(value) && value.length <= 4), names: isTexts, off: isTexts,
    columns: isTexts,
  value: (value) => isValue(value) || (Array.isArray(value) && value.length <= 16 && value.every(isValue)),
  sort: Number.isInteger, show: Number.isInteger, limit: Number.isInteger, poor: Number.isFinite, bad: Number.isFinite,
  most: Number.isFinite,
  limits: (value) => Array.isArray(value) && value.every((one) => Number.isFinite(one?.value)),
};

function known(panel) {
  const isGood = ([key, value]) => Object.hasOwn(FORMS, key) && FORMS[key](value);
  return Object.fromEntries(Object.entries(panel).filter(isGood));
}

/// Where dashboards are kept: on the server if it says so, else in this browser.
export class Dashboards {
  constructor() {
    this.list = [];
    this.tags = new Map();
    this.isOnServer = false;
    this.mayWrite = true;
  }

  /// The server's word: "no", "read" or "write".
  async use(word) {
    this.isOnServer = word === "read" || word === "write";
    this.mayWrite = word !== "read";
    await this.load();
  }

  async load() {
    if (!this.isOnServer) {
      this.list = Object.entries(this.local()).map(([name, { title }]) => ({ name, title }));
      return;
    }
    const answer = await fetch("api/dashboards").catch(() => null);
    if (answer?.ok) this.list = (await answer.json()).dashboards;
  }

  local() {
    try {
      return JSON.parse(localStorage.getItem(PLACE) ?? "{}");
    } catch {
      return {};
    }
  }

  /// A dashboard by its name; null if there is none.
  async get(name) {
    if (Object.hasOwn(BUILT_IN, name)) return structuredClone(BUILT_IN[name]);
    if (!NAME.test(name)) return null;
    if (!this.isOnServer) return Object.hasOwn(this.local(), name) ? checked(this.local()[name]) : null;
    const answer = await fetch(`api/dashboards/${name}`).catch(() => null);
    if (!answer?.ok) return null;
    this.tags.set(name, answer.headers.get("ETag"));
    return checked(await answer.json());
  }

  /// Keeps a dashboard; the text says what went wrong, and is empty otherwise. What somebody else changed meanwhile is
  /// not overwritten, nor one of the same name that this is not.
  async save(name, board, { isNew = false } = {}) {
    const isTaken = Object.hasOwn(BUILT_IN, name) || name === "overview";
    if (!NAME.test(name) || isTaken) return "a name has letters, digits, - and _, and is not one that comes with it";
    if (!this.isOnServer) {
      localStorage.setItem(PLACE, JSON.stringify({ ...this.local(), [name]: board }));
      await this.load();
      return "";
    }
    const tag = isNew ? null : this.tags.get(name);
    const headers = { "Content-Type": "application/json", ...(tag ? { "If-Match": tag } : { "If-None-Match": "*" }) };
    const wish = { method: "PUT", headers, body: JSON.stringify(board) };
    const answer = await fetch(`api/dashboards/${name}`, wish).catch(() => null);
    if (!answer) return "the server is away";
    if (answer.status === 412 && tag) return "somebody else changed it: load it again, or save it by another name";
    if (answer.status === 412) return "there is one of this name: load it first, or choose another name";
    if (answer.status === 403) return "you may not save dashboards here";
    if (!answer.ok) return (await answer.text()).slice(0, 300) || `answer ${answer.status}`;
    this.tags.set(name, answer.headers.get("ETag"));
    await this.load();
    return "";
  }

  async remove(name) {
    if (this.isOnServer) await fetch(`api/dashboards/${name}`, { method: "DELETE" }).catch(() => null);
    else {
      const { [name]: _, ...rest } = this.local();
      localStorage.setItem(PLACE, JSON.stringify(rest));
    }
    this.tags.delete(name);
    await this.load();
  }
}
