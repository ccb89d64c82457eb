// What is drawn where, and what a hand means: maps on a sheet, places and what they see, points and lassos. No page.
import type { Common } from "../shared/frame";

export interface Choices {
  layers: { name: string; group: string; title: string; maps: boolean }[];
  ends: string[]; // of which features can be laid out
  classes: string[];
  methods: [name: string, title: string][];
  compared: boolean; // with the network before its training
  count: number;
  credit: string;
}

export interface Work {
  text: string;
  error: string;
  running: boolean;
}

export interface Score {
  class: number;
  name: string;
  whole: number;
  covered: number | null;
}

export interface Depth {
  metric: string;
  seeds: number;
  sets: { when: string; rows: { group: string; mean: number; low: number; high: number }[] }[];
}

export interface State extends Common {
  picture: { title: string; label: string; row: number | null };
  layer: string;
  order: string;
  page: number;
  pages: number;
  map: number | null;
  target: number | null;
  scores: Score[];
  share: number; // of the picture that is covered
  projecting: Work;
  probing: Work;
  depth: Depth | null;
  selected: number;
}

export type Point = [x: number, y: number];
export type Box = [top: number, bottom: number, left: number, right: number];

/** How many maps of a size stand beside each other in a width. */
export function columns(width: number, cell: number, count: number): number {
  return Math.max(1, Math.min(count, Math.floor(width / cell)));
}

/** The place of a map, (row, column), under a share of the picture's height and width. */
export function placeAt(x: number, y: number, height: number, width: number): [row: number, column: number] {
  const within = (share: number, count: number): number => Math.min(Math.max(Math.floor(share * count), 0), count - 1);
  return [within(y, height), within(x, width)];
}

/** What a place sees, from the boxes of all places; undefined where it sees nothing. */
export function fieldOf(boxes: Int16Array, width: number, row: number, column: number): Box | undefined {
  const from = 4 * (row * width + column);
  const [top, bottom, left, right] = boxes.slice(from, from + 4) as unknown as Box;
  return bottom === undefined || bottom < top! || right! < left! ? undefined : [top!, bottom, left!, right!];
}

export function fieldTold([top, bottom, left, right]: Box, row: number, column: number): string {
  const size = `${bottom - top + 1} × ${right - left + 1} pixels`;
  return `Row ${row + 1}, column ${column + 1} sees ${size}: rows ${top} to ${bottom}, columns ${left} to ${right}.`;
}

const STOPS = [
  [0, 0, 4],
  [59, 15, 112],
  [140, 41, 129],
  [222, 73, 104],
  [254, 159, 109],
  [252, 253, 191],
];

/** From 256 shades to colours that grow lighter with them (matplotlib's magma, nearly). */
export const SHADES: Uint8Array = (() => {
  const found = new Uint8Array(256 * 3);
  for (let shade = 0; shade < 256; shade++) {
    const at = (shade / 255) * (STOPS.length - 1);
    const i = Math.min(Math.floor(at), STOPS.length - 2);
    for (let c = 0; c < 3; c++) found[shade * 3 + c] = STOPS[i]![c]! + (at - i) * (STOPS[i + 1]![c]! - STOPS[i]![c]!);
  }
  return found;
})();

/** Pixels for a canvas, of shades. */
export function coloured(shades: Uint8Array): Uint8ClampedArray<ArrayBuffer> {
  const found = new Uint8ClampedArray(shades.length * 4);
  shades.forEach((shade, i) => {
    found.set(SHADES.subarray(shade * 3, shade * 3 + 3), i * 4);
    found[i * 4 + 3] = 255;
  });
  return found;
}

/** Pixels for a canvas, of bytes with one channel or three. */
export function opaque(bytes: Uint8Array, channels: number): Uint8ClampedArray<ArrayBuffer> {
  const count = bytes.length / channels;
  const found = new Uint8ClampedArray(count * 4);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) found[i * 4 + c] = bytes[i * channels + (channels === 3 ? c : 0)]!;
    found[i * 4 + 3] = 255;
  }
  return found;
}

// What is covered: a square of squares.

export const SIDE = 28;
export type Mask = boolean[];

/** Paint a disc of a radius, in squares, around a square. */
export function painted(mask: Mask, row: number, column: number, radius: number, covered: boolean): Mask {
  return mask.map((one, i) => {
    const [down, across] = [Math.floor(i / SIDE) - row, (i % SIDE) - column];
    return down * down + across * across <= radius * radius ? covered : one;
  });
}

