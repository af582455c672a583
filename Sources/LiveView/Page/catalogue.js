// What there is: topics, their fields and frequent values, and who publishes them.

import { clock } from "./clock.js";
import { serverNow } from "./timeline.js";

/// Milliseconds between two questions.
const PACE = 5_000;
/// Milliseconds without a sign of life after which a source is silent, or gone.
const SILENT = 4_000;
const GONE = 10_000;
/// Milliseconds for which a topic stays that the server does not tell any more.
const KEPT = 60_000;
const NOTHING = { fields: [], publishers: [], missing: [], rate: null, received: 0 };

/// The server's catalogue, asked for again and again while the page is seen.
export class Catalogue {
  constructor({ onChange }) {
    this.onChange = onChange;
    this.topics = new Map();
    this.time = 0;
    this.isLoaded = false;
    document.addEventListener("visibilitychange", () => !document.hidden && this.load());
    setInterval(() => !document.hidden && this.load(), PACE);
  }

  async load() {
    try {
      const answer = await fetch("api/topics");
      if (answer.status === 401) return location.assign("login");
      if (!answer.ok) return;
      const { topics, time } = await answer.json();
      this.time = time;
      // A server that has just begun knows little yet: what was there a minute ago stays.
      const kept = [...this.topics.values()].filter(({ seenAt }) => time - seenAt < KEPT);
      const all = [...kept, ...topics.map((topic) => ({ ...topic, seenAt: time }))];
      this.topics = new Map(all.map((topic) => [topic.topic, topic]));
      this.isLoaded = true;
      this.onChange();
    } catch {
      // The connection says it when the server is away.
    }
  }

  /// What went missing on all links, as far as their receivers say; with the words of the books.
  get lost() {
    return [...this.topics.values()].flatMap(({ topic, missing }) => missing.map((link) => ({ topic, ...link })));
  }

  get names() { return [...this.topics.keys()]; }

  topic(name) { return this.topics.get(name) ?? NOTHING; }

  /// Topics that a topic or pattern means.
  matching(pattern) {
    if (this.topics.has(pattern)) return [this.topics.get(pattern)];
    return [...this.topics.values()].filter(({ topic }) => matches(pattern, topic));
  }

  /// Fields of the topics that a pattern means, each once.
  fields(pattern) {
    const found = new Map();
    for (const { fields } of this.matching(pattern)) {
      for (const field of fields) if (!found.has(field.path)) found.set(field.path, field);
    }
    return [...found.values()];
  }

  /// Whether the topic has such a field, as far as is known.
  has(topic, path) { return this.topic(topic).fields.some((field) => field.path === path); }

  /// Who makes events of a topic: `{name, host, state, since}`, routers left out where there are sources.
  sources(pattern) {
    const found = new Map();
    const all = this.matching(pattern).flatMap(({ publishers }) => publishers);
    const sources = all.filter(({ role }) => role !== "router");
    for (const { name, host, silence_ms: silence } of sources.length > 0 ? sources : all) {
      const key = `${name} ${host}`;
      if (found.has(key) && found.get(key).silence <= silence) continue;
      const state = silence >= GONE ? "gone" : silence >= SILENT ? "silent" : "alive";
      found.set(key, { name, host, silence, state, since: this.time - silence });
    }
    return [...found.values()];
  }

  /// From when on all sources of a topic are gone: `{from, title}`; null while one of them lives.
  death(pattern) {
    const sources = this.sources(pattern);
    if (sources.length === 0 || sources.some(({ state }) => state !== "gone")) return null;
    const from = Math.max(...sources.map(({ since }) => since));
    const names = sources.length === 1 ? `${sources[0].name} (${sources[0].host})` : `all ${sources.length} sources`;
    return { from, title: `${names} gone since ${clock(from)}` };
  }

  /// Sources that died a short time ago while others live.
  gone(pattern) {
    const recent = serverNow() - 900_000;
    const sources = this.sources(pattern);
    return sources.filter(({ state, since }) => state === "gone" && since > recent);
  }
}

/// Whether a pattern means a topic: `*`, `http.*`, or the topic itself.
export function matches(pattern, topic) {
  if (pattern === "*" || pattern === "") return !topic.startsWith("_es.");
  return pattern.endsWith(".*") ? topic.startsWith(pattern.slice(0, -1)) : topic === pattern;
}
