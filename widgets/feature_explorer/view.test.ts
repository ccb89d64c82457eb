import { beforeEach, expect, test } from "vitest";
import { FakeHost } from "../shared/fake_host";
import { depthTable, lowest } from "./depth";
import type { Choices, State } from "./model";
import { featureExplorer } from "./view";

const EVIL = '<img src=x onerror="window.hit=1">';
const choices: Choices = {
  layers: [
    { name: "stem", group: "stem", title: "stem, output: 4 × 2 × 2", maps: true },
    { name: "stage1", group: "stage1", title: "stage1, output: 3 × 2 × 2", maps: true },
    { name: "fc", group: "head", title: "fc, linear: gives one vector", maps: false },
  ],
  ends: ["what the head gets", "stem", "stage1"],
  classes: ["dark", EVIL],
  methods: [
    ["pca", "PCA"],
    ["tsne", "t-SNE"],
  ],
  compared: true,
  count: 4,
  credit: "Cells: somebody, CC BY",
};
const idle = { text: "", error: "", running: false };

function state(changed: Partial<State> = {}): State {
  return {
    says: "stage1 gives 3 maps.",
    code: "maps = ...",
    picture: { title: "image 7", label: EVIL, row: 7 },
    layer: "stage1",
    order: "change",
    page: 0,
    pages: 2,
    map: null,
    target: null,
    scores: [
      { class: 1, name: EVIL, whole: 0.75, covered: null },
      { class: 0, name: "dark", whole: 0.25, covered: null },
    ],
    share: 0,
    projecting: idle,
    probing: idle,
    depth: null,
    selected: 0,
    ...changed,
  };
}

const bytes = (...values: number[]): DataView => new DataView(Uint8Array.from(values).buffer);
let host: FakeHost;
let el: HTMLElement;
let view: { close(): void };

beforeEach(() => {
  document.body.replaceChildren((el = document.createElement("div")));
  host = new FakeHost();
  view = featureExplorer(host, el);
  host.say({ kind: "choices", ...choices });
  host.say({ kind: "image", size: 2, channels: 1 }, [bytes(0, 50, 100, 200)]);
  host.say({ kind: "maps", layer: "stage1", numbers: [2, 0, 1], values: ["0.9", "0.5", "0.1"], height: 2, width: 2 }, [
    bytes(...Array(12).fill(9)),
  ]);
  host.say({ kind: "state", state: state() });
});

const labelled = (text: string): HTMLSelectElement =>
  [...el.querySelectorAll("label")].find((label) => label.textContent!.startsWith(text))!.querySelector("select, input")!;
const named = (text: string): HTMLButtonElement => [...el.querySelectorAll("button")].find((one) => one.textContent === text)!;
const maps = (): HTMLButtonElement[] => [...el.querySelectorAll<HTMLButtonElement>(".tlnb-map")];
const last = (): any => host.actions().at(-1);
const change = (select: HTMLSelectElement, value: string): void => {
  select.value = value;
  select.dispatchEvent(new Event("change"));
};
const press = (element: HTMLElement, key: string): void => {
  element.focus();
  element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
};
const told = (): string => el.querySelector(".tlnb-picture .tlnb-told")!.textContent!;

test("nothing is shown before the first state", () => {
  const early = document.createElement("div");
  featureExplorer(new FakeHost(), early);
  expect(early.querySelector<HTMLElement>(".tlnb-body")!.hidden).toBe(true);
  expect(el.querySelector<HTMLElement>(".tlnb-body")!.hidden).toBe(false);
});

test("layers stand under their groups, and those without maps cannot be chosen", () => {
  const layer = labelled("Layer");
  expect([...layer.querySelectorAll("optgroup")].map((group) => group.label)).toEqual(["stem", "stage1", "head"]);
  expect([...layer.options].map((option) => option.disabled)).toEqual([false, false, true]);
  expect(layer.value).toBe("stage1");
  change(layer, "stem");
  expect(last()).toMatchObject({ action: "layer", fields: { name: "stem" } });
});

test("without a network before, maps cannot be ranked by change", () => {
  host.say({ kind: "choices", ...choices, compared: false });
  expect([...labelled("Ranked by").options].map((option) => option.value)).toEqual(["mean", "number"]);
});

