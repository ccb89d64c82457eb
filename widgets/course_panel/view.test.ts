// The view on a page that has no geometry: what is drawn, what is asked for, where the focus goes.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { changed, course, FAILED, GOING, RAN, TERMS } from "./fixture";
import type { State } from "./state";
import { PanelView } from "./view";

let el: HTMLElement;
let view: PanelView;
let done: any[];
let close: () => void;

const all = <E extends HTMLElement = HTMLElement>(selector: string): E[] => [...el.querySelectorAll<E>(selector)];
const seen = (one: Element): boolean => !one.closest("[hidden]");
const one = <E extends HTMLElement = HTMLElement>(selector: string): E => all<E>(selector)[0]!;
const row = (id: string): HTMLElement => one(`[data-lesson="${id}"]`);
const within = (id: string, text: string): HTMLElement =>
  [...row(id).querySelectorAll<HTMLElement>("button, a")].find((each) => each.textContent === text)!;
const more = (id: string): HTMLElement => row(id).querySelector<HTMLElement>(".tlnb-more")!;
const key = (name: string, more: object = {}): KeyboardEvent => {
  const event = new KeyboardEvent("keydown", { key: name, bubbles: true, composed: true, cancelable: true, ...more });
  document.activeElement!.dispatchEvent(event);
  return event;
};

function draw(opens = true, state: State = course()): void {
  const act = (what: string) => (on?: any) => void done.push([what, on?.id ?? on]);
  const names = ["open", "openPath", "run", "stop", "reset", "copy", "glossary"] as const;
  view = new PanelView(el, { opens, actions: Object.fromEntries(names.map((name) => [name, act(name)])) as any });
  close = () => view.close();
  view.show(state);
}

beforeEach(() => {
  done = [];
  el = document.createElement("div");
  document.body.append(el);
});

afterEach(() => {
  close();
  el.remove();
});

describe("what comes next", () => {
  test("is one button, with the exercise that is open", () => {
    draw();
    expect(one(".tlnb-nextname").textContent).toBe("3.1 Freezing and unfreezing layers");
    expect(one(".tlnb-next .tlnb-facts").textContent).toContain("exercise 3.1.b is open");
    const button = one(".tlnb-next button");
    expect(button.textContent).toBe("Go on with lesson 3.1");
    button.click();
    expect(done).toEqual([["open", "3.1"]]);
  });

  test("says that a copy is made where there is none, and the end where there is nothing more", () => {
    draw(true, course({ folder: null }));
    expect(one(".tlnb-next").textContent).toContain("a copy of your own");
    const over = { status: "done" } as const;
    view.show(changed(course({ next: null }), { "3.1": over, "3.2": over }));
    expect(one(".tlnb-nextname").textContent).toBe("You have done every lesson that there is.");
    expect(seen(one(".tlnb-next button"))).toBe(false);
  });
});

describe("the list", () => {
  test("has every lesson, those to come in words and without buttons", () => {
    draw();
    expect(all(".tlnb-lesson")).toHaveLength(7);
    expect([...row("3.3").querySelectorAll("button, a")].filter((each) => each.isConnected && seen(each))).toEqual([]);
    expect(row("3.3").textContent).toContain("not in this release yet");
    expect(all(".tlnb-chapter").map((chapter) => chapter.textContent)).toEqual([
      "0 Start here1 of 1 done",
      "1 Fundamentalsto come",
      "3 Fine-tuning techniques0 of 2 done",
      "4 Domain adaptationto come",
    ]);
  });

  test("opens the chapter that one goes on with, and folds by click", () => {
    draw();
    const [first, , third] = all<HTMLButtonElement>(".tlnb-chapter");
    expect([first, third].map((chapter) => chapter!.getAttribute("aria-expanded"))).toEqual(["false", "true"]);
    first!.click();
    expect([first!.getAttribute("aria-expanded"), seen(row("0.0"))]).toEqual(["true", true]);
    expect(document.getElementById(first!.getAttribute("aria-controls")!)).toBe(row("0.0").parentElement);
  });

  test("is cut down to what is to do", () => {
    draw();
    const choice = one<HTMLSelectElement>("select");
    choice.value = "done";
    choice.dispatchEvent(new Event("change"));
    expect(all(".tlnb-lesson").map((each) => each.dataset.lesson)).toEqual(["0.0"]);
    expect(seen(row("0.0"))).toBe(true);
  });

  test("marks the lesson that is open, by a word too", () => {
    draw();
    view.here("3.2");
    expect(all("[aria-current]").map((each) => [each.dataset.lesson, each.textContent!.includes("open now")])).toEqual([["3.2", true]]);
    view.here(null);
    expect(all("[aria-current]")).toEqual([]);
  });

  test("keeps focus and what is unfolded when the state comes again", () => {
    draw();
    more("3.1").click();
    const run = within("3.1", "Run headless");
    run.focus();
    view.show(changed(course(), { "3.2": { status: "done" } }));
    expect([document.activeElement, seen(run), row("3.2").dataset.status]).toEqual([run, true, "done"]);
  });

  test("arrows go from row to row and fold, and Tab is left alone", () => {
    draw();
    const chapters = all(".tlnb-chapter");
    chapters[2]!.focus();
    expect(key("ArrowDown").defaultPrevented).toBe(true);
    expect(document.activeElement).toBe(row("3.1").querySelector(".tlnb-face"));
    key("ArrowRight");
    expect(seen(within("3.1", "Reset…"))).toBe(true);
    key("ArrowLeft");
    expect(seen(within("3.1", "Reset…"))).toBe(false);
    for (const _ of [1, 2]) key("ArrowDown");
    expect(document.activeElement).toBe(chapters[3]);
    key("Home");
    key("ArrowUp");
    expect(document.activeElement).toBe(chapters[0]);
    key("ArrowRight");
    expect(chapters[0]!.getAttribute("aria-expanded")).toBe("true");
    expect([key("Tab").defaultPrevented, key("ArrowDown", { ctrlKey: true }).defaultPrevented]).toEqual([false, false]);
  });

  test("shows text as text", () => {
    draw(true, changed(course(), { "3.1": { title: "<img src=x>", run: { ...FAILED, error: "<b>no</b>" } } }));
    expect([all("img"), all("b")]).toEqual([[], []]);
    expect(row("3.1").textContent).toContain("<b>no</b>");
  });
});

