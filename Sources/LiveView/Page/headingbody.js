// The inside of a panel that is a heading.

import { element } from "./dom.js";

export class HeadingBody {
  constructor(spec) { this.root = element("p", { class: "muted heading-text" }, spec.text ?? ""); }

  begin() {}

  end() {}

  take() {}

  table() { return { head: [], rows: [] }; }

  records() { return { head: [], rows: [] }; }
}
