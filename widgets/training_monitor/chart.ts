// Loss, what a method measures, score and rates over one axis of steps, as SVG. The numbers come from model.ts; this only draws.
import { h, s } from "../shared/dom";
import { type Scale, linear, log, told } from "../shared/scale";
import * as model from "./model";

const LEFT = 52;
const ROW = 16; // of marks' words
const ROWS = 3;
const GAP = 26;
const BOTTOM = 42;
const HEIGHTS = { loss: 150, measured: 110, score: 130, rates: 100 };

export interface Shown {
  run: model.Run;
  about: model.About;
  state: model.State;
  ghosts: model.Ghost[];
  expected: [epoch: number, score: number][];
}

type Point = [x: number, y: number];

export function makeChart() {
  const element = h("div", { class: "tlnb-chart" });
  let x: Scale;
  let score: Scale | undefined;
  let per = 1; // steps of an epoch
  let scoreTop = 0;

  return {
    element,
    /** What a place in the picture means for the score: epoch and score; undefined outside of it. */
    at(left: number, top: number): [epoch: number, score: number] | undefined {
      if (!score || top < scoreTop - 12 || top > scoreTop + HEIGHTS.score + 12) return undefined;
      return [x.invert(left) / per, score.invert(top)];
    },
    draw(shown: Shown, width: number): void {
      const { run, about, state } = shown;
      const right = width - Math.min(130, Math.max(100, width * 0.17));
      x = linear([0, state.steps], [LEFT, right]);
      per = state.steps / state.epochs;
      const marks = model.placeMarks(run.marks, x, [LEFT, width], ROWS);
      const highest = Math.max(0.1, ...run.bins.map((bin) => bin[1]), ...run.epochs.map((epoch) => epoch[3] ?? 0));
      const rates = model.rateDomain(run.bins);
      const drawn: Node[] = [];
      let top = 22 + ROW * (1 + Math.max(-1, ...marks.map((mark) => mark.row)));
      const first = top;
      const panel = (title: string, kind: keyof typeof HEIGHTS, make: (range: Point) => Scale, draw: (y: Scale, end: End) => Node[], powers = false): void => {
        const low = top + HEIGHTS[kind];
        const y = make([low, top]);
        const labels: (model.Label & { x: number })[] = [];
        drawn.push(text(LEFT, top - 7, title, "panel"));
        for (const tick of powers ? model.rateTicks(rates) : y.ticks(4)) {
          if (y(tick) < top - 1 || y(tick) > low + 1) continue;
          drawn.push(draft(`M${LEFT} ${round(y(tick))}H${right}`, "grid"));
          drawn.push(text(LEFT - 6, y(tick) + 4, powers ? tick.toExponential(0).replace("-", "−") : told(tick), "tick", "end"));
        }
        const epochs = model.numbered(state.epochs, right - LEFT, 8);
        drawn.push(draft(epochs.map((epoch) => `M${round(x(epoch * per))} ${top}V${low}`).join(""), "epoch"));
        drawn.push(...draw(y, (left, value, said) => labels.push({ x: Math.min(right, left), y: y(value) + 4, text: said })));
        drawn.push(...model.apart(labels, 14, top + 8, low + 2).map((label) => text(label.x + 6, label.y, label.text, "end")));
        top = low + GAP;
      };
      panel("loss (nats); the band is its noise", "loss", (range) => linear([0, highest * 1.05], range), (y, end) => loss(run, x, y, end));
      if (about.measured) {
        const [title, level, name] = about.measured;
        const domain = model.measuredDomain(run.measured, level);
        panel(title, "measured", (range) => linear(domain, range), (y, end) => drawMeasured(run, x, y, right, end, level, name));
      }
      scoreTop = top;
      const scores = (range: Point): Scale => (score = linear(model.scoreDomain(allScores(shown), about.chance), range));
      panel(`${about.metric} on validation images`, "score", scores, (y, end) => drawScores(shown, x, y, per, right, end));
      panel("learning rate", "rates", (range) => log(rates, range), (y, end) => drawRates(shown, x, y, rates[0], end), true);
      top -= GAP;
      for (const tick of x.ticks((right - LEFT) / 70)) if (Number.isInteger(tick)) drawn.push(text(x(tick), top + 19, told(tick), "tick", "middle"));
      const epochs = model.numbered(state.epochs, right - LEFT);
      const middle = epochs[0] === 1 ? 0.5 : 0; // where each has its number it stands within it, else at its end
      for (const epoch of epochs) drawn.push(text(x((epoch - middle) * per), top + 35, String(epoch), "tick", "middle"));
      drawn.push(text(LEFT - 12, top + 19, "step", "tick", "end"), text(LEFT - 12, top + 35, "epoch", "tick", "end"));
      for (const { x: at, row, end, text: said, action } of marks) {
        drawn.push(draft(`M${round(at)} ${row < 0 ? first : row * ROW + 4}V${top}`, "mark"));
        if (row >= 0) drawn.push(text(at + (end ? -4 : 4), row * ROW + 13, `${model.SYMBOLS[action]} ${said}`, "end", end ? "end" : "start"));
      }
      element.replaceChildren(s("svg", { width, height: top + BOTTOM, role: "img", "aria-label": words(shown) }, ...drawn));
    },
  };
}

/** Writes a name at the end of a line. */
type End = (left: number, value: number, text: string) => void;

