// The view on a page that has no geometry and decodes nothing: what is drawn, what is told, and what was overtaken.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeHost } from "../shared/fake_host";
import { Film } from "./film";
import type { State } from "./model";
import { render } from "./view";

class Kernel extends FakeHost {
  /** What hands did: action, fields, commit. */
  get done(): any[] {
    return this.actions().map(({ action, fields, commit }) => [action, fields, commit]);
  }
}

const offer = (name: string, mixes = false) => ({ name, title: name[0]!.toUpperCase() + name.slice(1), summary: `What ${name} does.`, paper: "", mixes });
const ABOUT = {
  kind: "about",
  table: [
    { kind: "Geometry", steps: [offer("rotation"), offer("flip"), offer("crop")] },
    { kind: "Two images in one", steps: [offer("mixup", true)] },
  ],
  classes: ["cat", "<img src=x onerror=alert(1)>"],
  ...{ count: 12, size: 64, train: 48, strengths: [0, 0.5, 1], evaluation: "shorter side to 64 pixels", credit: "Cells: somebody" },
};
const step = (name: string, strength = 0.5, on = true) => ({ name, strength, on, reach: `${name} by ${strength}` });
const STATE: State = {
  says: "Rotation, then flip.",
  ...{ code: "import torch", undo: false, redo: false },
  steps: [step("rotation", 0.6), step("flip"), step("mixup")],
  ...{ focus: "rotation", image: 0, epoch: 1, note: "Epoch 1" },
};

let kernel: Kernel;
let el: HTMLElement;
let close: () => void;
let drawn: any[];

const all = (selector: string): HTMLElement[] => [...el.querySelectorAll<HTMLElement>(selector)];
const labelled = (label: string): HTMLInputElement => all("[aria-label]").find((one) => one.getAttribute("aria-label")!.startsWith(label)) as HTMLInputElement;
const button = (text: string): HTMLButtonElement => all("button").find((one) => one.textContent!.includes(text)) as HTMLButtonElement;
const order = (): string[] => all(".tlnb-name").map((one) => one.textContent!.toLowerCase());
const tiles = (): HTMLElement[] => all(".tlnb-tiles .tlnb-tile");
const key = (on: HTMLElement, key: string, type = "keydown"): void => void on.dispatchEvent(new KeyboardEvent(type, { key, bubbles: true }));
const pointer = (on: HTMLElement, type: string, clientX: number, clientY = 0): void =>
  void on.dispatchEvent(new PointerEvent(type, { clientX, clientY, pointerId: 1, button: 0, bubbles: true }));
const change = (input: HTMLInputElement, value: string, ...kinds: string[]): void => {
  input.value = value;
  for (const kind of kinds) input.dispatchEvent(new Event(kind, { bubbles: true }));
};
const show = (changes: Partial<State> = {}): void => kernel.say({ kind: "state", state: { ...STATE, ...changes } });
const picture = (mark: number): DataView => new DataView(new Uint8Array([mark, 1]).buffer);
const some = (count: number, mark = 0): DataView[] => Array.from({ length: count }, () => picture(mark));
const plain = (count: number): [number, number][][] => Array.from({ length: count }, (_, i) => [[i % 2, 1]]);
const tell = (number: number, mark = number): void => kernel.say({ kind: "tiles", number, first: 0, labels: plain(12) }, some(12, mark));
const settle = async (): Promise<void> => void (await vi.advanceTimersByTimeAsync(100));

beforeEach(() => {
  vi.useFakeTimers();
  drawn = [];
  vi.stubGlobal("createImageBitmap", async (blob: Blob) => {
    const [mark] = new Uint8Array(await blob.arrayBuffer());
    return { width: 64, height: 64, mark, type: blob.type };
  });
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(function (this: HTMLCanvasElement) {
    return { drawImage: (frame: any) => drawn.push([this, frame.mark]) } as any;
  } as any);
  kernel = new Kernel();
  el = document.createElement("div");
  document.body.append(el);
  close = render({ model: kernel, el });
  kernel.say(ABOUT);
  show();
});

