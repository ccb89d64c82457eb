// The rate axis: a row for each layer group with its handle and its number, the range test's loss behind them all.
import { h, s, set, write } from "../shared/dom";
import { clamp, linear, log, type Scale, told } from "../shared/scale";
import { path, type Point, text } from "./draw";
import { type Group, groupRates, neat, type Peaks, type Role, roles, type State, type Sweep, withRate } from "./model";
import { type Field, field } from "./numbers";
import { type Slider, slider } from "./slider";

const [LEFT, RIGHT, TALL, LOW, TICKS, MARK] = [144, 96, 46, 24, 38, 15]; // pixels: columns, rows, ticks, a suggestion
const DECADE = 10; // arrow keys a decade

interface Row {
  role: Role;
  who: HTMLElement;
  handle: Slider | undefined;
  number: Field | undefined;
}

/** Draw at once and tell Python: `peaks` are undefined where a number was typed, which Python has to judge. */
export type Change = (group: string, rate: number | string, commit: boolean, peaks?: Peaks) => void;

export function rateAxis(change: Change): {
  element: HTMLElement;
  build(groups: Group[], byHand: boolean): void;
  show(peaks: Peaks, state: State, sweep: Sweep | undefined, width: number): void;
} {
  const svg = s("svg", { class: "tlnb-back", role: "img" });
  const element = h("div", { class: "tlnb-chart", role: "group", "aria-label": "Peak learning rate of each layer group" });
  let groups: Group[] = [];
  let rows: Row[] = [];
  let peaks: Peaks;
  let x: Scale;
  let domain: Point;

  function row({ name, colour }: Group, role: Role, i: number): Row {
    const who = h("div", { class: "tlnb-who" }, h("b", {}, name), h("span"));
    if (role === "follows") return { role, who, handle: undefined, number: undefined };
    let from = 0;
    let last = 0;
    const now = (): number => groupRates(peaks, groups)[i]!;
    const move = (wanted: number, low: number, high: number): void => {
      peaks = withRate(peaks, groups, i, neat(clamp(wanted, low, high)), role);
      last = neat(now());
      change(name, last, false, peaks);
    };
    const handle = slider("rate", {
      grab: () => void (from = x(now())),
      drag: (dx) => move(x.invert(from + dx), ...domain),
      // Keys may leave the axis, which follows; Home and End go to its ends.
      nudge: (steps) => (isFinite(steps) ? move(now() * 10 ** (steps / DECADE), 1e-12, 1e4) : move(domain[steps < 0 ? 0 : 1], ...domain)),
      commit: () => change(name, last, true, peaks),
    });
    handle.element.style.setProperty("--tlnb-group", colour);
    return { role, who, handle, number: field(`${name}: peak learning rate`, (rate) => change(name, rate, true)) };
  }

  return {
    element,
    build(given, byHand) {
      groups = given;
      rows = roles(groups.length, byHand).map((role, i) => row(groups[i]!, role, i));
      // The head, which all others follow, comes first.
      const parts = [...rows].reverse().flatMap(({ who, handle, number }) => (handle ? [who, handle.element, number!.input] : [who]));
      element.replaceChildren(svg, ...parts);
    },

    show(now, state, sweep, width) {
      peaks = now;
      domain = state.domain;
      const [from, to] = [LEFT + 12, width - RIGHT - 12];
      x = log([...domain], [from, to]);
      const rates = groupRates(peaks, groups);
      const suggestions = sweep?.suggestions ?? [];
      const top = suggestions.length * MARK;
      const fan: Point[] = [];
      const marks: SVGElement[] = [];
      let y = top;
      for (let i = rows.length - 1; i >= 0; i--) {
        const { role, who, handle, number } = rows[i]!;
        const { name, colour } = groups[i]!;
        const rate = rates[i]!;
        const frozen = state.starts[i] === null;
        const tall = handle ? TALL : LOW;
        const place: Point = [x(rate), y + tall / 2];
        const sets = role === "own" || role === "follows" ? "" : role === "learning_rate" ? role : `${role} ${told(peaks[role])}`;
        const notes = [state.when[i], sets].filter(Boolean).join(", ");
        fan.push(place);
        write(who.lastElementChild!, notes);
        who.style.cssText = `top:${y}px;height:${tall}px;width:${LEFT}px;flex-flow:${handle ? "wrap" : "row"}`;
        if (handle) {
          handle.show(...place, `${name}: peak learning rate`, rate, ...domain, `${name}: ${told(rate)}${notes && `, ${notes}`}`);
          set(handle.element, { "data-frozen": frozen });
          number!.show(rate);
          number!.input.style.cssText = `left:${width - RIGHT + 4}px;top:${y + 1}px`;
        } else {
          const dot = { class: "tlnb-dot", "data-frozen": frozen, cx: place[0], cy: place[1], r: 7, style: `--tlnb-group:${colour}` };
          marks.push(s("circle", dot), text(place[0] + 11, place[1] + 4, told(rate), "start"));
        }
        y += tall;
      }
      const ticks = x.ticks();
      const every = Math.ceil((44 * ticks.length) / (to - from));
      const behind = ticks.flatMap((tick, i) => {
        const line = path("grid", [[x(tick), top], [x(tick), y]]);
        return i % every ? [line] : [line, text(x(tick), y + 15, told(tick))];
      });
      behind.push(text((from + to) / 2, y + 32, "peak learning rate"));
      let says = "Peak rates, low to high";
      if (sweep && sweep.points.length > 1) {
        const { low, high, points } = sweep;
        const loss = linear([low, high], [y - 14, top + 14]);
        const inside = (value: number): boolean => loss(value) > top && loss(value) < y;
        says += `; behind them the loss of the range test, from ${told(high)} at the top to ${told(low)}`;
        for (const [rate, each] of points) if (inside(each)) behind.push(path("step", [[x(rate), loss(each)], [x(rate), loss(each)]]));
        behind.push(path("loss", points.filter((point) => inside(point[2])).map(([rate, , smooth]) => [x(rate), loss(smooth)])));
        behind.push(text(from, top + 11, `loss ${told(high)}`, "start"), text(from, y - 3, told(low), "start"));
      }
      suggestions.forEach(({ name, rate }, i) => {
        const [at, turned] = [x(rate), x(rate) > to - 90];
        behind.push(path("dots", [[at, i * MARK], [at, y]]));
        behind.push(text(at + (turned ? -4 : 4), (i + 1) * MARK - 4, `${name} ${told(rate)}`, turned ? "end" : "start"));
      });
      set(svg, { width, height: y + TICKS, "aria-label": says });
      svg.replaceChildren(...behind, path("dots", fan), ...marks);
      element.style.height = `${y + TICKS}px`;
    },
  };
}
