// Times of day and dates: local or UTC, as the reader chose.

const zones = { local: undefined, utc: "UTC" };
let zone = "local";
let formats = make();

function make() {
  const timeZone = zones[zone];
  const two = "2-digit";
  const format = (options) => new Intl.DateTimeFormat("en-GB", { timeZone, hourCycle: "h23", ...options });
  return {
    minute: format({ hour: two, minute: two }),
    second: format({ hour: two, minute: two, second: two }),
    day: format({ day: "numeric", month: "short" }),
    full: format({ year: "numeric", month: "short", day: "numeric", hour: two, minute: two, second: two }),
  };
}

/// Chooses "local" or "utc".
export function useZone(name) {
  zone = name === "utc" ? "utc" : "local";
  formats = make();
}

/// The zone that is in use.
export const currentZone = () => zone;

/// Time of day: 14:03:59.
export const clock = (milliseconds) => formats.second.format(milliseconds);

/// Date and time of day.
export const fullClock = (milliseconds) => formats.full.format(milliseconds);

/// Time of day with milliseconds.
export function preciseClock(milliseconds) {
  const rest = Math.floor(((milliseconds % 1000) + 1000) % 1000);
  return `${clock(milliseconds)}.${String(rest).padStart(3, "0")}`;
}

/// A time on an axis whose marks are so far apart.
export function axisClock(milliseconds, step) {
  if (step >= 86_400_000) return formats.day.format(milliseconds);
  return step >= 60_000 ? formats.minute.format(milliseconds) : formats.second.format(milliseconds);
}

/// From and to in a few words.
export function intervalText(from, to) {
  const isOneDay = formats.day.format(from) === formats.day.format(to);
  return `${isOneDay ? clock(from) : fullClock(from)} – ${isOneDay ? clock(to) : fullClock(to)}`;
}

/// How far the zone is ahead of UTC at a time, in milliseconds: marks of days begin at its midnight.
export function zoneOffset(milliseconds) {
  return zone === "utc" ? 0 : -new Date(milliseconds).getTimezoneOffset() * 60_000;
}

/// How long ago something was: "12 s", "3 min".
export function ago(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}
