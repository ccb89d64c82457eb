import { expect, test } from "vitest";
import * as model from "./model";

const mixes = (name: string): boolean => ["mixup", "cutmix"].includes(name);
const NAMES = ["crop", "flip", "blur", "mixup", "cutmix"];

test("a step moves among its own kind only: what mixes images stays last", () => {
  expect(model.movedTo(NAMES, "crop", 1, mixes)).toEqual(["flip", "crop", "blur", "mixup", "cutmix"]);
  expect(model.movedTo(NAMES, "crop", 4, mixes)).toEqual(["flip", "blur", "crop", "mixup", "cutmix"]);
  expect(model.movedTo(NAMES, "cutmix", 0, mixes)).toEqual(["crop", "flip", "blur", "cutmix", "mixup"]);
  expect(model.movedTo(NAMES, "crop", -1, mixes)).toEqual(NAMES);
  expect(model.movedTo(["mixup"], "mixup", 5, mixes)).toEqual(["mixup"]);
});

test("a row that is dragged stands below as many as have their middle above it", () => {
  expect([0, 25, 61, 200].map((y) => model.placeAt([20, 60, 100], y))).toEqual([0, 1, 2, 3]);
});

test("tiles stand in as many columns as are wide enough", () => {
  expect([320, 500, 700, 900].map((width) => model.columns(width, 12))).toEqual([2, 3, 4, 6]);
  expect(model.columns(900, 2)).toBe(2);
});

test("the wipe stays on the picture, by pointer and by key", () => {
  expect([-20, 80, 500].map((x) => model.wipeAt(x, 320))).toEqual([0, 25, 100]);
  expect(["ArrowLeft", "ArrowUp", "PageUp", "Home", "End"].map((key) => model.wipeKey(50, key))).toEqual([45, 55, 75, 0, 100]);
  expect([model.wipeKey(2, "ArrowLeft"), model.wipeKey(50, "a")]).toEqual([0, undefined]);
});

test("keys go from tile to tile and not beyond the last", () => {
  expect(["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "End"].map((key) => model.tileKey(5, key, 4, 12))).toEqual([6, 9, 4, 1, 11]);
  expect([model.tileKey(0, "ArrowUp", 4, 12), model.tileKey(11, "ArrowDown", 4, 12), model.tileKey(0, "x", 4, 12)]).toEqual([0, 11, undefined]);
});

test("the nearest frame of the strip", () => {
  expect([0, 0.33, 0.95].map((strength) => model.nearest([0, 0.2, 0.4, 0.6, 0.8, 1], strength))).toEqual([0, 2, 5]);
});

test("labels, confidence and cost in words", () => {
  expect(model.labelWords([[1, 1]], ["cat", "dog"])).toBe("dog");
  expect(model.labelWords([[1, 0.7], [0, 0.3]], ["cat", "dog"])).toBe("70 % dog, 30 % cat");
  expect([0.912, 1, 0].map(model.short)).toEqual([".91", "1.00", ".00"]);
  expect(model.tileWords(2, [[0, 1]], ["cat"], 0.38, 0.91)).toBe("Image 3: cat; the model is .38 sure, .91 untouched");
  expect(model.tileWords(2, [[0, 1]], ["cat"])).toBe("Image 3: cat");
  expect(model.costWords(1.234, 1968)).toBe("Augmenting takes 1.2 ms an image here: 2.4 s for an epoch of 1,968.");
  expect(model.costWords(0.05, 48)).toBe("Augmenting takes 0.05 ms an image here: 2 ms for an epoch of 48.");
});