test("each map is a button that says its rank's number; a second click lets it go", () => {
  expect(maps().map((one) => one.getAttribute("aria-label"))).toEqual(["map 2, 0.9", "map 0, 0.5", "map 1, 0.1"]);
  maps()[0]!.click();
  expect(last()).toMatchObject({ action: "map", fields: { number: 2 } });
  host.answer(state({ map: 2 }));
  expect(maps()[0]!.getAttribute("aria-pressed")).toBe("true");
  maps()[0]!.click();
  expect(last().fields).toEqual({ number: null });
});

test("the maps of before the training are a button away, where there is such a network", () => {
  named("Before the training").click();
  expect(named("Before the training").getAttribute("aria-pressed")).toBe("true");
  host.say({ kind: "choices", ...choices, compared: false });
  expect(named("Before the training").hidden).toBe(true);
});

test("arrows go from map to map, and one is in the tab order", () => {
  press(maps()[0]!, "ArrowRight");
  expect(document.activeElement).toBe(maps()[1]);
  expect(maps().map((one) => one.tabIndex)).toEqual([-1, 0, -1]);
  press(maps()[1]!, "End");
  expect(document.activeElement).toBe(maps()[2]);
});

test("a chosen map is told with its scale, and shown beside what it was before", () => {
  const old = el.querySelectorAll<HTMLElement>(".tlnb-pictures figure")[1]!;
  const message = { kind: "map", number: 2, height: 2, width: 2, low: "0", high: "3.1", says: "Map 2 of stage1: change 0.9" };
  host.say(message, [bytes(0, 1, 2, 3), bytes(4, 5, 6, 7)]);
  host.say({ kind: "state", state: state({ map: 2 }) });
  expect(told()).toContain("Map 2 of stage1: change 0.9. Dark is 0, light is 3.1.");
  return new Promise<void>((done) =>
    requestAnimationFrame(() => {
      expect(old.hidden).toBe(false);
      done();
    }),
  );
});

test("the place that the keys go to says what it sees", () => {
  const boxes = Int16Array.from([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 1]);
  host.say({ kind: "fields", layer: "stage1", height: 2, width: 2, says: "Places see little." }, [new DataView(boxes.buffer)]);
  expect(told()).toBe("Places see little.");
  const canvas = el.querySelector<HTMLCanvasElement>(".tlnb-pictures canvas")!;
  press(canvas, "ArrowDown"); // the first key goes to the middle
  expect(told()).toContain("Row 2, column 2 sees 2 × 2 pixels");
  press(canvas, "ArrowUp");
  expect(told()).toContain("Row 1, column 2 sees 1 × 1 pixels: rows 0 to 0, columns 1 to 1.");
  expect(el.querySelector(".tlnb-spoken")!.textContent).toContain("Row 1, column 2");
});

test("a class is asked for, and its name stays text", () => {
  named("Class activation").click();
  expect(last()).toMatchObject({ action: "activate", fields: { target: null } });
  change(labelled("What speaks for"), "1");
  expect(last().fields).toEqual({ target: 1 });
  host.say({ kind: "heat", height: 2, width: 2, says: `What speaks for ${EVIL}` }, [bytes(0, 1, 2, 255)]);
  host.answer(state({ target: 1 }));
  expect(told()).toBe(`What speaks for ${EVIL}`);
  expect(el.querySelector("img")).toBeNull();
});

test("keys move the brush, cover and uncover, and the scores say what it changes", () => {
  named("Cover a part").click();
  const canvas = el.querySelector<HTMLCanvasElement>(".tlnb-pictures canvas")!;
  press(canvas, " ");
  expect(last()).toMatchObject({ action: "cover", commit: true });
  const covered = [...last().fields.mask].filter((one) => one === "1").length;
  expect([last().fields.mask.length, covered]).toEqual([784, 13]);
  expect(el.querySelector(".tlnb-spoken")!.textContent).toBe("2 % covered");
  host.answer(state({ share: 0.02, scores: [{ class: 1, name: EVIL, whole: 0.75, covered: 0.4 }] }));
  expect(el.querySelector(".tlnb-scores")!.textContent).toContain("2 % covered");
  expect(el.querySelectorAll(".tlnb-covered").length).toBe(1);
  press(canvas, "Delete");
  expect(last().fields.mask).not.toContain("1");
});

