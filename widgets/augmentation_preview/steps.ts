// The pipeline as a list: a slider for each step, on and off, up and away; dragged by its grip; and what can be added.
import { h, set, write } from "../shared/dom";
import { type About, movedTo, type Offer, placeAt, type State, type Step } from "./model";

type Act = (action: string, fields: object, commit?: boolean) => void;

interface Row {
  element: HTMLLIElement;
  /** Draw a step as it is; its slider only where the hand has not got it. */
  show(step: Step, place: number, of: number, settled: boolean): void;
}

export function makeSteps(act: Act, speak: (text: string) => void) {
  const list = h("ol", { class: "tlnb-steps", "aria-label": "The pipeline, in its order" });
  const empty = h("p", { class: "tlnb-says" }, "No step yet: training images are shown as they are. Add one below.");
  const offers = h("div");
  const more = h("details", {}, h("summary", {}, "Add a step"), h("div", { class: "tlnb-offers" }, offers));
  const element = h("div", {}, list, empty, more);
  const rows = new Map<string, Row>();
  const adds = new Map<string, HTMLButtonElement>();
  let known = new Map<string, Offer>();
  let names: string[] = []; // in the order that the hand sees
  let focus = "";

  const title = (name: string): string => known.get(name)?.title ?? name;
  const mixes = (name: string): boolean => known.get(name)?.mixes ?? false;

  /** Put the rows into an order, moving as few as can be: one that a hand holds stays in the page. */
  function arrange(order: string[], held?: string): void {
    names = order;
    const at = held ? order.indexOf(held) : -1;
    const element = (name: string): Element => rows.get(name)!.element;
    if (held) {
      for (const name of order.slice(0, at)) list.insertBefore(element(name), element(held));
      for (const name of order.slice(at + 1)) list.append(element(name));
    } else order.forEach((name, i) => list.children[i] === element(name) || list.insertBefore(element(name), list.children[i] ?? null));
  }

  function move(name: string, place: number): void {
    const order = movedTo(names, name, place, mixes);
    if (order.join() === names.join()) return;
    arrange(order, name);
    act("reorder", { names: order });
    speak(`${title(name)} is now ${order.indexOf(name) + 1} of ${order.length}`);
  }

  function makeRow(name: string): Row {
    let holds = false; // a key that is held down: final when it goes up
    let from: { id: number; order: string; grip: number } | undefined;
    const send = (commit: boolean): void => act("set", { name, strength: Number(slider.value) }, commit);
    const finish = (): void => {
      if (holds) send(true);
      holds = false;
    };
    const drop = (): void => {
      if (from && from.order !== names.join()) act("reorder", { names });
      from = undefined;
      set(row, { "data-held": false });
    };
    const grip = h(
      "button",
      {
        class: "tlnb-button tlnb-grip",
        onkeydown(event: KeyboardEvent) {
          const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
          if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          move(name, names.indexOf(name) + by);
        },
        onpointerdown(event: PointerEvent) {
          if (event.button) return;
          from = { id: event.pointerId, order: names.join(), grip: event.clientY };
          grip.setPointerCapture?.(event.pointerId);
          set(row, { "data-held": true });
        },
        onpointermove(event: PointerEvent) {
          if (from?.id !== event.pointerId) return;
          const middles = names.filter((other) => other !== name).map((other) => {
            const box = rows.get(other)!.element.getBoundingClientRect();
            return box.top + box.height / 2;
          });
          arrange(movedTo(names, name, placeAt(middles, event.clientY), mixes), name);
        },
        onpointerup: drop,
        onpointercancel: drop,
      },
      "⠿",
    );
    const power = h("button", { class: "tlnb-button", role: "switch", onclick: () => act("switch", { name, on: power.getAttribute("aria-checked") !== "true" }) });
    const slider = h("input", {
      type: "range",
      min: 0,
      max: 1,
      step: 0.01,
      "aria-label": `Strength of ${title(name)}`,
      oninput() {
        write(number, Number(slider.value).toFixed(2));
        send(false);
      },
      onchange: () => holds || send(true),
      onkeydown: (event: KeyboardEvent) => (holds ||= /^(Arrow|Page|Home|End)/.test(event.key)),
      onkeyup: finish,
      onblur: finish,
    });
    const number = h("span", { class: "tlnb-strength" });
    const up = h("button", { class: "tlnb-button", "aria-label": `Move ${title(name)} up`, onclick: () => move(name, names.indexOf(name) - 1) }, "↑");
    const away = h("button", { class: "tlnb-button", "aria-label": `Remove ${title(name)}`, onclick: () => remove(name) }, "✕");
    const reach = h("p", { class: "tlnb-reach" });
    const label = h("span", { class: "tlnb-name" }, title(name));
    const row = h("li", { class: "tlnb-step", onfocusin: () => focus === name || act("focus", { name: (focus = name) }) }, grip, power, label, slider, number, up, away, reach);
    return {
      element: row,
      show(step, place, of, settled) {
        const first = place === 0 || mixes(name) !== mixes(names[place - 1]!);
        set(row, { "data-off": !step.on, "data-focus": focus === name });
        set(grip, { "aria-label": `Move ${title(name)}, ${place + 1} of ${of}: arrow up or down, or drag` });
        set(power, { "aria-checked": String(step.on), "aria-label": `${title(name)}: on` });
        write(power, step.on ? "On" : "Off");
        set(up, { "aria-disabled": first && "true" });
        set(slider, { "aria-valuetext": `${step.strength.toFixed(2)}, ${step.reach}` });
        write(reach, step.reach);
        if (!settled) return;
        slider.value = String(step.strength);
        write(number, step.strength.toFixed(2));
      },
    };
  }

  function remove(name: string): void {
    const next = names[names.indexOf(name) + 1] ?? names[names.indexOf(name) - 1];
    act("remove", { name });
    speak(`${title(name)} removed`);
    // Who pressed it by key would lose the place.
    (rows.get(next ?? "")?.element.querySelector<HTMLElement>("input") ?? more.querySelector("summary"))?.focus();
  }

  function add(name: string): void {
    if (names.includes(name)) return;
    act("add", { name });
    speak(`${title(name)} added`);
  }

  return {
    element,
    build({ table }: About): void {
      known = new Map(table.flatMap(({ steps }) => steps.map((step) => [step.name, step] as const)));
      adds.clear();
      const groups = table.map(({ kind, steps }) => {
        const buttons = steps.map(({ name, summary, paper }) => {
          const button = h("button", { class: "tlnb-button tlnb-add", title: paper, onclick: () => add(name) }, h("strong", {}, `+ ${title(name)}`), h("span", {}, summary));
          adds.set(name, button);
          return button;
        });
        return h("section", {}, h("h4", { class: "tlnb-kind" }, kind), ...buttons);
      });
      offers.replaceChildren(...groups);
    },
    show(state: State, settled: boolean): void {
      if (!known.size) return;
      const now = state.steps.map(({ name }) => name);
      if (settled) focus = state.focus;
      for (const [name, { element }] of rows)
        if (!now.includes(name)) {
          element.remove();
          rows.delete(name);
        }
      for (const name of now) if (!rows.has(name)) rows.set(name, makeRow(name));
      if (settled || [...now].sort().join() !== [...names].sort().join()) arrange(now);
      state.steps.forEach((step) => rows.get(step.name)!.show(step, names.indexOf(step.name), now.length, settled));
      for (const [name, button] of adds) set(button, { "aria-disabled": now.includes(name) && "true" });
      empty.hidden = now.length > 0;
    },
  };
}
