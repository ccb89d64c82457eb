// The view on a page that has no geometry: what is drawn, what is sent, what is told.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeHost } from "../shared/fake_host";
import type { Question, State } from "./model";
import { render } from "./view";

const EVIL = "<img src=x onerror=alert(1)></script>[link](javascript:alert(2)) **bold**";
const EMPTY: State = { given: null, reply: null, tries: 0, canShow: false };
const WRONG: State = { ...EMPTY, given: [1], reply: { verdict: "wrong", head: "Not quite.", lines: ["Is `b` so?"] }, tries: 1, tried: [1], right: [] };
const RIGHT: State = { ...EMPTY, given: [0], reply: { verdict: "right", head: "Right.", lines: ["So."] }, tries: 2, tried: [1], right: [0] };

let host: FakeHost;
let el: HTMLElement;
let close: () => void;

const one = <E extends HTMLElement = HTMLElement>(selector: string): E => el.querySelector<E>(selector)!;
const all = <E extends HTMLElement = HTMLElement>(selector: string): E[] => [...el.querySelectorAll<E>(selector)];
const button = (text: string): HTMLButtonElement => all<HTMLButtonElement>("button").find((each) => each.textContent === text)!;
const sent = (): any[] => host.actions().map(({ action, fields, commit }) => [action, fields, commit]);
const key = (on: HTMLElement, name: string, more: object = {}): KeyboardEvent => {
  const event = new KeyboardEvent("keydown", { key: name, bubbles: true, composed: true, cancelable: true, ...more });
  on.dispatchEvent(event);
  return event;
};
const told = (): string => one(".tlnb-reply").textContent!;

function ask(asked: Partial<Question>, state: State = EMPTY): void {
  const whole = { kind: "one", question: "Which of `a` and `b`?", says: "Choose one answer.", before: "", answers: ["a", "b", "c"], ...asked };
  host.say({ kind: "question", asked: whole });
  host.say({ kind: "state", state });
}

beforeEach(() => {
  vi.useFakeTimers();
  host = new FakeHost();
  el = document.createElement("div");
  document.body.append(el);
  close = render({ model: host, el });
});

afterEach(() => {
  close();
  el.remove();
  vi.useRealTimers();
});

describe("every question", () => {
  test("is a group that its question names, with what to do, and code as code", () => {
    ask({});
    const legend = one("fieldset > legend");
    expect([legend.textContent, all("legend code").map((code) => code.textContent)]).toEqual(["Which of a and b?", ["a", "b"]]);
    expect(document.getElementById(one("fieldset").getAttribute("aria-describedby")!)!.textContent).toBe("Choose one answer.");
    expect(one("section").getAttribute("aria-label")).toBe("Quiz: Which of a and b?");
    expect([told(), button("Show the answer").hidden]).toEqual(["", true]);
  });

  test("shows text of any kind as text", () => {
    for (const kind of ["one", "several", "number", "order", "guess"] as const) {
      close();
      close = render({ model: host, el });
      const reply = { verdict: "right" as const, head: EVIL, lines: [EVIL] };
      ask({ kind, question: EVIL, says: EVIL, before: EVIL, answers: [EVIL, "b"], unit: EVIL, ends: [EVIL, EVIL], low: 0, high: 1, step: 0.1 }, { ...EMPTY, reply });
      expect(all("img, a, script, strong")).toEqual([]);
      expect([one("legend").textContent, all(".tlnb-reply p")[1]!.textContent]).toEqual([EVIL, EVIL]);
    }
  });

  test("says what the journal knows, and nothing more", () => {
    ask({ before: "Answered right before, at the first try." });
    expect(one(".tlnb-before").textContent).toBe("✓ Answered right before, at the first try.");
    expect(all("input:checked")).toEqual([]);
  });

  test("tells Python's reply in a live region, once for each answer", () => {
    ask({});
    const region = one(".tlnb-reply");
    expect(region.getAttribute("role")).toBe("status");
    host.say({ kind: "state", state: WRONG });
    const first = region.firstChild;
    expect(region.textContent).toBe("✗ Not quite.Is b so?");
    host.say({ kind: "state", state: WRONG });
    expect(region.firstChild).toBe(first);
    host.say({ kind: "state", state: { ...WRONG, tries: 2 } });
    expect(region.firstChild).not.toBe(first);
    expect(region.textContent).toBe("✗ Not quite. (2 tries)Is b so?");
  });

  test("sends an answer once, however often the button is pressed before Python answers", () => {
    ask({});
    all<HTMLInputElement>("input")[1]!.click();
    for (let press = 0; press < 3; press++) button("Check").click();
    expect(sent()).toEqual([["answer", { given: [1] }, true]]);
    vi.advanceTimersByTime(500);
    expect(one(".tlnb-wait").textContent).toBe("Waiting for the kernel…");
    vi.advanceTimersByTime(5000);
    expect(one(".tlnb-away").textContent).toContain("The kernel does not answer");
    host.answer(WRONG);
    expect([one(".tlnb-wait").textContent, one(".tlnb-away").textContent]).toEqual(["", ""]);
    button("Check").click();
    expect(sent()).toHaveLength(2);
  });

  test("tells what Python refuses", () => {
    ask({});
    button("Check").click();
    host.answer(EMPTY);
    host.say({ kind: "error", text: "Choose one answer first." });
    expect(one(".tlnb-error").textContent).toBe("Choose one answer first.");
    expect(one(".tlnb-error").getAttribute("role")).toBe("alert");
  });

  test("offers to show the answer when Python does, and reading goes on at the reply", () => {
    ask({}, { ...WRONG, tries: 2, canShow: true });
    const show = button("Show the answer");
    expect(show.hidden).toBe(false);
    show.focus();
    show.click();
    expect(sent()).toEqual([["show", {}, true]]);
    host.answer({ ...RIGHT, reply: { verdict: "shown", head: "The answer is marked.", lines: ["So."] } });
    expect([show.hidden, document.activeElement]).toEqual([true, one(".tlnb-reply")]);
  });
});

