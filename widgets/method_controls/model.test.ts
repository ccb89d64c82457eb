import { describe, expect, test } from "vitest";
import { brief, moved, type NumberSetting, placeByKey, placeOf, same, told, unitOf, type WeightsSetting } from "./model";

const number = (stops: number[], more: Partial<NumberSetting> = {}): NumberSetting => {
  const plain = { name: "n", label: "n", says: "", while_training: true, kind: "number", unit: "", one: "" } as const;
  return { ...plain, low: 0, high: 1000, default: 1, stops, ...more };
};
const WEIGHT = number([0, 0.1, 0.2, 0.5, 1, 2, 5, 10]);
const TURNS = number([1, 2, 3, 4], { unit: "steps", one: "step" });

describe("a place on the slider", () => {
  test("every place leads back to itself", () => {
    for (const setting of [WEIGHT, TURNS]) expect(setting.stops.map((stop) => placeOf(setting, stop))).toEqual([...setting.stops.keys()]);
  });

  test("what lies between two stops stands at the nearer one", () => {
    expect([0.11, 0.6, 0.9, 7, 8].map((value) => placeOf(WEIGHT, value))).toEqual([1, 3, 4, 6, 7]);
  });

  test("what lies beyond stands at the end", () => {
    expect([-1, 250].map((value) => placeOf(WEIGHT, value))).toEqual([0, 7]);
    expect([0, 20].map((value) => placeOf(TURNS, value))).toEqual([0, 3]);
  });

  test("only 0 stands at 0", () => {
    expect([0, 1e-9, 0.01].map((value) => placeOf(WEIGHT, value))).toEqual([0, 1, 1]);
  });
});

describe("a key", () => {
  const many = number(Array.from({ length: 62 }, (_, place) => place));
  const leads = (setting: NumberSetting, value: number, key: string): number | undefined => {
    const place = placeByKey(setting, value, key);
    return place === undefined ? undefined : setting.stops[place];
  };

  test("an arrow leads to the next stop, also from between two", () => {
    expect([leads(WEIGHT, 1, "ArrowRight"), leads(WEIGHT, 1, "ArrowDown")]).toEqual([2, 0.5]);
    expect([leads(WEIGHT, 0.6, "ArrowUp"), leads(WEIGHT, 0.6, "ArrowLeft")]).toEqual([1, 0.5]);
    expect([leads(WEIGHT, 0.1, "ArrowLeft"), leads(WEIGHT, 0.01, "ArrowRight")]).toEqual([0, 0.1]);
  });

  test("a page key is a large step, and never the same as an arrow's", () => {
    expect([leads(many, 30, "PageUp"), leads(many, 30, "PageDown"), leads(many, 30.5, "PageUp")]).toEqual([36, 24, 36]);
    expect([leads(many, 59, "PageUp"), leads(many, 2, "PageDown")]).toEqual([61, 0]);
    expect(leads(TURNS, 1, "PageUp")).toBe(3);
  });

  test("from beyond the slider a key leads back to its end, and never further on", () => {
    for (const key of ["ArrowLeft", "End"]) expect(leads(WEIGHT, 250, key)).toBe(10);
    for (const key of ["ArrowRight", "PageUp"]) expect(leads(WEIGHT, 250, key)).toBeUndefined();
    expect([leads(WEIGHT, 0, "ArrowLeft"), leads(WEIGHT, 250, "Home")]).toEqual([undefined, 0]);
  });

  test("another key is another's", () => {
    expect(leads(WEIGHT, 1, "Tab")).toBeUndefined();
  });
});

test("one has its own unit", () => {
  expect([1, 2].map((value) => told(TURNS, value))).toEqual(["1 step", "2 steps"]);
  expect([1, 2].map((value) => unitOf(number([1, 2], { unit: "px" }), value))).toEqual(["px", "px"]);
  expect(told(WEIGHT, 1)).toBe("1");
});

describe("shares of a whole", () => {
  test("one is moved, the others keep their proportion, and the sum is 1", () => {
    expect(moved([0.5, 0.25, 0.25], 0, 0.2)).toEqual([0.2, 0.4, 0.4]);
    for (const to of [0, 0.01, 0.3, 0.999, 1]) {
      const after = moved([0.2, 0.5, 0.3], 1, to);
      expect(after.reduce((sum, share) => sum + share)).toBeCloseTo(1, 12);
      expect(after[1]).toBe(to);
      if (to < 1) expect(after[0]! / after[2]!).toBeCloseTo(2 / 3, 9);
    }
  });

  test("where all others are nothing they get equal parts of the rest", () => {
    expect(moved([1, 0, 0], 0, 0.5)).toEqual([0.5, 0.25, 0.25]);
    expect(moved([0, 1], 1, 0.25)).toEqual([0.75, 0.25]);
  });
});

test("values are told in words", () => {
  const kernels = { kind: "weights", parts: ["narrow", "wide"] } as WeightsSetting;
  expect(told(TURNS, 3)).toBe("3 steps");
  expect(told({ kind: "switch" } as never, true)).toBe("on");
  expect(told({ kind: "choice" } as never, "cosine")).toBe("cosine");
  expect(told(kernels, [1 / 3, 2 / 3])).toBe("narrow 33.3 %, wide 66.7 %");
  expect([0.123456, 100, 2e-5, 0].map(brief)).toEqual(["0.1235", "100", "2e-5", "0"]);
});

test("shares that differ by rounding alone are the same", () => {
  expect(same([0.1 + 0.2, 0.7], [0.3, 0.7])).toBe(true);
  expect(same([0.3, 0.7], [0.31, 0.69])).toBe(false);
  expect([same(1, 1), same(true, false), same("a", "a")]).toEqual([true, false, true]);
});
