// The panel where notebooks cannot be opened: links and paths, and the kernel does the rest.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeHost } from "../shared/fake_host";
import { changed, course, GOING } from "./fixture";
import { render } from "./index";

let el: HTMLElement;
let close: () => void;

const all = <E extends HTMLElement = HTMLElement>(selector: string): E[] => [...el.querySelectorAll<E>(selector)];
const seen = (one: Element): boolean => !one.closest("[hidden]");
const one = <E extends HTMLElement = HTMLElement>(selector: string): E => all<E>(selector)[0]!;
const row = (id: string): HTMLElement => one(`[data-lesson="${id}"]`);
const within = (id: string, text: string): HTMLElement =>
  [...row(id).querySelectorAll<HTMLElement>("button, a")].find((each) => each.textContent === text)!;
const more = (id: string): HTMLElement => row(id).querySelector<HTMLElement>(".tlnb-more")!;

let host: FakeHost;

beforeEach(() => {
  vi.useFakeTimers();
  el = document.createElement("div");
  document.body.append(el);
  host = new FakeHost();
  close = render({ model: host, el });
  host.say({ kind: "state", state: course() });
});

afterEach(() => {
  close();
  el.remove();
  vi.useRealTimers();
});

test("a lesson has its address at Colab, or a path to copy", async () => {
  more("3.1").click();
  more("3.2").click();
  const link = within("3.1", "Open in Colab") as HTMLAnchorElement;
  expect([link.href, link.rel, seen(within("3.2", "Open in Colab")), seen(within("3.2", "Open"))]).toEqual([
    "https://colab.research.google.com/3.1",
    "noopener",
    false,
    false,
  ]);
  const copied = vi.fn().mockResolvedValue(undefined);
  vi.stubGlobal("navigator", { clipboard: { writeText: copied } });
  within("3.2", "Copy its path").click();
  await vi.advanceTimersByTimeAsync(1);
  expect([copied.mock.calls, one(".tlnb-said").textContent]).toEqual([[["l/3.2.ipynb"]], "Copied: l/3.2.ipynb"]);
  expect([seen(one(".tlnb-next button")), one<HTMLAnchorElement>(".tlnb-next a").href]).toEqual([false, link.href]);
  host.say({ kind: "state", state: course({ next: { lesson: "3.2", exercise: null } }) });
  expect([one(".tlnb-next button").textContent, seen(one(".tlnb-next a"))]).toEqual(["Copy its path", false]);
  one(".tlnb-next button").click();
  await vi.advanceTimersByTimeAsync(1);
  expect(copied).toHaveBeenCalledTimes(2);
  host.say({ kind: "state", state: changed(course({ next: { lesson: "3.2", exercise: null } }), { "3.2": { path: null } }) });
  expect(one(".tlnb-next button").textContent).toBe("Copy the lessons here");
  vi.unstubAllGlobals();
});

test("the kernel runs, stops, resets, copies and hands over the terms", () => {
  more("3.1").click();
  within("3.1", "Run headless").click();
  host.answer(changed(course(), { "3.1": { run: GOING } }));
  row("3.1").querySelector<HTMLElement>(".tlnb-run button:not(.tlnb-link)")!.click();
  within("3.1", "Reset…").click();
  within("3.1", "Keep mine, and reset").click();
  [...all(".tlnb-machine button")].at(-1)!.click();
  one("input[type=search]").dispatchEvent(new Event("focus"));
  expect(host.actions().map(({ action, fields }) => [action, fields])).toEqual([
    ["run", { lesson: "3.1", profile: "quick" }],
    ["stop", { lesson: "3.1" }],
    ["reset", { lesson: "3.1" }],
    ["copy", {}],
    ["glossary", {}],
  ]);
  host.say({ kind: "state", state: course(), answer: { path: "l/3.1.ipynb", kept: "l/3.1.kept-2026-01-31.ipynb" } });
  expect(one(".tlnb-said").textContent).toBe("Your version is kept as 3.1.kept-2026-01-31.ipynb.");
  host.say({ kind: "state", state: course(), answer: { lines: ["Three lessons copied."] } });
  host.say({ kind: "state", state: course() });
  expect(one(".tlnb-said").textContent).toBe("Three lessons copied.");
  host.say({ kind: "error", text: "Lesson 3.1 is running already." });
  expect(one(".tlnb-error").textContent).toBe("Lesson 3.1 is running already.");
});
