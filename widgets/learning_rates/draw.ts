// Words, lines and paths in an SVG picture.
import { s } from "../shared/dom";

export type Point = readonly [number, number];

export function text(x: number, y: number, words: string, anchor = "middle"): SVGElement {
  return s("text", { class: "tlnb-tick", x, y, "text-anchor": anchor }, words);
}

/** A line through points; with `colour`, a layer group's. */
export function path(name: string, points: Point[], colour?: string): SVGElement {
  const d = points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
  return s("path", { class: `tlnb-${name}`, d, style: colour && `--tlnb-group:${colour}` });
}
