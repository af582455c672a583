// Elements, made so that text stays text.

/// Makes an element. Attributes are given by name; `on` holds listeners; children are elements or text.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

/// Finds what the page was written with.
export const byId = (id) => document.getElementById(id);

/// Sets a text only when it differs, so that screen readers and layout are left in peace.
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
