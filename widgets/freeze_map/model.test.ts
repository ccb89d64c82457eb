import { expect, test } from "vitest";
import * as model from "./model";

const block = (name: string, parameters: number, side: number | null, statistics = true): model.Block => ({
  name,
  colour: "#123456",
  parameters,
  side,
  shape: "",
  statistics,
});
const blocks = [block("stem", 900, 112), block("stage1", 9e4, 56), block("stage2", 1e6, 7), block("head", 2560, null, false)];

test.each([200, 500, 700, 1000])("at %d pixels all blocks lie within the width, apart, and large enough to hit", (width) => {
  const { places, height } = model.layout(blocks, width);
  places.forEach((place, i) => {
    expect(place.x + place.width).toBeLessThanOrEqual(width + 0.01);
    expect(Math.min(place.width, place.height)).toBeGreaterThanOrEqual(model.LEAST);
    expect(place.y + place.height).toBeLessThan(height);
    const before = places[i - 1];
    if (before && before.x < place.x) expect(before.x + before.width).toBeLessThan(place.x);
  });
});

test("a dozen blocks at 500 pixels stand in two rows", () => {
  const { places } = model.layout(Array.from({ length: 12 }, (_, i) => block(`stage${i}`, 1000, 28)), 500);
  expect(new Set(places.map(({ y }) => y)).size).toBe(2);
});

test("blocks are wide with many parameters and high with large maps", () => {
  const { places } = model.layout(blocks, 700);
  expect(places[2]!.width).toBeGreaterThan(places[0]!.width);
  expect(places[0]!.height).toBeGreaterThan(places[2]!.height);
});

test("a pointer between two blocks is at the nearer one", () => {
  const { places } = model.layout(blocks, 700);
  const middle = (i: number): [number, number] => [places[i]!.x + places[i]!.width / 2, places[i]!.y + 5];
  for (const i of [0, 1, 2, 3]) expect(model.blockAt(places, ...middle(i))).toBe(i);
  expect(model.blockAt(places, -50, 20)).toBe(0);
  expect(model.blockAt(places, 5000, 20)).toBe(3);
});

test("a click goes round the states that a block can have", () => {
  const round = (at: model.Block): model.BlockState[] => {
    const found: model.BlockState[] = ["frozen"];
    do found.push(model.next(found.at(-1)!, at));
    while (found.at(-1) !== "frozen");
    return found;
  };
  expect(round(blocks[0]!)).toEqual(["frozen", "trains", "fixed_statistics", "frozen"]);
  expect(round(blocks[3]!)).toEqual(["frozen", "trains", "frozen"]);
});

test("freezing up to a block leaves how the others train, and never takes the head", () => {
  const states: model.BlockState[] = ["trains", "frozen", "fixed_statistics", "trains"];
  expect(model.frozenUpTo(states, 0)).toEqual(["frozen", "trains", "fixed_statistics", "trains"]);
  expect(model.frozenUpTo(states, 3)).toEqual(["frozen", "frozen", "frozen", "trains"]);
});

test("painting gives a block without statistics the nearest state that it has", () => {
  const states: model.BlockState[] = ["frozen", "frozen", "frozen", "frozen"];
  expect(model.painted(states, 3, "fixed_statistics", blocks)[3]).toBe("trains");
  expect(model.painted(states, 1, "frozen", blocks)).toBe(states);
});

test("only what differs is told", () => {
  expect(model.changes(["frozen", "trains"], ["frozen", "frozen"], blocks)).toEqual({ stage1: "frozen" });
});

test("states are told in words", () => {
  expect(model.word("trains", 0)).toBe("trains");
  expect(model.word("fixed_statistics", 2)).toBe("fixed statistics from epoch 2");
  expect(model.word("trains", null)).toBe("frozen");
});

test("an arc begins and ends over its layers and stays in the picture", () => {
  const numbers = model.arc([0, 200], 46).match(/-?[\d.]+/g)!.map(Number);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(numbers.slice(0, 2)).toEqual([model.LAYER / 2, 46]);
});
