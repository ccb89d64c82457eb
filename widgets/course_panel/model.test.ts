import { expect, test } from "vitest";
import { changed, course, FAILED, GOING, lesson, planned, RAN, TERMS } from "./fixture";
import {
  about,
  anyGoing,
  clock,
  exerciseSays,
  facts,
  filtered,
  findLesson,
  fraction,
  hasEnded,
  neighbours,
  nextLesson,
  openAtFirst,
  progress,
  runSays,
  searchTerms,
  spoken,
  withRuns,
} from "./model";
import { strings, untranslated } from "./strings";

const s = strings(untranslated);

test("before and after a lesson come those that are written", () => {
  const state = course();
  expect([neighbours(state, "0.0").previous, neighbours(state, "0.0").next?.id]).toEqual([undefined, "3.1"]);
  expect([neighbours(state, "3.1").previous?.id, neighbours(state, "3.2").next]).toEqual(["0.0", undefined]);
  expect(neighbours(state, "9.9")).toEqual({});
});

test("next is what Python names, else the first written lesson that is not done", () => {
  expect(nextLesson(course())?.id).toBe("3.1");
  expect(nextLesson(course({ next: { lesson: "3.2", exercise: null } }))?.id).toBe("3.2");
  expect(nextLesson(course({ next: null }))?.id).toBe("3.1");
  const done = { status: "done" } as const;
  expect(nextLesson(changed(course({ next: null }), { "3.1": done, "3.2": done }))).toBeUndefined();
});

test("progress counts lessons that are written", () => {
  expect(course().chapters.map(({ lessons }) => progress(lessons))).toEqual([
    { done: 1, written: 1, of: 1 },
    { done: 0, written: 0, of: 2 },
    { done: 0, written: 2, of: 3 },
    { done: 0, written: 0, of: 1 },
  ]);
});

test("a filter leaves lessons to do, or done, and no empty chapter", () => {
  const ids = (filter: "all" | "open" | "done"): string[][] =>
    filtered(course().chapters, filter).map(({ lessons }) => lessons.map(({ id }) => id));
  expect(ids("all").flat()).toHaveLength(7);
  expect([ids("open"), ids("done")]).toEqual([[["3.1", "3.2"]], [["0.0"]]]);
});

test("open at first are the chapter that one goes on with, and those where something runs", () => {
  expect([...openAtFirst(course())]).toEqual([3]);
  expect([...openAtFirst(changed(course(), { "0.0": { run: GOING } }))]).toEqual([0, 3]);
});

test("times are told as one speaks", () => {
  expect([0.2, 7.4, 41, 53, 58, 95, 150].map((value) => about(value, s))).toEqual(["1 s", "7 s", "40 s", "55 s", "1 min", "2 min", "3 min"]);
  expect([-1, 12.3, 59.4, 65, 3600].map((value) => clock(value, s))).toEqual(["0 s", "12 s", "59 s", "1 min 5 s", "60 min 0 s"]);
});

test("the line below a title says how it stands, how long it takes, and on whose machine that was measured", () => {
  expect(facts(findLesson(course(), "3.1")!, s)).toBe("begun · 30 min · about 40 s to compute here");
  expect(facts(findLesson(course(), "3.2")!, s)).toBe("not begun · 30 min · about 50 s to compute (on our machine)");
  expect(facts(lesson("1.1", "x", { seconds: null }), s)).toBe("not begun · 30 min");
  expect(facts(planned("1.1", "x"), s)).toBe("not in this release yet");
});

test("an exercise says how it went", () => {
  const one = { id: "3.1.a", passed: false, attempts: 0, helped: false };
  const says = [one, { ...one, attempts: 1 }, { ...one, attempts: 3 }, { ...one, passed: true, attempts: 1 }, { ...one, passed: true, attempts: 2, helped: true }];
  expect(says.map((exercise) => exerciseSays(exercise, s))).toEqual([
    "not tried",
    "tried once",
    "tried 3 times",
    "passed at the first try",
    "passed after 2 tries, with help",
  ]);
});

