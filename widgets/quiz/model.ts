// What a question is on the page, and the little that is computed here: judging is Python's.

export interface Question {
  kind: "one" | "several" | "number" | "order" | "guess";
  question: string;
  /** What to do. */
  says: string;
  /** What the journal says of it, where it was right before. */
  before: string;
  answers?: string[]; // of order: as they are shown at first
  unit?: string;
  low?: number;
  high?: number;
  step?: number;
  ends?: [string, string];
}

export interface Reply {
  verdict: "right" | "wrong" | "shown" | "noted" | "close" | "off";
  head: string;
  lines: string[];
}

export interface State {
  /** The last answer that Python knows of. */
  given: unknown;
  reply: Reply | null;
  tries: number;
  canShow: boolean;
  tried?: number[];
  right?: number[];
  value?: number | null;
  valueText?: string;
  /** The ends of its interval, where it is a mean. */
  between?: [number, number] | null;
}

/** Take a text apart into what is shown as it is, and what stands in backquotes and is code. */
export function pieces(text: string): { text: string; code: boolean }[] {
  return text
    .split(/`([^`]+)`/)
    .map((part, at) => ({ text: part, code: at % 2 === 1 }))
    .filter((part) => part.text);
}

/** An order in which one item has gone to another place. */
export function moved(order: number[], item: number, to: number): number[] {
  const others = order.filter((one) => one !== item);
  const place = Math.min(Math.max(to, 0), others.length);
  return [...others.slice(0, place), item, ...others.slice(place)];
}

/** The place among others that a hand at some height means: behind all whose middle lies above it. */
export function placeAt(y: number, middles: number[]): number {
  return middles.filter((middle) => middle < y).length;
}

/** How far along a scale a value lies, in per cent; what lies outside stays at the end. */
export function along(value: number, low: number, high: number): number {
  return (100 * (Math.min(Math.max(value, low), high) - low)) / (high - low);
}

/** A guess with its thousands and as many decimals as its step has. */
export function inSteps(value: number, step: number): string {
  const decimals = String(Number(step.toPrecision(6))).match(/\.(\d+)$|e-(\d+)$/);
  const digits = decimals ? (decimals[1]?.length ?? Number(decimals[2])) : 0;
  return value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export const MARKS: Record<Reply["verdict"], string> = { right: "✓", wrong: "✗", shown: "→", noted: "✎", close: "≈", off: "↔" };
