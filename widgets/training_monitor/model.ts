// A run as the page knows it, and what follows from it: where each step lies, which labels fit. No page in here.
import type { Common } from "../shared/frame";
import { linear } from "../shared/scale";

export type Status = "ready" | "starting" | "running" | "paused" | "stopping" | "finished" | "early" | "stopped" | "failed";

export interface About {
  groups: [name: string, colour: string][];
  metric: string;
  chance: number;
  baseline: number | null;
  valid: number;
  checkpoint: boolean;
  credit: string;
  /** What a method measures, a value of it to compare with, and what that is called. */
  measured?: [title: string, level: number | null, name: string] | null;
}

export interface State extends Common {
  code_key: number;
  status: Status;
  run: number;
  epochs: number;
  steps: number;
  resumable: boolean;
  expected: [epoch: number, score: number][];
  points: number[];
  verdict: string;
  note: string;
  alerts: [text: string, todo: string][];
}

/** Low, high, running mean and deviation of the losses of some steps, then each group's rate. */
export type Bin = [number, number, number, number, ...(number | null)[]];
/** Low, high and running mean of what a method measured in the steps of a bin. */
export type Measured = [low: number, high: number, mean: number];
export type Epoch = [epoch: number, step: number, train: number, valid: number | null, score: number | null];
export type Mark = [step: number, action: string, text: string, byHand: boolean];

export interface Run {
  number: number;
  first: number; // steps done before the curve begins
  width: number; // steps in a bin
  step: number;
  bins: Bin[];
  measured: Measured[];
  epochs: Epoch[];
  marks: Mark[];
  line: string;
  trains: string[];
  ratios: ([ratio: number, step: number] | null)[];
}

export interface Ghost {
  number: number;
  per_epoch: number;
  scores: [epoch: number, score: number][];
}

export interface Progress extends Partial<Omit<Run, "number">> {
  run: number;
  fresh?: boolean;
  bins_at?: number;
  measured_at?: number;
  marks_at?: number;
  say?: string;
}

export function noRun(number = 0): Run {
  return { number, first: 0, width: 1, step: 0, bins: [], measured: [], epochs: [], marks: [], line: "", trains: [], ratios: [] };
}

/** Take in what is new of a run; a fresh one begins anew. What does not follow on what is here is left out. */
export function take(run: Run, news: Progress): Run {
  const known = news.fresh || news.run !== run.number ? noRun(news.run) : run;
  const { first = known.first, width = known.width, step = known.step, line = known.line } = news;
  const { trains = known.trains, ratios = known.ratios } = news;
  return {
    ...{ number: news.run, first, width, step, line, trains, ratios },
    bins: spliced(known.bins, news.bins, news.bins_at),
    measured: spliced(known.measured, news.measured, news.measured_at),
    marks: spliced(known.marks, news.marks, news.marks_at),
    epochs: [...known.epochs, ...(news.epochs ?? []).filter(([epoch]) => epoch > (known.epochs.at(-1)?.[0] ?? 0))],
  };
}

function spliced<T>(known: T[], news: T[] | undefined, at = 0): T[] {
  return news && at <= known.length ? [...known.slice(0, at), ...news] : known;
}

/** The step that a bin ends with. */
export function endOf(run: Run, bin: number): number {
  return Math.min(run.first + (bin + 1) * run.width, Math.max(run.step, run.first + 1));
}

/** The epochs and scores that there are. */
export function scored(epochs: Epoch[]): [epoch: number, score: number][] {
  return epochs.filter((one) => one[4] !== null).map((one) => [one[0], one[4]!]);
}

/** From 0, or the least where that is below, to above the greatest of what a method measured, and the level beside it. */
export function measuredDomain(measured: Measured[], level: number | null): [number, number] {
  const low = Math.min(0, ...measured.map((bin) => bin[0]));
  const high = Math.max(level ?? 0, ...measured.map((bin) => bin[1]));
  return high > low ? [low, low + (high - low) * 1.08] : [low, low + 1];
}

/** From a little below the least of some scores to a little above the greatest, within 0 and 1. */
export function scoreDomain(values: number[], chance: number): [number, number] {
  const all = [...values, chance];
  const [low, high] = [Math.min(...all), Math.max(...all, chance + 0.1)];
  const spare = (high - low) * 0.08;
  return [Math.max(0, low - spare), Math.min(1.02, high + spare)];
}

/** From below the least to above the greatest of some rates, by whole powers where there are few. */
export function rateDomain(bins: Bin[]): [number, number] {
  let [low, high] = [Infinity, 0];
  for (const bin of bins)
    for (const rate of bin.slice(4)) if (rate) [low, high] = [Math.min(low, rate), Math.max(high, rate)];
  if (high === 0) return [1e-5, 1e-2];
  return [Math.max(low, high * 1e-4) / 2, high * 2];
}

