// Numbers, units and times as people read them.

const count = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/// A whole number with separators: 12,345.
export const whole = (value) => count.format(value);

/// Divides by 1,000 (or 1,024) until the number is short; gives the number, the prefix and the factor.
function scaled(value, base) {
  const prefixes = ["", "k", "M", "G", "T", "P"];
  let power = 0;
  while (Math.abs(value) >= base && power < prefixes.length - 1) {
    value /= base;
    power += 1;
  }
  return { value, prefix: prefixes[power] };
}

/// About three significant digits, without trailing zeros.
function short(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 100) return value.toFixed(0);
  if (size >= 0.01) return String(Number(value.toPrecision(3)));
  return value.toExponential(1);
}

/// What a unit is called on an axis, and how numbers of it are written.
export const units = {
  rate: (value) => parts(scaled(Math.abs(value) < 10 ? Math.round(value * 10) / 10 : value, 1000), "/s"),
  bytesRate: (value) => parts(scaled(value, 1000), "B/s", true),
  bytes: (value) => parts(scaled(value, 1000), "B", true),
  percent: (value) => ({ number: short(value), unit: "%" }),
  fraction: (value) => ({ number: short(value * 100), unit: "%" }),
  seconds: (value) => duration(value),
  milliseconds: (value) => duration(value / 1000),
  plain: (value) => parts(scaled(value, 1000), ""),
};

function parts({ value, prefix }, unit, isSpaced = false) {
  return isSpaced ? { number: short(value), unit: prefix + unit } : { number: short(value) + prefix, unit };
}

function duration(seconds) {
  const size = Math.abs(seconds);
  if (size === 0) return { number: "0", unit: "s" };
  if (size < 1e-3) return { number: short(seconds * 1e6), unit: "µs" };
  if (size < 1) return { number: short(seconds * 1e3), unit: "ms" };
  if (size < 120) return { number: short(seconds), unit: "s" };
  if (size < 7200) return { number: short(seconds / 60), unit: "min" };
  return { number: short(seconds / 3600), unit: "h" };
}

/// One text of both: "1.2 kB".
export function join({ number, unit }) {
  return unit === "" || unit === "%" || unit.startsWith("/") ? number + unit : `${number} ${unit}`;
}

/// Units of fields by topic, where a name alone does not tell.
const KNOWN = [
  [/^host\.(cpu|pressure)$/, /^(busy|user|nice|system|idle|iowait|irq|softirq|steal|some|full)$/, "fraction"],
  [/^host\.disk$/, /^busy$/, "fraction"],
  [/^host\.memory$/, /^(total|used|available|free|cached|buffers|shared|dirty|swap_\w+)$/, "bytes"],
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

/// Round numbers from 0 or `low` to at least `high`: the steps are 1, 2 or 5 times a power of ten.
export function ticks(low, high, most) {
  const rough = (high - low) / most || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const values = [];
  for (let index = first; index <= Math.max(last, first + 1); index += 1) values.push(index * step);
  return values;
}

const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/// Time of day, local: 14:03:59.
export const clock = (milliseconds) => clockFormat.format(milliseconds);

/// Time of day with milliseconds.
export function preciseClock(milliseconds) {
  const rest = Math.floor(((milliseconds % 1000) + 1000) % 1000);
  return `${clock(milliseconds)}.${String(rest).padStart(3, "0")}`;
}
