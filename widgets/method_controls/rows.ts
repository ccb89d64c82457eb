// One row for each setting: what moves it, its value to type, what it does, and the way back to its default.
import { field, type Field } from "../learning_rates/numbers";
import { h, set, write } from "../shared/dom";
import {
  brief,
  type ChoiceSetting,
  moved,
  type NumberSetting,
  percent,
  placeByKey,
  placeOf,
  same,
  type Setting,
  SHARES,
  type SwitchSetting,
  told,
  unitOf,
  type Value,
  type WeightsSetting,
} from "./model";

export interface Row {
  element: HTMLElement;
  show(value: Value): void;
}

export interface Hand {
  /** Set it, for good or while still dragging. */
  set(value: Value | string | (number | string)[], commit: boolean): void;
  /** Back to the default. */
  reset(): void;
  /** Say what else has changed. */
  speak(text: string): void;
}

let ids = 0;

/** A slider: `move` while it is dragged or a key is held, `done` when it is let go. `step` says where a key leads, if not
 * where the browser has it: that knows of no value between two places. */
function range(
  label: string,
  last: number,
  move: (place: number) => void,
  done: () => void,
  step: (key: string) => number | undefined = () => undefined,
): HTMLInputElement {
  let keyed = false;
  let open = false;
  const finish = (): void => {
    if (open) done();
    open = keyed = false;
  };
  const input = h("input", {
    type: "range",
    min: 0,
    max: last,
    step: 1,
    "aria-label": label,
    onkeydown(event: KeyboardEvent) {
      keyed = true;
      const place = event.ctrlKey || event.metaKey || event.altKey ? undefined : step(event.key);
      if (place === undefined) return;
      event.preventDefault();
      open = true;
      move(place);
    },
    oninput() {
      open = true;
      move(Number(input.value));
    },
    onchange: () => keyed || finish(), // a held key changes it many times: final is where it is let go
    onkeyup: finish,
    onblur: finish,
  });
  return input;
}

function show(input: HTMLInputElement, place: number, text: string): void {
  if (Number(input.value) !== place) input.value = String(place);
  set(input, { "aria-valuetext": text });
}

/** The row of a setting; `steers` says whether a training goes by it, some of which it cannot take in its middle. */
export function row(setting: Setting, hand: Hand, steers: boolean): Row {
  const made = { number: numberRow, switch: switchRow, choice: choiceRow, weights: weightsRow }[setting.kind](setting as never, hand);
  const back = h("button", { class: "tlnb-button tlnb-back", onclick: () => back.getAttribute("aria-disabled") === "true" || hand.reset() });
  const word = setting.kind === "weights" ? "Default shares" : `Default: ${told(setting, setting.default)}`;
  write(back, word);
  set(back, { "aria-label": `${setting.label}, back to its default: ${told(setting, setting.default)}` });
  const later = setting.while_training || !steers ? "" : " A training that has begun keeps its value; the next one takes this.";
  const says = h("p", { class: "tlnb-what", id: `tlnb-what-${ids++}` }, setting.says + later);
  for (const input of made.inputs) set(input, { "aria-describedby": says.id });
  const several = setting.kind === "weights";
  const element = h(
    "div",
    { class: "tlnb-setting", role: several ? "group" : undefined, "aria-label": several ? setting.label : undefined },
    ...made.parts,
    back,
    says,
  );
  set(element, { "data-kind": setting.kind });
  return {
    element,
    show(value) {
      made.show(value);
      set(back, { "aria-disabled": String(same(value, setting.default)) });
    },
  };
}

interface Made {
  parts: Node[];
  inputs: HTMLElement[];
  show(value: Value): void;
}

const name = (label: string): HTMLElement => h("span", { class: "tlnb-name", "aria-hidden": "true" }, label);

