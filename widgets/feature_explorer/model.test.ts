import { expect, test } from "vitest";
import * as model from "./model";

test("maps stand beside each other as the width has room, at least one", () => {
  expect([model.columns(400, 66, 64), model.columns(400, 66, 3), model.columns(20, 66, 64)]).toEqual([6, 3, 1]);
});

test("a place of the map lies under each pixel, the edges included", () => {
  expect(model.placeAt(0, 0, 8, 4)).toEqual([0, 0]);
  expect(model.placeAt(0.99, 0.5, 8, 4)).toEqual([4, 3]);
  expect(model.placeAt(1, 1.2, 8, 4)).toEqual([7, 3]);
  expect(model.placeAt(-0.1, 0, 8, 4)).toEqual([0, 0]);
});

test("what a place sees is read from the boxes of all places, and told", () => {
  const boxes = Int16Array.from([0, 3, 0, 4, 5, 9, 2, 7, 0, -1, 0, -1]);
  expect(model.fieldOf(boxes, 2, 0, 1)).toEqual([5, 9, 2, 7]);
  expect(model.fieldOf(boxes, 2, 1, 0)).toBeUndefined(); // it sees nothing
  expect(model.fieldOf(boxes, 2, 3, 0)).toBeUndefined(); // there is no such place
  expect(model.fieldTold([5, 9, 2, 7], 0, 1)).toBe("Row 1, column 2 sees 5 × 6 pixels: rows 5 to 9, columns 2 to 7.");
});

test("shades grow lighter, so that they tell without colour", () => {
  const light = (shade: number): number => [0.299, 0.587, 0.114].reduce((sum, part, c) => sum + part * model.SHADES[shade * 3 + c]!, 0);
  for (let shade = 1; shade < 256; shade++) expect(light(shade)).toBeGreaterThanOrEqual(light(shade - 1) - 1);
  expect([...model.coloured(Uint8Array.of(0, 255))]).toEqual([0, 0, 4, 255, 252, 253, 191, 255]);
});

test("grey and coloured bytes become pixels", () => {
  expect([...model.opaque(Uint8Array.of(7, 9), 1)]).toEqual([7, 7, 7, 255, 9, 9, 9, 255]);
  expect([...model.opaque(Uint8Array.of(1, 2, 3), 3)]).toEqual([1, 2, 3, 255]);
});

test("a brush covers a disc, uncovers it, and stays within the picture", () => {
  const none: model.Mask = Array(model.SIDE ** 2).fill(false);
  const one = model.painted(none, 0, 0, 1, true);
  expect(one.map((covered, i) => (covered ? i : -1)).filter((i) => i >= 0)).toEqual([0, 1, model.SIDE]);
  expect(model.painted(one, 0, 0, 1, false)).toEqual(none);
  expect(model.asText(one).slice(0, 3)).toBe("110");
});

const square = Float32Array.from([0, 0, 2, 0, 2, 2, 0, 2]);

test("all points of all sets are seen, the larger value above", () => {
  const sight = model.fitted(square, 232, 132);
  expect(sight.scale).toBe(50);
  expect([...model.placed(square, 1, 1, sight)]).toEqual([66, 116, 166, 116, 166, 16, 66, 16]);
});

test("points without extent are in the middle", () => {
  const sight = model.fitted(Float32Array.from([3, 3, 3, 3]), 200, 100);
  expect([...model.placed(Float32Array.from([3, 3]), 1, 1, sight)]).toEqual([100, 50]);
});

test("points go from the first set to the last", () => {
  const both = Float32Array.from([0, 0, 10, 4]);
  const sight = { scale: 1, left: 0, top: 0 };
  expect([...model.placed(both, 2, 0, sight)]).toEqual([0, 0]);
  expect([...model.placed(both, 2, 0.5, sight)]).toEqual([5, -2]);
  expect([...model.placed(both, 2, 1, sight)]).toEqual([10, -4]);
});

test("coming nearer leaves the point under the pointer where it is", () => {
  const sight = model.fitted(square, 232, 132);
  const near = model.zoomed(sight, 3, 166, 16);
  expect([...model.placed(square, 1, 1, near)].slice(4, 6)).toEqual([166, 16]);
  expect(near.scale).toBe(150);
});

test("the nearest point is meant, and none that is far", () => {
  const pixels = Float32Array.from([10, 10, 20, 10]);
  expect([model.nearest(pixels, 14, 10), model.nearest(pixels, 17, 10), model.nearest(pixels, 50, 50)]).toEqual([0, 1, undefined]);
});

test("a lasso catches what lies within, hollows left out", () => {
  const pixels = Float32Array.from([5, 5, 5, 15, 15, 15, 50, 50]);
  expect(model.within(pixels, [[0, 0], [20, 0], [20, 20], [0, 20]])).toEqual([0, 1, 2]);
  expect(model.within(pixels, [[0, 0], [20, 0], [20, 20], [10, 20], [10, 10], [0, 10]])).toEqual([0, 2]);
  expect(model.within(pixels, [])).toEqual([]);
});

test("values differ in colour and in shape", () => {
  const looks = Array.from({ length: model.LOOKS }, (_, i) => JSON.stringify(model.lookOf(i)));
  expect(new Set(looks).size).toBe(model.LOOKS);
  expect(model.lookOf(0).shape).not.toBe(model.lookOf(1).shape);
});

test("arrows have a direction, other keys have none, and the host's keys are its own", () => {
  const key = (key: string, more = {}): KeyboardEvent => new KeyboardEvent("keydown", { key, ...more });
  expect([model.arrow(key("ArrowUp")), model.arrow(key("ArrowRight")), model.arrow(key("Enter"))]).toEqual([[-1, 0], [0, 1], undefined]);
  expect([model.held(key("a")), model.held(key("a", { metaKey: true }))]).toEqual([false, true]);
});