test("a run says where it is in every state", () => {
  const states = [
    { ...GOING, state: "waiting" as const, cell: 0, of: 0 },
    { ...GOING, cell: 0, of: 0 },
    GOING,
    RAN,
    { ...GOING, state: "stopped" as const },
    FAILED,
    { ...FAILED, cell: 0, of: 0 },
  ];
  expect(states.map((run) => [runSays(run, s), Math.round(100 * fraction(run))])).toEqual([
    ["Waits for its turn", 0],
    ["Starts…", 0],
    ["7 of 21 cells, 12 s", 33],
    ["Ran to its end in 41 s", 100],
    ["Stopped after 12 s", 33],
    ["Failed after 5 of 21 cells", 24],
    ["Could not be run", 0],
  ]);
});

test("runs are put into a state, and one that ends is noticed", () => {
  const before = withRuns(course(), { "3.1": GOING });
  expect([anyGoing(course()), anyGoing(before)]).toEqual([false, true]);
  const after = withRuns(before, { "3.1": RAN });
  expect([hasEnded(before, before), hasEnded(before, after), hasEnded(before, withRuns(before, {}))]).toEqual([false, true, true]);
});

test("a listener hears that a run began, each quarter of it, and its end, and not each second", () => {
  const at = (cell: number): ReturnType<typeof course> => withRuns(course(), { "3.1": { ...GOING, cell, seconds: cell } });
  const said: string[] = [];
  let before = course();
  for (let cell = 0; cell < 21; cell++) {
    const now = at(cell);
    said.push(spoken(before, now, s));
    before = now;
  }
  said.push(spoken(before, withRuns(course(), { "3.1": FAILED }), s));
  expect(said.filter(Boolean)).toEqual([
    "Lesson 3.1: 0 of 21 cells, 0 s.",
    "Lesson 3.1: 6 of 21 cells, 6 s.",
    "Lesson 3.1: 11 of 21 cells, 11 s.",
    "Lesson 3.1: 16 of 21 cells, 16 s.",
    "Lesson 3.1: Failed after 5 of 21 cells. NameError: name 'imagse' is not defined",
  ]);
});

test("what ran before the panel was there is not spoken", () => {
  expect(spoken(undefined, withRuns(course(), { "3.1": RAN }), s)).toBe("");
  expect(spoken(course(), withRuns(course(), { "3.1": RAN }), s)).toBe("");
});

test("terms are found by name before other names and what is said, with and without accents", () => {
  const found = (query: string): string[] => searchTerms(TERMS, query).map(({ term }) => term);
  expect(found("fr")).toEqual(["Fréchet distance", "freezing"]);
  expect([found("RATE"), found("step"), found("frechet"), found("tuning")]).toEqual([
    ["learning rate"],
    ["learning rate"],
    ["Fréchet distance"],
    ["fine-tuning"],
  ]);
  expect(found("weights")).toEqual(["fine-tuning", "freezing"]);
  expect([found(" "), found("zebra")]).toEqual([[], []]);
});

test("texts go through whoever translates, with their numbers", () => {
  const asked: string[] = [];
  const shout = (text: string): string => {
    asked.push(text);
    return text.toUpperCase();
  };
  const loud = strings({ __: (text, ...values) => untranslated.__(shout(text), ...values), _n: (one, many, n, ...values) => untranslated._n(shout(one), shout(many), n, ...values) });
  expect(loud.runs(3, 21, "4 s")).toBe("3 OF 21 CELLS, 4 s");
  expect([loud.lessonsDone(1, 1), loud.lessonsDone(2, 4)]).toEqual(["1 OF 1 LESSON DONE", "2 OF 4 LESSONS DONE"]);
  expect(asked).toContain("%2 of %1 lessons done");
});
