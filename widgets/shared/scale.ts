// From values to pixels and back, and where to write numbers at an axis.

export interface Scale {
  (value: number): number;
  invert(pixel: number): number;
  ticks(count?: number): number[];
}

export function linear([low, high]: [number, number], [from, to]: [number, number]): Scale {
  const span = high - low || 1;
  const scale = (value: number): number => from + ((value - low) / span) * (to - from);
  scale.invert = (pixel: number): number => low + ((pixel - from) / (to - from || 1)) * span;
  scale.ticks = (count = 5): number[] => {
    const rough = Math.abs(span) / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * ([1, 2, 5, 10].find((nice) => nice * power >= rough) ?? 10);
    const found = [];
    for (let at = Math.ceil(Math.min(low, high) / step - 1e-9); at * step <= Math.max(low, high) + 1e-9 * step; at++)
      found.push(Number((at * step).toPrecision(12)));
    return found;
  };
  return scale;
}

/** Logarithmic; both ends of the domain lie above 0. */
export function log([low, high]: [number, number], range: [number, number]): Scale {
  const inner = linear([Math.log10(low), Math.log10(high)], range);
  const scale = (value: number): number => inner(Math.log10(value));
  scale.invert = (pixel: number): number => 10 ** inner.invert(pixel);
  scale.ticks = (): number[] => {
    const found = [];
    for (let power = Math.ceil(Math.log10(low) - 1e-9); power <= Math.log10(high) + 1e-9; power++) found.push(10 ** power);
    return found;
  };
  return scale;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** Write a number in few digits: 0.003, 1.5e-5, 12,345, 3.4 million. */
export function told(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return "";
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))} million`;
  if (size >= 1000) return Math.round(value).toLocaleString("en-GB");
  if (size >= 1e-3 || value === 0) return String(Number(value.toPrecision(3)));
  return value.toExponential(1).replace(".0e", "e");
}

export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let at = 0;
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at++;
  }
  return `${Number(value.toPrecision(3))} ${units[at]}`;
}

export function seconds(value: number): string {
  if (value >= 90) return `${Math.round(value / 60)} min`;
  if (value >= 1) return `${Number(value.toPrecision(2))} s`;
  return `${Math.round(value * 1000)} ms`;
}