function words({ run, about, state }: Shown): string {
  const last = model.scored(run.epochs).at(-1);
  const score = last ? `; ${about.metric} ${told(last[1])} after epoch ${last[0]}` : "";
  const now = run.measured.at(-1);
  const measured = about.measured && now ? `; ${about.measured[0]} ${told(now[2])}` : "";
  return `Curves over ${state.steps} steps. ${run.line}${measured}${score}. ${run.marks.map((mark) => mark[2]).join(", ")}`;
}

function allScores({ run, about, ghosts, expected }: Shown): number[] {
  const all = [...model.scored(run.epochs), ...expected, ...ghosts.flatMap((ghost) => ghost.scores)].map((one) => one[1]);
  return about.baseline === null ? all : [...all, about.baseline];
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function text(x: number, y: number, said: string, name: string, anchor = "start"): Node {
  return s("text", { x: round(x), y: round(y), class: `tlnb-${name}`, "text-anchor": anchor }, said);
}

function draft(d: string, name: string, stroke?: string): Node {
  return s("path", { d, class: `tlnb-${name}`, stroke });
}

function line(points: Point[], name: string, stroke?: string): Node {
  return draft(points.map(([x, y], i) => `${i ? "L" : "M"}${round(x)} ${round(y)}`).join(""), `line tlnb-${name}`, stroke);
}

function dots(points: Point[]): Node[] {
  return points.map(([cx, cy]) => s("circle", { cx: round(cx), cy: round(cy), r: 3.2, class: "tlnb-dot" }));
}

function loss(run: model.Run, x: Scale, y: Scale, end: End): Node[] {
  const { bins } = run;
  const last = bins.at(-1);
  if (!last) return [];
  const xs = bins.map((_, i) => x(model.endOf(run, i)));
  const at = (value: (bin: model.Bin) => number): Point[] => bins.map((bin, i) => [xs[i]!, y(Math.max(0, value(bin)))]);
  const band = [...at((bin) => bin[2] + bin[3]), ...at((bin) => bin[2] - bin[3]).reverse()];
  const valid = run.epochs.filter((epoch) => epoch[3] !== null).map(([, step, , value]): Point => [step, value!]);
  const points = valid.map(([step, value]): Point => [x(step), y(value)]);
  end(xs.at(-1)!, last[2], "training");
  if (valid.length) end(points.at(-1)![0], valid.at(-1)![1], "validation");
  return [line(band, "band"), spikes(bins, xs, y), line(at((bin) => bin[2]), "train"), line(points, "valid"), ...dots(points)];
}

/** From the least to the greatest value of each bin. */
function spikes(bins: [low: number, high: number, ...unknown[]][], xs: number[], y: Scale): Node {
  return draft(bins.map(([low, high], i) => `M${round(xs[i]!)} ${round(y(high) - 0.7)}V${round(y(low) + 0.7)}`).join(""), "spikes");
}

/** A value to compare with, across the panel, with its name at the end. */
function levelled(value: number, y: Scale, right: number, end: End, name: string): Node {
  end(right, value, name);
  return line([[LEFT, y(value)], [right, y(value)]], "baseline");
}

function drawMeasured(run: model.Run, x: Scale, y: Scale, right: number, end: End, level: number | null, name: string): Node[] {
  const xs = run.measured.map((_, i) => x(model.endOf(run, i)));
  const drawn = [spikes(run.measured, xs, y), line(run.measured.map((bin, i): Point => [xs[i]!, y(bin[2])]), "train")];
  if (level !== null) drawn.push(levelled(level, y, right, end, name));
  const last = run.measured.at(-1);
  if (last) end(xs.at(-1)!, last[2], told(last[2]));
  return drawn;
}

function drawScores({ run, about, ghosts, expected }: Shown, x: Scale, y: Scale, per: number, right: number, end: End): Node[] {
  const drawn: Node[] = [];
  const curve = (scores: Point[], each: number, name: string, said: (last: string) => string): Point[] => {
    const points = scores.map(([epoch, score]): Point => [x(epoch * each), y(score)]);
    if (points.length) {
      drawn.push(line(points, name));
      end(points.at(-1)![0], scores.at(-1)![1], said(scores.at(-1)![1].toFixed(3)));
    }
    return points;
  };
  for (const ghost of ghosts) curve(ghost.scores, ghost.per_epoch, "ghost", (last) => `run ${ghost.number}: ${last}`);
  if (about.baseline !== null) drawn.push(levelled(about.baseline, y, right, end, `to beat: ${about.baseline.toFixed(3)}`));
  for (const [left, height] of curve(expected, per, "expected", () => "expected"))
    drawn.push(draft(`M${round(left)} ${round(height) - 5}l5 5l-5 5l-5 -5z`, "diamond"));
  drawn.push(...dots(curve(model.scored(run.epochs), per, "valid", (last) => last)));
  return drawn;
}

function drawRates({ run, about }: Shown, x: Scale, y: Scale, lowest: number, end: End): Node[] {
  const drawn: Node[] = [];
  about.groups.forEach(([, colour], group) => {
    const pieces: Point[][] = [[]];
    run.bins.forEach((bin, i) => {
      const rate = bin[4 + group];
      const at = x(model.endOf(run, i));
      // A first point a little before it: one step alone is seen too.
      if (rate) pieces.at(-1)!.push([pieces.at(-1)!.length ? at : at - 2, y(Math.max(rate, lowest))]);
      else pieces.push([]);
    });
    for (const piece of pieces) if (piece.length) drawn.push(line(piece, "halo"), line(piece, "rate", colour));
  });
  for (const { rate, text: said, bin } of model.rateLabels(run, about.groups)) end(x(model.endOf(run, bin)), Math.max(rate, lowest), said);
  return drawn;
}
