// A menu beside what opened it, by mouse and by keyboard.

import { element } from "./dom.js";

let closeOpen = null;

/// Opens a menu. Items are `{text, run, isOff, key}`; null is a line between. The focus comes back when it closes.
export function openMenu(anchor, items, label) {
  closeMenu();
  const menu = element("div", { class: "menu", role: "menu", "aria-label": label });
  for (const item of items) {
    if (!item) {
      menu.append(element("hr", {}));
      continue;
    }
    const entry = element("button", { type: "button", role: "menuitem", tabindex: "-1", disabled: item.isOff ?? false },
      element("span", {}, item.text), item.key ? element("kbd", {}, item.key) : null);
    entry.addEventListener("click", () => {
      closeMenu();
      item.run();
    });
    menu.append(entry);
  }
  (anchor.closest?.("dialog") ?? document.body).append(menu);
  place(menu, anchor);
  const entries = () => [...menu.querySelectorAll("button:not(:disabled)")];
  const onKey = (event) => {
    const list = entries();
    const now = list.indexOf(document.activeElement);
    if (event.key === "ArrowDown") list[(now + 1) % list.length].focus();
    else if (event.key === "ArrowUp") list[(now - 1 + list.length) % list.length].focus();
    else if (event.key === "Home") list[0].focus();
    else if (event.key === "End") list.at(-1).focus();
    else if (event.key === "Escape" || event.key === "Tab") closeMenu();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const onPress = ({ target }) => { if (!menu.contains(target)) closeMenu(); };
  menu.addEventListener("keydown", onKey);
  document.addEventListener("pointerdown", onPress, true);
  const before = anchor instanceof Element ? anchor : document.activeElement;
  before?.setAttribute?.("aria-expanded", "true");
  closeOpen = () => {
    document.removeEventListener("pointerdown", onPress, true);
    const hadFocus = menu.contains(document.activeElement);
    menu.remove();
    before?.removeAttribute?.("aria-expanded");
    if (hadFocus) before?.focus?.();
  };
  entries()[0]?.focus();
}

/// Closes the menu that is open.
export function closeMenu() {
  closeOpen?.();
  closeOpen = null;
}

/// Beside an element, or at a point `{x, y}`; never out of sight.
function place(menu, anchor) {
  const box = anchor.getBoundingClientRect?.() ?? { left: anchor.x, right: anchor.x, top: anchor.y, bottom: anchor.y };
  const { width, height } = menu.getBoundingClientRect();
  const left = box.left + width > innerWidth - 8 ? box.right - width : box.left;
  const top = box.bottom + height + 4 > innerHeight ? box.top - height - 4 : box.bottom + 4;
  menu.style.left = `${Math.max(8, left)}px`;
  menu.style.top = `${Math.max(8, top)}px`;
}
