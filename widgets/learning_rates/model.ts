// Layer groups and their rates: what a hand makes of them, where they stand. No page in here.
import type { Common } from "../shared/frame";
import { told } from "../shared/scale";
import type { Setting } from "./numbers";
import { type Shape, rounded, share } from "./schedules";

export interface Group {
  name: string;
  colour: string;
}

/** Peak rates as a recipe has them. */
export interface Peaks {
  learning_rate: number;
  rate_ratio: number;
  layer_decay: number;
  factors: Record<string, number>;
}

export interface State extends Common {
  peaks: Peaks;
  shape: Shape;
  starts: (number | null)[]; // the epoch from which a group trains; null for never
  when: string[]; // the same in words
  thaws: [number, string][]; // epoch, and which groups
  fan: Setting[];
  settings: Setting[]; // of the schedule, warm-up included
  domain: [number, number]; // of the rate axis
  run: [number, number]; // of the run's rates
  counted: boolean; // whether it is known how many steps an epoch has
  stale: string; // what speaks against the last range test by now
  source: string; // where the run's lines come from
  of: string; // what a trace of this state is called
}

/** What does not change. */
export interface Greeting {
  groups: Group[];
  schedules: { name: string; title: string; summary: string }[];
  whyNoTest: string;
}

export interface Sweep {
  points: [number, number, number][]; // of each step: the head's rate, the loss, its moving average
  low: number; // losses that it is drawn between: where it diverges, it would flatten all the rest
  high: number;
  running: boolean;
  says: string;
  suggestions: { name: string; rate: number; says: string }[];
  notes: string[];
}

export interface Ghost {
  says: string;
  result: string;
  points: [number, number][]; // epoch, and the head's rate
}

export interface Trace {
  of: string;
  steps: number[];
  rates: Float32Array; // (steps, groups)
}

/** What a group's handle sets; `follows` has none. */
export type Role = "learning_rate" | "rate_ratio" | "layer_decay" | "own" | "follows";

/** Each group's peak rate, input to head: `group_rates` of the package. */
export function groupRates(peaks: Peaks, groups: Group[]): number[] {
  const last = groups.length - 1;
  return groups.map(({ name }, i) => {
    const factor = peaks.factors[name];
    if (factor !== undefined) return peaks.learning_rate * factor;
    return i === last ? peaks.learning_rate : peaks.learning_rate * peaks.rate_ratio * peaks.layer_decay ** (last - 1 - i);
  });
}

export function roles(count: number, byHand: boolean): Role[] {
  return Array.from({ length: count }, (_, i) => {
    if (i === count - 1) return "learning_rate";
    if (byHand) return "own";
    if (i === count - 2) return "rate_ratio";
    return i === 0 ? "layer_decay" : "follows";
  });
}

/** The rates after a handle moved, within what a recipe allows: what Python will make of it too. */
export function withRate(peaks: Peaks, groups: Group[], i: number, rate: number, role: Role): Peaks {
  const { name } = groups[i]!;
  const below = peaks.learning_rate * peaks.rate_ratio;
  if (role === "learning_rate") return { ...peaks, learning_rate: rate / (peaks.factors[name] ?? 1) };
  if (role === "rate_ratio") return { ...peaks, rate_ratio: Math.min(1, rate / peaks.learning_rate) };
  if (role === "layer_decay") return { ...peaks, layer_decay: Math.min(1, (rate / below) ** (1 / (groups.length - 2 - i))) };
  return { ...peaks, factors: { ...peaks.factors, [name]: rate / peaks.learning_rate } };
}

/** Three significant digits: more of them, no hand means. */
export function neat(value: number): number {
  return Number(value.toPrecision(3));
}

/** Some steps of a run, the first and last among them. */
export function sampled(steps: number, most = 250): number[] {
  const count = Math.min(steps, most);
  return Array.from({ length: count }, (_, i) => Math.round((i * (steps - 1)) / Math.max(1, count - 1)));
}

/** The rates that the page's own model gives at some steps: what a trace holds. */
export function ownTrace(rates: number[], shape: Shape, starts: (number | null)[], steps: number[]): Trace {
  const of = share(shape);
  const first = starts.map((start) => (start === null ? Infinity : rounded(start * shape.perEpoch)));
  const found = new Float32Array(steps.length * rates.length);
  steps.forEach((step, at) => {
    const now = of(step);
    rates.forEach((rate, i) => (found[at * rates.length + i] = step < first[i]! ? 0 : rate * now));
  });
  return { of: "", steps, rates: found };
}

const ROUNDING = 1e-4; // float32 has seven digits, and a trace's are sent so

/** Where the optimiser's rates differ from the page's model by more than rounding, in words; nothing if nowhere. */
export function difference(trace: Trace, own: Trace, groups: Group[]): string {
  let [worst, at] = [ROUNDING, -1];
  trace.rates.forEach((rate, i) => {
    const apart = Math.abs(rate - own.rates[i]!) / Math.max(Math.abs(rate), Math.abs(own.rates[i]!), 1e-12);
    if (apart > worst) [worst, at] = [apart, i];
  });
  if (at < 0) return "";
  const [step, group] = [trace.steps[Math.floor(at / groups.length)], groups[at % groups.length]!.name];
  return `The optimiser's rates, which are drawn, differ from this page's preview by up to ${told(100 * worst)} % (${group}, step ${step}).`;
}

export interface Line {
  group: number;
  points: [number, number][]; // epochs and rate, where it trains
}

/** The lines of a trace, one for each group that ever trains. */
export function lines({ steps, rates }: Trace, count: number, perEpoch: number): Line[] {
  const found: Line[] = [];
  for (let group = 0; group < count; group++) {
    const points: [number, number][] = [];
    steps.forEach((step, i) => {
      const rate = rates[i * count + group]!;
      if (rate > 0) points.push([step / perEpoch, rate]);
    });
    if (points.length) found.push({ group, points });
  }
  return found;
}

/** How far into a run names are written on the lines: late, but where the lowest line is still to be seen. */
export function labelAt(found: Line[], epochs: number, low: number): number {
  const lowest = found.reduce<Line | undefined>((one, line) => (!one || line.points[0]![1] < one.points[0]![1] ? line : one), undefined);
  const seen = (part: number): boolean => !lowest || (rateAt(lowest, part * epochs) ?? 0) > 2 * low;
  return epochs * ([0.94, 0.8, 0.65].find(seen) ?? 0.5);
}

/** A line's rate at so many epochs; undefined before it begins. */
export function rateAt({ points }: Line, epochs: number): number | undefined {
  return points[0]![0] > epochs ? undefined : points.filter(([x]) => x <= epochs).at(-1)?.[1];
}

/** Names on lines, from the top: lines closer than a gap share one. */
export function labels(ends: { y: number; name: string }[], gap: number): { y: number; text: string }[] {
  const clusters: { y: number; name: string }[][] = [];
  for (const end of [...ends].sort((a, b) => a.y - b.y)) {
    const last = clusters.at(-1);
    if (last && end.y - last.at(-1)!.y < gap) last.push(end);
    else clusters.push([end]);
  }
  return clusters.map((cluster) => {
    const [first, last] = [cluster[0]!, cluster.at(-1)!];
    const text = cluster.length > 2 ? `${last.name} to ${first.name}` : cluster.map(({ name }) => name).join(", ");
    return { y: (first.y + last.y) / 2, text };
  });
}