afterEach(() => {
  close();
  el.remove();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("the pipeline", () => {
  test("each step has a slider, and a drag is final when it ends", async () => {
    const slider = labelled("Strength of Rotation");
    expect([order(), slider.value]).toEqual([["rotation", "flip", "mixup"], "0.6"]);
    change(slider, "0.3", "input");
    change(slider, "0.2", "input", "change");
    expect(kernel.done).toEqual([
      ["set", { name: "rotation", strength: 0.3 }, false],
      ["set", { name: "rotation", strength: 0.2 }, true],
    ]);
    kernel.answer({ ...STATE, steps: [step("rotation", 0.2), ...STATE.steps.slice(1)] });
    expect([slider.value, all(".tlnb-reach")[0]!.textContent]).toEqual(["0.2", "rotation by 0.2"]);
  });

  test("while a hand drags, what Python says of before does not move the slider", () => {
    const slider = labelled("Strength of Rotation");
    change(slider, "0.3", "input");
    kernel.answer(STATE);
    expect(slider.value).toBe("0.3");
  });

  test("a key that is held down is final when it goes up", async () => {
    const slider = labelled("Strength of Flip");
    key(slider, "ArrowRight");
    change(slider, "0.51", "input", "change");
    await settle();
    key(slider, "ArrowRight");
    change(slider, "0.52", "input", "change");
    await settle();
    expect(kernel.done.every(([, , commit]) => !commit)).toBe(true);
    key(slider, "ArrowRight", "keyup");
    expect(kernel.done.at(-1)).toEqual(["set", { name: "flip", strength: 0.52 }, true]);
  });

  test("a step is switched off, and its slider stays", () => {
    const power = labelled("Rotation: on");
    power.click();
    expect(kernel.done).toEqual([["switch", { name: "rotation", on: false }, true]]);
    kernel.answer({ ...STATE, steps: [step("rotation", 0.6, false), ...STATE.steps.slice(1)] });
    expect([power.textContent, power.getAttribute("aria-checked"), labelled("Strength of Rotation").value]).toEqual(["Off", "false", "0.6"]);
  });

  test("a step moves by its button and by keys, at once, and what mixes stays last", () => {
    labelled("Move Flip up").click();
    expect(order()).toEqual(["flip", "rotation", "mixup"]);
    expect(kernel.done.at(-1)).toEqual(["reorder", { names: ["flip", "rotation", "mixup"] }, true]);
    const count = kernel.done.length;
    const grip = labelled("Move Flip,");
    grip.focus();
    key(grip, "ArrowDown");
    expect(order()).toEqual(["rotation", "flip", "mixup"]);
    expect(document.activeElement).toBe(grip);
    key(grip, "ArrowDown");
    expect(kernel.done.filter(([action]) => action === "reorder").length).toBe(2);
    expect(kernel.done.length).toBeGreaterThan(count);
    labelled("Move Mixup up").click();
    expect(order()).toEqual(["rotation", "flip", "mixup"]);
  });

  test("a step is dragged to another place, and told when it is let go", () => {
    all(".tlnb-step").forEach((row, i) => {
      row.getBoundingClientRect = () => ({ top: 60 * i, height: 50 }) as DOMRect;
    });
    const grip = labelled("Move Rotation,");
    pointer(grip, "pointerdown", 0, 20);
    pointer(grip, "pointermove", 0, 95);
    expect(order()).toEqual(["flip", "rotation", "mixup"]);
    expect(kernel.done.filter(([action]) => action === "reorder")).toEqual([]);
    pointer(grip, "pointerup", 0, 95);
    expect(kernel.done.at(-1)).toEqual(["reorder", { names: ["flip", "rotation", "mixup"] }, true]);
    const done = kernel.done.length;
    pointer(grip, "pointerdown", 0, 20);
    pointer(grip, "pointerup", 0, 20);
    expect(kernel.done.length).toBe(done);
  });

  test("steps are added from the list, each with its sentence, and those that are there are not", () => {
    expect(button("Crop").textContent).toContain("What crop does.");
    button("+ Rotation").click();
    expect(kernel.done).toEqual([]);
    button("+ Crop").click();
    expect(kernel.done).toEqual([["add", { name: "crop" }, true]]);
    kernel.answer({ ...STATE, steps: [...STATE.steps.slice(0, 2), step("crop"), STATE.steps[2]!] });
    expect(order()).toEqual(["rotation", "flip", "crop", "mixup"]);
    expect(button("+ Crop").getAttribute("aria-disabled")).toBe("true");
  });

  test("a step is removed, and the keyboard stands at its neighbour", () => {
    labelled("Remove Rotation").focus();
    labelled("Remove Rotation").click();
    expect(kernel.done.filter(([action]) => action === "remove")).toEqual([["remove", { name: "rotation" }, true]]);
    expect(document.activeElement).toBe(labelled("Strength of Flip"));
    kernel.answer({ ...STATE, steps: STATE.steps.slice(1) });
    expect(order()).toEqual(["flip", "mixup"]);
  });

  test("who goes to a step has its filmstrip", () => {
    labelled("Strength of Flip").dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
    expect(kernel.done).toEqual([["focus", { name: "flip" }, true]]);
  });

  test("an empty pipeline says so", () => {
    show({ steps: [], focus: "" });
    expect(all(".tlnb-says").some((one) => !one.hidden && one.textContent!.startsWith("No step yet"))).toBe(true);
    expect(all(".tlnb-frames")[0]!.parentElement!.hidden).toBe(true);
  });
});

describe("the tiles", () => {
  test("come as they are sent, the first alone", async () => {
    kernel.say({ kind: "tiles", number: 1, first: 0, labels: plain(1) }, some(1, 7));
    await settle();
    expect(drawn).toContainEqual([tiles()[0]!.querySelector("canvas"), 7]);
    kernel.say({ kind: "tiles", number: 1, first: 1, labels: plain(11) }, some(11, 7));
    await settle();
    expect(new Set(drawn.filter(([, mark]) => mark === 7).map(([canvas]) => canvas)).size).toBeGreaterThanOrEqual(12);
  });

  test("are acknowledged once all are there, so that none queue up on a slow line", () => {
    kernel.say({ kind: "tiles", number: 4, first: 0, labels: plain(1) }, some(1));
    const arrived = (): any[] => kernel.sent.filter(({ kind }) => kind === "arrived");
    expect(arrived()).toEqual([]);
    kernel.say({ kind: "tiles", number: 4, first: 1, labels: plain(11) }, some(11));
    expect(arrived()).toEqual([{ kind: "arrived", number: 4 }]);
  });

  test("older ones than those that are shown are dropped", async () => {
    tell(3);
    tell(2);
    await settle();
    expect(drawn.some(([, mark]) => mark === 2)).toBe(false);
  });

  test("a picture that is overtaken while it is decoded is never seen", async () => {
    const came: number[] = [];
    const finish: ((frame: unknown) => void)[] = [];
    vi.stubGlobal("createImageBitmap", () => new Promise((resolve) => finish.push(resolve)));
    const film = new Film((at) => came.push(at));
    void film.take(4, picture(1));
    void film.take(4, picture(2));
    finish[1]!("new");
    finish[0]!("old");
    await settle();
    expect([came, film.frames[4]]).toEqual([[4], "new"]);
  });

  test("PNG files and JPEG files are told apart", async () => {
    const film = new Film(() => {});
    await film.take(0, picture(0x89));
    await film.take(1, picture(0xff));
    expect(film.frames.map((frame: any) => frame.type)).toEqual(["image/png", "image/jpeg"]);
  });

  test("are shown untouched while that is asked for", async () => {
    tell(1);
    kernel.say({ kind: "untouched", labels: plain(12) }, some(12, 99));
    await settle();
    drawn = [];
    button("Show them untouched").click();
    expect(drawn.filter(([, mark]) => mark === 99).length).toBe(12);
    expect(button("Show them untouched").getAttribute("aria-pressed")).toBe("true");
    tell(2);
    await settle();
    expect(drawn.some(([canvas, mark]) => mark === 2 && canvas.closest(".tlnb-tiles"))).toBe(false);
    button("Show them untouched").click();
    expect(drawn.filter(([canvas, mark]) => mark === 2 && canvas.closest(".tlnb-tiles")).length).toBe(12);
  });

  test("names of classes stay text, and mixed labels have two bars", () => {
    kernel.say({ kind: "tiles", number: 1, first: 0, labels: [[[1, 1]], [[0, 0.7], [1, 0.3]]] }, some(2));
    expect(tiles()[0]!.textContent).toBe("<img src=x onerror=alert(1)>");
    expect(el.querySelector("img")).toBe(null);
    expect([...tiles()[1]!.querySelectorAll(".tlnb-share")].map((one) => one.textContent)).toEqual(["70 % cat", "30 % <img src=x onerror=alert(1)>"]);
    expect((tiles()[1]!.querySelector(".tlnb-share") as HTMLElement).style.getPropertyValue("--tlnb-share")).toBe("70%");
  });

  test("are reached by arrows, and chosen by a press", () => {
    key(tiles()[0]!, "ArrowRight");
    expect(document.activeElement).toBe(tiles()[1]);
    expect(tiles().filter((one) => one.tabIndex === 0)).toEqual([tiles()[1]]);
    tiles()[1]!.click();
    expect(kernel.done).toEqual([["choose", { image: 1 }, true]]);
    show({ image: 1 });
    expect(tiles()[1]!.getAttribute("aria-pressed")).toBe("true");
  });

  test("another draw is that of the next epoch", () => {
    button("Another draw").click();
    button("Epoch 1 again").click();
    expect([button("Epoch 1 again").getAttribute("aria-disabled"), kernel.done]).toEqual(["true", [["draw", { epoch: 2 }, true]]]);
    kernel.answer({ ...STATE, epoch: 2 });
    button("Epoch 1 again").click();
    expect(kernel.done.at(-1)).toEqual(["draw", { epoch: 1 }, true]);
  });
});

describe("what the model says", () => {
  const opinion = (number: number, after: number, verdict = "too far") =>
    kernel.say({ kind: "opinion", number, says: "Gone too far: it fell.", verdict, before: Array(12).fill(0.9), after: Array(12).fill(after) });

  test("stands under each tile, and a warning is plain without colour", () => {
    tell(1);
    opinion(1, 0.38);
    expect(tiles()[0]!.textContent).toContain(".38 (was .90)");
    expect(all(".tlnb-small")[0]!.textContent).toContain("how sure the model is of the image's own class");
    expect(tiles()[0]!.getAttribute("aria-label")).toBe("Image 1: cat; the model is .38 sure, .90 untouched");
    expect(all(".tlnb-verdict")[0]!.textContent).toBe("⚠ Gone too far: it fell.");
    expect(all('[aria-live="polite"]')[0]!.textContent).toContain("Gone too far");
  });

  test("is faint until it is about the tiles that are shown", () => {
    tell(1);
    opinion(1, 0.5);
    expect(all(".tlnb-tiles")[0]!.hasAttribute("data-stale")).toBe(false);
    tell(2);
    expect(all(".tlnb-tiles")[0]!.hasAttribute("data-stale")).toBe(true);
    opinion(2, 0.4);
    expect(all(".tlnb-tiles")[0]!.hasAttribute("data-stale")).toBe(false);
  });

  test("is nothing where it has no opinion", () => {
    tell(1);
    kernel.say({ kind: "opinion", number: 1, says: "No opinion yet.", verdict: "no opinion", before: [], after: [] });
    expect([tiles()[0]!.textContent, all(".tlnb-verdict")[0]!.textContent]).toEqual(["cat", "No opinion yet."]);
  });
});

describe("one image large", () => {
  test("is wiped by keys and by the pointer", () => {
    const handle = labelled("Wipe between");
    const over = all(".tlnb-over")[0]!;
    expect([handle.getAttribute("aria-valuenow"), over.style.clipPath]).toEqual(["50", "inset(0 0 0 50%)"]);
    key(handle, "ArrowRight");
    expect(handle.getAttribute("aria-valuetext")).toBe("untouched left of 55 %, augmented right of it");
    const stage = all(".tlnb-stage")[0]!;
    stage.getBoundingClientRect = () => ({ left: 10, width: 200 }) as DOMRect;
    pointer(stage, "pointerdown", 60);
    expect(handle.getAttribute("aria-valuenow")).toBe("25");
    pointer(stage, "pointermove", 400);
    pointer(stage, "pointerup", 400);
    pointer(stage, "pointermove", 60);
    expect(handle.getAttribute("aria-valuetext")).toBe("all untouched");
    expect(kernel.done).toEqual([]);
  });

  test("says what validation sees", () => {
    expect(el.textContent).toContain("never augmented: shorter side to 64 pixels");
  });

  test("has a filmstrip, whose frames set the strength", async () => {
    kernel.say({ kind: "strip", name: "rotation", image: 0, strengths: [0, 0.5, 1], confidence: [0.9, 0.8, 0.2] }, some(3, 5));
    await settle();
    const frames = all(".tlnb-frames .tlnb-tile");
    expect(frames.map((one) => one.textContent)).toEqual(["0.0: .90 sure", "0.5: .80 sure", "1.0: .20 sure"]);
    const marks = (name: string): (string | null)[] => frames.map((one) => one.getAttribute(name));
    expect([marks("aria-pressed"), marks("data-near")]).toEqual([Array(3).fill("false"), [null, "", null]]);
    show({ steps: [step("rotation", 0.5)] });
    expect([marks("aria-pressed"), marks("data-near")]).toEqual([["false", "true", "false"], Array(3).fill(null)]);
    frames[2]!.click();
    expect(kernel.done).toEqual([["set", { name: "rotation", strength: 1 }, true]]);
  });
});

test("cost and attribution are told", () => {
  kernel.say({ kind: "cost", milliseconds: 0.8 });
  expect(all(".tlnb-small").map((one) => one.textContent)).toEqual(["", "Cells: somebody", "Augmenting takes 0.8 ms an image here: 38 ms for an epoch of 48."]);
});

test("an error is told, and the next state takes it away", () => {
  kernel.say({ kind: "error", text: "It cannot be." });
  expect(all(".tlnb-error")[0]!.textContent).toBe("It cannot be.");
  show();
  expect(all(".tlnb-error")[0]!.textContent).toBe("");
});

test("a second greeting leaves one of everything", () => {
  kernel.say(ABOUT);
  expect([tiles().length, all(".tlnb-step").length, all(".tlnb-add").length]).toEqual([12, 3, 4]);
});