describe("answers to choose from", () => {
  test("are radio buttons of one group, or check boxes", () => {
    ask({});
    expect(all<HTMLInputElement>("input").map(({ type, name }) => [type, name === all<HTMLInputElement>("input")[0]!.name])).toEqual(
      Array(3).fill(["radio", true]),
    );
    close();
    close = render({ model: host, el });
    ask({ kind: "several" });
    expect(all<HTMLInputElement>("input").map(({ type }) => type)).toEqual(Array(3).fill("checkbox"));
    for (const place of [2, 0]) all<HTMLInputElement>("input")[place]!.click();
    button("Check").click();
    expect(sent()).toEqual([["answer", { given: [0, 2] }, true]]);
  });

  test("are checked with Enter, and arrows are the browser's", () => {
    ask({});
    const input = all<HTMLInputElement>("input")[0]!;
    input.click();
    expect(key(input, "ArrowDown").defaultPrevented).toBe(false);
    expect(sent()).toEqual([]);
    expect(key(input, "Enter").defaultPrevented).toBe(true);
    expect(sent()).toEqual([["answer", { given: [0] }, true]]);
  });

  test("are marked by words as tried and right", () => {
    ask({}, WRONG);
    expect(all(".tlnb-answer").map((row) => row.textContent)).toEqual(["a", "b✗ tried", "c"]);
    host.say({ kind: "state", state: RIGHT });
    expect(all(".tlnb-answer").map((row) => row.textContent)).toEqual(["a✓ right", "b✗ tried", "c"]);
  });

  test("follow another view, but not away from under the hand", () => {
    ask({}, WRONG);
    const inputs = all<HTMLInputElement>("input");
    expect(inputs.map(({ checked }) => checked)).toEqual([false, true, false]);
    inputs[2]!.click();
    host.say({ kind: "state", state: RIGHT });
    expect(inputs.map(({ checked }) => checked)).toEqual([false, false, true]);
    button("Check").click();
    host.answer(WRONG);
    expect(inputs.map(({ checked }) => checked)).toEqual([false, true, false]);
  });
});

describe("a number", () => {
  test("is sent as it was written", () => {
    ask({ kind: "number", unit: "MB" });
    const field = one<HTMLInputElement>("input");
    expect([field.getAttribute("aria-label"), one(".tlnb-field").textContent]).toEqual(["Your number, in MB", " MB"]);
    field.value = "1,281";
    field.dispatchEvent(new Event("input"));
    key(field, "Enter");
    expect(sent()).toEqual([["answer", { given: "1,281" }, true]]);
  });
});

