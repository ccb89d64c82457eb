// The curve's numbers as a table, for whoever does not see the curve or wants to copy them.
import { h } from "../shared/dom";
import type { Run } from "./model";

const MOST = 200;

/** Put a table where it can be scrolled, with keys too. */
export function scrolled(name: string, table: HTMLElement): HTMLElement {
  return h("div", { class: "tlnb-scroll", tabindex: 0, role: "region", "aria-label": name }, table);
}

export function makeNumbers() {
  const table = h("table", { class: "tlnb-table" });
  const element = h("details", {}, h("summary", {}, "The numbers by epoch"), scrolled("Numbers by epoch", table));

  return {
    element,
    draw({ epochs }: Run, metric: string): void {
      if (!element.open) return;
      const head = ["epoch", "training loss", "validation loss", metric].map((text) => h("th", { scope: "col" }, text));
      const rows = epochs.slice(-MOST).map(([epoch, , ...values]) =>
        h("tr", {}, h("th", { scope: "row" }, String(epoch)), ...values.map((value) => h("td", {}, value?.toFixed(3)))),
      );
      table.replaceChildren(h("tr", {}, ...head), ...rows);
    },
  };
}
