// How well a linear classifier reads the classes from each layer group: a mark and its interval, and the numbers.
import { h } from "../shared/dom";
import type { Depth } from "./model";

/** The lowest end that is drawn: as much as the scores need. */
export function lowest({ sets }: Depth): number {
  const least = Math.min(...sets.flatMap(({ rows }) => rows.map(({ low }) => low)));
  return Math.min(0.5, Math.max(0, Math.floor(least * 10) / 10));
}

export function depthTable(depth: Depth): HTMLElement {
  const { sets, metric, seeds } = depth;
  const least = lowest(depth);
  const share = (value: number): string => `${(100 * (Math.min(value, 1) - least)) / (1 - least)}%`;
  const placed = (name: string, from: number, to: number): HTMLElement => {
    const element = h("i", { class: name });
    element.style.left = share(from);
    element.style.right = `calc(100% - ${share(to)})`;
    return element;
  };
  const head = ["layer group", ...sets.map(({ when }) => (sets.length > 1 ? `${when} the training` : metric))];
  const rows = sets[0]!.rows.map(({ group }, i) => {
    const cells = sets.map(({ rows }) => {
      const { mean, low, high } = rows[i]!;
      const bar = h("span", { class: "tlnb-range" }, placed("tlnb-span", low, high), placed("tlnb-mean", mean, mean));
      return h("td", {}, bar, `${mean.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`);
    });
    return h("tr", {}, h("th", { scope: "row" }, group), ...cells);
  });
  const says =
    `${metric} of a linear classifier, which saw neither what it is scored on nor the test images; mean and 95 % interval ` +
    `over ${seeds} divisions. Bars go from ${least} to 1.`;
  const top = h("tr", {}, ...head.map((text) => h("th", { scope: "col" }, text)));
  return h("table", { class: "tlnb-table tlnb-depth" }, h("caption", {}, says), top, ...rows);
}
