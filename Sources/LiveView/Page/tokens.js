// The words of a query's text, and where they stand: enough to complete it and to say where it does not end.

const PATTERNS = [
  ["space", /\s+/y],
  ["string", /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/y],
  ["regex", /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y],
  ["number", /[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+|Infinity|NaN)/y],
  ["name", /[\p{L}_$][\p{L}\p{N}_$]*/uy],
  ["sign", /[{}[\](),:]/y],
];
const PARTNERS = { "}": "{", "]": "[", ")": "(" };

/// Splits a text into tokens `{kind, text, from, to}`. `mistake` says what is wrong with it and where.
export function tokenize(text) {
  const tokens = [];
  const open = [];
  let place = 0;
  while (place < text.length) {
    const token = next(text, place);
    if (!token) return { tokens, mistake: { text: mistakeAt(text[place]), place } };
    if (token.kind === "sign") {
      if ("{[(".includes(token.text)) open.push(token);
      else if (token.text in PARTNERS && open.pop()?.text !== PARTNERS[token.text]) {
        return { tokens, mistake: { text: `nothing that this ${token.text} ends`, place } };
      }
    }
    if (token.kind !== "space") tokens.push(token);
    place = token.to;
  }
  const last = open.at(-1);
  return { tokens, mistake: last ? { text: `this ${last.text} has no end`, place: last.from } : null };
}

function next(text, place) {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = place;
    const match = pattern.exec(text);
    if (match) return { kind, text: match[0], from: place, to: place + match[0].length };
  }
  return null;
}

const mistakeAt = (sign) => (/["'/]/.test(sign) ? `this ${sign} has no end` : `${sign} means nothing here`);

/// What can stand at the end of a text: `{kind: "key" | "operator" | "value", field, word, from}`, where `word` is what
/// is there of it already.
export function contextAt(text) {
  const { tokens } = tokenize(text);
  const cut = /(?:["'][^"']*|[\p{L}\p{N}_$.]*)$/u.exec(text);
  const word = cut[0];
  const from = text.length - word.length;
  const stack = [];
  let [key, isAfterColon] = [null, false];
  for (const token of tokens) {
    if (token.from >= from) break;
    if (token.text === "{" || token.text === "[") {
      stack.push({ sign: token.text, field: isAfterColon || stack.at(-1)?.sign === "[" ? key : null, key });
      isAfterColon = token.text === "[";
    } else if (token.text === "}" || token.text === "]") {
      key = stack.pop()?.key ?? null;
      isAfterColon = true;
    } else if (token.text === ":") isAfterColon = true;
    else if (token.text === ",") isAfterColon = stack.at(-1)?.sign === "[";
    else if (!isAfterColon && ["name", "string"].includes(token.kind)) {
      const name = token.kind === "string" ? token.text.slice(1, -1) : token.text;
      if (!name.startsWith("$") || name === "$not") key = name.startsWith("$") ? key : name;
      else if (/^\$(and|or|nor)$/.test(name)) key = null;
    }
  }
  const top = stack.at(-1);
  if (!top) return { kind: "key", field: null, word, from, isOutside: true };
  if (isAfterColon) return key ? { kind: "value", field: key, word, from } : { kind: "open", field: null, word, from };
  return top.field && top.sign === "{" ? { kind: "operator", field: top.field, word, from }
    : { kind: "key", field: null, word, from };
}
