import { describe, expect, it } from "vitest";
import * as model from "./model";

const bin = (loss: number, ...rates: (number | null)[]): model.Bin => [loss, loss, loss, 0, ...rates];
const epoch = (number: number, score: number | null = 0.5): model.Epoch => [number, number * 10, 0.5, 0.6, score];

describe("taking in what is new of a run", () => {
  it("appends, and lets the last bin change", () => {
    let run = model.take(model.noRun(), { run: 1, fresh: true, bins_at: 0, bins: [bin(1), bin(2)], step: 2 });
    run = model.take(run, { run: 1, bins_at: 1, bins: [bin(3), bin(4)], step: 4 });
    expect(run.bins.map((one) => one[0])).toEqual([1, 3, 4]);
    expect(run.step).toBe(4);
  });

  it("begins anew with a fresh piece, and with another run", () => {
    const run = model.take(model.noRun(), { run: 1, fresh: true, bins_at: 0, bins: [bin(1)], line: "step 1" });
    expect(model.take(run, { run: 1, fresh: true }).bins).toEqual([]);
    expect(model.take(run, { run: 2, step: 1 })).toMatchObject({ number: 2, line: "", bins: [] });
  });

  it("leaves out what does not follow on what is here, as a view does that came between two pieces", () => {
    const run = model.take(model.noRun(1), { run: 1, bins_at: 5, bins: [bin(1)] });
    expect(run.bins).toEqual([]);
  });

  it("keeps each epoch once", () => {
    const run = model.take(model.noRun(1), { run: 1, epochs: [epoch(1), epoch(2)] });
    expect(model.take(run, { run: 1, epochs: [epoch(2), epoch(3)] }).epochs.map((one) => one[0])).toEqual([1, 2, 3]);
  });
});

it("what a method measures is taken in as the losses are, and its axis holds all of it, the level and 0", () => {
  let run = model.take(model.noRun(), { run: 1, fresh: true, measured_at: 0, measured: [[1, 2, 1.5]] });
  run = model.take(run, { run: 1, measured_at: 0, measured: [[1, 3, 2], [-1, 0, -0.5]] });
  expect(run.measured).toEqual([[1, 3, 2], [-1, 0, -0.5]]);
  expect(model.measuredDomain(run.measured, 4)[0]).toBe(-1);
  expect(model.measuredDomain(run.measured, 4)[1]).toBeGreaterThan(4);
  expect(model.measuredDomain([], null)).toEqual([0, 1]);
});

it("a bin stands at its last step, also the last one that is not full, and in a run that was resumed", () => {
  const run = { ...model.noRun(), first: 100, width: 4, step: 106, bins: [bin(1), bin(2)] };
  expect([0, 1].map((i) => model.endOf(run, i))).toEqual([104, 106]);
});

it("scores that there are not are left out", () => {
  expect(model.scored([epoch(1, null), epoch(2, 0.7)])).toEqual([[2, 0.7]]);
});

it("the axis of the score holds all scores and chance", () => {
  const [low, high] = model.scoreDomain([0.7, 0.98], 0.5);
  expect(low).toBeLessThan(0.5);
  expect(high).toBeGreaterThan(0.98);
});

it("the axis of the rates holds all rates above a ten-thousandth of the highest", () => {
  const [low, high] = model.rateDomain([bin(1, null, 1e-3), bin(1, 1e-12, 1e-2)]);
  expect(high).toBeGreaterThan(1e-2);
  expect(low).toBeLessThan(1e-6);
  expect(low).toBeGreaterThan(1e-7);
});

it("an axis of rates has several numbers, however short it is", () => {
  expect(model.rateTicks([7e-4, 4.5e-3])).toEqual([0.001, 0.002]);
  expect(model.rateTicks([1e-6, 1e-2]).length).toBe(5);
});

it("labels at the ends of lines keep their order and a gap, and stay inside", () => {
  const labels = [10, 11, 12, 96].map((y) => ({ y, text: String(y) }));
  const placed = model.apart(labels, 14, 0, 100);
  expect(placed.map((one) => one.text)).toEqual(["10", "11", "12", "96"]);
  placed.slice(1).forEach((label, i) => expect(label.y - placed[i]!.y).toBeGreaterThanOrEqual(14));
  expect(placed.at(-1)!.y).toBeLessThanOrEqual(100);
});

describe("the words of marks", () => {
  const x = (step: number): number => step;
  const mark = (step: number, text: string): model.Mark => [step, "thaw", text, true];

  it("stand in rows of their own where they would cover each other", () => {
    const placed = model.placeMarks([mark(10, "thaw stage4"), mark(20, "thaw stage3"), mark(300, "thaw stem")], x, [0, 500], 3);
    expect(placed.map((one) => one.row)).toEqual([0, 1, 0]);
  });

  it("stand left of a mark near the right edge", () => {
    expect(model.placeMarks([mark(480, "thaw stage4")], x, [0, 500], 3)[0]!.end).toBe(true);
  });

  it("are left out where there is no room, and their line stays", () => {
    const many = Array.from({ length: 6 }, (_, i) => mark(100 + i, "thaw stage4"));
    expect(model.placeMarks(many, x, [0, 500], 3).map((one) => one.row)).toEqual([0, 1, 2, -1, -1, -1]);
  });
});

it("groups that end at one rate share a label, and a frozen one keeps its last", () => {
  const run = { ...model.noRun(), bins: [bin(1, 5e-4, 1e-3, 1e-3), bin(1, null, 1e-3, 1e-3)] };
  const labels = model.rateLabels(run, [["stem", ""], ["stage1", ""], ["head", ""]]);
  expect(labels.map(({ text, bin: at }) => [text, at])).toEqual([["stem", 0], ["stage1 – head", 1]]);
});

it("epochs are numbered as far as there is room", () => {
  expect(model.numbered(5, 400)).toEqual([1, 2, 3, 4, 5]);
  expect(model.numbered(400, 400).length).toBeLessThanOrEqual(16);
  expect(model.numbered(400, 400)[0]).toBeGreaterThan(1);
});

it("an update ratio has a place and a word", () => {
  expect(model.ratioPlace(1e-3)).toBeCloseTo(66.7, 1);
  expect([0, 5e-5, 1e-3, 5e-2, 0.5].map(model.ratioWord)).toEqual(["does nothing", "small", "usual", "large", "very large"]);
});

it("what can be pressed follows the run", () => {
  expect(model.possible("ready")).toMatchObject({ start: true, pause: false, step: false, goOn: false });
  expect(model.possible("running")).toMatchObject({ start: true, pause: true, step: true, goOn: false });
  expect(model.possible("paused")).toMatchObject({ pause: false, step: true, goOn: true });
  expect(model.possible("stopping").start).toBe(false);
});

it("a pointer draws the point that is next to it, between 0 and 1", () => {
  expect(model.drawnAt([1, 5, 10], 6.2, 0.777)).toEqual([5, 0.78]);
  expect(model.drawnAt([1, 5, 10], 40, 1.4)).toEqual([10, 1]);
  expect(model.drawnAt([], 1, 0.5)).toBeUndefined();
});