describe("a lesson", () => {
  test("tells exercises, quizzes, an edited copy and a newer version", () => {
    draw();
    more("3.1").click();
    const text = row("3.1").textContent!;
    for (const says of ["✓ passed after 2 tries", "tried once", "3 of 4 answered, 2 right", "You have worked on your copy", "edited, newer version"])
      expect(text).toContain(says);
    within("3.1", "Open the newer version").click();
    expect(done).toEqual([["openPath", "l/3.1.new-0.2.0.ipynb"]]);
    expect(more("3.1").getAttribute("aria-label")).toBe("More about 3.1 Freezing and unfreezing layers");
  });

  test("is reset after a word, and not by Escape", () => {
    draw();
    more("3.1").click();
    const [reset, asks] = [within("3.1", "Reset…"), row("3.1").querySelector<HTMLElement>(".tlnb-asks")!];
    expect(asks.hidden).toBe(true);
    reset.click();
    expect([asks.hidden, document.activeElement!.textContent]).toEqual([false, "Cancel"]);
    expect(asks.textContent).toContain("Your version is kept beside it");
    key("Escape");
    expect([asks.hidden, document.activeElement, done]).toEqual([true, reset, []]);
    reset.click();
    within("3.1", "Keep mine, and reset").click();
    expect(done).toEqual([["reset", "3.1"]]);
  });

  test("runs, tells how far it is, stops, and links what came of it", () => {
    draw();
    more("3.1").click();
    within("3.1", "Run headless").click();
    view.runs({ "3.1": GOING });
    const bar = row("3.1").querySelector("[role=progressbar]")!;
    expect(["aria-label", "aria-valuenow", "aria-valuemax", "aria-valuetext"].map((name) => bar.getAttribute(name))).toEqual([
      "Run of lesson 3.1",
      "7",
      "21",
      "7 of 21 cells, 12 s",
    ]);
    expect(one(".tlnb-spoken").textContent).toBe("Lesson 3.1: 7 of 21 cells, 12 s.");
    view.runs({ "3.1": { ...GOING, cell: 8, seconds: 14 } });
    expect(one(".tlnb-spoken").textContent).toBe("Lesson 3.1: 7 of 21 cells, 12 s.");
    expect(seen(within("3.1", "Run headless"))).toBe(false);
    row("3.1").querySelector<HTMLElement>(".tlnb-run button:not(.tlnb-link)")!.click();
    view.runs({ "3.1": RAN });
    expect(seen(bar)).toBe(false);
    within("3.1", "Report").click();
    within("3.1", "Executed notebook").click();
    expect(done).toEqual([["run", "3.1"], ["stop", "3.1"], ["openPath", RAN.report], ["openPath", RAN.notebook]]);
    view.runs({ "3.1": FAILED });
    expect(row("3.1").querySelector(".tlnb-runerror")!.textContent).toBe(FAILED.error);
  });
});

describe("the rest", () => {
  test("machine, memory and cache are told, and what nobody knows", () => {
    draw();
    expect(one(".tlnb-machine").textContent).toContain("12.9 GB of 25.8 GB free");
    expect(one(".tlnb-machine").textContent).toContain("123 MB of at most 10.7 GB");
    const { device, cache } = course();
    view.show(course({ device: { ...device, memory: null, free_memory: null }, cache: { ...cache, bytes: null } }));
    expect(one(".tlnb-machine").textContent!.match(/not known/g)).toHaveLength(2);
  });

  test("terms are asked for once, found as one types, and lead to lessons that are there", () => {
    draw();
    const field = one<HTMLInputElement>("input[type=search]");
    field.focus();
    field.dispatchEvent(new Event("focus"));
    const type = (text: string): void => {
      field.value = text;
      field.dispatchEvent(new Event("input"));
    };
    type("free");
    view.terms(TERMS);
    type("freezing");
    expect(done).toEqual([["glossary", undefined]]);
    expect(all(".tlnb-terms dt").map((term) => term.textContent)).toEqual(["freezing"]);
    expect(all(".tlnb-links > *").map((link) => [link.tagName, link.textContent])).toEqual([
      ["BUTTON", "Lesson 3.1"],
      ["SPAN", "Lesson 1.1"],
    ]);
    one(".tlnb-links button").click();
    expect(done.at(-1)).toEqual(["open", "3.1"]);
    type("zebra");
    expect(one(".tlnb-glossary [role=status]").textContent).toBe("No term has “zebra”.");
  });

  test("what went wrong is told, once, and what is damaged stays told", () => {
    draw(true, course({ problems: ["Your progress cannot be read."] }));
    expect(one(".tlnb-problems").textContent).toBe("Your progress cannot be read.");
    view.fail("Lesson 3.1 is running already.");
    view.recovered("something else");
    expect(one(".tlnb-error").textContent).toBe("Lesson 3.1 is running already.");
    view.calm();
    expect(one(".tlnb-error").textContent).toBe("");
  });

  test("a state of another form is not guessed at", () => {
    draw();
    view.show({ ...course(), format: 2 });
    expect(one(".tlnb-error").textContent).toContain("different versions");
  });
});
