// The table behind a panel, and its data as a file.

import { announce, download, element } from "./dom.js";

/// Shows a table in the place of what is inside a panel.
export function showTable(panel, { head, rows }) {
  const table = element("table", {},
    element("caption", { class: "unseen" }, `${panel.title}, as a table`),
    element("thead", {}, element("tr", {}, ...head.map((name) => element("th", { scope: "col" }, name)))),
    element("tbody", {}, ...rows.map(([first, ...cells]) => element("tr", {},
      element("th", { scope: "row" }, first), ...cells.map((cell) => element("td", {}, cell))))));
  const place = panel.root.querySelector(".behind");
  if (place) return place.replaceChildren(table);
  panel.isTable = true;
  panel.root.classList.add("has-table");
  const made = element("div", { class: "behind", tabindex: "0", role: "region",
    "aria-label": `${panel.title}, table` }, table);
  panel.head.after(made);
  made.focus();
  announce(`${panel.title}: table with ${rows.length} rows`);
}

/// Shows the panel again.
export function closeTable(panel) {
  panel.isTable = false;
  panel.root.classList.remove("has-table");
  panel.root.querySelector(".behind")?.remove();
}

/// Keeps the data of a panel as CSV (RFC 4180). What could be a formula begins with an apostrophe.
export function saveTable(panel) {
  const { head, rows } = panel.body.records();
  const cell = (value) => {
    if (value === undefined || value === null || Number.isNaN(value)) return "";
    let text = String(value);
    if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text;
  };
  const lines = [head, ...rows].map((row) => row.map(cell).join(","));
  const name = panel.title.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^-+|-+$/g, "") || "eventstorm";
  download(`${name}.csv`, "text/csv;charset=utf-8", `${lines.join("\r\n")}\r\n`);
}
