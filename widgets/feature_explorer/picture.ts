// The picture: under one map and what a place of it sees, under a class's activation, or partly covered by hand.
import type { Message } from "../shared/channel";
import { h, set, write } from "../shared/dom";
import { onKey } from "../shared/keys";
import * as model from "./model";
import { type Bytes, button, bytesOf, copied, mapOf, once, pictureOf, sized } from "./paint";

export type Mode = "map" | "class" | "cover";

export interface Wishes {
  cover(mask: string, commit: boolean): void;
  speak(text: string): void;
}

const MOST = 336; // pixels of its side on the page
const HELP: Record<Mode, string> = {
  map: "Move over the picture, or use the arrow keys: the box is what one place of the map sees.",
  class: "Light is what speaks for the class.",
  cover: "Drag to cover, with Shift to uncover. Keys: arrows move the brush, Space covers, Delete uncovers.",
};

export interface Picture {
  element: HTMLElement;
  turn(to: Mode): void;
  place(width: number): void;
  hear(message: Message, views: DataView[]): void;
  choose(number: number | null): void;
}

export function makePicture(wishes: Wishes): Picture {
  let mode: Mode = "map";
  const element = h("div", { class: "tlnb-picture" });
  const canvas = h("canvas", { tabindex: 0, role: "application" });
  const old = h("canvas", { role: "img", "aria-label": "The same map before the training" });
  const oldFigure = h("figure", {}, h("figcaption", {}, "before the training"), old);
  const told = h("p", { class: "tlnb-told" });
  const help = h("p", { class: "tlnb-help" }, HELP.map);
  const strength = h("input", { type: "range", min: 0, max: 100, value: 65 });
  const blend = h("label", { class: "tlnb-slide" }, "picture", strength, "map");
  const when = h("figcaption", {});
  const draw = once(() => paint());
  let side = MOST;
  let picture: HTMLCanvasElement | undefined;
  let pixels = 1; // of the picture's side
  let maps: HTMLCanvasElement[] = []; // after, and before
  let heat: HTMLCanvasElement | undefined;
  let says = { map: "", class: "", fields: "" };
  let boxes = new Int16Array();
  let grid: [height: number, width: number] = [0, 0];
  let at: [row: number, column: number] | undefined; // the place of the map that is pointed at
  let mask: model.Mask = Array(model.SIDE ** 2).fill(false);
  let brush: [row: number, column: number] = [model.SIDE / 2, model.SIDE / 2];
  let radius = 2;
  let stroke: { id: number; covers: boolean } | undefined;
  const size = h("input", { type: "range", min: 0, max: 6, value: 2 });
  const clear = button("Uncover all", () => uncover());
  const tools = h("div", { class: "tlnb-bar" }, h("label", { class: "tlnb-slide" }, "brush", size), clear);

  function turn(to: Mode): void {
    mode = to;
    tools.hidden = to !== "cover";
    blend.hidden = to === "cover";
    write(help, HELP[to]);
    set(canvas, { "aria-label": `The picture. ${HELP[to]}` });
    tell();
    draw();
  }

  function place(width: number): void {
    side = Math.min(MOST, width);
    draw();
  }

  function hear(message: Message, views: DataView[]): void {
    const [height, width] = [Number(message.height), Number(message.width)];
    if (message.kind === "image") {
      pixels = Number(message.size);
      picture = pictureOf(bytesOf(views[0]), pixels, Number(message.channels));
      mask = mask.map(() => false);
    } else if (message.kind === "map") {
      maps = views.map((view) => mapOf(bytesOf(view), width, height));
      says.map = `${message.says}. Dark is ${message.low}, light is ${message.high}.`;
    } else if (message.kind === "heat") {
      heat = mapOf(bytesOf(views[0] as Bytes), width, height);
      says.class = String(message.says);
    } else if (message.kind === "fields") {
      boxes = new Int16Array(copied(views[0]));
      grid = [height, width];
      at = undefined;
      says.fields = String(message.says);
    }
    tell();
    draw();
  }

  /** Show the chosen map, or none. */
  function choose(number: number | null): void {
    if (number === null) {
      maps = [];
      says.map = "";
    }
    tell();
    draw();
  }

  function tell(): void {
    const texts = { map: `${says.map} ${says.fields}`.trim(), class: says.class, cover: "" };
    write(told, texts[mode]);
  }

  function layers(): (HTMLCanvasElement | undefined)[] {
    return mode === "map" ? maps : mode === "class" ? [heat] : [];
  }

  function paint(): void {
    const [over, before] = layers();
    oldFigure.hidden = !before;
    write(when, before ? "now" : "");
    one(canvas, over);
    if (before) one(old, before);
  }

  function one(onto: HTMLCanvasElement, over: HTMLCanvasElement | undefined): void {
    const context = sized(onto, side, side);
    if (!context || !picture) return;
    context.clearRect(0, 0, side, side);
    context.imageSmoothingEnabled = side < pixels;
    context.drawImage(picture, 0, 0, side, side);
    if (over) {
      context.globalAlpha = Number(strength.value) / 100;
      context.drawImage(over, 0, 0, side, side);
      context.globalAlpha = 1;
    }
    if (mode === "map") field(context);
    if (mode === "cover" && onto === canvas) cover(context);
  }

  function field(context: CanvasRenderingContext2D): void {
    if (!at || !grid[0]) return;
    const [row, column] = at;
    const [down, across] = [side / grid[0], side / grid[1]];
    const box = model.fieldOf(boxes, grid[1], row, column);
    if (box) {
      const [top, bottom, left, right] = box.map((value) => (value * side) / pixels) as model.Box;
      const pixel = side / pixels;
      outlined(context, left, top, right - left + pixel, bottom - top + pixel, []);
    }
    outlined(context, column * across, row * down, across, down, [3, 3]);
  }

  function cover(context: CanvasRenderingContext2D): void {
    const each = side / model.SIDE;
    context.fillStyle = "#888";
    mask.forEach((covered, i) => {
      if (covered) context.fillRect((i % model.SIDE) * each, Math.floor(i / model.SIDE) * each, each + 0.5, each + 0.5);
    });
    const reach = (radius + 0.5) * each;
    const [row, column] = brush;
    outlined(context, (column + 0.5) * each - reach, (row + 0.5) * each - reach, 2 * reach, 2 * reach, [4, 3]);
  }

  function point(event: PointerEvent, height: number, width: number): [number, number] {
    const box = canvas.getBoundingClientRect();
    return model.placeAt((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, height, width);
  }

  function listen(): void {
    const on = canvas.addEventListener.bind(canvas);
    on("pointerdown", (event) => {
      if (mode !== "cover" || event.button !== 0) return;
      stroke = { id: event.pointerId, covers: !event.shiftKey };
      canvas.setPointerCapture?.(event.pointerId);
      brush = point(event, model.SIDE, model.SIDE);
      put(stroke.covers, false);
    });
    on("pointermove", (event) => {
      if (mode === "cover") {
        brush = point(event, model.SIDE, model.SIDE);
        if (stroke?.id === event.pointerId) put(stroke.covers, false);
        draw();
      } else if (mode === "map" && grid[0]) {
        at = point(event, ...grid);
        seen();
      }
    });
    const end = (event: PointerEvent): void => {
      if (stroke?.id !== event.pointerId) return;
      stroke = undefined;
      wishes.cover(model.asText(mask), true);
    };
    on("pointerup", end);
    on("pointercancel", end);
    onKey(canvas, (event) => key(event));
  }

  function seen(): void {
    const box = at && model.fieldOf(boxes, grid[1], ...at);
    if (box) write(told, `${says.map} ${model.fieldTold(box, ...at!)}`.trim());
    draw();
  }

  function key(event: KeyboardEvent): void {
    if (model.held(event) || mode === "class") return;
    const step = model.arrow(event);
    const paints = mode === "cover" && [" ", "Delete", "Backspace"].includes(event.key);
    if (!step && !paints) return;
    event.preventDefault();
    if (paints) {
      put(event.key === " ", true);
      const share = mask.filter(Boolean).length / mask.length;
      wishes.speak(`${Math.round(100 * share)} % covered`);
    } else if (mode === "cover") {
      brush = moved(brush, step!, [model.SIDE, model.SIDE]);
      wishes.speak(`row ${brush[0] + 1}, column ${brush[1] + 1} of ${model.SIDE}`);
    } else if (grid[0]) {
      const [height, width] = grid;
      at = at ? moved(at, step!, grid) : [height >> 1, width >> 1];
      seen();
      const box = model.fieldOf(boxes, width, ...at);
      if (box) wishes.speak(model.fieldTold(box, ...at));
    }
    draw();
  }

  function moved(at: [number, number], step: [number, number], ends: [number, number]): [number, number] {
    const [row, column] = at.map((value, i) => Math.min(Math.max(value + step[i]!, 0), ends[i]! - 1));
    return [row!, column!];
  }

  function put(covers: boolean, commit: boolean): void {
    mask = model.painted(mask, ...brush, radius, covers);
    wishes.cover(model.asText(mask), commit);
    draw();
  }

  function uncover(): void {
    mask = mask.map(() => false);
    wishes.cover(model.asText(mask), true);
    draw();
  }

  element.append(
    h("div", { class: "tlnb-pictures" }, h("figure", {}, when, canvas), oldFigure),
    blend,
    tools,
    told,
    help,
  );
  set(strength, { oninput: draw });
  set(size, { oninput: () => (radius = Number(size.value)) });
  listen();
  turn("map");
  return { element, turn, place, hear, choose };
}

/** A frame that is seen on light and on dark. */
function outlined(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  width: number,
  height: number,
  dash: number[],
): void {
  for (const [colour, line] of [["#000", 4], ["#fff", 2]] as const) {
    context.setLineDash(line === 2 ? dash : []);
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.strokeRect(x + 1, y + 1, Math.max(width - 2, 1), Math.max(height - 2, 1));
  }
  context.setLineDash([]);
}
