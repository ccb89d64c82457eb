// The pipeline, the tiles and their words, as Python tells them; what a hand makes of an order. No page in here.
import type { Common } from "../shared/frame";
import { clamp, seconds } from "../shared/scale";

export interface Offer {
  name: string;
  title: string;
  summary: string;
  paper: string;
  mixes: boolean; // two images in one: always last
}

export interface About {
  table: { kind: string; steps: Offer[] }[];
  classes: string[];
  count: number; // tiles
  size: number; // pixels a side of the images themselves
  train: number; // images in an epoch
  strengths: number[]; // of the filmstrip
  evaluation: string;
  credit: string;
}

export interface Step {
  name: string;
  on: boolean;
  strength: number; // of the slider, also while it is off
  reach: string;
}

export interface State extends Common {
  steps: Step[];
  focus: string; // the filmstrip's step; empty for none
  image: number; // the tile that is looked at
  epoch: number;
  note: string;
}

/** The classes of a label with their shares, the largest first. */
export type Label = [number, number][];

export interface Opinion {
  number: number; // of the tiles that it is about
  says: string;
  verdict: "no opinion" | "mixed" | "fine" | "hard" | "too far";
  before: number[];
  after: number[];
}

export interface Strip {
  name: string;
  image: number;
  strengths: number[];
  confidence: number[];
}

/** Names in another order: one of them moved to a place, as far as its kind goes; what mixes images stays last. */
export function movedTo(names: string[], name: string, place: number, mixes: (name: string) => boolean): string[] {
  const plain = names.filter((other) => !mixes(other)).length;
  const [low, high] = mixes(name) ? [plain, names.length - 1] : [0, plain - 1];
  const others = names.filter((other) => other !== name);
  others.splice(clamp(place, low, high), 0, name);
  return others;
}

/** The place of a row that is dragged so that its middle is at a height: as many rows lie above as have theirs higher. */
export function placeAt(middles: number[], y: number): number {
  return middles.filter((middle) => middle < y).length;
}

/** How many tiles stand in a row. */
export function columns(width: number, count: number): number {
  const fit = [6, 4, 3, 2].find((number) => width >= 132 * number) ?? 2;
  return Math.min(fit, count);
}

/** Where a wipe stands, in per cent, for a pointer over a picture. */
export function wipeAt(x: number, width: number): number {
  return Math.round(clamp((100 * x) / (width || 1), 0, 100));
}

const WIPES: Record<string, (at: number) => number> = {
  ArrowLeft: (at) => at - 5,
  ArrowDown: (at) => at - 5,
  ArrowRight: (at) => at + 5,
  ArrowUp: (at) => at + 5,
  PageDown: (at) => at - 25,
  PageUp: (at) => at + 25,
  Home: () => 0,
  End: () => 100,
};

/** Where a key moves the wipe; nowhere with others. */
export function wipeKey(at: number, key: string): number | undefined {
  const moved = WIPES[key]?.(at);
  return moved === undefined ? undefined : clamp(moved, 0, 100);
}

/** The next tile by key, in a grid of so many columns; none with other keys. */
export function tileKey(at: number, key: string, across: number, count: number): number | undefined {
  const moves: Record<string, number> = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at - across,
    ArrowDown: at + across,
    Home: 0,
    End: count - 1,
  };
  const next = moves[key];
  return next === undefined ? undefined : next < 0 || next >= count ? at : next;
}

/** The frame of the filmstrip that is nearest to a strength. */
export function nearest(strengths: number[], strength: number): number {
  const away = strengths.map((one) => Math.abs(one - strength));
  return away.indexOf(Math.min(...away));
}

/** A share in two digits, as .38 and 1.00. */
export function short(share: number): string {
  return share.toFixed(2).replace(/^0/, "");
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** A label in words: its class, or its classes with their shares. */
export function labelWords(label: Label, classes: string[]): string {
  if (label.length === 1) return classes[label[0]![0]] ?? "";
  return label.map(([at, share]) => `${percent(share)} ${classes[at]}`).join(", ");
}

/** What a screen reader says of a tile. */
export function tileWords(at: number, label: Label, classes: string[], now?: number, before?: number): string {
  const sure = now === undefined ? "" : `; the model is ${short(now)} sure, ${short(before!)} untouched`;
  return `Image ${at + 1}: ${labelWords(label, classes)}${sure}`;
}

/** What augmentation costs, by the milliseconds that an image took. */
export function costWords(milliseconds: number, images: number): string {
  const each = milliseconds >= 10 ? Math.round(milliseconds) : Number(milliseconds.toPrecision(2));
  const epoch = (milliseconds * images) / 1000;
  return `Augmenting takes ${each} ms an image here: ${seconds(epoch)} for an epoch of ${images.toLocaleString("en-GB")}.`;
}
