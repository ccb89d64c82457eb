import { beforeEach, expect, test } from "vitest";
import { FakeHost } from "../shared/fake_host";
import type { BlockState, Network, State } from "./model";
import { grid, steps } from "./inside";
import { FreezeMap } from "./view";

const names = ["stem", "stage1", "stage2", "head"];
const network: Network = {
  blocks: names.map((name, i) => ({
    name,
    colour: "#336699",
    parameters: 1000 * (i + 1),
    side: 64 >> i,
    shape: "8 × 8 × 8",
    statistics: name !== "head",
  })),
  layers: names.map((name, i) => [i, `${name}.conv`, "convolution 3x3", 1000, "8 × 8 × 8"]),
  arcs: [[0, 2]],
};

function state(states: BlockState[], changed: Partial<State> = {}): State {
  return {
    says: "Head trains.",
    code: "model.train()",
    undo: false,
    redo: false,
    states,
    starts: states.map((one) => (one === "frozen" ? null : 0)),
    epochs: 5,
    totals: [["parameters that learn", "1,026", "4,000"]],
    presets: [{ name: "probe", title: "Probe", changes: "Probe changes nothing." }],
    ratios: null,
    can: { gradients: true },
    ...changed,
  };
}

const probe: BlockState[] = ["frozen", "frozen", "frozen", "trains"];
let host: FakeHost;
let el: HTMLElement;
let view: FreezeMap;

beforeEach(() => {
  document.body.replaceChildren((el = document.createElement("div")));
  host = new FakeHost();
  view = new FreezeMap(host, el);
  host.say({ kind: "network", network });
  host.say({ kind: "state", state: state(probe) });
});

const block = (i: number): HTMLButtonElement => el.querySelectorAll<HTMLButtonElement>(".tlnb-block")[i]!;
const press = (i: number, key: string): void => {
  block(i).focus();
  block(i).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
};

test("each block says its name, its state and its size to who listens", () => {
  expect(block(0).getAttribute("aria-label")).toBe("stem: frozen. 1,000 parameters, maps of 8 × 8 × 8");
  expect(block(3).getAttribute("aria-label")).toContain("head: trains");
});

test("nothing is shown before the first state", () => {
  const early = document.createElement("div");
  new FreezeMap(new FakeHost(), early);
  expect(early.querySelector<HTMLElement>(".tlnb-body")!.hidden).toBe(true);
  expect(el.querySelector<HTMLElement>(".tlnb-body")!.hidden).toBe(false);
});

test("a key changes a block at once, tells Python, and speaks", () => {
  press(2, "s");
  expect(block(2).dataset.state).toBe("fixed_statistics");
  expect(host.actions()).toMatchObject([{ action: "set_states", fields: { states: { stage2: "fixed_statistics" } }, commit: true }]);
  expect(el.querySelector(".tlnb-spoken")!.textContent).toBe("stage2: fixed statistics");
});

test("arrows move the focus, and one block only is in the tab order", () => {
  press(1, "ArrowRight");
  expect(document.activeElement).toBe(block(2));
  expect(names.map((_, i) => block(i).tabIndex)).toEqual([-1, -1, 0, -1]);
});

test("U freezes up to the block in focus", () => {
  press(1, "u");
  expect(host.actions().at(-1).fields.states).toEqual({ stage2: "trains" });
});

test("a refused wish jumps back to what holds, and says why", () => {
  press(3, "f");
  expect(block(3).dataset.state).toBe("frozen");
  const { view: own, number } = host.actions().at(-1);
  host.say({ kind: "state", state: state(probe), view: own, number });
  host.say({ kind: "error", text: "Nothing would train.", view: own, number });
  expect(block(3).dataset.state).toBe("trains");
  expect(el.querySelector(".tlnb-error")!.textContent).toBe("Nothing would train.");
});

test("an older state does not undo what the hand did since", () => {
  press(2, "t");
  host.say({ kind: "state", state: state(probe) });
  expect(block(2).dataset.state).toBe("trains");
});

test("a later thaw is marked and told", () => {
  host.say({ kind: "state", state: state(["frozen", "frozen", "trains", "trains"], { starts: [null, null, 2, 0] }) });
  expect(block(2).querySelector(".tlnb-word")!.textContent).toBe("from 2");
  expect(block(2).hasAttribute("data-later")).toBe(true);
});

test("sliders show thaws and send them", () => {
  const slider = el.querySelectorAll<HTMLInputElement>("input[type=range]")[2]!;
  slider.value = "1.5";
  slider.dispatchEvent(new Event("change"));
  expect(host.actions().at(-1)).toMatchObject({ action: "set_starts", fields: { starts: { stage2: 1.5 } }, commit: true });
  slider.value = "5";
  slider.dispatchEvent(new Event("change"));
  expect(host.actions().at(-1).fields.starts).toEqual({ stage2: null });
});

test("a preset tells what it would change before it is chosen", () => {
  const button = [...el.querySelectorAll("button")].find((one) => one.textContent === "Probe")!;
  button.dispatchEvent(new Event("focus"));
  expect(el.textContent).toContain("Probe changes nothing.");
  button.click();
  expect(host.actions().at(-1)).toMatchObject({ action: "preset", fields: { name: "probe" } });
});

test("undo is a button and a key", () => {
  press(0, "t");
  el.querySelector("section")!.dispatchEvent(new KeyboardEvent("keydown", { key: "z", ctrlKey: true, bubbles: true }));
  expect(host.actions().at(-1).action).toBe("undo");
});

test("layers are drawn for who opens them, with what skips over them", () => {
  const details = [...el.querySelectorAll("details")].find((one) => one.textContent!.includes("residual"))!;
  expect(details.querySelectorAll("rect").length).toBe(0);
  details.open = true;
  details.dispatchEvent(new Event("toggle"));
  expect(details.querySelectorAll("rect").length).toBe(4);
  expect(details.querySelectorAll("path").length).toBe(1);
});

test("a closed view leaves nothing behind", () => {
  view.close();
  expect(el.childElementCount).toBe(0);
  expect(host.sent.at(-1).kind).toBe("gone");
});

test("filters and weights are drawn for who asks, anew each time", () => {
  const button = [...el.querySelectorAll("button")].find((one) => one.textContent === "Show filters and weights")!;
  for (const _ of [1, 2]) {
    button.click();
    const pixels = new DataView(new Uint8Array(2 * 3 * 3 * 3).buffer);
    host.say({ kind: "filters", count: 2, height: 3, width: 3, says: "The first filters" }, [pixels]);
    const group = { name: "stem", before: [1, 4, 1], after: [2, 2, 2], deviations: ["0.1", "0.2"] };
    host.say({ kind: "weights", reach: 0.5, groups: [group] });
  }
  expect(el.querySelectorAll("canvas").length).toBe(1);
  expect(el.querySelector(".tlnb-inside")!.textContent).toContain("stem: spread 0.1, then 0.2");
});

test("a histogram is as high as its highest bin", () => {
  expect(steps([1, 2], 10, 8)).toBe("M0 8V4.0H5.0V0.0H10.0V8");
});

test("pictures stand in rows of sixteen", () => {
  expect(grid(32, 3, 3)).toEqual({ columns: 16, size: [63, 7] });
});
