// Numbers, units and times as people read them.

const count = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/// A whole number with separators: 12,345.
export const whole = (value) => count.format(value);

/// Divides until the number is short; gives the number and the prefix.
function scaled(value, base, prefixes) {
  let power = 0;
  while (Math.abs(value) >= base * 0.9995 && power < prefixes.length - 1) {
    value /= base;
    power += 1;
  }
  return { value, prefix: prefixes[power] };
}

const DECIMAL = ["", "k", "M", "G", "T", "P"];
const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];

/// About three significant digits, without trailing zeros.
function short(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1000) return whole(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 0.001) return String(Number(value.toPrecision(3)));
  return value.toExponential(1);
}

/// What a unit is called on an axis, and how numbers of it are written.
export const units = {
  rate: (value) => parts(scaled(Math.abs(value) < 10 ? Math.round(value * 100) / 100 : value, 1000, DECIMAL), "/s"),
  bytesRate: (value) => parts(scaled(value, 1000, DECIMAL), "B/s", true),
  bytes: (value) => parts(scaled(value, 1024, BINARY), "B", true),
  percent: (value) => ({ number: short(Math.abs(value) < 0.01 ? 0 : value), unit: "%" }),
  fraction: (value) => ({ number: short(Math.abs(value) < 0.0001 ? 0 : value * 100), unit: "%" }),
  seconds: (value) => duration(value),
  milliseconds: (value) => duration(value / 1000),
  plain: (value) => parts(scaled(value, 1000, DECIMAL), ""),
};

function parts({ value, prefix }, unit, isSpaced = false) {
  return isSpaced ? { number: short(value), unit: prefix + unit } : { number: short(value) + prefix, unit };
}

function duration(seconds) {
  const size = Math.abs(seconds);
  if (size === 0) return { number: "0", unit: "s" };
  if (size < 0.9995e-3) return { number: short(seconds * 1e6), unit: "µs" };
  if (size < 0.9995) return { number: short(seconds * 1e3), unit: "ms" };
  if (size < 120) return { number: short(seconds), unit: "s" };
  if (size < 7200) return { number: short(seconds / 60), unit: "min" };
  if (size < 172_800) return { number: short(seconds / 3600), unit: "h" };
  return { number: short(seconds / 86_400), unit: "d" };
}

/// One text of both: "1.2 kB".
export function join({ number, unit }) {
  return unit === "" || unit === "%" || unit.startsWith("/") ? number + unit : `${number} ${unit}`;
}

/// A value with its unit as one text.
export function tell(value, unit) {
  return value === undefined || value === null || Number.isNaN(value) ? "–" : join(units[unit](value));
}

/// Units of fields by topic, where a name alone does not tell.
const SHARES = /^(busy|user|nice|system|idle|iowait|irq|softirq|steal|\w+_(some|full))$/;
const SIZES = /^(total|used|available|free|cached|buffers|shared|dirty|swap_\w+)$/;
const KNOWN = [
  [/^host\.(cpu|pressure)$/, SHARES, "fraction"],
  [/^host\.disk$/, /^busy$/, "fraction"],
  [/^host\.memory$/, SIZES, "bytes"],
  [/^host\.disk$/, /^(size|used|available)$/, "bytes"],
  [/./, /(fraction|ratio)$/, "fraction"],
  [/./, /(percent|pct)$/, "percent"],
  [/./, /bytes_(per_second|s)$/, "bytesRate"],
  [/./, /_per_second$/, "rate"],
  [/./, /(bytes|size)$/, "bytes"],
  [/./, /(_ms|millis|milliseconds)$/, "milliseconds"],
  [/./, /(seconds|_s|duration|delay|_time|uptime|interval)$/, "seconds"],
];

/// The unit of a field: known for topics that come with Eventstorm, guessed by the name for others.
export function unitOf(topic, field) {
  const name = field.split(".").at(-1).toLowerCase();
  return KNOWN.find(([topics, names]) => topics.test(topic) && names.test(name))?.[2] ?? "plain";
}

/// The unit of something computed: counts have none, percentiles that of their field.
export function unitOfValue(topic, value) {
  if (value === "rate") return "rate";
  if (typeof value === "string") return "plain";
  const [kind, field] = Object.entries(value)[0];
  return kind === "distinct" || kind === "top" ? "plain" : unitOf(topic, field);
}

/// A value as a text: "p99 request_time".
export function nameOfValue(value) {
  if (value === "count") return "events";
  if (typeof value === "string") return value;
  const [kind, field] = Object.entries(value)[0];
  return `${kind} ${field}`;
}

/// A length of time as the server wants it: "90s".
export function spanText(milliseconds) {
  for (const [name, size] of [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1_000]]) {
    if (milliseconds >= size && milliseconds % size === 0) return milliseconds / size + name;
  }
  return `${milliseconds}ms`;
}

/// Milliseconds of such a text; NaN if it is none.
export function spanOf(text) {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text ?? "");
  return match ? Number(match[1]) * { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2]] : NaN;
}

/// A value of an event in a few characters; Extended JSON is told by what it holds.
export function brief(value, most = 120) {
  if (typeof value === "string") return value.length > most ? `${value.slice(0, most - 1)}…` : value;
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.length}]`;
  return extended(value)?.text ?? "{…}";
}

/// Type and text of a value of Extended JSON: {"$date": …} is a date, not an object; null if it is none.
export function extended(value) {
  const keys = Object.keys(value);
  if (keys.length === 0 || !keys[0].startsWith("$")) return null;
  const inner = value[keys[0]];
  const text = typeof inner === "object" && inner !== null ? JSON.stringify(inner) : String(inner);
  return { type: EXTENDED[keys[0]] ?? keys[0].slice(1), text };
}

const EXTENDED = {
  $date: "date", $oid: "ObjectId", $numberLong: "int64", $numberInt: "int32", $numberDouble: "double",
  $numberDecimal: "decimal", $binary: "binary", $uuid: "UUID", $timestamp: "timestamp", $regularExpression: "regex",
  $regex: "regex",
};
