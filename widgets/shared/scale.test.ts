import { expect, test } from "vitest";
import { bytes, clamp, linear, log, seconds, told } from "./scale";

test("scales go there and back", () => {
  for (const scale of [linear([2, 12], [0, 100]), log([1e-5, 1], [300, 20])]) {
    for (const value of [2e-4 + 2, 2.5]) expect(scale.invert(scale(value))).toBeCloseTo(value, 9);
  }
});

test("ticks are round numbers within the domain", () => {
  expect(linear([0, 10], [0, 1]).ticks(5)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(linear([0.61, 0.93], [0, 1]).ticks(4)).toEqual([0.7, 0.8, 0.9]);
  expect(log([1e-5, 0.1], [0, 1]).ticks().map((tick) => Math.log10(tick))).toEqual([-5, -4, -3, -2, -1]);
});

test("a domain of one value has a place", () => {
  expect(Number.isFinite(linear([3, 3], [0, 10])(3))).toBe(true);
});

test("numbers are told in few digits", () => {
  expect([0.003, 1.5e-5, 12345, 3.4e6, 0].map(told)).toEqual(["0.003", "1.5e-5", "12,345", "3.4 million", "0"]);
  expect([bytes(999), bytes(14_200_000), seconds(0.25), seconds(12.34), seconds(600)]).toEqual([
    "999 B",
    "14.2 MB",
    "250 ms",
    "12 s",
    "10 min",
  ]);
});

test("clamp keeps within", () => {
  expect([clamp(-1, 0, 1), clamp(0.5, 0, 1), clamp(2, 0, 1)]).toEqual([0, 0.5, 1]);
});
