// From a setting's value to a place on its slider and back; shares of a whole. No page in it.

export type Value = number | boolean | string | number[];

interface Declared {
  name: string;
  label: string;
  says: string;
  /** Whether a training that is under way takes another value. */
  while_training: boolean;
}
export interface NumberSetting extends Declared {
  kind: "number";
  low: number;
  high: number;
  default: number;
  /** What the slider stops at, in order; values between and beyond them are typed. */
  stops: number[];
  unit: string;
  /** The unit behind a 1, if it is another. */
  one: string;
}
export interface SwitchSetting extends Declared {
  kind: "switch";
  default: boolean;
}
export interface ChoiceSetting extends Declared {
  kind: "choice";
  options: string[];
  default: string;
}
export interface WeightsSetting extends Declared {
  kind: "weights";
  parts: string[];
  default: number[];
}
export type Setting = NumberSetting | SwitchSetting | ChoiceSetting | WeightsSetting;

export const SHARES = 100; // places of a share's slider

/** The place of a value on its slider: that of the nearest stop. */
export function placeOf({ stops }: NumberSetting, value: number): number {
  const above = stops.findIndex((stop) => stop >= value);
  if (above <= 0) return above < 0 ? stops.length - 1 : 0;
  const [before, after] = [stops[above - 1]!, stops[above]!];
  // What is above 0 never stands at 0, where a weight is off.
  return before === 0 || after - value <= value - before ? above : above - 1;
}

/** The place that a key of a slider leads to from a value, which may lie between two stops or beyond them: an arrow to
 * the next stop, a page key by a tenth of them, Home and End to the ends. Undefined if it leads nowhere. */
export function placeByKey({ stops }: NumberSetting, value: number, key: string): number | undefined {
  const last = stops.length - 1;
  if (key === "Home") return 0;
  if (key === "End") return last;
  const page = Math.max(2, Math.round(last / 10));
  const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: page, PageDown: -page }[key];
  if (by === undefined) return undefined;
  const next = by > 0 ? stops.findIndex((stop) => stop > value) : stops.filter((stop) => stop < value).length - 1;
  if (next < 0) return undefined;
  return Math.min(Math.max(next + by - Math.sign(by), 0), last);
}

/** Shares of a whole, with one of them moved and the others rescaled in proportion; as `Weights.moved` in Python. */
export function moved(shares: number[], at: number, to: number): number[] {
  const rest = shares.reduce((sum, share, place) => (place === at ? sum : sum + share), 0);
  const each = shares.map((share) => (rest ? share / rest : 1 / (shares.length - 1)));
  return each.map((part, place) => (place === at ? to : (1 - to) * part));
}

/** Whether two values are one, but for rounding. */
export function same(one: Value, other: Value): boolean {
  if (Array.isArray(one) && Array.isArray(other)) return one.every((share, at) => Math.abs(share - other[at]!) < 1e-9);
  return one === other;
}

/** A value in words, for the button that goes back to it and for a screen reader. */
export function told(setting: Setting, value: Value): string {
  if (setting.kind === "switch") return value ? "on" : "off";
  if (setting.kind === "weights") return setting.parts.map((part, at) => `${part} ${percent((value as number[])[at]!)}`).join(", ");
  if (setting.kind === "choice") return String(value);
  const unit = unitOf(setting, value as number);
  return `${brief(value as number)}${unit && ` ${unit}`}`;
}

/** The unit as it stands behind a value. */
export function unitOf({ unit, one }: NumberSetting, value: number): string {
  return (value === 1 && one) || unit;
}

/** A number in at most four digits. */
export function brief(value: number): string {
  const short = Number(value.toPrecision(4));
  return short && Math.abs(short) < 1e-3 ? short.toExponential() : String(short);
}

export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
