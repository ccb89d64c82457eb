import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Bin, State } from "./model";
import { render } from "./view";

const ABOUT = {
  ...{ kind: "about", groups: [["stem", "#7ad151"], ["head", "#482475"]], metric: "AUC", chance: 0.5, baseline: 0.9 },
  ...{ valid: 12, checkpoint: false, credit: "" },
};
const STATE: State = {
  ...{ says: "Nothing has run yet.", code: "", undo: false, redo: false, code_key: 0, status: "ready", run: 0, epochs: 3, steps: 30 },
  ...{ resumable: false, expected: [], points: [1, 2, 3], verdict: "", note: "", alerts: [] },
};
const bins: Bin[] = [[0.7, 0.7, 0.7, 0, null, 1e-3], [0.4, 0.9, 0.6, 0.1, null, 1e-3]];

let el: HTMLElement;
let close: () => void;
let sent: any[];
let listeners: ((content: any, buffers?: DataView[]) => void)[];
const say = (content: object, buffers: DataView[] = []): void => listeners.forEach((listener) => listener(content, buffers));
const show = (changes: Partial<State> = {}): void => say({ kind: "state", state: { ...STATE, ...changes } });
const frames = (): void => void vi.advanceTimersByTime(50);
const button = (text: string): HTMLButtonElement =>
  [...el.querySelectorAll("button")].find((one) => one.textContent!.includes(text)) as HTMLButtonElement;
const actions = (): string[] => sent.filter((one) => one.kind === "do").map((one) => one.action);
const opened = (summary: string): HTMLElement => {
  const details = [...el.querySelectorAll("details")].find((one) => one.textContent!.includes(summary))!;
  details.open = true;
  details.dispatchEvent(new Event("toggle"));
  frames();
  return details;
};

beforeEach(() => {
  vi.useFakeTimers();
  [sent, listeners] = [[], []];
  el = document.createElement("div");
  document.body.append(el);
  const host = {
    get: () => undefined,
    send: (content: unknown) => void sent.push(content),
    on: (_: string, callback: any) => void listeners.push(callback),
    off: () => void (listeners = []),
  };
  close = render({ model: host, el });
  say(ABOUT);
  show();
  frames();
});

afterEach(() => {
  close();
  el.remove();
  vi.useRealTimers();
});

it("says that it is ready, and tells Python what is pressed", () => {
  expect(sent[0].kind).toBe("ready");
  button("Start").click();
  show({ status: "running", run: 1 });
  button("Pause").click();
  show({ status: "paused", run: 1 });
  button("Go on").click();
  button("One step").click();
  button("Stop").click();
  expect(actions()).toEqual(["start", "pause", "go_on", "step", "stop"]);
});

it("what cannot be done now keeps its place for the keyboard, and does nothing", () => {
  expect(button("Stop").getAttribute("aria-disabled")).toBe("true");
  expect(button("Stop").disabled).toBe(false);
  button("Stop").click();
  expect(actions()).toEqual([]);
});

it("resume is offered only where there are checkpoints", () => {
  expect(button("Resume").hidden).toBe(true);
  say({ ...ABOUT, checkpoint: true });
  show({ status: "stopped", run: 1, resumable: true });
  expect(button("Resume").hidden).toBe(false);
  button("Resume").click();
  expect(actions()).toEqual(["resume"]);
});

it("draws loss, noise, marks and rates, with axes and words", () => {
  show({ status: "running", run: 1 });
  const marks = [[2, "thaw", "thaw stem", true], [2, "set", "reversal weight 0.5", true]];
  say({ kind: "progress", run: 1, fresh: true, bins_at: 0, bins, marks_at: 0, marks, step: 2, line: "step 2 of 30", epochs: [[1, 10, 0.5, 0.6, 0.8]] });
  frames();
  const text = el.querySelector("svg")!.textContent!;
  for (const word of ["loss (nats)", "AUC", "learning rate", "training", "validation", "▲ thaw stem", "◆ reversal weight 0.5", "to beat: 0.900", "head", "step", "epoch", "0.800"])
    expect(text).toContain(word);
  expect(el.querySelector(".tlnb-band")!.getAttribute("d")).not.toContain("NaN");
  expect(el.querySelectorAll(".tlnb-rate").length).toBe(1); // stem is frozen
  expect(el.querySelector("svg")!.getAttribute("aria-label")).toContain("step 2 of 30");
});

