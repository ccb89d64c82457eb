// The view on a page without geometry: what hands send, what is drawn at once, what waits for Python.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeHost } from "../shared/fake_host";
import type { Setting } from "./model";
import { render, type State } from "./view";

const plain = { says: "What it does.", while_training: true };
const HUNDREDTHS = Array.from({ length: 201 }, (_, place) => place / 100);
const SETTINGS: Setting[] = [
  { ...plain, kind: "number", name: "reversal_weight", label: "reversal weight", low: 0, high: 2, default: 1, stops: HUNDREDTHS, unit: "", one: "" },
  { ...plain, kind: "switch", name: "schedule", label: "schedule", default: true },
  { ...plain, kind: "choice", name: "distance", label: "distance", options: ["euclidean", "cosine"], default: "euclidean" },
  { ...plain, kind: "weights", name: "kernels", label: "kernels", parts: ["narrow", "middle", "wide"], default: [0.5, 0.25, 0.25] },
  { ...plain, while_training: false, kind: "number", name: "hidden", label: "hidden", low: 1, high: 1024, default: 100, stops: [1, 2, 5, 10, 20, 50, 100], unit: "units", one: "unit" },
];
const VALUES = { reversal_weight: 1, schedule: true, distance: "euclidean", kernels: [0.5, 0.25, 0.25], hidden: 100 };
const STATE: State = { says: "DANN: reversal weight 1.", code: "method.settings.reset()", undo: false, redo: false, values: VALUES, note: "" };

let kernel: FakeHost;
let el: HTMLElement;
let close: () => void;

const labelled = <E extends HTMLElement = HTMLInputElement>(label: string): E => el.querySelector<E>(`[aria-label="${label}"]`)!;
const done = (): unknown[] => kernel.actions().map(({ action, fields, commit }) => [action, fields, commit]);
const fire = (on: HTMLElement, ...kinds: string[]): void => {
  for (const kind of kinds) on.dispatchEvent(kind.startsWith("key") ? new KeyboardEvent(kind, { key: "ArrowRight", bubbles: true }) : new Event(kind, { bubbles: true }));
};
const slide = (label: string, place: number): HTMLInputElement => {
  const slider = labelled(label);
  slider.value = String(place);
  fire(slider, "input");
  return slider;
};
const type = (label: string, text: string): void => {
  labelled(label).value = text;
  fire(labelled(label), "input", "change");
};
const said = (label: string): string | null => labelled(label).getAttribute("aria-valuetext");

beforeEach(() => {
  vi.useFakeTimers();
  kernel = new FakeHost();
  el = document.createElement("div");
  document.body.append(el);
  close = render({ model: kernel, el });
  kernel.say({ kind: "settings", settings: SETTINGS, when: "A change counts from the next step." });
  kernel.say({ kind: "state", state: STATE });
});
afterEach(() => {
  close();
  el.remove();
  vi.useRealTimers();
});

describe("a number", () => {
  test("a drag is drawn at once, told at most each 50 ms, and committed when it is let go", () => {
    for (let place = 101; place <= 150; place++) slide("reversal weight", place);
    expect(said("reversal weight")).toBe("1.5");
    expect(labelled("reversal weight").value).toBe("150");
    expect(done()).toHaveLength(1);
    fire(labelled("reversal weight"), "change");
    expect(done().at(-1)).toEqual(["set", { name: "reversal_weight", value: 1.5 }, true]);
    expect(done()).toHaveLength(2);
  });

  test("what Python answers in the middle of a drag does not move the hand", () => {
    slide("reversal weight", 150);
    kernel.answer(STATE);
    expect(said("reversal weight")).toBe("1.5");
    fire(labelled("reversal weight"), "change");
    kernel.answer({ ...STATE, values: { ...VALUES, reversal_weight: 1.25 } });
    expect(said("reversal weight")).toBe("1.25");
  });

  test("a held key is one change, final when it is let go", () => {
    const slider = labelled("reversal weight");
    for (const place of [101, 102, 103]) {
      fire(slider, "keydown");
      slide("reversal weight", place);
      fire(slider, "change");
    }
    fire(slider, "keyup");
    vi.advanceTimersByTime(100);
    expect(kernel.actions().filter(({ commit }) => commit)).toHaveLength(1);
    expect(done().at(-1)).toEqual(["set", { name: "reversal_weight", value: 1.03 }, true]);
  });

  test("a key goes on from the value itself, not from its place, and is committed when it is let go", () => {
    type("hidden, number of units", "1000");
    kernel.answer({ ...STATE, values: { ...VALUES, hidden: 1000 } });
    labelled("hidden").dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
    expect(said("hidden")).toBe("100 units");
    fire(labelled("hidden"), "keyup");
    expect(done().at(-1)).toEqual(["set", { name: "hidden", value: 100 }, true]);
  });

  test("a number is typed; what is none goes to Python, whose error is told", () => {
    type("reversal weight, number", "0.25");
    expect(done().at(-1)).toEqual(["set", { name: "reversal_weight", value: 0.25 }, true]);
    kernel.answer({ ...STATE, values: { ...VALUES, reversal_weight: 0.25 } });
    type("reversal weight, number", "lots");
    expect(done().at(-1)).toEqual(["set", { name: "reversal_weight", value: "lots" }, true]);
    kernel.answer({ ...STATE, values: { ...VALUES, reversal_weight: 0.25 } });
    kernel.say({ kind: "error", text: "reversal_weight='lots' is not a number from 0 to 2." });
    expect(el.querySelector(".tlnb-error")!.textContent).toContain("from 0 to 2");
    expect(said("reversal weight")).toBe("0.25");
  });

  test("the slider steps from stop to stop, its ends and its middle are written, and what lies beyond is typed", () => {
    const ends = labelled("hidden").parentElement!.querySelector(".tlnb-ends")!;
    expect([...ends.children].map((end) => end.textContent)).toEqual(["1", "10", "100"]);
    expect([labelled("hidden").max, labelled("hidden").value]).toEqual(["6", "6"]);
    slide("hidden", 4);
    fire(labelled("hidden"), "change");
    expect(done().at(-1)).toEqual(["set", { name: "hidden", value: 20 }, true]);
    kernel.answer({ ...STATE, values: { ...VALUES, hidden: 20 } });
    type("hidden, number of units", "1000");
    expect(done().at(-1)).toEqual(["set", { name: "hidden", value: 1000 }, true]);
    expect([said("hidden"), labelled("hidden").value]).toEqual(["1000 units", "6"]);
  });

  test("its unit follows the number", () => {
    const unit = labelled("hidden, number of units").nextElementSibling!;
    expect(unit.textContent).toBe("units");
    slide("hidden", 0);
    expect([said("hidden"), unit.textContent]).toEqual(["1 unit", "unit"]);
  });

  test("its unit is told, and that a training under way keeps it", () => {
    expect(said("hidden")).toBe("100 units");
    const what = document.getElementById(labelled("hidden").getAttribute("aria-describedby")!)!;
    expect(what.textContent).toBe("What it does. A training that has begun keeps its value; the next one takes this.");
  });
});

