// The run: every group's rate over it, with handles on the curve for what the schedule can be set to.
import { h, s, set } from "../shared/dom";
import { clamp, linear, log, type Scale, told } from "../shared/scale";
import { path, type Point, text } from "./draw";
import { type Handle, handles } from "./handles";
import { type Ghost, type Group, labelAt, labels, lines, rateAt, type State, type Trace } from "./model";
import type { Setting } from "./numbers";
import { type Shape, stalled } from "./schedules";
import { type Slider, slider } from "./slider";

const [LEFT, RIGHT, TOP, BOTTOM, HEIGHT] = [50, 44, 30, 220, 260];
const BETWEEN = 12; // pixels between two names

export interface Drawn {
  groups: Group[];
  head: number; // its peak rate
  shape: Shape;
  state: State;
  trace: Trace;
  ghosts: Ghost[];
  inSteps: boolean;
}

export function runChart(change: (name: string, value: number, commit: boolean) => void): {
  element: HTMLElement;
  show(drawn: Drawn, width: number): void;
} {
  const svg = s("svg", { class: "tlnb-back", role: "img" });
  const element = h("div", { class: "tlnb-chart" }, svg);
  const sliders = new Map<string, Slider>();
  const now = new Map<string, [Handle, Setting]>();
  let drawn: Drawn;
  let x: Scale;
  let y: Scale;
  let held = "";
  const down = (rate: number): number => clamp(y(Math.max(rate, 1e-30)), TOP, BOTTOM);

  function add(name: string): Slider {
    let from: Point = [0, 0];
    let last = 0;
    const tell = (wanted: number): void => {
      const { low, high, step } = now.get(name)![1];
      last = clamp(step === 1 ? Math.round(wanted) : Number(wanted.toFixed(4)), low, high);
      change(name, last, false);
    };
    const made = slider("shape", {
      grab() {
        const handle = now.get(name)![0];
        held = name;
        from = [x(handle.x), down(drawn.head * handle.y)];
      },
      drag(dx, dy) {
        const high = from[1] + dy;
        const share = Math.min(1, y.invert(Math.max(high, TOP)) / drawn.head);
        const epochs = clamp(x.invert(from[0] + dx), 0, drawn.shape.epochs);
        // The axis has no zero: the bottom stands for it.
        tell(name === "floor" && high > BOTTOM - 2 ? 0 : now.get(name)![0].from(epochs, share));
      },
      nudge(steps) {
        const { value, step, low, high } = now.get(name)![1];
        tell(isFinite(steps) ? value + steps * step : steps < 0 ? low : high);
      },
      commit() {
        held = "";
        change(name, last, true);
      },
    });
    element.append(made.element);
    sliders.set(name, made);
    return made;
  }

  return {
    element,
    show(given, width) {
      drawn = given;
      const { groups, head, shape, state, trace, ghosts, inSteps } = drawn;
      const right = width - RIGHT;
      const unit = inSteps ? shape.perEpoch : 1;
      x = linear([0, shape.epochs], [LEFT, right]);
      y = log(state.run, [BOTTOM, TOP]);
      const place = ([at, rate]: Point): Point => [x(at), y(Math.max(rate, 1e-30))];
      const around: SVGElement[] = [text((LEFT + right) / 2, HEIGHT - 6, `learning rate over the ${inSteps ? "steps" : "epochs"}`)];
      for (const tick of y.ticks()) around.push(path("grid", [[LEFT, y(tick)], [right, y(tick)]]), text(LEFT - 6, y(tick) + 4, told(tick), "end"));
      for (const tick of linear([0, shape.epochs * unit], [0, 1]).ticks(Math.min(8, width / 70))) around.push(text(x(tick / unit), BOTTOM + 16, told(tick)));
      state.thaws.forEach(([epoch, words], i) => {
        around.push(path("dots", [[x(epoch), TOP - 4], [x(epoch), BOTTOM]]), text(x(epoch), 11 + 12 * (i % 2), words, x(epoch) > right - 90 ? "end" : "start"));
      });
      // A nested svg cuts off what leaves it.
      const box = [LEFT, TOP - 2, right - LEFT, BOTTOM - TOP + 4];
      const inside = s("svg", { x: box[0], y: box[1], width: box[2], height: box[3], viewBox: box.join(" ") });
      ghosts.forEach(({ points, result }, i) => {
        const some = points.filter((point) => point[1]);
        const at = some[Math.floor((some.length * ((2 * i + 5) % 10)) / 10)]!;
        inside.append(path("ghost", some.map(place)), text(x(at[0]), down(at[1]) + 14, `${i + 1}: ${result}`, "start"));
      });
      const found = lines(trace, groups.length, shape.perEpoch);
      for (const { group, points } of found) inside.append(path("line", points.map(place), groups[group]!.colour));
      if (shape.schedule === "plateau") {
        const fallen = stalled(shape);
        inside.append(path("ghost", Array.from({ length: 10 * shape.epochs + 1 }, (_, i) => place([i / 10, head * fallen(i / 10)]))));
      }
      const at = labelAt(found, shape.epochs, state.run[0]);
      const ends = found.map((line) => ({ y: down(rateAt(line, at) ?? line.points.at(-1)![1]), name: groups[line.group]!.name }));
      for (const { y: high, text: words } of labels(ends, BETWEEN)) inside.append(text(x(at), high - 5, words, "end"));
      set(svg, { width, height: HEIGHT, "aria-label": `Learning rates over ${shape.epochs} epochs, a line a group` });
      svg.replaceChildren(...around, inside);
      element.style.height = `${HEIGHT}px`;

      const shown = handles(shape);
      for (const [name, one] of sliders) one.element.hidden = name !== held && !shown.some(({ option }) => option === name);
      for (const handle of shown) {
        const setting = state.settings.find(({ name }) => name === handle.option);
        if (!setting) continue;
        const { name, label, unit, low, high } = setting;
        const value = name === "warmup_epochs" ? shape.warmup : shape.options[name]!;
        now.set(name, [handle, { ...setting, value }]);
        const one = sliders.get(name) ?? add(name);
        const at = x(handle.x);
        const words = `${label} ${told(value)}${unit}`;
        one.show(at, down(head * handle.y), label, value, low, high, words);
        set(one.element, { "data-text": words, "data-edge": at < 2 * LEFT ? "left" : at > right - LEFT ? "right" : undefined });
      }
    },
  };
}
