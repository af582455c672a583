// The one loop that draws everything that is seen.

import { serverNow, timeline } from "./timeline.js";

const drawn = new Set();
/// Milliseconds between two pictures where motion is unwanted.
const CALM_PACE = 1_000;
let lastHover = null;
let calmAt = 0;

const visibility = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const one = [...drawn].find(({ canvas }) => canvas === target);
    if (one) one.isVisible = isIntersecting;
  }
}, { rootMargin: "60px" });

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) [...drawn].find(({ canvas }) => canvas === target)?.resize();
});

/// Draws this from now on: `{canvas, resize(), draw(now, isForced)}`.
export function animate(one) {
  one.isVisible = true;
  drawn.add(one);
  visibility.observe(one.canvas);
  sizes.observe(one.canvas);
}

/// Draws it no more.
export function rest(one) {
  drawn.delete(one);
  visibility.unobserve(one.canvas);
  sizes.unobserve(one.canvas);
}

/// Draws everything anew with the next picture, as when the theme changed.
export function redrawAll() {
  for (const one of drawn) one.isStale = true;
}

/// Figures of the loop, for measuring it.
export const pace = { frames: 0, pictures: 0, milliseconds: 0 };

function frame() {
  const now = serverNow();
  const began = performance.now();
  const isHovering = timeline.hover !== lastHover;
  const isDue = !timeline.isCalm || now - calmAt >= CALM_PACE;
  for (const one of drawn) {
    if (!one.isVisible) continue;
    if (isDue || isHovering || one.isStale) pace.pictures += one.draw(now, isHovering || timeline.isCalm) ? 1 : 0;
  }
  if (isDue) calmAt = now;
  lastHover = timeline.hover;
  pace.frames += 1;
  pace.milliseconds += performance.now() - began;
  requestAnimationFrame(frame);
}

/// Begins to draw.
export function beginMotion() {
  requestAnimationFrame(frame);
  setInterval(redrawAll, 5_000);
}
