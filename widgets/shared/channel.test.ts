import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Channel } from "./channel";
import { FakeHost } from "./fake_host";

let host: FakeHost;
let heard: [unknown, boolean][];
let answers: boolean[];
let channel: Channel<unknown>;

beforeEach(() => {
  vi.useFakeTimers();
  host = new FakeHost();
  heard = [];
  answers = [];
  channel = new Channel(host, {
    state: (state, settled) => heard.push([state, settled]),
    answering: (one) => answers.push(one),
  });
});

afterEach(() => {
  channel.close();
  vi.useRealTimers();
});

test("it says that it is ready, and when it goes", () => {
  expect(host.sent).toMatchObject([{ kind: "ready" }]);
  channel.close();
  expect(host.sent.at(-1)).toMatchObject({ kind: "gone", view: host.sent[0].view });
});

test("of two hundred moves in a second, twenty are sent, and the last one that commits", () => {
  for (let move = 0; move < 200; move++) {
    channel.do("move", { to: move }, false);
    vi.advanceTimersByTime(5);
  }
  channel.do("move", { to: 200 }, true);
  const actions = host.actions();
  expect(actions.length).toBeGreaterThan(15);
  expect(actions.length).toBeLessThanOrEqual(22);
  expect(actions.at(-1)).toMatchObject({ fields: { to: 200 }, commit: true });
  vi.advanceTimersByTime(1000);
  expect(host.actions().at(-1)).toMatchObject({ commit: true });
});

test("the last move of a drag that pauses is sent too", () => {
  channel.do("move", { to: 1 }, false);
  channel.do("move", { to: 2 }, false);
  vi.advanceTimersByTime(60);
  expect(host.actions().map(({ fields }) => fields.to)).toEqual([1, 2]);
});

test("a state that the hand has overtaken is not settled", () => {
  channel.do("move", { to: 1 }, true);
  const { view, number } = host.actions()[0];
  channel.do("move", { to: 2 }, true);
  host.say({ kind: "state", state: "old", view, number });
  host.answer("new");
  expect(heard).toEqual([
    ["old", false],
    ["new", true],
  ]);
});

test("while a hand drags no state is settled", () => {
  channel.do("move", { to: 1 }, false);
  host.answer("answered");
  channel.do("move", { to: 1 }, true);
  host.answer("done");
  expect(heard.map(([, settled]) => settled)).toEqual([false, true]);
});

test("what another view did is settled here", () => {
  host.say({ kind: "state", state: "theirs", view: "another", number: 7 });
  expect(heard).toEqual([["theirs", true]]);
});

test("a kernel that does not answer for five seconds is told of, and its answer too", () => {
  host.say({ kind: "state", state: "first" });
  channel.do("move", {});
  vi.advanceTimersByTime(4900);
  expect(answers).toEqual([true]);
  vi.advanceTimersByTime(200);
  expect(answers).toEqual([true, false]);
  host.answer("late");
  expect(answers).toEqual([true, false, true]);
});

test("a closed line is told of at once", () => {
  host.send = () => {
    throw new Error("Cannot send");
  };
  channel.do("move", {});
  expect(answers).toEqual([false]);
});
