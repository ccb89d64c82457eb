// The shapes of torch's schedules as functions of the step: what the page draws while a hand drags, before the real
// optimiser's rates arrive. A test holds each to the optimiser's, step by step.

export interface Shape {
  schedule: string;
  options: Record<string, number>;
  warmup: number; // epochs
  epochs: number;
  perEpoch: number; // steps
}

const WARMUP_START = 0.01; // of the peak, at a warm-up's first step

/** The share of every group's peak rate that a step has, counted from 0. */
export function share(shape: Shape): (step: number) => number {
  const warmup = warmupSteps(shape);
  const steps = Math.max(1, shape.epochs * shape.perEpoch - warmup);
  const after = (SHAPES[shape.schedule] ?? constant)(shape, steps);
  return (step) => (step < warmup ? WARMUP_START + ((1 - WARMUP_START) * step) / warmup : after(step - warmup));
}

/** How many steps the rates rise before the schedule begins; one-cycle has a rise of its own. */
export function warmupSteps(shape: Shape): number {
  return shape.schedule === "one_cycle" ? 0 : rounded(shape.warmup * shape.perEpoch);
}

/** Round as Python does: halves to the even neighbour. */
export function rounded(value: number): number {
  const near = Math.round(value);
  return near - value === 0.5 && near % 2 !== 0 ? near - 1 : near;
}

/** How many steps one-cycle rises. */
export function riseSteps({ options, warmup, epochs, perEpoch }: Shape): number {
  const total = Math.max(2, epochs * perEpoch);
  return Math.min(Math.max(1, warmup * perEpoch || options.rise! * total), total - 1);
}

/** "Plateau" as if nothing ever got better: after which epochs the rates fall. */
export function stalled(shape: Shape): (epochs: number) => number {
  const { factor = 1, patience = 0, floor = 0 } = shape.options;
  const first = Math.floor(warmupSteps(shape) / shape.perEpoch) + 1; // the first epoch that is looked at
  return (epochs) => {
    const falls = Math.max(0, Math.floor((Math.floor(epochs + 1e-9) - first) / (patience + 1)));
    return Math.max(factor ** falls, floor);
  };
}

type After = (shape: Shape, steps: number) => (step: number) => number;

const constant: After = () => () => 1;
const cosine = (part: number, floor: number): number => floor + ((1 - floor) * (1 + Math.cos(Math.PI * part))) / 2;

const cyclical: After = ({ options, perEpoch }) => {
  const cycle = rounded(options.cycle! * perEpoch);
  const gamma = (options.factor ?? 1) ** (1 / cycle);
  return (step) => {
    const part = (step / cycle) % 1;
    const height = part <= 0.5 ? part / 0.5 : (1 - part) / 0.5;
    return options.floor! + (1 - options.floor!) * height * gamma ** step;
  };
};

const SHAPES: Record<string, After> = {
  step({ options, perEpoch }) {
    const every = rounded(options.every! * perEpoch);
    return (step) => options.factor! ** Math.floor(step / every);
  },
  exponential: ({ options, perEpoch }) => (step) => options.factor! ** (step / perEpoch),
  cosine: ({ options }, steps) => (step) => cosine(step / steps, options.floor!),
  one_cycle(shape) {
    const total = Math.max(2, shape.epochs * shape.perEpoch);
    const rise = riseSteps(shape);
    const [start, end] = [1 / 25, 1 / 25 / 1e4]; // torch's div_factor and final_div_factor
    // A cosine from 1 to 0 is between the peak and either end.
    return (step) =>
      step <= rise ? 1 - (1 - start) * cosine(step / rise, 0) : end + (1 - end) * cosine((step - rise) / (total - rise), 0);
  },
  triangular: cyclical,
  exp_range: cyclical,
  restarts({ options, perEpoch }) {
    const first = rounded(options.cycle! * perEpoch);
    return (step) => {
      let length = first;
      while (step >= length) {
        step -= length;
        length *= options.growth!;
      }
      return cosine(step / length, options.floor!);
    };
  },
  polynomial: ({ options }, steps) => (step) => (1 - step / steps) ** options.power!,
};
