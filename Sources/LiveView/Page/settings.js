// What a reader chose for this browser: colours, and local time or UTC.

import { useZone } from "./clock.js";
import { readColours } from "./colours.js";
import { redrawAll } from "./motion.js";
import { timeline } from "./timeline.js";

const PLACE = "eventstorm.settings";
const isLight = matchMedia("(prefers-color-scheme: light)");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/// "system", "light" or "dark"; "local" or "utc".
export const settings = { theme: "system", zone: "local" };
const listeners = new Set();

/// Calls when something was chosen.
export const onSettings = (listener) => listeners.add(listener);

export function beginSettings() {
  try {
    Object.assign(settings, JSON.parse(localStorage.getItem(PLACE) ?? "{}"));
  } catch {
    // What was kept is damaged: begin anew.
  }
  isLight.addEventListener("change", apply);
  calm.addEventListener("change", apply);
  apply();
}

function apply() {
  const { theme } = settings;
  const isBright = theme === "system" ? isLight.matches : theme === "light";
  document.documentElement.dataset.theme = isBright ? "light" : "dark";
  document.documentElement.dataset.zone = settings.zone;
  timeline.isCalm = calm.matches;
  useZone(settings.zone);
  readColours();
  redrawAll();
  for (const listener of listeners) listener();
}

function choose(name, value) {
  settings[name] = value;
  try {
    localStorage.setItem(PLACE, JSON.stringify(settings));
  } catch {
    // Without a place to keep it, it holds until the page is left.
  }
  apply();
}

/// From dark to light to what the system has.
export function nextTheme() {
  const order = ["system", "light", "dark"];
  choose("theme", order[(order.indexOf(settings.theme) + 1) % order.length]);
  return settings.theme;
}

export function nextZone() {
  choose("zone", settings.zone === "utc" ? "local" : "utc");
  return settings.zone;
}
