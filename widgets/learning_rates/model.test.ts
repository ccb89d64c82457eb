import { describe, expect, test } from "vitest";
import { handles } from "./handles";
import * as model from "./model";
import { written } from "./numbers";
import optimiser from "./optimiser.json";
import { rounded, share, type Shape, stalled } from "./schedules";

const shapes = (cases: { shape: object; shares: number[] }[]) =>
  cases.map(({ shape, shares }) => ({ shape: shape as Shape, shares, name: JSON.stringify(shape) }));
const close = (value: number, wanted: number): void =>
  expect(Math.abs(value - wanted)).toBeLessThanOrEqual(1e-7 * Math.max(Math.abs(wanted), 1e-3));

describe("the page's own model gives the optimiser's rates", () => {
  test.each(shapes(optimiser.shares))("in every step of $name", ({ shape, shares }) => {
    expect(shares).toHaveLength(shape.epochs * shape.perEpoch);
    shares.forEach((wanted, step) => close(share(shape)(step), wanted));
  });

  test.each(shapes(optimiser.stalls))("where nothing gets better: $name", ({ shape, shares }) => {
    const warmup = Math.round(shape.warmup * shape.perEpoch);
    shares.forEach((wanted, step) => step >= warmup && close(stalled(shape)(step / shape.perEpoch), wanted));
  });

  test.each(optimiser.fans)("of every group, from the step that it thaws on: $starts", (fan) => {
    const groups = fan.groups.map((name) => ({ name, colour: "#000" }));
    const rates = model.groupRates(fan.peaks as unknown as model.Peaks, groups);
    const own = model.ownTrace(rates, fan.shape as unknown as Shape, fan.starts, [...fan.rates.keys()]);
    fan.rates.forEach((step, at) =>
      step.forEach((wanted, i) => expect(own.rates[at * groups.length + i]).toBeCloseTo(wanted, 8)),
    );
    const real = { of: "", steps: own.steps, rates: new Float32Array(fan.rates.flat()) };
    expect(model.difference(real, own, groups)).toBe("");
    real.rates[4 * groups.length - 1]! *= 1.01;
    expect(model.difference(real, own, groups)).toContain("by up to 0.99 % (head, step 3)");
  });
});

test("halves are rounded to the even neighbour, as Python does", () => {
  expect([0.5, 1.5, 2.5, 3.5, 2.4, 2.6].map(rounded)).toEqual([0, 2, 2, 4, 2, 3]);
});

const GROUPS = ["stem", "stage1", "stage2", "head"].map((name) => ({ name, colour: "#123456" }));
const PEAKS: model.Peaks = { learning_rate: 0.01, rate_ratio: 0.1, layer_decay: 0.5, factors: {} };
const near = (values: number[]): number[] => values.map((value) => Number(value.toPrecision(6)));

describe("handles of the groups", () => {
  test("by one ratio, three have one: the head, the group below it, and the first", () => {
    expect(model.roles(4, false)).toEqual(["layer_decay", "follows", "rate_ratio", "learning_rate"]);
    expect(model.roles(2, false)).toEqual(["rate_ratio", "learning_rate"]);
    expect(model.roles(1, false)).toEqual(["learning_rate"]);
  });

  test("by hand, each has one of its own", () => {
    expect(model.roles(3, true)).toEqual(["own", "own", "learning_rate"]);
  });

  test("the head's moves all, and ratios stay", () => {
    const moved = model.withRate(PEAKS, GROUPS, 3, 0.02, "learning_rate");
    expect(near(model.groupRates(moved, GROUPS))).toEqual([0.0005, 0.001, 0.002, 0.02]);
  });

  test("the one below the head fans out the body", () => {
    const moved = model.withRate(PEAKS, GROUPS, 2, 0.004, "rate_ratio");
    expect(near(model.groupRates(moved, GROUPS))).toEqual([0.001, 0.002, 0.004, 0.01]);
  });

  test("the first one's spreads the groups between", () => {
    const moved = model.withRate(PEAKS, GROUPS, 0, 0.00001, "layer_decay");
    expect(near(model.groupRates(moved, GROUPS))).toEqual([0.00001, 0.0001, 0.001, 0.01]);
  });

  test("none goes above the group that it follows", () => {
    expect(model.withRate(PEAKS, GROUPS, 2, 1, "rate_ratio").rate_ratio).toBe(1);
    expect(model.withRate(PEAKS, GROUPS, 0, 1, "layer_decay").layer_decay).toBe(1);
  });

  test("by hand a group may have more than the head, and keeps its factor when the head moves", () => {
    const own = model.withRate(PEAKS, GROUPS, 1, 0.05, "own");
    expect(own.factors).toEqual({ stage1: 5 });
    expect(near(model.groupRates({ ...own, learning_rate: 0.02 }, GROUPS))[1]).toBe(0.1);
  });

  test("a head with a factor of its own lands where it was dropped", () => {
    const peaks = { ...PEAKS, factors: { head: 2 } };
    expect(model.groupRates(model.withRate(peaks, GROUPS, 3, 0.05, "learning_rate"), GROUPS)[3]).toBe(0.05);
  });
});

