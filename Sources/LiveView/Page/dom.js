// Elements, made so that text stays text.

/// Makes an element. Attributes are given by name; `on` holds listeners; children are elements or text.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined)
    .map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

/// Makes a button with a text and what it does.
export function button(text, onClick, attributes = {}) {
  return element("button", { type: "button", ...attributes, on: { click: onClick, ...attributes.on } }, text);
}

/// Finds what the page was written with.
export const byId = (id) => document.getElementById(id);

/// Sets a text only when it differs, so that screen readers and layout are left in peace.
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/// Sets a class only when it differs.
export function setClass(target, name, isOn) {
  if (target.classList.contains(name) !== isOn) target.classList.toggle(name, isOn);
}

/// Whether the keyboard writes into something.
export function isTyping(target) {
  return /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable;
}

/// Says something politely to those who do not see the page.
export function announce(text) {
  const place = byId("announcement");
  place.textContent = "";
  requestAnimationFrame(() => (place.textContent = text));
}

/// Shows a line at the bottom for some seconds, and says it.
export function notify(text, { isBad = false, action = null } = {}) {
  const note = element("p", { class: isBad ? "note bad" : "note" }, text);
  if (action) {
    note.append(button(action.text, () => {
      note.remove();
      action.run();
    }));
  }
  byId("notes").append(note);
  while (byId("notes").childElementCount > 4) byId("notes").firstElementChild.remove();
  setTimeout(() => note.remove(), isBad ? 12_000 : 6_000);
}

/// Offers a text as a file to keep.
export function download(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = element("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/// Copies a text; says whether that worked.
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    notify(`${what} copied`);
  } catch {
    notify(`The browser does not let this page copy: ${text.slice(0, 300)}`, { isBad: true });
  }
}
