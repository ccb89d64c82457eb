import { afterEach, beforeEach, expect, test } from "vitest";
import { onKey, ownKeys } from "./keys";

let root: HTMLElement;
let inner: HTMLElement;
let host: string[];
let stop: () => void;
const hear = (event: Event): void => void host.push((event as KeyboardEvent).key);
const press = (element: HTMLElement, key: string, more: object = {}): void =>
  void element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, ...more }));

beforeEach(() => {
  root = document.createElement("section");
  inner = document.createElement("button");
  root.append(inner);
  document.body.replaceChildren(root);
  host = [];
  document.addEventListener("keydown", hear, true); // as JupyterLab does
  stop = ownKeys(root);
});

afterEach(() => {
  stop();
  document.removeEventListener("keydown", hear, true);
});

test("a key within goes to the innermost handler first, and not to the host", () => {
  const heard: string[] = [];
  onKey(root, ({ key }) => heard.push(`root ${key}`));
  onKey(inner, ({ key }) => heard.push(`inner ${key}`));
  press(inner, "ArrowLeft");
  expect(heard).toEqual(["inner ArrowLeft", "root ArrowLeft"]);
  expect(host).toEqual([]);
});

test("the host keeps its keys outside, and those with Ctrl that are not ours", () => {
  press(document.body, "a");
  press(inner, "s", { ctrlKey: true });
  press(inner, "z", { ctrlKey: true });
  expect(host).toEqual(["a", "s"]);
});

test("a control that is gone leaves the keyboard alone", () => {
  stop();
  press(inner, "b");
  expect(host).toEqual(["b"]);
});
