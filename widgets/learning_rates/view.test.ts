// The view on a page that has no geometry: what is drawn, what is told, what waits for Python.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeHost } from "../shared/fake_host";
import { ownTrace, type State } from "./model";
import { render } from "./view";

class Kernel extends FakeHost {
  /** What hands did: action, fields, commit. */
  get done(): any[] {
    return this.actions().map(({ action, fields, commit }) => [action, fields, commit]);
  }
}

const setting = (name: string, value: number, unit = "") => ({ name, label: name, unit, value, low: 0, high: 3, step: 0.1 });
const GROUPS = ["stem", "stage1", "stage2", "head"].map((name, i) => ({ name, colour: `#00000${i}` }));
const STATE: State = {
  says: "Head at 0.01.",
  code: "import torch",
  undo: false,
  redo: false,
  peaks: { learning_rate: 0.01, rate_ratio: 0.1, layer_decay: 0.5, factors: {} },
  shape: { schedule: "cosine", options: { floor: 0 }, warmup: 0.5, epochs: 4, perEpoch: 10 },
  starts: [null, 2, 0, 0],
  when: ["❄ frozen", "from epoch 2", "", ""],
  thaws: [[2, "stage1 thaws"]],
  fan: [setting("rate_ratio", 0.1), setting("layer_decay", 0.5)],
  settings: [setting("warmup_epochs", 0.5, " epochs"), setting("floor", 0)],
  domain: [1e-6, 1],
  run: [1e-6, 0.016],
  counted: true,
  stale: "",
  source: "Read from the optimiser.",
  of: "a",
};
const SCHEDULES = ["cosine", "step"].map((name) => ({ name, title: `${name} decay`, summary: `What ${name} does.` }));

let kernel: Kernel;
let el: HTMLElement;
let close: () => void;

