// The maps of a layer on one canvas, with a button over each.
import type { Message } from "../shared/channel";
import { h, set } from "../shared/dom";
import { onKey } from "../shared/keys";
import { arrow, columns, held } from "./model";
import { bytesOf, mapOf, sized } from "./paint";

const MAP = 58; // pixels of a map's side on the page
const CELL_WIDTH = 66;
const CELL_HEIGHT = 76;

export interface Sheet {
  element: HTMLElement;
  hear(message: Message, views: DataView[]): void;
  place(width: number): void;
  turn(): boolean;
  show(number: number | null): void;
}

/** All of it is in one function, as in the files beside it: names of fields would take a fifth of the bundle. */
export function makeSheet(choose: (number: number) => void): Sheet {
  const element = h("div", { class: "tlnb-sheet", role: "toolbar", "aria-label": "Maps, the first ranks highest" });
  const canvas = h("canvas", { "aria-hidden": "true" });
  let buttons: HTMLButtonElement[] = [];
  let pictures: HTMLCanvasElement[][] = []; // now, and before the training
  let numbers: number[] = [];
  let wide = 0;
  let before = false;
  let across = 1;

  function hear(message: Message, views: DataView[]): void {
    const [height, width] = [Number(message.height), Number(message.width)];
    const values = message.values as string[];
    numbers = message.numbers as number[];
    const each = height * width;
    pictures = views.map((view) => {
      const bytes = bytesOf(view);
      return numbers.map((_, i) => mapOf(bytes.subarray(i * each, (i + 1) * each), width, height));
    });
    const focused = buttons.some((button) => button === (element.getRootNode() as Document).activeElement);
    buttons.forEach((button) => button.remove());
    buttons = numbers.map((number, i) => {
      const label = `map ${number}, ${values[i]}`;
      const told = h("span", {}, `${number}: ${values[i]}`);
      const attributes = { class: "tlnb-map", type: "button", "aria-label": label, title: label, tabindex: i ? -1 : 0 };
      return h("button", { ...attributes, onclick: () => choose(number) }, told);
    });
    element.append(...buttons);
    draw();
    if (focused) buttons[0]?.focus({ preventScroll: true });
  }

  function place(width: number): void {
    wide = width;
    draw();
  }

  /** Turn from the maps as they are to those before the training, and back; return whether it is before. */
  function turn(): boolean {
    before = !before;
    draw();
    return before;
  }

  function show(number: number | null): void {
    buttons.forEach((button, i) => set(button, { "aria-pressed": String(numbers[i] === number) }));
  }

  function draw(): void {
    if (!wide || !buttons.length) return;
    across = columns(wide, CELL_WIDTH, buttons.length);
    const rows = Math.ceil(buttons.length / across);
    const context = sized(canvas, across * CELL_WIDTH, rows * CELL_HEIGHT);
    context?.clearRect(0, 0, across * CELL_WIDTH, rows * CELL_HEIGHT);
    if (context) context.imageSmoothingEnabled = false;
    buttons.forEach((button, i) => {
      const [x, y] = [(i % across) * CELL_WIDTH, Math.floor(i / across) * CELL_HEIGHT];
      Object.assign(button.style, { left: `${x}px`, top: `${y}px`, width: `${CELL_WIDTH}px`, height: `${CELL_HEIGHT}px` });
      context?.drawImage((pictures[Number(before)] ?? pictures[0])![i]!, x + (CELL_WIDTH - MAP) / 2, y + 4, MAP, MAP);
    });
  }

  function key(event: KeyboardEvent): void {
    const at = buttons.indexOf((element.getRootNode() as Document).activeElement as HTMLButtonElement);
    if (at < 0 || held(event)) return;
    const last = buttons.length - 1;
    const step = arrow(event);
    const to = step ? at + step[0] * across + step[1] : event.key === "Home" ? 0 : event.key === "End" ? last : -1;
    if (!step && to < 0) return;
    event.preventDefault();
    if (to < 0 || to > last) return;
    buttons.forEach((button, i) => set(button, { tabindex: i === to ? 0 : -1 }));
    buttons[to]!.focus({ preventScroll: true });
  }

  element.append(canvas);
  onKey(element, key);
  return { element, hear, place, turn, show };
}
