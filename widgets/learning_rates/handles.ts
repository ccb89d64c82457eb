// The handles on the run's curve: where each stands, and what it sets when it is dragged elsewhere.
import { type Shape, riseSteps, rounded, share, stalled, warmupSteps } from "./schedules";

export interface Handle {
  option: string; // of the schedule, or "warmup_epochs"
  x: number; // epochs
  y: number; // share of the peak
  /** What the option becomes with the handle at so many epochs, and at a share of the peak. */
  from(x: number, y: number): number;
}

const digits = (value: number): number => Number(value.toPrecision(2));
const decimals = (value: number): number => Number(value.toFixed(2));

/** The handles of a shape; some stand at the run's end where what they set lies beyond it. */
export function handles(shape: Shape): Handle[] {
  const { schedule, options, warmup, epochs, perEpoch } = shape;
  const { floor = 0, factor = 1, cycle = 1, every = 1, growth = 1, power = 1, patience = 0 } = options;
  const start = warmupSteps(shape) / perEpoch;
  const found: Handle[] = [];
  const add = (option: string, x: number, y: number, from: (x: number, y: number) => number): void => {
    found.push({ option, x: Math.min(x, epochs), y, from });
  };
  const lowest = (x: number): void => add("floor", x, floor, (_, y) => digits(y));
  const decay = (from: number, to: number, y: number): void => {
    if (from < epochs) add("factor", (from + Math.min(to, epochs)) / 2, y, (_, y) => digits(y));
  };
  const isCycle = schedule === "triangular" || schedule === "exp_range";
  if (schedule !== "one_cycle") add("warmup_epochs", warmup, 1, decimals);
  else if (warmup) add("warmup_epochs", riseSteps(shape) / perEpoch, 1, decimals);
  else add("rise", riseSteps(shape) / perEpoch, 1, (x) => decimals(x / epochs));
  if (schedule === "step") {
    const fall = start + rounded(every * perEpoch) / perEpoch;
    add("every", fall, Math.sqrt(factor), (x) => decimals(x - start));
    decay(fall, fall + every, factor);
  } else if (schedule === "exponential") {
    const some = Math.min(1, epochs - start);
    add("factor", start + some, factor ** some, (_, y) => digits(y ** (1 / some)));
  } else if (schedule === "cosine") lowest(epochs);
  else if (isCycle) {
    const peak = start + rounded(cycle * perEpoch) / perEpoch / 2;
    const top = share(shape)(Math.min(peak, epochs) * perEpoch);
    add("cycle", peak, top, (x) => decimals(2 * (x - start)));
    lowest(start + cycle);
    const second = peak + cycle;
    if (schedule === "exp_range" && second < epochs)
      add("factor", second, floor + (1 - floor) * factor ** 1.5, (_, y) => digits(Math.max(0, (y - floor) / (1 - floor)) ** (1 / 1.5)));
  } else if (schedule === "restarts") {
    const next = start + cycle * (1 + growth);
    add("cycle", start + cycle, 1, (x) => decimals(x - start));
    lowest(start + cycle);
    if (next < epochs) add("growth", next, 0.6, (x) => (x - start - cycle) / cycle);
  } else if (schedule === "polynomial") {
    add("power", (start + epochs) / 2, 0.5 ** power, (_, y) => decimals(-Math.log2(y)));
  } else if (schedule === "plateau") {
    const first = Math.floor(start + 1e-9) + 1;
    const fall = first + patience + 1;
    add("patience", fall, Math.sqrt(factor), (x) => x - first - 1);
    decay(fall, fall + patience + 1, stalled(shape)(fall));
    lowest(epochs);
  }
  return found;
}
