// Items to put in order: dragged, or moved by their buttons or the arrow keys.
import { h, set } from "../shared/dom";
import { moved, placeAt, type Question } from "./model";
import { type Hand, type Part, rich } from "./part";

const KEYS: Record<string, (place: number) => number> = {
  ArrowUp: (place) => place - 1,
  ArrowDown: (place) => place + 1,
  Home: () => 0,
  End: () => Infinity,
};

export function order({ answers = [] }: Question, hand: Hand): Part {
  let now = [...answers.keys()];
  let dragged: number | undefined;
  const plain = answers.map((text) => text.replaceAll("`", ""));
  const rows = answers.map((text, item) => row(text, item));
  const list = h("ol", { class: "tlnb-order" }, ...rows.map(({ element }) => element));

  function row(text: string, item: number) {
    const step = (sign: string, by: number): HTMLButtonElement =>
      h("button", { class: "tlnb-button", type: "button", onclick: () => go(item, now.indexOf(item) + by) }, sign);
    const [up, down] = [step("↑", -1), step("↓", 1)];
    const grip = h("span", { class: "tlnb-grip", "aria-hidden": "true" }, "⠿");
    const drop = (): void => {
      if (dragged !== item) return;
      dragged = undefined;
      set(element, { "data-dragged": false });
      say(item);
    };
    const element = h(
      "li",
      {
        onkeydown(event: KeyboardEvent) {
          const to = KEYS[event.key]?.(now.indexOf(item));
          if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          go(item, to);
        },
        onpointerdown(event: PointerEvent) {
          const on = event.target as Element;
          // A finger drags by the grip: elsewhere it scrolls the page.
          if (event.button || on.closest("button") || (event.pointerType === "touch" && on !== grip)) return;
          event.preventDefault(); // no text is selected
          dragged = item;
          element.setPointerCapture?.(event.pointerId);
          set(element, { "data-dragged": true });
        },
        onpointermove(event: PointerEvent) {
          if (dragged !== item) return;
          const others = now.filter((one) => one !== item).map((one) => rows[one]!.element.getBoundingClientRect());
          arrange(item, placeAt(event.clientY, others.map((box) => box.top + box.height / 2)));
        },
        onpointerup: drop,
        onpointercancel: drop,
      },
      grip,
      h("span", { class: "tlnb-item" }, ...rich(text)),
      up,
      down,
    );
    return { element, up, down };
  }

  function arrange(item: number, to: number): void {
    const before = now.join();
    now = moved(now, item, to);
    if (now.join() === before) return;
    // The item itself stays in the page while the others go around it: it would lose focus and pointer.
    const place = now.indexOf(item);
    const { element } = rows[item]!;
    for (const one of now.slice(0, place)) list.insertBefore(rows[one]!.element, element);
    list.append(...now.slice(place + 1).map((one) => rows[one]!.element));
    tell();
    hand.touched();
  }

  function go(item: number, to: number): void {
    arrange(item, to);
    say(item);
  }

  function say(item: number): void {
    hand.speak(`${plain[item]}: place ${now.indexOf(item) + 1} of ${now.length}`);
  }

  function tell(): void {
    for (const [place, item] of now.entries()) {
      const { up, down } = rows[item]!;
      const where = `place ${place + 1} of ${now.length}`;
      set(up, { "aria-label": `Move up: ${plain[item]}, ${where}`, "aria-disabled": String(place === 0) });
      set(down, { "aria-label": `Move down: ${plain[item]}, ${where}`, "aria-disabled": String(place === now.length - 1) });
    }
  }

  tell();
  return {
    elements: [list],
    given: () => now,
    put(given) {
      if (!Array.isArray(given) || dragged !== undefined || given.join() === now.join()) return;
      const focused = list.contains(document.activeElement) ? (document.activeElement as HTMLElement) : undefined;
      now = [...given];
      list.append(...now.map((item) => rows[item]!.element));
      focused?.focus();
      tell();
    },
    mark: () => {},
  };
}
