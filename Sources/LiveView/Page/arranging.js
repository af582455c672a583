// Moving and resizing panels with the mouse.

import { element } from "./dom.js";

/// Pixels that the pointer moves before a press is a drag.
const FAR = 6;

export class Arranging {
  constructor(board) { this.board = board; }

  /// Lets a panel be dragged by its head, and resized at its corner.
  attach(panel) {
    panel.head.addEventListener("pointerdown", (event) => {
      const isMouse = event.button === 0 && event.pointerType !== "touch";
      if (isMouse && !event.target.closest("button")) this.drag(panel, event);
    });
    if (panel.spec.kind === "heading") return;
    const corner = element("span", { class: "corner", "aria-hidden": "true", title: "Drag to resize" });
    corner.addEventListener("pointerdown", (event) => this.resize(panel, event));
    panel.root.append(corner);
  }

  drag(panel, start) {
    const { board } = this;
    let isMoving = false;
    const move = (event) => {
      if (!isMoving && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) < FAR) return;
      isMoving = true;
      panel.root.classList.add("dragged");
      const under = document.elementFromPoint(event.clientX, event.clientY)?.closest?.(".panel");
      const target = under && under !== panel.root ? board.panels.get(under.dataset.id) : null;
      if (!target) return;
      const box = under.getBoundingClientRect();
      const isBehind = event.clientX > box.left + box.width / 2 || event.clientY > box.bottom - 12;
      this.put(panel, target, isBehind);
    };
    this.follow(panel.head, start, move, () => {
      panel.root.classList.remove("dragged");
      if (isMoving) board.changed(`${panel.title} moved`);
    });
  }

  put(panel, target, isBehind) {
    const { order } = this.board;
    const before = order.indexOf(panel);
    order.splice(before, 1);
    const place = order.indexOf(target) + (isBehind ? 1 : 0);
    order.splice(place, 0, panel);
    if (place !== before) this.board.place();
  }

  resize(panel, start) {
    const { board } = this;
    const { width, height } = board.cell;
    const { w, h } = panel.spec;
    const scale = 12 / Math.max(1, board.columns === 24 ? 12 : board.columns);
    const move = (event) => {
      const columns = Math.round(((event.clientX - start.clientX) / width) * scale);
      const rows = Math.round((event.clientY - start.clientY) / height);
      panel.spec.w = Math.min(12, Math.max(2, w + columns));
      panel.spec.h = Math.min(24, Math.max(3, h + rows));
      board.span(panel);
    };
    this.follow(panel.root.querySelector(".corner"), start, move, () => {
      if (panel.spec.w !== w || panel.spec.h !== h) board.changed(`${panel.title} resized`);
    });
    start.preventDefault();
  }

  follow(target, start, move, done) {
    target.setPointerCapture(start.pointerId);
    const finish = () => {
      target.removeEventListener("pointermove", move);
      done();
    };
    target.addEventListener("pointermove", move);
    target.addEventListener("lostpointercapture", finish, { once: true });
  }
}