describe("items to put in order", () => {
  const items = (): string[] => all("li .tlnb-item").map((item) => item.textContent!);
  const named = (label: string): HTMLButtonElement => all<HTMLButtonElement>("button").find((each) => each.getAttribute("aria-label") === label)!;
  const pointer = (on: HTMLElement, type: string, clientY: number, more: object = {}): void =>
    void on.dispatchEvent(new PointerEvent(type, { clientY, pointerId: 1, button: 0, bubbles: true, cancelable: true, ...more }));

  beforeEach(() => ask({ kind: "order" }));

  test("move by their buttons, and are spoken", () => {
    named("Move down: a, place 1 of 3").click();
    expect(items()).toEqual(["b", "a", "c"]);
    expect(one(".tlnb-spoken").textContent).toBe("a: place 2 of 3");
    named("Move up: c, place 3 of 3").click();
    button("Check").click();
    expect(sent()).toEqual([["answer", { given: [1, 2, 0] }, true]]);
  });

  test("move by arrow keys and keep the focus", () => {
    const up = named("Move up: c, place 3 of 3");
    up.focus();
    expect(key(up, "ArrowUp").defaultPrevented).toBe(true);
    key(up, "Home");
    expect([items(), document.activeElement]).toEqual([["c", "a", "b"], up]);
    expect(up.getAttribute("aria-disabled")).toBe("true");
    key(up, "ArrowUp");
    expect(items()).toEqual(["c", "a", "b"]);
    key(up, "End");
    expect(items()).toEqual(["a", "b", "c"]);
  });

  test("are dragged past the middles of others", () => {
    for (const row of all("li")) {
      row.getBoundingClientRect = () => ({ top: 50 * all("li").indexOf(row), height: 50 }) as DOMRect;
    }
    const [row] = all("li");
    pointer(row!, "pointerdown", 20);
    pointer(row!, "pointermove", 60);
    expect(items()).toEqual(["a", "b", "c"]);
    pointer(row!, "pointermove", 80);
    expect(items()).toEqual(["b", "a", "c"]);
    expect(row!.hasAttribute("data-dragged")).toBe(true);
    pointer(row!, "pointermove", 400);
    pointer(row!, "pointerup", 400);
    expect([items(), row!.hasAttribute("data-dragged")]).toEqual([["b", "c", "a"], false]);
    pointer(row!, "pointermove", 0);
    expect(items()).toEqual(["b", "c", "a"]);
  });

  test("a finger drags by the grip alone", () => {
    const [row] = all("li");
    pointer(row!, "pointerdown", 20, { pointerType: "touch" });
    expect(row!.hasAttribute("data-dragged")).toBe(false);
    pointer(row!.querySelector(".tlnb-grip")!, "pointerdown", 20, { pointerType: "touch" });
    expect(row!.hasAttribute("data-dragged")).toBe(true);
  });

  test("arrange themselves when the answer is shown", () => {
    host.say({ kind: "state", state: { ...EMPTY, given: [2, 0, 1], reply: { verdict: "shown", head: "This is the order.", lines: [] } } });
    expect(items()).toEqual(["c", "a", "b"]);
    expect(named("Move up: c, place 1 of 3").getAttribute("aria-disabled")).toBe("true");
  });
});

describe("a guess", () => {
  const scale = { low: 0.5, high: 1, step: 0.01, ends: ["0.5", "1"] as [string, string] };
  const compared: State = {
    ...EMPTY,
    given: 0.7,
    value: 0.87,
    valueText: "0.87",
    reply: { verdict: "off", head: "Compare.", lines: ["It came out as 0.87."] },
  };

  test("is moved without a word to Python, and sent by its button", () => {
    ask({ kind: "guess", ...scale });
    const slider = one<HTMLInputElement>("input[type=range]");
    expect([slider.min, slider.max, slider.step, slider.getAttribute("aria-valuetext")]).toEqual(["0.5", "1", "0.01", "0.75"]);
    slider.value = "0.7";
    slider.dispatchEvent(new Event("input"));
    expect([one("output").textContent, sent()]).toEqual(["0.70", []]);
    button("This is my guess").click();
    expect(sent()).toEqual([["answer", { given: 0.7 }, true]]);
  });

  test("stands beside its result, and is final then", () => {
    ask({ kind: "guess", ...scale });
    const guess = button("This is my guess");
    guess.focus();
    host.say({ kind: "state", state: compared });
    expect([one("input[type=range]").hidden, guess.hidden, one(".tlnb-scale").hidden]).toEqual([true, true, false]);
    expect(one(".tlnb-scale").getAttribute("aria-label")).toBe("From 0.5 to 1: your guess 0.70, result 0.87");
    const [mine, result] = all(".tlnb-at");
    expect([parseFloat(mine!.style.left), parseFloat(result!.style.left)]).toEqual([expect.closeTo(40), expect.closeTo(74)]);
    expect(document.activeElement).toBe(one(".tlnb-reply"));
    key(one("input[type=range]"), "Enter");
    expect(sent()).toEqual([]);
  });

  test("is compared with a mean's interval, as far as the scale goes", () => {
    ask({ kind: "guess", ...scale });
    host.say({ kind: "state", state: compared });
    expect(one(".tlnb-between").hidden).toBe(true);
    host.say({ kind: "state", state: { ...compared, between: [0.75, 1.2] } });
    const { left, width } = one(".tlnb-between").style;
    expect([one(".tlnb-between").hidden, left, width]).toEqual([false, "50%", "50%"]);
  });

  test("that nobody made leaves the result alone", () => {
    ask({ kind: "guess", ...scale }, { ...EMPTY, canShow: true });
    expect(button("Show the result without a guess").hidden).toBe(false);
    host.say({ kind: "state", state: { ...compared, given: null } });
    expect([one(".tlnb-mine").hidden, one(".tlnb-scale").getAttribute("aria-label")]).toEqual([true, "From 0.5 to 1: result 0.87"]);
  });
});
