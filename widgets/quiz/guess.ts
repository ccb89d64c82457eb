// A guess on a scale, and the result beside it once both are there.
import { h, set, write } from "../shared/dom";
import { along, inSteps, type Question, type State } from "./model";
import { type Hand, onEnter, type Part } from "./part";

export function guess(asked: Question, hand: Hand): Part {
  const { low = 0, high = 1, step = 0.01, unit = "", ends = ["", ""] } = asked;
  const now = h("output", { class: "tlnb-now" });
  const slider = h("input", {
    class: "tlnb-slider",
    type: "range",
    min: low,
    max: high,
    step,
    "aria-label": "Your guess",
    oninput() {
      tell();
      hand.touched();
    },
    onkeydown: onEnter(hand.send),
  });
  slider.value = String((low + high) / 2);
  const [mine, result] = ["mine", "result"].map((name) => h("span", { class: `tlnb-at tlnb-${name}` })) as [HTMLElement, HTMLElement];
  const between = h("span", { class: "tlnb-between" });
  const scale = h("div", { class: "tlnb-scale", role: "img" }, mine, h("span", { class: "tlnb-rail" }, between), result);
  scale.hidden = true;

  const inUnit = (value: number): string => `${inSteps(value, step)}${/^[\p{L}\p{N}]/u.test(unit) ? " " : ""}${unit}`;
  function tell(): void {
    const text = inUnit(Number(slider.value));
    set(slider, { "aria-valuetext": text });
    write(now, text);
  }
  function put(at: HTMLElement, value: number | null | undefined, text: string): void {
    at.hidden = value == null;
    if (value == null) return;
    // Moved back by as much of its own width: so it stays within the scale, and its arrow points at the value.
    const percent = along(value, low, high);
    set(at, { style: `left:${percent}%;translate:${-percent}%;--tlnb-at:${percent}%` });
    write(at, text);
  }

  tell();
  return {
    elements: [
      h("div", { class: "tlnb-guess" }, h("span", {}, ends[0]), slider, scale, h("span", {}, ends[1]), now),
    ],
    given: () => Number(slider.value),
    put(given) {
      if (typeof given === "number") slider.value = String(given);
      tell();
    },
    mark({ given, value, valueText = "", between: ends_ }: State) {
      scale.hidden = value == null;
      slider.hidden = now.hidden = value != null;
      const mineText = typeof given === "number" ? `your guess ${inUnit(given)}` : "";
      put(mine, given as number | null, mineText);
      put(result, value, `result ${valueText}`);
      between.hidden = !ends_;
      if (ends_) {
        const [from, to] = ends_.map((end) => along(end, low, high)) as [number, number];
        set(between, { style: `left:${from}%;width:${to - from}%` });
      }
      set(scale, { "aria-label": `From ${ends[0]} to ${ends[1]}: ${[mineText, `result ${valueText}`].filter(Boolean).join(", ")}` });
    },
  };
}
