// Fingers on a graph: one moves through time, two show less or more of it, a tap reads the values there.

import { changed, dragTo, shownSpan, timeline } from "./timeline.js";

/// Pixels that a finger may move and still tap.
const TAP = 8;

/// Follows the fingers on a graph's canvas. `onTap(event)` is called for a finger that did not move, `onDrag()` when
/// they begin to.
export class Touch {
  constructor(graph, { onTap, onDrag }) {
    Object.assign(this, { graph, onTap, onDrag });
    /// Where each finger is, by its number, and the time that was under it when the last one came or went.
    this.fingers = new Map();
  }

  press(event) {
    this.graph.canvas.setPointerCapture(event.pointerId);
    if (this.fingers.size === 0) this.start = { x: event.clientX, isTap: true };
    this.fingers.set(event.pointerId, { x: event.clientX });
    this.hold();
  }

  /// What is under the fingers now stays under them.
  hold() {
    const { plot, canvas } = this.graph;
    const { left } = canvas.getBoundingClientRect();
    this.left = left + plot.left;
    this.width = plot.right - plot.left;
    const span = shownSpan();
    this.perPixel = (span.to - span.from) / this.width;
    for (const finger of this.fingers.values()) finger.time = span.from + (finger.x - this.left) * this.perPixel;
  }

  move(event) {
    const finger = this.fingers.get(event.pointerId);
    if (!finger) return;
    finger.x = event.clientX;
    if (this.fingers.size === 1 && this.start.isTap && Math.abs(finger.x - this.start.x) <= TAP) return;
    if (this.start.isTap) {
      this.start.isTap = false;
      this.onDrag();
      this.hold();
      if (this.fingers.size === 1) return;
    }
    const [a, b] = this.fingers.values();
    const isApart = b && Math.abs(b.x - a.x) > 2 * TAP && (b.time - a.time) * (b.x - a.x) > 0;
    const perPixel = isApart ? (b.time - a.time) / (b.x - a.x) : this.perPixel;
    const from = a.time - (a.x - this.left) * perPixel;
    dragTo(from, from + perPixel * this.width, { isZoom: Boolean(isApart) });
  }

  release(event) {
    if (!this.fingers.delete(event.pointerId)) return;
    if (this.fingers.size > 0) this.hold();
    else if (this.start.isTap) this.onTap(event);
    else changed();
  }

  /// The browser scrolls the page with them.
  cancel(event) {
    const wasMoved = this.fingers.delete(event.pointerId) && !this.start.isTap;
    if (wasMoved && this.fingers.size === 0 && timeline.fixed) changed();
  }
}
