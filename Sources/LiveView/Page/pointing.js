// Pointer and keyboard on a graph: crosshair, choosing a part of time, moving through time.

import { tell, whole } from "./format.js";
import { heatAt } from "./heat.js";
import { pan, serverNow, showInterval, showNow, shownSpan, timeline, zoom } from "./timeline.js";
import { hideTooltip, showTooltip } from "./tooltip.js";
import { Touch } from "./touch.js";
import { redrawAll } from "./motion.js";

/// Pixels that a pointer may move and still click.
const CLICK = 4;

/// Listens on a graph's canvas. `onPick(series, event)` is called for a click on one.
export class Pointing {
  constructor(graph, onPick) {
    this.graph = graph;
    this.onPick = onPick;
    this.pointer = null;
    this.choice = null;
    const { canvas } = graph;
    const listen = (name, method) => canvas.addEventListener(name, (event) => method.call(this, event));
    this.touch = new Touch(graph, { onTap: (event) => this.tap(event), onDrag: () => this.leave() });
    const byKind = (mouse, finger) => (event) => {
      if (event.pointerType === "touch") finger.call(this.touch, event);
      else mouse.call(this, event);
    };
    listen("pointermove", byKind(this.move, this.touch.move));
    listen("pointerdown", byKind(this.press, this.touch.press));
    listen("pointerup", byKind(this.release, this.touch.release));
    listen("pointercancel", byKind(this.leave, this.touch.cancel));
    listen("pointerleave", byKind(this.leave, () => null));
    listen("dblclick", () => showNow());
    listen("keydown", this.key);
    listen("blur", this.leave);
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  place({ clientX, clientY }) {
    const box = this.graph.canvas.getBoundingClientRect();
    return { x: clientX - box.left, y: clientY - box.top, clientX, clientY };
  }

  move(event) {
    this.pointer = this.place(event);
    const { plot } = this.graph;
    if (this.pressed && Math.abs(this.pointer.x - this.pressed.x) > CLICK) {
      const [a, b] = [this.pressed.time, plot.timeAt(this.pointer.x)];
      this.choice = { from: Math.min(a, b), to: Math.max(a, b) };
    }
    this.graph.isStale = true;
  }

  press(event) {
    if (event.button !== 0) return;
    this.pointer = this.place(event);
    this.pressed = { ...this.pointer, time: this.graph.plot.timeAt(this.pointer.x) };
    this.graph.canvas.setPointerCapture(event.pointerId);
  }

  release(event) {
    const { choice, pressed } = this;
    this.pressed = this.choice = null;
    if (choice) {
      if (choice.to - choice.from > 500) showInterval(choice.from, Math.min(choice.to, serverNow()));
      this.leave();
    } else if (pressed && this.nearest) this.onPick?.(this.nearest, event);
    this.graph.isStale = true;
  }

  /// A finger reads the values where it taps, until it taps elsewhere.
  tap(event) {
    this.graph.canvas.focus();
    this.pointer = this.place(event);
    this.graph.isStale = true;
  }

  leave() {
    if (this.pointer || this.isByKey) {
      timeline.hover = null;
      hideTooltip();
    }
    this.pointer = this.pressed = this.choice = null;
    this.isByKey = false;
    redrawAll();
  }

  /// Moves through time with a wheel that goes sideways; with Ctrl it shows more or less of it.
  wheel(event) {
    if (event.ctrlKey) zoom(event.deltaY > 0 ? 1.25 : 0.8);
    else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan(event.deltaX / 1_000);
    else return;
    event.preventDefault();
  }

  /// Arrow keys move the crosshair; Enter begins and ends a choice; Escape takes both away.
  key(event) {
    const { data } = this.graph;
    if (event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return;
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (move) {
      const { from, to } = shownSpan();
      const step = Math.max(data.step, (to - from) / 120);
      const start = timeline.hover ?? to;
      timeline.hover = Math.min(to, Math.max(from, Math.round((start + move * step) / data.step) * data.step));
      this.isByKey = true;
      if (this.choice) this.choice.to = timeline.hover;
    } else if (event.key === "Enter" && timeline.hover !== null) {
      if (this.choice) {
        const { from, to } = this.choice;
        this.choice = null;
        if (Math.abs(to - from) > 500) showInterval(Math.min(from, to), Math.max(from, to));
      } else this.choice = { from: timeline.hover, to: timeline.hover };
    } else if (event.key === "Escape" && (this.isByKey || this.choice)) this.leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /// The crosshair stays under a pointer that rests while the picture moves.
  follow() {
    const { plot } = this.graph;
    if (this.pointer) timeline.hover = Math.min(plot.to, Math.max(plot.from, plot.timeAt(this.pointer.x)));
  }

  /// Shows the values at the crosshair beside it.
  show() {
    const { graph } = this;
    if ((!this.pointer && !this.isByKey) || timeline.hover === null) return;
    const { plot, data } = graph;
    const box = graph.canvas.getBoundingClientRect();
    const at = this.pointer
      ? { x: this.pointer.clientX, y: this.pointer.clientY }
      : { x: box.left + plot.x(timeline.hover), y: box.top + 30 };
    const rows = data.heat ? this.heatRows() : this.rows();
    showTooltip(at, { time: timeline.hover, isLong: plot.to - plot.from > 80_000_000, rows, notes: this.notes() });
  }

  rows() {
    const { graph } = this;
    const values = graph.valuesAt(timeline.hover);
    const isStacked = graph.kind !== "line";
    const known = (graph.shown ?? []).filter(({ name }) => !Number.isNaN(values.get(name)));
    // What is nothing has no place in a stack.
    const thick = known.filter(({ name }) => values.get(name) !== 0);
    const shown = isStacked && thick.length > 0 ? thick : known;
    this.nearest = this.nearestOf(shown, values);
    const rows = shown.map((one) => ({
      colour: one.colour, name: one.name, value: tell(values.get(one.name), graph.data.unit),
      isNearest: one === this.nearest && shown.length > 1,
    }));
    return isStacked ? rows.toReversed() : rows;
  }

  heatRows() {
    const { plot, data } = this.graph;
    this.nearest = null;
    const found = this.pointer ? heatAt(data.heat, timeline.hover, plot.valueAt(this.pointer.y)) : null;
    if (!found) return [];
    const name = `${tell(found.from, data.unit)} – ${tell(found.to, data.unit)}`;
    return [{ colour: data.series[0]?.colour ?? "", name, value: whole(Math.round(found.count)) }];
  }

  nearestOf(shown, values) {
    if (!this.pointer || shown.length === 0) return null;
    const { plot, kind } = this.graph;
    let best = null;
    let [distance, sum] = [Infinity, 0];
    for (const one of shown) {
      const value = values.get(one.name);
      sum += value;
      const away = kind === "line" ? Math.abs(plot.y(value) - this.pointer.y)
        : Math.abs(plot.y(sum - value / 2) - this.pointer.y);
      if (away < distance) [best, distance] = [one, away];
    }
    return best;
  }

  /// What is to be said about this time: losses, times that are not known, marks, dead sources.
  notes() {
    const { graph } = this;
    const { plot, data } = graph;
    const time = timeline.hover;
    const reach = 5 / plot.perMillisecond;
    const notes = [];
    for (const { from, to, kind, title, lines } of data.bands) {
      if (time < from - reach || time > to + reach) continue;
      notes.push({ kind, text: kind === "lost" ? title : `${title}: ${lines[0]}` });
      if (kind === "lost") for (const text of lines) notes.push({ kind: "detail", text });
    }
    for (const mark of graph.marksIn(time - reach, time + reach)) {
      notes.push({ kind: "mark", text: [mark.topic, mark.message, mark.state].filter(Boolean).join(" · ") });
    }
    if (graph.death && time >= graph.death.from) notes.push({ kind: "gone", text: graph.death.title });
    if (data.sampled) {
      notes.push({ kind: "detail",
        text: `sampled: ${whole(data.sampled.seen)} seen stand for ${whole(Math.round(data.sampled.all))}` });
    }
    return notes;
  }
}
