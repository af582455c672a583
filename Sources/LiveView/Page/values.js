// What can be done with a value of an event: filter by it, leave it out, look at its events, copy it.

import { copy } from "./dom.js";
import { brief } from "./format.js";
import { openMenu } from "./menu.js";
import { excluding, including, valueText } from "./query.js";

/// Makes the function that opens the choices. `page` has `filter`, `openLog` and `addPanel`.
export function valueChoices(page) {
  const only = (field, value) => page.filter.set(including(page.filter.match, field, value));
  const but = (field, value) => page.filter.set(excluding(page.filter.match, field, value));

  /// The choices for one value of a field of a topic; `anchor` is an element, or a point.
  function openValue(topic, field, value, anchor) {
    if (field === "$topic") return openTopic(value, anchor);
    const text = brief(value, 40);
    openMenu(anchor, [
      { text: `Only ${field} = ${text}`, run: () => only(field, value) },
      { text: `Without ${field} = ${text}`, run: () => but(field, value) },
      null,
      { text: "Its events in the log", run: () => page.openLog(topic, including(page.filter.match, field, value)) },
      ...graphs(topic, field, value),
      null,
      { text: "Copy the value", run: () => copy(typeof value === "string" ? value : valueText(value), "value") },
      { text: "Copy as a query", run: () => copy(including("", field, value), "query") },
    ], `${field} ${text}`);
  }

  function graphs(topic, field, value) {
    const add = (spec) => () => page.addPanel({ topic, w: 6, h: 6, ...spec });
    if (typeof value === "number" || typeof value === "bigint") {
      return [{
        text: `Graph of ${field}`,
        run: add({ title: `${topic} ${field}`, kind: "line", value: [{ p50: field }, { p90: field }, { p99: field }] }),
      }];
    }
    return [{
      text: `Graph by ${field}`,
      run: add({ title: `${topic} by ${field}`, kind: "area", group: field, value: "rate" }),
    }];
  }

  function openTopic(topic, anchor) {
    openMenu(anchor, [
      { text: `Only ${topic}`, run: () => page.filter.setTopic(topic) },
      { text: "Its events in the log", run: () => page.openLog(topic, page.filter.match) },
      { text: "Copy the name", run: () => copy(topic, "name") },
    ], topic);
  }

  /// The choices for the values that make a group.
  function openValues(spec, group, anchor) {
    const fields = [spec.group].flat();
    if (fields.length === 1) return openValue(spec.topic, fields[0], group[0], anchor);
    openMenu(anchor, fields.map((field, index) => ({
      text: `${field} = ${brief(group[index], 40)} …`, run: () => openValue(spec.topic, field, group[index], anchor),
    })), "values");
  }

  return { openValue, openValues };
}
