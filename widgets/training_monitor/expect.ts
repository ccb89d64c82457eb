// The curve that one expects, drawn before the run: in the chart with a pointer, or by a slider for each epoch.
import { h, set, write } from "../shared/dom";
import { type State, drawnAt } from "./model";

type Scores = [epoch: number, score: number][];

export function makeExpectation(tell: (scores: Scores) => void, redraw: () => void) {
  const rows = h("div", { class: "tlnb-sliders" });
  let sliders: HTMLInputElement[] = [];
  let points: number[] = [];
  let can = true;
  let held = false; // while a hand draws, what Python says waits
  let scores = new Map<number, number>();

  const drawn = (): Scores => [...scores].sort(([a], [b]) => a - b);
  const paint = (): void =>
    sliders.forEach((slider, i) => {
      const score = scores.get(points[i]!);
      const said = score?.toFixed(2) ?? "not drawn";
      if (score !== undefined) slider.value = said;
      set(slider, { "aria-valuetext": said, disabled: !can });
      write(slider.nextElementSibling!, said);
    });
  /** The hand has let go. */
  const done = (): void => {
    if (held) tell(drawn());
    held = false;
  };
  const put = (epoch: number, score: number): void => {
    held = true;
    scores.set(epoch, score);
    paint();
    redraw();
  };
  const forget = (): void => {
    if (!can) return;
    scores.clear();
    held = true;
    done();
  };
  const build = (metric: string, chance: number): void => {
    rows.replaceChildren(
      ...points.flatMap((epoch) => {
        const oninput = (event: Event): void => put(epoch, Number((event.target as HTMLInputElement).value));
        const label = `${metric} that you expect after epoch ${epoch}`;
        const range = { type: "range", max: 1, step: 0.01, value: chance, "aria-label": label, oninput, onchange: done };
        return [h("span", {}, `epoch ${epoch}`), h("input", range), h("span")];
      }),
    );
    sliders = [...rows.querySelectorAll("input")];
  };

  return {
    element: h(
      "details",
      {},
      h("summary", {}, "Draw the curve you expect"),
      h("p", { class: "tlnb-says" }, "Before a run: drag in the chart, or set a slider for each epoch. Afterwards it is compared in words."),
      rows,
      h("button", { class: "tlnb-button", onclick: forget }, "Forget it"),
    ),
    drawn,
    done,
    show(state: State, metric: string, chance: number, able: boolean, settled: boolean): void {
      can = able;
      if (settled && !held) scores = new Map(state.expected);
      if (String(points) !== String(state.points)) {
        points = state.points;
        build(metric, chance);
      }
      paint();
    },
    /** A pointer at a place in the chart. Returns whether it draws. */
    draw(epoch: number, score: number): boolean {
      const found = can && drawnAt(points, epoch, score);
      if (found) put(...found);
      return Boolean(found);
    },
  };
}