describe("handles of the schedules", () => {
  test.each(shapes(optimiser.shares))("stand within the run, and dropped where they stand they change nothing: $name", ({ shape }) => {
    for (const { option, x, y, from } of handles(shape)) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(shape.epochs);
      expect(y).toBeLessThanOrEqual(1);
      const value = option === "warmup_epochs" ? shape.warmup : shape.options[option]!;
      const grain = ["warmup_epochs", "every", "cycle", "rise"].includes(option) ? 1 / shape.perEpoch : 0.02; // a step
      if (x < shape.epochs) expect(Math.abs(from(x, y) - value)).toBeLessThanOrEqual(grain);
    }
  });

  test.each([
    ["cosine", ["warmup_epochs", "floor"]],
    ["step", ["warmup_epochs", "every", "factor"]],
    ["exponential", ["warmup_epochs", "factor"]],
    ["one_cycle", ["rise"]],
    ["triangular", ["warmup_epochs", "cycle", "floor"]],
    ["exp_range", ["warmup_epochs", "cycle", "floor", "factor"]],
    ["restarts", ["warmup_epochs", "cycle", "floor", "growth"]],
    ["polynomial", ["warmup_epochs", "power"]],
    ["plateau", ["warmup_epochs", "patience", "factor", "floor"]],
    ["constant", ["warmup_epochs"]],
  ])("%s has one for all that shows on the curve", (schedule, wanted) => {
    const { shape } = optimiser.shares.find(({ shape: one }) => one.schedule === schedule)!;
    expect(handles(shape as unknown as Shape).map(({ option }) => option)).toEqual(wanted);
  });
});

describe("the run's lines", () => {
  const shape: Shape = { schedule: "constant", options: {}, warmup: 0, epochs: 4, perEpoch: 5 };

  test("a line begins where its group thaws; one that never trains has none", () => {
    const trace = model.ownTrace([1, 2, 3], shape, [null, 2, 0], model.sampled(20));
    const found = model.lines(trace, 3, 5);
    expect(found.map(({ group, points }) => [group, points[0]![0]])).toEqual([[1, 2], [2, 0]]);
    expect(model.rateAt(found[0]!, 1)).toBeUndefined();
    expect(model.rateAt(found[0]!, 3)).toBe(2);
  });

  test("of many steps some are drawn, the last among them", () => {
    const steps = model.sampled(10_000);
    expect([steps.length, steps[0], steps.at(-1)]).toEqual([250, 0, 9999]);
    expect(model.sampled(3)).toEqual([0, 1, 2]);
  });

  test("lines that lie close share a name", () => {
    const ends = [{ y: 100, name: "stem" }, { y: 94, name: "stage1" }, { y: 40, name: "head" }];
    expect(model.labels(ends, 12)).toEqual([{ y: 40, text: "head" }, { y: 97, text: "stage1, stem" }]);
    const three = ["stem", "stage1", "stage2"].map((name, i) => ({ y: 90 - 5 * i, name }));
    expect(model.labels(three, 12)).toEqual([{ y: 85, text: "stem to stage2" }]);
  });

  test("names are written where the lowest line is still seen", () => {
    const line = { group: 0, points: Array.from({ length: 41 }, (_, i): [number, number] => [i / 10, 10 ** -i * 10]) };
    expect(model.labelAt([line], 4, 1e-30)).toBe(4 * 0.65);
    expect(model.labelAt([], 4, 1)).toBe(4 * 0.94);
  });
});

test("numbers are written as one would type them", () => {
  expect([0.003, 0.0009, 0.012345, 0.0000741188, 0, 1 / 3, 12].map(written)).toEqual(
    ["0.003", "9e-4", "0.012345", "7.41e-5", "0", "0.333", "12"],
  );
});
