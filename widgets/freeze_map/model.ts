// The network as blocks: where they stand, what a hand makes of their states. No page in here.
import type { Common } from "../shared/frame";

export type BlockState = "frozen" | "fixed_statistics" | "trains";

/** Its block, its name, what it is, how many parameters it has, and what it gives. */
export type Layer = [block: number, name: string, kind: string, parameters: number, shape: string];

export interface Block {
  name: string;
  colour: string;
  parameters: number;
  side: number | null; // of the map that it gives, in pixels
  shape: string;
  statistics: boolean; // whether anything in it keeps running statistics
}

export interface Network {
  blocks: Block[];
  layers: Layer[]; // in the order in which they run
  arcs: [number, number][]; // residual connections between layers; from -1 is from the images
}

export interface State extends Common {
  states: BlockState[];
  starts: (number | null)[]; // the epoch from which a block trains; null for never
  epochs: number;
  totals: [name: string, value: string, everything: string][];
  presets: { name: string; title: string; changes: string }[];
  ratios: string[] | null; // of each block's gradient to its weights
  can: { gradients: boolean };
}

export interface Placed {
  x: number;
  y: number;
  width: number;
  height: number;
}

export const LEAST = 44; // pixels: what a finger can hit
const TALLEST = 120;
const GAP = 6;
const LABELS = 48; // below a block: its name, its state, its ratio

/** Where the blocks stand in a width: wide with many parameters, high with large maps; in rows where they must. */
export function layout(blocks: Block[], width: number): { places: Placed[]; height: number } {
  const inOneRow = Math.max(1, Math.floor((width + GAP) / (LEAST + GAP)));
  const rows = Math.ceil(blocks.length / inOneRow);
  const perRow = Math.ceil(blocks.length / rows);
  const places: Placed[] = [];
  let top = 0;
  for (let first = 0; first < blocks.length; first += perRow) {
    const some = blocks.slice(first, first + perRow);
    const weights = some.map((block) => Math.sqrt(block.parameters));
    const all = weights.reduce((sum, weight) => sum + weight, 0) || 1;
    const spare = Math.max(0, width - some.length * LEAST - (some.length - 1) * GAP);
    const heights = some.map((block) => heightOf(block.side, blocks));
    const tall = Math.max(...heights);
    let x = 0;
    some.forEach((_, i) => {
      const wide = LEAST + (spare * weights[i]!) / all;
      places.push({ x, y: top + (tall - heights[i]!) / 2, width: wide, height: heights[i]! });
      x += wide + GAP;
    });
    top += tall + LABELS + GAP;
  }
  return { places, height: top };
}

function heightOf(side: number | null, blocks: Block[]): number {
  const largest = Math.max(...blocks.map((block) => block.side ?? 1));
  if (!side || largest <= 1) return LEAST;
  return LEAST + ((TALLEST - LEAST) * Math.log2(Math.max(1, side))) / Math.log2(largest);
}

/** The block at a place, or the nearest one in its row; a drag does not fall between two. */
export function blockAt(places: Placed[], x: number, y: number): number {
  let best = 0;
  let least = Infinity;
  places.forEach((place, i) => {
    const away = (value: number, from: number, to: number): number => Math.max(from - value, value - to, 0);
    const distance = away(x, place.x, place.x + place.width) + 4 * away(y, place.y, place.y + place.height + LABELS);
    if (distance < least) [best, least] = [i, distance];
  });
  return best;
}

/** What a click makes of a block: frozen, training, training with fixed statistics, and round again. */
export function next(state: BlockState, block: Block): BlockState {
  if (state === "frozen") return "trains";
  return state === "trains" && block.statistics ? "fixed_statistics" : "frozen";
}

/** Freeze all up to a block, from the input on, and let the rest train; what trains already keeps how. */
export function frozenUpTo(states: BlockState[], last: number): BlockState[] {
  const body = Math.min(last, states.length - 2); // the head stays, or nothing would learn
  return states.map((state, i) => (i <= body ? "frozen" : state === "frozen" ? "trains" : state));
}

/** Paint one block. */
export function painted(states: BlockState[], at: number, brush: BlockState, blocks: Block[]): BlockState[] {
  const own = brush === "fixed_statistics" && !blocks[at]!.statistics ? "trains" : brush;
  return states[at] === own ? states : states.map((state, i) => (i === at ? own : state));
}

/** A block's state in words. */
export function word(state: BlockState, start: number | null): string {
  if (state === "frozen" || start === null) return "frozen";
  const how = state === "fixed_statistics" ? "fixed statistics" : "trains";
  return start > 0 ? `${how} from epoch ${start}` : how;
}

export function shortWord(state: BlockState, start: number | null): string {
  if (state === "frozen" || start === null) return "frozen";
  if (start > 0) return `from ${start}`;
  return state === "fixed_statistics" ? "fixed" : "trains";
}

/** The states that differ, by the blocks' names: what Python is told. */
export function changes(before: BlockState[], after: BlockState[], blocks: Block[]): Record<string, BlockState> {
  const found: Record<string, BlockState> = {};
  after.forEach((state, i) => {
    if (state !== before[i]) found[blocks[i]!.name] = state;
  });
  return found;
}

export const LAYER = 12; // pixels of one layer in the strip

/** A residual connection over the strip of layers, as an SVG path. */
export function arc([from, to]: [number, number], base: number): string {
  const [left, right] = [(from + 0.5) * LAYER, (to + 0.5) * LAYER];
  const rise = Math.min(base - 4, 6 + (right - left) / 3);
  return `M${left} ${base} C${left} ${base - rise} ${right} ${base - rise} ${right} ${base}`;
}
