// Colours: those of the theme for canvases, and one for each name, the same on every graph.

const COUNT = 8;
/// Names that people expect in a colour: outcomes and statuses.
const MEANINGS = [
  [/^(5\d\d|5xx|err(or)?|crit(ical)?|alert|emerg|fatal|bounced|expired|failed|failure|lost|too_many_attempts)$/,
    "--bad"],
  [/^(4\d\d|4xx|warn(ing)?|deferred|rejected|invalid_user|partly_delivered|timeout|reset)$/, "--poor"],
  [/^(2\d\d|2xx|ok|delivered|accepted|success)$/, "--good"],
  [/^(3\d\d|3xx)$/, "--series-0"],
];

/// The theme's colours as text; read again when the theme changes.
export const theme = {};
const given = new Map();

/// Reads the theme's colours from the style sheet.
export function readColours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  for (const name of ["grid", "muted", "text", "card", "page", "bad", "poor", "good", "accent", "edge"]) {
    theme[name] = read(`--${name}`);
  }
  theme.series = Array.from({ length: COUNT }, (_, index) => read(`--series-${index}`));
  theme.byName = { "--bad": theme.bad, "--poor": theme.poor, "--good": theme.good, "--series-0": theme.series[0] };
}

/// The colour of a name: by its meaning, else that of its hash, or the next one that no other name has.
export function colourOf(name) {
  const meaning = MEANINGS.find(([pattern]) => pattern.test(name));
  if (meaning) return theme.byName[meaning[1]];
  if (!given.has(name)) {
    let colour = 7;
    for (const character of name) colour = (colour * 31 + character.codePointAt(0)) >>> 0;
    const taken = new Set([...given.values()].slice(-COUNT + 1));
    while (taken.has(colour % COUNT)) colour += 1;
    given.set(name, colour % COUNT);
  }
  return theme.series[given.get(name)];
}

/// Colours for the series of one graph: those of their names, but no two the same while there are enough.
export function coloursFor(names) {
  const taken = new Set();
  return names.map((name) => {
    let colour = colourOf(name);
    const isMeant = MEANINGS.some(([pattern]) => pattern.test(name));
    if (taken.has(colour)) {
      const free = theme.series.find((other) => !taken.has(other));
      // Several statuses of one class stay in its colour, each a little paler than the one before.
      if (isMeant) colour = paler(colour, [...taken].filter((other) => other.includes(colour)).length);
      else if (free) colour = free;
    }
    taken.add(colour);
    return colour;
  });
}

/// Colours for several values of the same events, such as percentiles.
export const stepColours = () => [0, 2, 5, 3, 1, 4, 7, 6].map((place) => theme.series[place]);

const paler = (colour, times) => `color-mix(in srgb, ${colour} ${Math.max(35, 100 - 25 * times)}%, ${theme.card})`;