it("draws what a method measures in a panel of its own, beside a value to compare with", () => {
  const panels = (): string[] => [...el.querySelectorAll(".tlnb-panel")].map((one) => one.textContent!);
  expect(panels().length).toBe(3);
  say({ ...ABOUT, measured: ["loss of the <domain> classifier (nats)", 0.693, "guessing"] });
  show({ status: "running", run: 1 });
  const measured = [[0.2, 0.4, 0.3], [0.5, 0.6, 0.55]];
  say({ kind: "progress", run: 1, fresh: true, bins_at: 0, bins, measured_at: 0, measured, step: 2, line: "step 2 of 30" });
  frames();
  expect(panels()[1]).toBe("loss of the <domain> classifier (nats)");
  expect(panels().length).toBe(4);
  const svg = el.querySelector("svg")!;
  for (const word of ["guessing", "0.55"]) expect(svg.textContent).toContain(word);
  expect(svg.getAttribute("aria-label")).toContain("classifier (nats) 0.55");
  expect(el.querySelectorAll(".tlnb-baseline").length).toBe(2); // the score to beat has one too
});

it("a spike of one step reaches as high as its loss", () => {
  show({ status: "running", run: 1 });
  say({ kind: "progress", run: 1, fresh: true, bins_at: 0, bins: [...bins, [0.3, 5, 0.6, 0.1, null, 1e-3]], step: 3 });
  frames();
  const tops = [...el.querySelector(".tlnb-spikes")!.getAttribute("d")!.matchAll(/M[\d.]+ ([\d.]+)/g)].map((one) => Number(one[1]));
  expect(tops[2]).toBeLessThan(tops[1]! - 50);
});

it("speaks each epoch, and a new alert, once", () => {
  const spoken = el.querySelector(".tlnb-spoken")!;
  say({ kind: "progress", run: 1, say: "Epoch 1 of 3: training loss 0.5." });
  expect(spoken.textContent).toContain("Epoch 1 of 3");
  show({ alerts: [["Overfitting: it rises.", "Stop."]] });
  expect(spoken.textContent).toContain("Overfitting: it rises. Stop.");
  expect(el.querySelector(".tlnb-alerts")!.textContent).toContain("Stop.");
  spoken.textContent = "";
  show({ alerts: [["Overfitting: it rises.", "Stop."]] });
  expect(spoken.textContent).toBe("");
});

it("a curve is expected by sliders, and told once the hand lets go", () => {
  const slider = el.querySelectorAll<HTMLInputElement>(".tlnb-sliders input")[1]!;
  slider.value = "0.85";
  slider.dispatchEvent(new Event("input"));
  frames();
  expect(actions()).toEqual([]);
  expect(el.querySelectorAll(".tlnb-diamond").length).toBe(1);
  expect(slider.getAttribute("aria-valuetext")).toBe("0.85");
  slider.dispatchEvent(new Event("change"));
  expect(sent.at(-1)).toMatchObject({ action: "expect", fields: { scores: [[2, 0.85]] } });
});

it("a slider does not jump back to what Python has not heard of yet", () => {
  const slider = el.querySelectorAll<HTMLInputElement>(".tlnb-sliders input")[1]!;
  for (const value of ["0.80", "0.81"]) {
    slider.value = value;
    slider.dispatchEvent(new Event("input"));
    slider.dispatchEvent(new Event("change"));
  }
  const { view, number } = sent.at(-1);
  say({ kind: "state", state: { ...STATE, expected: [[2, 0.8]] }, view, number: number - 1 });
  expect(slider.value).toBe("0.81");
  say({ kind: "state", state: { ...STATE, expected: [[2, 0.81]] }, view, number });
  expect(slider.value).toBe("0.81");
});

it("a curve is expected by a pointer in the chart of the score", () => {
  const area = el.querySelector(".tlnb-chart")!;
  const at = (type: string, x: number, y: number): boolean =>
    area.dispatchEvent(Object.assign(new Event(type), { clientX: x, clientY: y, pointerId: 7, button: 0 }));
  at("pointerdown", 10, 20); // in the loss: draws nothing
  at("pointerup", 10, 20);
  expect(sent.length).toBe(1);
  at("pointerdown", 240, 250);
  at("pointermove", 500, 230);
  at("pointerup", 500, 230);
  const { action, fields } = sent.at(-1);
  expect(action).toBe("expect");
  expect(fields.scores.map((one: number[]) => one[0])).toEqual([1, 3]);
  expect(fields.scores[1][1]).toBeGreaterThan(fields.scores[0][1]);
});

