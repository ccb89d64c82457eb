// Numbers to type. What cannot be one goes to Python as it was typed, whose error says what would be right.
import { h } from "../shared/dom";

/** Something that can be set, as Python describes it. */
export interface Setting {
  name: string;
  label: string;
  unit: string;
  value: number;
  low: number;
  high: number;
  step: number; // of a key
}

export interface Field {
  input: HTMLInputElement;
  /** Show a value, unless somebody is typing another one. */
  show(value: number): void;
}

export function field(label: string, send: (value: number | string) => void): Field {
  let typing = false;
  const input = h("input", {
    class: "tlnb-number",
    inputmode: "decimal",
    "aria-label": label,
    oninput: () => (typing = true),
    onchange() {
      typing = false;
      const text = input.value.trim();
      send(text && !isNaN(Number(text)) ? Number(text) : text);
    },
  });
  return {
    input,
    show(value) {
      if (!typing) input.value = written(value);
    },
  };
}

/** A number as one would type it, as 0.003 or 9e-4: whole if it is short, else in three digits. */
export function written(value: number): string {
  const exact = String(value).length > 8 ? Number(value.toPrecision(3)) : value;
  return exact && exact < 1e-3 ? exact.toExponential() : String(exact);
}

/** A bar of them, made anew where there are others to set. */
export function numbers(send: (name: string, value: number | string) => void): {
  element: HTMLElement;
  show(settings: Setting[], value: (setting: Setting) => number): void;
} {
  const element = h("div", { class: "tlnb-bar" });
  let names = "";
  let fields: Field[] = [];
  return {
    element,
    show(settings, value) {
      const now = settings.map(({ label }) => label).join();
      if (now !== names) {
        names = now;
        fields = settings.map(({ name, label, unit }) => field(label + unit, (typed) => send(name, typed)));
        element.replaceChildren(...settings.map(({ label, unit }, i) => h("label", {}, `${label} `, fields[i]!.input, unit)));
      }
      settings.forEach((setting, i) => fields[i]!.show(value(setting)));
    },
  };
}