/** The first value of a slider, the middle one, which shows its scale, and the last. */
function marks(stops: number[]): HTMLElement {
  const last = stops.length - 1;
  const middle = Math.ceil(last / 2);
  const shown = (last > 3 ? [0, middle, last] : [0, last]).map((at) => h("span", {}, brief(stops[at]!)));
  // The knob's middle, half its 16 px from the ends, goes by even parts.
  if (shown[2]) shown[1]!.style.left = `calc(8px + (100% - 16px) * ${middle / last})`;
  return h("span", { class: "tlnb-ends", "aria-hidden": "true" }, ...shown);
}

function numberRow(setting: NumberSetting, hand: Hand): Made {
  let now = setting.default;
  const { label, unit } = setting;
  const { stops } = setting;
  const move = (place: number): void => hand.set((now = stops[place]!), false);
  const step = (key: string): number | undefined => placeByKey(setting, now, key);
  const slider = range(label, stops.length - 1, move, () => hand.set(now, true), step);
  const behind = h("span");
  behind.style.minWidth = `${Math.max(unit.length, setting.one.length)}ch`; // the slider keeps its width where "s" goes
  const typed = field(`${label}, number${unit ? ` of ${unit}` : ""}`, (value) => hand.set(value, true));
  return {
    parts: [
      name(label),
      h("span", { class: "tlnb-slide" }, slider, marks(stops)),
      h("span", { class: "tlnb-typed" }, typed.input, behind),
    ],
    inputs: [slider, typed.input],
    show(value) {
      now = value as number;
      show(slider, placeOf(setting, now), told(setting, now));
      typed.show(now);
      write(behind, unitOf(setting, now));
    },
  };
}

function switchRow(setting: SwitchSetting, hand: Hand): Made {
  const input = h("input", { type: "checkbox", role: "switch", onchange: () => hand.set(input.checked, true) });
  const state = h("span", { class: "tlnb-state", "aria-hidden": "true" });
  set(input, { "aria-label": setting.label });
  return {
    parts: [name(setting.label), h("label", { class: "tlnb-switch" }, input, state)],
    inputs: [input],
    show(value) {
      input.checked = value as boolean;
      write(state, told(setting, value));
    },
  };
}

function choiceRow(setting: ChoiceSetting, hand: Hand): Made {
  const options = setting.options.map((option) => h("option", { value: option }, option));
  const select = h("select", { class: "tlnb-number tlnb-choice", "aria-label": setting.label, onchange: () => hand.set(select.value, true) }, ...options);
  return {
    parts: [name(setting.label), select],
    inputs: [select],
    show: (value) => void (select.value = value as string),
  };
}

function weightsRow(setting: WeightsSetting, hand: Hand): Made {
  let now = setting.default;
  let from: number[] | undefined; // the shares that a drag began with: back and forth, it ends where it began
  const sliders: HTMLInputElement[] = [];
  const fields: Field[] = [];
  const bars: HTMLElement[] = [];
  const lines = setting.parts.map((part, at) => {
    const move = (place: number): void => hand.set((now = moved((from ??= now), at, place / SHARES)), false);
    const done = (): void => {
      from = undefined;
      hand.set(now, true);
      hand.speak(told(setting, now));
    };
    const label = `${setting.label}: ${part}`;
    const take = (value: number | string): void => {
      const fits = typeof value === "number" && value >= 0 && value <= 1;
      hand.set(fits ? moved(now, at, value) : now.map((share, place) => (place === at ? value : share)), true);
    };
    sliders.push(range(label, SHARES, move, done));
    fields.push(field(`${label}, share`, take));
    bars.push(h("span", { class: "tlnb-of", "aria-hidden": "true" }));
    return h("div", { class: "tlnb-part" }, name(part), sliders[at], h("span", { class: "tlnb-typed" }, fields[at]!.input, bars[at]));
  });
  return {
    parts: [h("span", { class: "tlnb-name" }, setting.label), ...lines],
    inputs: [...sliders],
    show(value) {
      now = value as number[];
      now.forEach((share, at) => {
        show(sliders[at]!, Math.round(share * SHARES), percent(share));
        fields[at]!.show(Number(brief(share)));
        write(bars[at]!, percent(share));
      });
    },
  };
}