/** Powers of ten, and where there is but one of them, what lies between. */
export function rateTicks([low, high]: [number, number]): number[] {
  const found = [];
  const digits = high / low < 100 ? [1, 2, 5] : [1];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
    for (const digit of digits) found.push(digit * 10 ** power);
  return found.filter((rate) => rate >= low && rate <= high);
}

export interface Label {
  y: number;
  text: string;
}

/** Move labels at the ends of lines as little as it takes to leave a gap; their order stays, and none leaves [top, end]. */
export function apart<T extends Label>(labels: T[], gap: number, top: number, end: number): T[] {
  const placed = labels.map((label) => ({ ...label })).sort((a, b) => a.y - b.y);
  let floor = top;
  for (const label of placed) {
    label.y = Math.max(label.y, floor);
    floor = label.y + gap;
  }
  let ceiling = end;
  for (const label of [...placed].reverse()) {
    label.y = Math.min(label.y, ceiling);
    ceiling = label.y - gap;
  }
  return placed;
}

export const LETTER = 6.3; // pixels, about, of a letter of 12 pixels' height

export interface PlacedMark {
  x: number;
  row: number; // -1 where its word has no room
  end: boolean; // whether the word stands left of the mark
  text: string;
  action: string;
}

/** In which row above the picture the word of each mark stands, so that none covers another. */
export function placeMarks(marks: Mark[], x: (step: number) => number, [left, right]: [number, number], rows: number): PlacedMark[] {
  const taken: [number, number][][] = Array.from({ length: rows }, () => []);
  const placed = marks.map(([step, action, text]): PlacedMark => {
    const at = x(step - 1);
    const wide = (text.length + 2) * LETTER;
    const end = at + wide > right;
    const span: [number, number] = end ? [at - wide, at + 4] : [at - 4, at + wide];
    const free = (row: [number, number][]): boolean => row.every(([from, to]) => span[1] < from || span[0] > to);
    const row = span[0] < left - 30 ? -1 : taken.findIndex(free);
    if (row >= 0) taken[row]!.push(span);
    return { x: at, row, end, text, action };
  });
  return placed;
}

export const SYMBOLS: Record<string, string> = { thaw: "▲", freeze: "❄", scale_rate: "⇕", set: "◆", stop: "■" };

/** The lines of the rates: groups that end at one rate share a label. */
export function rateLabels(run: Run, groups: About["groups"]): { group: number; rate: number; text: string; bin: number }[] {
  const found: { group: number; rate: number; names: string[]; bin: number }[] = [];
  groups.forEach(([name], group) => {
    for (let bin = run.bins.length - 1; bin >= 0; bin--) {
      const rate = run.bins[bin]![4 + group];
      if (!rate) continue;
      const same = found.at(-1);
      if (same && same.bin === bin && Math.abs(same.rate / rate - 1) < 1e-3) same.names.push(name);
      else found.push({ group, rate, names: [name], bin });
      break;
    }
  });
  return found.map(({ names, ...rest }) => ({ ...rest, text: names.length > 1 ? `${names[0]} – ${names.at(-1)}` : names[0]! }));
}

/** Which epochs get a number at the axis: all, or every second, fifth, tenth... */
export function numbered(epochs: number, width: number, each = 26): number[] {
  const ticks = linear([0, epochs], [0, 1]).ticks(Math.max(1, width / each));
  return ticks.filter((tick) => tick > 0 && Number.isInteger(tick));
}

/** Where an update ratio stands between 1e-7 and 1e-1, in per cent. */
export function ratioPlace(ratio: number): number {
  return Math.min(100, Math.max(0, ((Math.log10(Math.max(ratio, 1e-9)) + 7) / 6) * 100));
}

export function ratioWord(ratio: number): string {
  if (ratio < 1e-5) return "does nothing";
  if (ratio < 1e-4) return "small";
  return ratio > 1e-1 ? "very large" : ratio > 1e-2 ? "large" : "usual";
}

/** What of the buttons can be pressed; what can take a step can be stopped. */
export function possible(status: Status): { start: boolean; pause: boolean; step: boolean; goOn: boolean } {
  const pause = status === "running" || status === "starting";
  const goOn = status === "paused";
  return { start: status !== "stopping", pause, step: pause || goOn, goOn };
}

/** The score at a place, for the point next to it: what a pointer draws. */
export function drawnAt(points: number[], epoch: number, score: number): [number, number] | undefined {
  let best: number | undefined;
  for (const point of points) if (best === undefined || Math.abs(point - epoch) < Math.abs(best - epoch)) best = point;
  return best === undefined ? undefined : [best, Math.round(Math.min(1, Math.max(0, score)) * 100) / 100];
}
