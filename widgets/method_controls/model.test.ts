import { describe, expect, test } from "vitest";
import { brief, moved, type NumberSetting, placeOf, places, same, told, valueAt, type WeightsSetting } from "./model";

const number = (more: Partial<NumberSetting> = {}): NumberSetting => {
  const plain = { name: "n", label: "n", says: "", while_training: true, kind: "number", unit: "" } as const;
  return { ...plain, low: 0, high: 2, default: 1, log: false, whole: false, ...more };
};
const LOG = number({ low: 0.001, high: 10, log: true });
const UNITS = number({ low: 8, high: 1024, default: 100, log: true, whole: true, unit: "units" });
const SHOTS = number({ low: 1, high: 10, whole: true });

describe("a place on the slider", () => {
  test("the ends are the ends, whatever the scale", () => {
    for (const setting of [number(), LOG, UNITS, SHOTS]) {
      expect([valueAt(setting, 0), valueAt(setting, places(setting))]).toEqual([setting.low, setting.high]);
      expect([placeOf(setting, setting.low), placeOf(setting, setting.high)]).toEqual([0, places(setting)]);
    }
  });

  test("every place leads back to itself where values are fine enough", () => {
    for (const setting of [number(), LOG, SHOTS])
      for (let place = 0; place <= places(setting); place++) expect(placeOf(setting, valueAt(setting, place))).toBe(place);
  });

  test("in the middle of a logarithmic slider stands the geometric mean", () => {
    expect(valueAt(LOG, places(LOG) / 2)).toBe(0.1);
  });

  test("few whole numbers have a place each", () => {
    expect([0, 1, 2, 9].map((place) => valueAt(SHOTS, place))).toEqual([1, 2, 3, 10]);
  });

  test("values have few digits", () => {
    expect(valueAt(number(), 33)).toBe(0.33);
    expect(valueAt(LOG, 101)).toBe(0.105);
  });

  test("a key leads on even where two places are one whole number", () => {
    let value = 8;
    for (let press = 0; press < 300; press++) {
      const next = valueAt(UNITS, Math.min(placeOf(UNITS, value) + 1, places(UNITS)), value);
      expect(next).toBeGreaterThan(value === 1024 ? 1023 : value);
      value = next;
    }
    expect(value).toBe(1024);
  });

  test("what lies outside is shown at the end", () => {
    expect([placeOf(number(), -1), placeOf(number(), 5)]).toEqual([0, 200]);
  });
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
  expect(told(UNITS, 100)).toBe("100 units");
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
