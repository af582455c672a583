// Queries of MongoDB's language as text: joined, read in part, changed by a click.

import { tokenize } from "./tokens.js";

/// Both queries must hold.
export function both(a, b) {
  const [first, second] = [a, b].map((text) => (isEmpty(text) ? "" : text.trim()));
  if (!first || !second) return first || second;
  return `{$and: [${first}, ${second}]}`;
}

/// Whether a query selects everything.
export const isEmpty = (text) => /^\s*(\{\s*\}\s*)?$/.test(text ?? "");

/// The members of an object in the notation of a query: `[{key, value}]` with values as they are written; null if the
/// text is no object.
export function membersOf(text) {
  const { tokens, mistake } = tokenize(text);
  if (mistake || tokens.length < 2 || tokens[0].text !== "{" || tokens.at(-1).text !== "}") return null;
  const members = [];
  let index = 1;
  while (index < tokens.length - 1) {
    const [key, colon] = [tokens[index], tokens[index + 1]];
    if (!["name", "string"].includes(key.kind) || colon?.text !== ":") return null;
    const begin = index + 2;
    let depth = 0;
    let end = begin;
    while (end < tokens.length - 1 && (depth > 0 || tokens[end].text !== ",")) {
      if (/^[[{(]$/.test(tokens[end].text)) depth += 1;
      if (/^[\]})]$/.test(tokens[end].text)) depth -= 1;
      end += 1;
    }
    if (end === begin || depth !== 0) return null;
    members.push({ key: unquoted(key), value: text.slice(tokens[begin].from, tokens[end - 1].to) });
    index = end + 1;
  }
  return members;
}

function unquoted({ kind, text }) {
  if (kind !== "string") return text;
  try {
    return JSON.parse(`"${text.slice(1, -1).replace(/\\'/g, "'").replace(/(?<!\\)"/g, "\\\"")}"`);
  } catch {
    return text.slice(1, -1);
  }
}

/// Writes members as a query; nothing if there are none.
export function textOf(members) {
  if (members.length === 0) return "";
  return `{${members.map(({ key, value }) => `${keyText(key)}: ${value}`).join(", ")}}`;
}

/// A field as it is written in a query.
export const keyText = (key) => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key));

/// A value as it is written in a query; those of Extended JSON stay what they are.
export function valueText(value) {
  if (typeof value === "bigint") return String(value);
  return JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? Number(inner) : inner));
}

/// The query, and that the field has this value.
export function including(text, field, value) {
  const members = membersOf(isEmpty(text) ? "{}" : text);
  const condition = { key: field, value: valueText(value) };
  if (!members) return both(text, textOf([condition]));
  return textOf([...members.filter(({ key }) => key !== field), condition]);
}

/// The query, and that the field has not this value.
export function excluding(text, field, value) {
  const members = membersOf(isEmpty(text) ? "{}" : text);
  const written = valueText(value);
  if (!members) return both(text, textOf([{ key: field, value: `{$ne: ${written}}` }]));
  const before = members.find(({ key }) => key === field);
  const inner = before && membersOf(before.value);
  const others = members.filter(({ key }) => key !== field);
  if (inner?.length === 1 && inner[0].key === "$ne") {
    return textOf([...others, { key: field, value: `{$nin: [${inner[0].value}, ${written}]}` }]);
  }
  if (inner?.length === 1 && inner[0].key === "$nin") {
    return textOf([...others, { key: field, value: `{$nin: ${inner[0].value.replace(/\s*\]$/, "")}, ${written}]}` }]);
  }
  if (before) return both(text, textOf([{ key: field, value: `{$ne: ${written}}` }]));
  return textOf([...members, { key: field, value: `{$ne: ${written}}` }]);
}

/// The query without one of its members.
export function without(text, index) {
  const members = membersOf(text);
  return members ? textOf(members.filter((_, place) => place !== index)) : text;
}

const WORDS = { $gt: ">", $gte: "≥", $lt: "<", $lte: "≤", $ne: "≠", $eq: "=", $in: "in", $nin: "not in", $regex: "~" };

/// A member in a few words: "status ≥ 500".
export function describe({ key, value }) {
  const inner = value.startsWith("{") ? membersOf(value) : null;
  if (inner?.length > 0 && inner.every((one) => one.key in WORDS)) {
    return inner.map((one) => `${key} ${WORDS[one.key]} ${plain(one.value)}`).join(", ");
  }
  return value.startsWith("/") ? `${key} ~ ${value}` : `${key} ${key.startsWith("$") ? "" : "= "}${plain(value)}`;
}

const plain = (value) => (/^"[^"\\]*"$/.test(value) ? value.slice(1, -1) || '""' : value);