test("a switch is switched, and a choice chosen", () => {
  const input = labelled("schedule");
  input.checked = false;
  fire(input, "change");
  expect(done().at(-1)).toEqual(["set", { name: "schedule", value: false }, true]);
  kernel.answer({ ...STATE, values: { ...VALUES, schedule: false } });
  expect(el.querySelector(".tlnb-state")!.textContent).toBe("off");
  const select = labelled<HTMLSelectElement>("distance");
  select.value = "cosine";
  fire(select, "change");
  expect(done().at(-1)).toEqual(["set", { name: "distance", value: "cosine" }, true]);
});

describe("weights", () => {
  test("one is dragged, and the others follow in proportion", () => {
    slide("kernels: narrow", 20);
    expect(["narrow", "middle", "wide"].map((part) => said(`kernels: ${part}`))).toEqual(["20 %", "40 %", "40 %"]);
    fire(labelled("kernels: narrow"), "change");
    expect(done().at(-1)).toEqual(["set", { name: "kernels", value: [0.2, 0.4, 0.4] }, true]);
  });

  test("dragged to 1 and back again, the others are what they were", () => {
    for (const place of [60, 100, 50]) slide("kernels: narrow", place);
    fire(labelled("kernels: narrow"), "change");
    expect(done().at(-1)).toEqual(["set", { name: "kernels", value: [0.5, 0.25, 0.25] }, true]);
  });

  test("a share is typed; what is none goes to Python as it was typed", () => {
    type("kernels: wide, share", "0.4");
    expect(done().at(-1)).toEqual(["set", { name: "kernels", value: [0.39999999999999997, 0.19999999999999998, 0.4] }, true]);
    kernel.answer(STATE);
    type("kernels: wide, share", "1.4");
    expect(done().at(-1)).toEqual(["set", { name: "kernels", value: [0.5, 0.25, 1.4] }, true]);
  });
});

test("one goes back to its default, or all, and what is there already cannot", () => {
  const back = labelled("reversal weight, back to its default: 1");
  back.click();
  expect(done()).toHaveLength(0);
  kernel.say({ kind: "state", state: { ...STATE, values: { ...VALUES, reversal_weight: 0.5 } } });
  expect(back.getAttribute("aria-disabled")).toBe("false");
  back.click();
  expect(done()).toEqual([["reset", { name: "reversal_weight" }, true]]);
  [...el.querySelectorAll("button")].find((one) => one.textContent === "All to default")!.click();
  expect(done().at(-1)).toEqual(["reset", {}, true]);
});

test("undo goes to Python; its code says what it is", () => {
  kernel.say({ kind: "state", state: { ...STATE, undo: true } });
  [...el.querySelectorAll("button")].find((one) => one.textContent === "↶ Undo")!.click();
  expect(done()).toEqual([["undo", {}, true]]);
  expect(el.querySelector("summary")!.textContent).toBe("The Python that sets these values");
  expect(el.querySelector("pre")!.textContent).toBe("method.settings.reset()");
});

test("where no training goes by them, none is told of", () => {
  kernel.say({ kind: "settings", settings: SETTINGS, when: "" });
  expect(el.textContent).not.toContain("raining that has begun");
});

test("what counts later is told in a live region", () => {
  kernel.say({ kind: "state", state: { ...STATE, note: "In this run hidden stays 100." } });
  expect(el.querySelector('.tlnb-note[role="status"]')!.textContent).toBe("In this run hidden stays 100.");
});

test("names and words from a method stay text", () => {
  const evil = "<img src=x onerror=alert(1)>";
  const settings = [
    { ...SETTINGS[2]!, label: evil, says: evil, options: [evil, "other"], default: evil },
    { ...SETTINGS[3]!, label: evil, says: evil, parts: [evil, "b", "c"] },
  ];
  kernel.say({ kind: "settings", settings, when: evil });
  kernel.say({ kind: "state", state: { ...STATE, says: evil, note: evil, values: { distance: evil, kernels: [0.5, 0.25, 0.25] } } });
  expect(el.querySelector("img")).toBeNull();
  expect(el.textContent).toContain(evil);
});