export function asText(mask: Mask): string {
  return mask.map((one) => (one ? "1" : "0")).join("");
}

/** Where an arrow key goes: (down, right). Undefined for other keys, and for what the host means by them. */
export function arrow(event: KeyboardEvent): [down: number, right: number] | undefined {
  const steps = { Left: [0, -1], Right: [0, 1], Up: [-1, 0], Down: [1, 0] } as Record<string, [number, number]>;
  return steps[event.key.slice(5)];
}

/** Whether a key is the host's, with Ctrl or another one held down. */
export function held(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey;
}

// Points of a plane.

/** From a point to pixels: `x * scale + left`, `top - y * scale`. */
export interface Sight {
  scale: number;
  left: number;
  top: number;
}

/** The sight in which all points, of all sets, fill a canvas but for a margin. */
export function fitted(points: Float32Array, width: number, height: number, margin = 16): Sight {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < points.length; i += 2) {
    left = Math.min(left, points[i]!);
    right = Math.max(right, points[i]!);
    bottom = Math.min(bottom, points[i + 1]!);
    top = Math.max(top, points[i + 1]!);
  }
  const scale = Math.min((width - 2 * margin) / (right - left || 1), (height - 2 * margin) / (top - bottom || 1));
  return { scale, left: width / 2 - ((left + right) / 2) * scale, top: height / 2 + ((top + bottom) / 2) * scale };
}

/** Come nearer by a factor, so that the pixel (x, y) stays where it is. */
export function zoomed({ scale, left, top }: Sight, factor: number, x: number, y: number): Sight {
  return { scale: scale * factor, left: x - (x - left) * factor, top: y - (y - top) * factor };
}

/** Points on their way from the first set to the last, in pixels: (x, y) of each, one after the other. */
export function placed(points: Float32Array, sets: number, share: number, sight: Sight): Float32Array {
  const length = points.length / sets;
  const found = new Float32Array(length);
  const last = length * (sets - 1);
  for (let i = 0; i < length; i += 2) {
    const x = points[i]! + share * (points[last + i]! - points[i]!);
    const y = points[i + 1]! + share * (points[last + i + 1]! - points[i + 1]!);
    found[i] = x * sight.scale + sight.left;
    found[i + 1] = sight.top - y * sight.scale;
  }
  return found;
}

/** The point that is nearest to a pixel, if one is near. */
export function nearest(pixels: Float32Array, x: number, y: number, reach = 14): number | undefined {
  let best: number | undefined;
  let least = reach * reach;
  for (let i = 0; i < pixels.length; i += 2) {
    const distance = (pixels[i]! - x) ** 2 + (pixels[i + 1]! - y) ** 2;
    if (distance < least) [best, least] = [i / 2, distance];
  }
  return best;
}

/** The points within a lasso, by the rule of odd crossings. */
export function within(pixels: Float32Array, lasso: Point[]): number[] {
  const found: number[] = [];
  for (let i = 0; i < pixels.length; i += 2) {
    const [x, y] = [pixels[i]!, pixels[i + 1]!];
    let inside = false;
    lasso.forEach(([ax, ay], corner) => {
      const [bx, by] = lasso[(corner + 1) % lasso.length]!;
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
    });
    if (inside) found.push(i / 2);
  }
  return found;
}

export const COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#8A8A8A"];
const SHAPES = [
  "M0-4A4 4 0 1 1 0 4A4 4 0 1 1 0-4Z",
  "M-3.6-3.6H3.6V3.6H-3.6Z",
  "M0-4.6L4.4 3.4H-4.4Z",
  "M0-5L4.2 0L0 5L-4.2 0Z",
  "M0 4.6L4.4-3.4H-4.4Z",
  "M-1.5-4.6H1.5V-1.5H4.6V1.5H1.5V4.6H-1.5V1.5H-4.6V-1.5H-1.5Z",
];
export const LOOKS = COLOURS.length * SHAPES.length; // so many values look different

/** Colour and shape of a value: neither alone tells it. */
export function lookOf(code: number): { colour: string; shape: string } {
  return { colour: COLOURS[code % COLOURS.length]!, shape: SHAPES[code % SHAPES.length]! };
}
