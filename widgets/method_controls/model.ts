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
  log: boolean;
  whole: boolean;
  unit: string;
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

const FINE = 200;
export const SHARES = 100; // places of a share's slider

/** How many places a number's slider has, besides the first: each whole number one, where they are few. */
export function places({ low, high, whole, log }: NumberSetting): number {
  return whole && !log && high - low <= FINE ? high - low : FINE;
}

/** The place of a value, a whole number from 0 to `places`. */
export function placeOf(setting: NumberSetting, value: number): number {
  const { low, high, log } = setting;
  const share = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return Math.round(Math.min(Math.max(share, 0), 1) * places(setting));
}

/** The value at a place, in few digits; never the one that the slider came from, or a key would lead nowhere. */
export function valueAt(setting: NumberSetting, place: number, from?: number): number {
  const { low, high, log, whole } = setting;
  const last = places(setting);
  if (place <= 0) return low;
  if (place >= last) return high;
  const value = log ? low * (high / low) ** (place / last) : low + ((high - low) * place) / last;
  const way = from === undefined ? 0 : Math.sign(place - placeOf(setting, from));
  const kept = whole ? Math.round(value) : Number(value.toPrecision(log ? 3 : 6));
  if (kept !== from || !way) return inside(kept, low, high);
  return inside(whole ? from + way : Number(value.toPrecision(6)), low, high);
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
  return `${brief(value as number)}${setting.unit ? ` ${setting.unit}` : ""}`;
}

/** A number in at most four digits. */
export function brief(value: number): string {
  const short = Number(value.toPrecision(4));
  return short && Math.abs(short) < 1e-3 ? short.toExponential() : String(short);
}

export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}

function inside(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