it("nothing is expected any more once a run is under way", () => {
  show({ status: "running", run: 1 });
  expect(el.querySelector<HTMLInputElement>(".tlnb-sliders input")!.disabled).toBe(true);
});

it("what is drawn of the blocks is said too", () => {
  const blocks = opened("How much a step changes");
  show({ status: "running", run: 1 });
  say({ kind: "progress", run: 1, trains: ["head"], ratios: [null, [1e-3, 7]] });
  frames();
  expect(blocks.textContent).toContain("❄ frozen");
  expect(blocks.textContent).toContain("1.0e-3, usual (step 7)");
});

it("the confusion matrix is asked for by epoch, follows the latest, and stays at an earlier one", () => {
  const details = opened("Which classes are confused");
  const slider = details.querySelector("input")!;
  const ended = (n: number): void => {
    say({ kind: "progress", run: 1, epochs: Array.from({ length: n }, (_, i) => [i + 1, 10 * i, 0.5, 0.6, 0.8]) });
    frames();
  };
  show({ status: "running", run: 1 });
  ended(1);
  expect(sent.at(-1)).toMatchObject({ action: "matrix", fields: { epoch: 1 } });
  ended(2);
  expect(sent.at(-1)).toMatchObject({ action: "matrix", fields: { epoch: 2 } });
  say({ kind: "matrix", at: 2, says: "After epoch 2, 9 of 12 are right.", classes: ["cat", "dog"], counts: [[5, 1], [2, 4]] });
  expect([...details.querySelectorAll("table td")].map((one) => one.textContent)).toEqual(["", "5", "1", "2", "4"]);
  slider.value = "1";
  slider.dispatchEvent(new Event("change"));
  ended(3);
  expect(slider.value).toBe("1");
});

it("the worst images are asked for where they are looked at, with words beside each", () => {
  show({ status: "running", run: 1 });
  say({ kind: "progress", run: 1, epochs: [[1, 10, 0.5, 0.6, 0.8]] });
  frames();
  expect(actions()).toEqual([]);
  const details = opened("The worst validation images");
  expect(actions()).toEqual(["worst"]);
  const jpeg = new DataView(new ArrayBuffer(4));
  for (const at of [0, 1]) say({ kind: "worst", at, of: 2, epoch: 1, text: `is cat, said dog ${at}` }, [jpeg]);
  expect([...details.querySelectorAll("li")].map((one) => one.textContent)).toEqual(["is cat, said dog 0", "is cat, said dog 1"]);
  say({ kind: "worst", at: 0, of: 1, epoch: 2, text: "another" }, [jpeg]);
  expect(details.querySelectorAll("li").length).toBe(1);
});

it("the code is asked for only where it is looked at, and comes in pieces", () => {
  expect(actions()).toEqual([]);
  opened("The plain PyTorch");
  expect(actions()).toEqual(["code"]);
  say({ kind: "code", at: 0, text: "import " });
  say({ kind: "code", at: 1, text: "torch" });
  show();
  expect(el.querySelector(".tlnb-code")!.textContent).toBe("import torch");
  show({ code_key: 1 });
  expect(actions()).toEqual(["code", "code"]);
});

it("earlier runs are ghosts with their result", () => {
  say({ kind: "ghosts", numbers: [1] });
  say({ kind: "ghost", number: 1, per_epoch: 10, scores: [[1, 0.6], [3, 0.75]] });
  frames();
  expect(el.querySelector("svg")!.textContent).toContain("run 1: 0.750");
});

it("an error is told and spoken", () => {
  say({ kind: "error", text: "No run is under way." });
  expect(el.querySelector(".tlnb-error")!.textContent).toBe("No run is under way.");
});

it("the numbers by epoch are a table", () => {
  const details = opened("The numbers by epoch");
  show({ status: "running", run: 1 });
  say({ kind: "progress", run: 1, epochs: [[1, 10, 0.5, null, 0.8]] });
  frames();
  expect([...details.querySelectorAll("td")].map((one) => one.textContent)).toEqual(["0.500", "", "0.800"]);
});

it("a thousand messages are drawn once a frame", () => {
  show({ status: "running", run: 1 });
  frames();
  const before = el.querySelector("svg");
  for (let i = 0; i < 1000; i++) say({ kind: "progress", run: 1, step: i });
  expect(el.querySelector("svg")).toBe(before);
  frames();
  expect(el.querySelector("svg")).not.toBe(before);
});
