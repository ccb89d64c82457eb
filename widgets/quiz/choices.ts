// Answers to choose from, one or several: the browser's own radio buttons and check boxes.
import { h, set, write } from "../shared/dom";
import type { Question, State } from "./model";
import { type Hand, onEnter, ownId, type Part, rich } from "./part";

export function choices({ kind, answers = [] }: Question, hand: Hand): Part {
  const [name, type] = [ownId(), kind === "one" ? "radio" : "checkbox"];
  const rows = answers.map((text, place) => {
    const input = h("input", { type, name, value: place, onchange: hand.touched, onkeydown: onEnter(hand.send) });
    const mark = h("span", { class: "tlnb-mark" });
    const label = h("label", { class: "tlnb-answer" }, input, h("span", {}, ...rich(text)), mark);
    return { input, mark, label };
  });
  return {
    elements: rows.map(({ label }) => label),
    given: () => [...rows.keys()].filter((place) => rows[place]!.input.checked),
    put(given) {
      for (const [place, { input }] of rows.entries()) input.checked = Array.isArray(given) && given.includes(place);
    },
    mark({ tried, right }: State) {
      for (const [place, { mark, label }] of rows.entries()) {
        const is = right?.includes(place) ? "right" : kind === "one" && tried?.includes(place) ? "tried" : undefined;
        set(label, { "data-is": is });
        write(mark, is === "right" ? "✓ right" : is === "tried" ? "✗ tried" : "");
      }
    },
  };
}
