// The inside of a panel with a table: the groups with most events, or the most frequent values.

import { button, element } from "./dom.js";
import { brief, nameOfValue, tell, unitOfValue, whole } from "./format.js";
import { placeOf } from "./watch.js";
import { shownSpan, timeline } from "./timeline.js";

/// Milliseconds between two orders: a table that jumps cannot be read.
const PACE = 1_000;

export class TopBody {
  constructor(spec, page, panel) {
    Object.assign(this, { spec, page, panel });
    this.values = Array.isArray(spec.value) ? spec.value : [spec.value ?? "count"];
    this.top = typeof this.values[0] === "object" ? this.values[0].top : undefined;
    this.head = element("tr", {});
    this.rows = element("tbody", {});
    this.root = element("div", { class: "table-body", tabindex: "0", role: "region", "aria-label": spec.title },
      element("table", { class: "top" }, element("thead", {}, this.head), this.rows));
    this.writeHead();
    this.list = [];
  }

  begin() {}

  end() {}

  /// Fields that tell rows apart.
  get fields() { return this.top ? [this.top] : [this.spec.group ?? []].flat(); }

  get columns() { return this.top ? ["count"] : this.values; }

  writeHead() {
    const sort = this.spec.sort ?? 0;
    const cells = this.columns.map((value, index) => {
      const name = this.spec.names?.[index] ?? nameOfValue(value);
      const choose = button(name, () => this.sortBy(index), { title: "Order by this" });
      return element("th", { scope: "col", "aria-sort": index === sort ? "descending" : "none" }, choose);
    });
    this.head.replaceChildren(...this.fields.map((field) => element("th", { scope: "col" }, field)), ...cells);
  }

  sortBy(index) {
    this.spec.sort = index;
    this.writeHead();
    this.orderedAt = 0;
    this.write();
    this.page.remember();
  }

  take(watches) {
    this.watch = watches[0];
    this.isApproximate = timeline.fixed !== null && !this.watch.question.from;
    this.list = this.isApproximate ? this.collect() : this.read(this.watch.totals);
  }

  read(totals) {
    if (this.top) {
      const entries = totals[0]?.values[0] ?? [];
      return entries.map(([value, count, error]) => ({ group: [value], numbers: [count], error: error ?? 0 }));
    }
    return totals.map(({ key, values }) => ({ group: this.watch.groups.get(key) ?? null, numbers: values }));
  }

  /// Adds up the buckets of an interval: counts exactly, other values as averages.
  collect() {
    const { from, to } = shownSpan();
    const found = new Map();
    const add = (key, group, numbers, weight) => {
      const entry = found.get(key) ?? { group, sums: numbers.map(() => 0), weights: numbers.map(() => 0) };
      found.set(key, entry);
      numbers.forEach((number, index) => {
        if (number === null || number === undefined) return;
        const isCount = typeof this.columns[index] === "string";
        entry.sums[index] += isCount ? number : number * weight;
        entry.weights[index] += isCount ? 0 : weight;
      });
    };
    for (let index = placeOf(this.watch.buckets, from); index < this.watch.buckets.length; index += 1) {
      const { time, rows } = this.watch.buckets[index];
      if (time > to) break;
      for (const [key, row] of rows) {
        if (this.top) for (const [value, count] of row[1] ?? []) add(JSON.stringify(value), [value], [count], 1);
        else add(key, this.watch.groups.get(key) ?? null, row.slice(1), typeof row[1] === "number" ? row[1] : 1);
      }
    }
    return [...found.values()].map(({ group, sums, weights }) => (
      { group, numbers: sums.map((sum, index) => (weights[index] > 0 ? sum / weights[index] : sum)) }));
  }

  /// Writes the rows anew, in their order.
  write() {
    const now = performance.now();
    if (now - (this.orderedAt ?? -Infinity) < PACE || this.rows.contains(document.activeElement)) return;
    this.orderedAt = now;
    const sort = this.spec.sort ?? 0;
    const known = this.list.filter(({ group }) => group !== null);
    known.sort((a, b) => (b.numbers[sort] ?? -Infinity) - (a.numbers[sort] ?? -Infinity));
    const most = Math.max(0, ...known.map(({ numbers }) => numbers[sort] ?? 0));
    const shown = known.slice(0, this.spec.show ?? 50);
    this.sums = this.columns.map((value, index) => this.sumOf(value, index));
    this.rows.replaceChildren(...shown.map((entry) => this.row(entry, most, sort)));
    const others = this.list.find(({ group }) => group === null);
    const notes = [];
    if (others && this.fields.length > 0) notes.push(`all others: ${whole(others.numbers[0] ?? 0)} events`);
    if (this.isApproximate) notes.push("added up from parts: averages are approximate");
    this.panel.showHint(shown.length === 0 ? this.panel.emptyText() : "");
    this.panel.showFoot(notes.join(" · "));
  }

  row({ group, numbers, error }, most, sort) {
    const cells = group.map((value, index) => element("th", { scope: "row" },
      button(nameOf(value), (event) => {
        this.page.openValue(this.spec.topic, this.fields[index], value, event.currentTarget);
      }, { class: "value", title: nameOf(value) })));
    const figures = this.columns.map((value, index) => {
      const text = this.textOf(numbers[index], value);
      const title = error > 0 ? `${whole(Math.round(numbers[index] - error))} at least` : undefined;
      const sum = this.sums[index];
      const part = sum > 0 ? `${((100 * numbers[index]) / sum).toFixed(1)}%` : "";
      const share = sum > 0 ? element("span", { class: "share" }, part) : null;
      const cell = element("td", { title }, error > 0 ? `≤ ${text}` : text, share);
      if (index === sort && most > 0) {
        const bar = element("span", { class: "bar" });
        bar.style.width = `${(100 * Math.max(0, numbers[index] ?? 0)) / most}%`;
        cell.append(bar);
      }
      return cell;
    });
    return element("tr", {}, ...cells, ...figures);
  }

  /// Of counts that are all there the sum: each has a share of it.
  sumOf(value, index) {
    return value === "count" && !this.top ? this.list.reduce((sum, { numbers }) => sum + (numbers[index] ?? 0), 0) : 0;
  }

  /// Counts are told to the last event, as long as that can be read.
  textOf(number, value) {
    const isCount = value === "count" && number < 1_000_000;
    return isCount ? whole(Math.round(number)) : tell(number, unitOfValue(this.spec.topic, value));
  }

  table() {
    const head = [...this.fields, ...this.columns.map(nameOfValue)];
    const rows = this.list.filter(({ group }) => group).map(({ group, numbers }) => [
      ...group.map(nameOf), ...numbers.map((number, index) => this.textOf(number, this.columns[index])),
    ]);
    return { head, rows };
  }

  records() {
    const rows = this.list.filter(({ group }) => group).map(({ group,
      numbers }) => [...group.map((value) => brief(value, 1e9)), ...numbers]);
    return { head: [...this.fields, ...this.columns.map(nameOfValue)], rows };
  }
}

/// A value as a row is called; an empty text shows that it is one.
const nameOf = (value) => (value === null ? "none" : value === "" ? "\"\"" : brief(value, 200));
