// Panels for topics nobody has set up anything for: known topics have theirs, others get rate and fields.

import { unitOf } from "./format.js";

const COLUMNS = 12;
const RATE = { value: "rate", kind: "line", w: 6, h: 6 };

/// Panels of the topics that come with Eventstorm.
const KNOWN = {
  "http.hit": [
    { title: "Requests", kind: "number", value: "rate", w: 3, h: 4 },
    { title: "Server errors", kind: "number", share: "{status: {$gte: 500}}", poor: 1, bad: 5, w: 3, h: 4 },
    { title: "p95 duration", kind: "number", value: { p95: "request_time" }, needs: "request_time", w: 3, h: 4 },
    { title: "Sent", kind: "number", value: { sum: "bytes" }, perSecond: true, w: 3, h: 4 },
    { title: "Requests by status", kind: "area", group: "status", value: "rate", w: 6, h: 7 },
    {
      title: "Duration", kind: "line", value: [{ p50: "request_time" }, { p90: "request_time" },
        { p99: "request_time" }],
      names: ["p50", "p90", "p99"], needs: "request_time", w: 6, h: 7,
    },
    { title: "Durations", kind: "heat", value: { histogram: "request_time" }, needs: "request_time", w: 6, h: 7 },
    { title: "Errors", kind: "bars", match: "{status: {$gte: 400}}", group: "status", value: "count", w: 6, h: 7 },
    {
      title: "Slowest paths", kind: "top", group: "path", value: ["count", { p50: "request_time" },
        { p95: "request_time" }],
      names: ["hits", "p50", "p95"], sort: 2, needs: "request_time", w: 6, h: 8,
    },
    { title: "Paths", kind: "top", value: { top: "path", n: 20 }, lacks: "request_time", w: 6, h: 8 },
    { title: "Top talkers", kind: "top", value: { top: "remote_addr", n: 20 }, w: 3, h: 8 },
    { title: "By host", kind: "line", group: "host", value: "rate", needs: "host", w: 3, h: 8 },
    { title: "By requested host", kind: "line", group: "request_host", value: "rate", needs: "request_host", w: 3,
      h: 8 },
  ],
  "smtp.transaction": [
    { title: "Mails", kind: "number", value: "rate", clock: "arrival", w: 3, h: 4 },
    { title: "Bounced or refused", kind: "number", share: "{outcome: {$in: ['bounced', 'expired', 'rejected']}}",
      clock: "arrival", poor: 20, bad: 50, w: 3, h: 4 },
    { title: "Deferred", kind: "number", share: "{outcome: 'deferred'}", clock: "arrival", poor: 15, bad: 40, w: 3,
      h: 4 },
    { title: "p95 time to deliver", kind: "number", match: "{outcome: 'delivered'}", value: { p95: "duration" },
      clock: "arrival", w: 3, h: 4 },
    { title: "Outcomes", kind: "bars", group: "outcome", value: "count", clock: "arrival", w: 6, h: 7 },
    { title: "Time in the queue", kind: "line", value: [{ p50: "duration" }, { p95: "duration" }],
      names: ["p50", "p95"], clock: "arrival", w: 6, h: 7 },
    { title: "Senders", kind: "top", group: "from", value: ["count", { sum: "size" }], names: ["mails", "size"],
      clock: "arrival", w: 6, h: 7 },
    { title: "Deferred and bounced by sender", kind: "top",
      match: "{outcome: {$in: ['deferred', 'bounced', 'rejected']}}", group: ["from", "outcome"], value: "count",
        clock: "arrival", w: 6, h: 7 },
  ],
  "ssh.login": [
    { title: "Logins", kind: "bars", group: "outcome", value: "count", w: 6, h: 7 },
    { title: "Refused addresses", kind: "top",
      match: "{outcome: {$in: ['failed', 'invalid_user', 'too_many_attempts']}}", group: ["remote_addr", "user"],
        value: "count", w: 6, h: 7 },
  ],
  "host.cpu": [
    { title: "CPU in use", kind: "gauge", group: "host", value: { avg: "busy" }, w: 3, h: 6 },
    { title: "CPU", kind: "line", group: "host", value: { avg: "busy" }, w: 6, h: 6 },
    { title: "Load", kind: "line", group: "host", value: { avg: "load1" }, w: 3, h: 6 },
  ],
  "host.memory": [
    { title: "Memory in use", kind: "gauge", group: "host", value: { avg: "used_fraction" }, w: 3, h: 6 },
    { title: "Memory", kind: "line", group: "host", value: { avg: "used" }, w: 6, h: 6 },
    { title: "Swap", kind: "line", group: "host", value: { avg: "swap_used" }, w: 3, h: 6 },
  ],
  "host.disk": [
    { title: "Disks", kind: "gauge", match: "{mount: {$exists: true}}", group: ["host", "mount"],
      value: { avg: "used_fraction" }, w: 3, h: 6 },
    { title: "Disk written", kind: "line", group: ["host", "device"], value: { avg: "written_bytes_per_second" },
      w: 9, h: 6 },
  ],
  "host.network": [
    { title: "Network received", kind: "line", group: ["host", "interface"], value: { avg: "rx_bytes_per_second" },
      w: 6, h: 6 },
    { title: "Network sent", kind: "line", group: ["host", "interface"], value: { avg: "tx_bytes_per_second" }, w: 6,
      h: 6 },
  ],
  "host.pressure": [
    { title: "Pressure", kind: "line", value: [{ avg: "cpu_some" }, { avg: "memory_some" }, { avg: "io_some" }],
      names: ["cpu", "memory", "io"], w: 12, h: 5 },
  ],
};

