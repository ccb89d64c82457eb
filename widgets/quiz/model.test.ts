import { expect, test } from "vitest";
import { along, inSteps, moved, pieces, placeAt } from "./model";

test("what stands in backquotes is code, and nothing else is anything but text", () => {
  expect(pieces("Is `a < b` or <b>`c`</b>?")).toEqual([
    { text: "Is ", code: false },
    { text: "a < b", code: true },
    { text: " or <b>", code: false },
    { text: "c", code: true },
    { text: "</b>?", code: false },
  ]);
  expect(pieces("one ` alone")).toEqual([{ text: "one ` alone", code: false }]);
  expect(pieces("two `` alone")).toEqual([{ text: "two `` alone", code: false }]);
  expect(pieces("")).toEqual([]);
});

test("an item goes to a place, and no further than the ends", () => {
  expect([moved([3, 1, 2], 3, 1), moved([3, 1, 2], 2, -1), moved([3, 1, 2], 3, Infinity), moved([3, 1, 2], 1, 1)]).toEqual([
    [1, 3, 2],
    [2, 3, 1],
    [1, 2, 3],
    [3, 1, 2],
  ]);
});

test("a hand's height means a place among the others", () => {
  expect([0, 25, 31, 500].map((y) => placeAt(y, [20, 30, 40]))).toEqual([0, 1, 2, 3]);
  expect(placeAt(5, [])).toBe(0);
});

test("a value lies along its scale, and at the end where it is beyond", () => {
  expect([0.5, 0.75, 1, 0, 7].map((value) => along(value, 0.5, 1))).toEqual([0, 50, 100, 0, 100]);
});

test("a guess has the decimals of its step", () => {
  expect([inSteps(0.7, 0.01), inSteps(0.5, 0.005), inSteps(1234, 2), inSteps(40, 0.1), inSteps(0.1 + 0.2, 0.1)]).toEqual([
    "0.70",
    "0.500",
    "1,234",
    "40.0",
    "0.3",
  ]);
  expect(inSteps(3e-7, 1e-7)).toBe("0.0000003");
});