const all = (selector: string): HTMLElement[] => [...el.querySelectorAll<HTMLElement>(selector)];
const slider = (label: string): HTMLElement => all('[role="slider"]').find((one) => one.getAttribute("aria-label") === label)!;
const labelled = (label: string): HTMLInputElement => el.querySelector(`[aria-label="${label}"]`)!;
const button = (text: string): HTMLButtonElement => all("button").find((one) => one.textContent === text) as HTMLButtonElement;
const said = (label: string): string | null => slider(label).getAttribute("aria-valuetext");
const press = (on: HTMLElement, key: string): void => {
  on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  on.dispatchEvent(new KeyboardEvent("keyup", { key, bubbles: true }));
};
const pointer = (on: HTMLElement, type: string, clientX: number, clientY = 0): void => {
  on.dispatchEvent(new PointerEvent(type, { clientX, clientY, pointerId: 1, button: 0, bubbles: true }));
};
const type = (input: HTMLInputElement, text: string): void => {
  input.value = text;
  for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true }));
};
const trace = (of: string, scale = 1): [object, DataView[]] => {
  const { steps, rates } = ownTrace([0.00025, 0.0005, 0.001, 0.01], STATE.shape, STATE.starts, [...Array(40).keys()]);
  return [{ kind: "trace", of, steps }, [new DataView(rates.map((rate) => rate * scale).buffer as ArrayBuffer)]];
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(640);
  kernel = new Kernel();
  el = document.createElement("div");
  document.body.append(el);
  close = render({ model: kernel, el });
  kernel.say({ kind: "groups", groups: GROUPS, schedules: SCHEDULES, whyNoTest: "" });
  kernel.say({ kind: "state", state: STATE });
});
afterEach(() => {
  close();
  el.remove();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("the groups' rates", () => {
  test("every handle says its group, its rate, and whether it is frozen", () => {
    expect(said("head: peak learning rate")).toBe("head: 0.01, learning_rate");
    expect(said("stage2: peak learning rate")).toBe("stage2: 0.001, rate_ratio 0.1");
    expect(said("stem: peak learning rate")).toBe("stem: 2.5e-4, ❄ frozen, layer_decay 0.5");
    expect(slider("stage1: peak learning rate")).toBeUndefined();
  });

  test("frozen groups are drawn hollow and called frozen", () => {
    expect(slider("stem: peak learning rate").hasAttribute("data-frozen")).toBe(true);
    expect(slider("head: peak learning rate").hasAttribute("data-frozen")).toBe(false);
    expect(all(".tlnb-who").map((one) => one.textContent)).toContain("stem❄ frozen, layer_decay 0.5");
  });

  test("an arrow key goes a tenth of a decade, Page Up a whole one; a released key commits", () => {
    press(slider("head: peak learning rate"), "ArrowRight");
    expect(kernel.done.at(-1)).toEqual(["set_rate", { group: "head", rate: 0.0126, by_hand: false }, true]);
    kernel.answer({ ...STATE, peaks: { ...STATE.peaks, learning_rate: 0.0126 } });
    press(slider("head: peak learning rate"), "PageDown");
    expect(kernel.done.at(-1)[1].rate).toBe(0.00126);
  });

  test("Home and End go to the ends of the axis, and no further than the head allows", () => {
    press(slider("head: peak learning rate"), "Home");
    expect(kernel.done.at(-1)[1].rate).toBe(1e-6);
    press(slider("stage2: peak learning rate"), "End");
    expect(kernel.done.at(-1)[1].rate).toBe(1e-6);
  });

  test("a drag is drawn at once, told at most each 50 ms, and committed at its end", () => {
    const head = slider("head: peak learning rate");
    pointer(head, "pointerdown", 100);
    for (let x = 101; x <= 160; x++) pointer(head, "pointermove", x);
    expect(Number(labelled("head: peak learning rate").getAttribute("aria-valuenow"))).toBeGreaterThan(0.02);
    expect(kernel.done).toHaveLength(1);
    vi.advanceTimersByTime(60);
    expect(kernel.done).toHaveLength(2);
    pointer(head, "pointerup", 160);
    expect(kernel.done.map(([, , commit]) => commit)).toEqual([false, false, true]);
    expect(kernel.done.at(-1)[1]).toEqual(kernel.done.at(-2)[1]);
  });

  test("what Python says meanwhile does not move the handle back", () => {
    const head = slider("head: peak learning rate");
    pointer(head, "pointerdown", 100);
    pointer(head, "pointermove", 150);
    const now = said("head: peak learning rate");
    kernel.answer(STATE);
    expect(said("head: peak learning rate")).toBe(now);
    pointer(head, "pointerup", 150);
    kernel.answer(STATE);
    expect(said("head: peak learning rate")).toBe("head: 0.01, learning_rate");
  });

  test("a click that does not move changes nothing", () => {
    pointer(slider("head: peak learning rate"), "pointerdown", 100);
    pointer(slider("head: peak learning rate"), "pointerup", 100);
    expect(kernel.done).toEqual([]);
  });

  test("each group by hand has its own handle, and going back gives the factors up", () => {
    button("Each group by hand").click();
    press(slider("stage1: peak learning rate"), "ArrowDown");
    expect(kernel.done.at(-1)).toEqual(["set_rate", { group: "stage1", rate: 0.000397, by_hand: true }, true]);
    kernel.answer({ ...STATE, peaks: { ...STATE.peaks, factors: { stage1: 0.0397 } } });
    button("Each group by hand").click();
    expect(kernel.done.at(-1)).toEqual(["follow", {}, true]);
  });

  test("a recipe whose groups have factors shows them by hand", () => {
    kernel.say({ kind: "state", state: { ...STATE, peaks: { ...STATE.peaks, factors: { stem: 2 } } } });
    expect(button("Each group by hand").getAttribute("aria-pressed")).toBe("true");
    expect(said("stem: peak learning rate")).toBe("stem: 0.02, ❄ frozen");
  });
});

describe("typed numbers", () => {
  test("are told as numbers", () => {
    type(el.querySelector('input[aria-label="head: peak learning rate"]')!, "3e-2");
    expect(kernel.done).toEqual([["set_rate", { group: "head", rate: 0.03, by_hand: false }, true]]);
    type(labelled("floor"), " 0.2 ");
    expect(kernel.done.at(-1)).toEqual(["set", { name: "floor", value: 0.2 }, true]);
  });

  test("that are none are told as they are, and jump back with Python's error beside them", () => {
    type(labelled("rate_ratio"), "much");
    expect(kernel.done).toEqual([["set", { name: "rate_ratio", value: "much" }, true]]);
    kernel.answer(STATE);
    kernel.say({ kind: "error", text: "rate_ratio='much' is not a number in (0, 1]." });
    expect(labelled("rate_ratio").value).toBe("0.1");
    expect(el.querySelector('[role="alert"]')!.textContent).toContain("(0, 1]");
  });

  test("are left alone while somebody types", () => {
    const floor = labelled("floor");
    floor.value = "0.";
    floor.dispatchEvent(new Event("input", { bubbles: true }));
    kernel.say({ kind: "state", state: STATE });
    expect(floor.value).toBe("0.");
  });
});

describe("the run", () => {
  const drawn = (): (string | null)[] => all(".tlnb-line").map((line) => line.getAttribute("d"));

  test("a line for each group that ever trains, in its colour, with thaws marked", () => {
    expect(all(".tlnb-line").map((line) => line.style.getPropertyValue("--tlnb-group"))).toEqual(["#000001", "#000002", "#000003"]);
    expect(el.textContent).toContain("stage1 thaws");
  });

  test("the page draws its own preview until the optimiser's rates come, which replace it", () => {
    const before = drawn();
    kernel.say(...trace("a", 2));
    expect(drawn()).not.toEqual(before);
  });

  test("equal rates are said to be read, other ones are flagged in words", () => {
    kernel.say(...trace("a"));
    expect(el.textContent).toContain("Read from the optimiser.");
    expect(el.querySelector("[data-warn]")).toBeNull();
    kernel.say(...trace("a", 1.2));
    expect(el.querySelector("[data-warn]")!.textContent).toContain("differ from this page's preview by up to 16.7 %");
  });

  test("rates of another recipe are not drawn", () => {
    const before = drawn();
    kernel.say(...trace("b", 2));
    expect(drawn()).toEqual(before);
  });

  test("a handle on the curve changes the schedule at once, and tells", () => {
    const before = drawn();
    press(slider("floor"), "PageUp");
    expect(drawn()).not.toEqual(before);
    expect(kernel.done.at(-1)).toEqual(["set", { name: "floor", value: 1 }, true]);
    expect(said("floor")).toBe("floor 1");
  });

  test("dragged to the bottom, the floor is nothing", () => {
    kernel.say({ kind: "state", state: { ...STATE, shape: { ...STATE.shape, options: { floor: 0.1 } } } });
    pointer(slider("floor"), "pointerdown", 0, 0);
    pointer(slider("floor"), "pointermove", 0, 500);
    pointer(slider("floor"), "pointerup", 0, 500);
    expect(kernel.done.at(-1)[1]).toEqual({ name: "floor", value: 0 });
  });

  test("steps are counted where it is known how many there are", () => {
    button("Count in steps").click();
    expect(el.textContent).toContain("learning rate over the steps");
    kernel.say({ kind: "state", state: { ...STATE, counted: false } });
    expect(button("Count in steps").disabled).toBe(true);
  });

  test("another schedule is asked for by its name, and described", () => {
    const choice = el.querySelector("select")!;
    expect([...choice.options].map((one) => one.textContent)).toEqual(["cosine decay", "step decay"]);
    choice.value = "step";
    choice.dispatchEvent(new Event("change"));
    expect(kernel.done.at(-1)).toEqual(["set_schedule", { name: "step" }, true]);
    expect(el.textContent).toContain("What cosine does.");
  });

  test("earlier runs are dashed and told with their result", () => {
    kernel.say({ kind: "ghosts", ghosts: [{ says: "head at 0.003", result: "AUC 0.91", points: [[0, 0.003], [1, 0]] }] });
    expect(all(".tlnb-ghost")).toHaveLength(1);
    expect(el.querySelector("ol")!.textContent).toBe("head at 0.003: AUC 0.91");
    button("Forget them").click();
    expect(kernel.done.at(-1)[0]).toBe("clear_ghosts");
  });
});

describe("the range test", () => {
  const sweep = { kind: "sweep", points: [], low: 0, high: 1, running: false, says: "", suggestions: [], notes: [] };
  const points = [[1e-4, 0.7, 0.7], [1e-3, 0.6, 0.65], [1e-2, 0.2, 0.4], [1e-1, 9, 5]];

  test("is started by a button that then stops it", () => {
    button("Run the range test").click();
    expect(kernel.done.at(-1)[0]).toBe("test");
    kernel.say({ ...sweep, running: true, says: "Step 3 of 100 …" });
    expect(el.textContent).toContain("Step 3 of 100");
    expect(el.querySelector("[aria-live]")!.textContent).toBe("");
    button("Stop the range test").click();
    expect(kernel.done.at(-1)[0]).toBe("stop_test");
  });

  test("its loss lies behind the rates, its suggestions are buttons", () => {
    const suggestions = [{ name: "valley", rate: 0.012, says: "the first to try" }];
    kernel.say({ ...sweep, points, low: 0.2, high: 0.7, says: "It ran through.", suggestions, notes: ["Noisy."] });
    expect(all(".tlnb-loss")).toHaveLength(1);
    expect(el.querySelector("[aria-live]")!.textContent).toBe("It ran through.");
    expect(el.querySelector(".tlnb-back")!.getAttribute("aria-label")).toContain("from 0.7 at the top to 0.2");
    expect(el.querySelector(".tlnb-list")!.textContent).toBe("Take 0.012 valley: the first to tryNoisy.");
    button("Take 0.012").click();
    expect(kernel.done.at(-1)).toEqual(["take", { name: "valley" }, true]);
  });

  test("without images it says why it cannot run", () => {
    kernel.say({ kind: "groups", groups: GROUPS, schedules: SCHEDULES, whyNoTest: "It needs images." });
    expect(button("Run the range test").disabled).toBe(true);
    expect(el.textContent).toContain("It needs images.");
  });
});

test("undo and redo are asked for by button and by key", () => {
  kernel.say({ kind: "state", state: { ...STATE, undo: true } });
  button("↶ Undo").click();
  el.querySelector("section")!.dispatchEvent(new KeyboardEvent("keydown", { key: "z", ctrlKey: true, shiftKey: true, bubbles: true }));
  expect(kernel.done.map(([action]) => action)).toEqual(["undo", "redo"]);
});

test("a view that goes says so and leaves nothing", () => {
  close();
  expect(kernel.sent.at(-1).kind).toBe("gone");
  expect(el.childElementCount).toBe(0);
});