/// Sections in the order that they are shown in, each with its topics.
const SECTIONS = [
  ["Web", /^http\./], ["Mail", /^smtp\./], ["Logins", /^ssh\./], ["Hosts", /^host\./],
];
/// Known topics that say nothing by their rate alone; alerts have a list, and are marks.
const QUIET = /^host\.files$|^smtp\.line\.|^ssh\.message$|^alert\./;
/// Topics shown at once; the filter reaches the others.
const MOST = 40;

/// The panels of an overview of topics as the catalogue has them.
export function overviewOf(topics) {
  const panels = [];
  const rest = new Set(topics.map(({ topic }) => topic));
  for (const [title, pattern] of SECTIONS) {
    const found = topics.filter(({ topic }) => pattern.test(topic) && KNOWN[topic]);
    if (found.length === 0) continue;
    panels.push({ id: `section-${title}`, kind: "heading", title, w: 12, h: 1 });
    const order = Object.keys(KNOWN);
    found.sort((a, b) => order.indexOf(a.topic) - order.indexOf(b.topic));
    for (const topic of found) {
      rest.delete(topic.topic);
      panels.push(...recipe(topic));
    }
  }
  const others = topics.filter(({ topic }) => rest.has(topic) && !QUIET.test(topic)).slice(0, MOST);
  if (others.length > 0) panels.push({ id: "section-other", kind: "heading", title: "Other topics", w: 12, h: 1 });
  for (const topic of others) panels.push(...plain(topic));
  return panels;
}

function recipe({ topic, fields }) {
  const has = (path) => fields.some((field) => field.path === path);
  const panels = KNOWN[topic]
    .filter(({ needs, lacks }) => (!needs || fields.length === 0 || has(needs))
      && (!lacks || (fields.length > 0 && !has(lacks))))
    .map(({ needs, lacks, ...spec }) => ({ id: `${topic} ${spec.title}`, topic, ...spec }));
  return filled(panels);
}

/// Widens the last panel of a row that others were left out of.
function filled(panels) {
  let sum = 0;
  panels.forEach((panel, index) => {
    sum += panel.w;
    const next = panels[index + 1]?.w ?? COLUMNS;
    if (sum % COLUMNS !== 0 && (sum % COLUMNS) + next > COLUMNS) {
      panel.w += COLUMNS - (sum % COLUMNS);
      sum += COLUMNS - (sum % COLUMNS);
    }
  });
  return panels;
}

/// Rate, and the fields that tell most: what groups events into a few, and a number that varies.
function plain({ topic, fields }) {
  const usual = /(^|\.)(_id|timestamp|kind|message|interval|pid|number|n|id|tags|weight|view_link|ack_link)$/;
  const known = fields.filter(({ path }) => !usual.test(path));
  const words = known.filter(({ types, distinct }) => (types.string ?? 0) + (types.bool ?? 0) > 0.5 && distinct > 1
    && distinct <= 12);
  const numbers = known.filter(({ types, distinct }) => (
    (types.double ?? 0) + (types.int32 ?? 0) + (types.int64 ?? 0) > 0.5 && distinct > 2));
  numbers.sort((a, b) => weight(topic, b) - weight(topic, a));
  words.sort((a, b) => /severity|status|outcome|level/.test(b.path) - /severity|status|outcome|level/.test(a.path));
  const panels = [{ id: `${topic}-rate`, topic, title: topic, ...RATE, w: 4, h: 5 }];
  if (words[0]) panels.push({ id: `${topic}-words`, topic, title: `${topic} by ${words[0].path}`, kind: "bars",
    group: words[0].path, value: "count", w: 4, h: 5 });
  if (numbers[0]) {
    const { path } = numbers[0];
    panels.push({ id: `${topic}-number`, topic, title: `${topic} ${path}`, kind: "line",
      value: [{ p50: path }, { p95: path }], names: ["p50", "p95"], w: 4, h: 5 });
  }
  return panels;
}

/// Numbers with a unit tell more than those without, and fractions of a number more than whole ones.
function weight(topic, { path, types }) {
  return (unitOf(topic, path) !== "plain" ? 2 : 0) + ((types.double ?? 0) > 0.5 ? 1 : 0);
}
