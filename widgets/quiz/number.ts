// A number to write; Python reads it.
import { h } from "../shared/dom";
import type { Question } from "./model";
import { type Hand, onEnter, type Part } from "./part";

export function number({ unit = "" }: Question, hand: Hand): Part {
  const field = h("input", {
    class: "tlnb-number",
    type: "text",
    inputmode: "text", // a number pad has no e and no minus
    autocomplete: "off",
    "aria-label": unit ? `Your number, in ${unit}` : "Your number",
    oninput: hand.touched,
    onkeydown: onEnter(hand.send),
  });
  return {
    elements: [h("p", { class: "tlnb-field" }, field, unit && ` ${unit}`)],
    given: () => field.value,
    put(given) {
      if (typeof given === "string") field.value = given;
    },
    mark: () => {},
  };
}