test("another picture begins uncovered", () => {
  named("Cover a part").click();
  const canvas = el.querySelector<HTMLCanvasElement>(".tlnb-pictures canvas")!;
  press(canvas, " ");
  host.say({ kind: "image", size: 2, channels: 1 }, [bytes(1, 2, 3, 4)]);
  press(canvas, "Delete");
  expect(last().fields.mask).not.toContain("1");
});

test("pages are turned where there are several", () => {
  named("More maps ›").click();
  expect(last()).toMatchObject({ action: "page", fields: { page: 1 } });
  host.answer(state({ page: 1 }));
  expect(named("More maps ›").disabled).toBe(true);
  host.say({ kind: "state", state: state({ pages: 1 }) });
  expect(named("More maps ›").parentElement!.hidden).toBe(true);
});

function layOut(): void {
  const places = Float32Array.from([0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 2, 0, 2, 2, 0, 2]);
  const content = {
    kind: "points",
    count: 4,
    sets: 2,
    says: "PCA of four images",
    colourings: [
      { name: "class", values: ["dark", EVIL] },
      { name: "domain", values: ["day", "night"] },
    ],
  };
  const codes = [Uint16Array.from([0, 1, 1, 0]), Uint16Array.from([0, 0, 0, 1])];
  host.say(content, [places, ...codes].map((array) => new DataView(array.buffer)));
}

test("images are laid out on demand, and the work can be stopped", () => {
  change(labelled("By"), "tsne");
  named("Lay the images out").click();
  expect(last()).toMatchObject({ action: "project", fields: { method: "tsne", layer: "what the head gets" } });
  host.answer(state({ projecting: { text: "Features: 32 of 64 images.", error: "", running: true } }));
  expect(el.textContent).toContain("Features: 32 of 64 images.");
  named("Stop").click();
  expect(last()).toMatchObject({ action: "stop", fields: { what: "project" } });
  host.answer(state({ projecting: { text: "", error: "It failed.", running: false } }));
  expect(el.textContent).toContain("It failed.");
});

test("points are chosen by their class from the keyboard; what is chosen is shown as buttons", () => {
  layOut();
  expect(el.querySelector<HTMLElement>(".tlnb-plane")!.hidden).toBe(false);
  change(labelled("Choose all of"), "1");
  expect(last()).toMatchObject({ action: "catch", fields: { places: [1, 2] } });
  host.say({ kind: "caught", places: [1, 2], size: 1, channels: 1, says: "2 of 4 images are chosen." }, [bytes(5, 6)]);
  const buttons = el.querySelectorAll<HTMLButtonElement>(".tlnb-caught button");
  expect(buttons.length).toBe(2);
  buttons[1]!.click();
  expect(last()).toMatchObject({ action: "pick", fields: { place: 2 } });
});

test("the legend has a sign for each value of what colours go by", () => {
  layOut();
  const legend = (): string[] => [...el.querySelectorAll(".tlnb-legend li")].map((item) => item.textContent!);
  expect(legend()).toEqual(["dark", EVIL]);
  expect(el.querySelectorAll(".tlnb-legend path").length).toBe(2);
  const by = labelled("Colours by");
  change(by, "domain");
  expect(legend()).toEqual(["day", "night"]);
  change(labelled("Choose all of"), "1");
  expect(last().fields).toEqual({ places: [3] });
});

test("probes are shown with their intervals", () => {
  const rows = [{ group: "stem", mean: 0.7, low: 0.62, high: 0.78 }];
  const depth = { metric: "AUC", seeds: 5, sets: [{ when: "before", rows }, { when: "after", rows }] };
  host.say({ kind: "state", state: state({ depth }) });
  expect(el.querySelector(".tlnb-depth")!.textContent).toContain("0.700 (0.620 to 0.780)");
  expect([lowest(depth), depthTable(depth).querySelectorAll("th").length]).toEqual([0.5, 4]);
  named("Probe each layer group").click();
  expect(last().action).toBe("probe");
});

test("whose pictures these are is said", () => expect(el.textContent).toContain("Cells: somebody, CC BY"));

test("a closed view leaves nothing behind", () => {
  view.close();
  expect(el.childElementCount).toBe(0);
  expect(host.sent.at(-1).kind).toBe("gone");
});
