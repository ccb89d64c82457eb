// All pictures as points: moved, looked at closely, pointed at, caught with a lasso or by their class.
import type { Message } from "../shared/channel";
import { h, s, set, write } from "../shared/dom";
import { onKey } from "../shared/keys";
import * as model from "./model";
import { button, bytesOf, copied, once, pictureOf, sized } from "./paint";

export interface Wishes {
  thumb(place: number): void;
  pick(place: number): void;
  caught(places: number[]): void;
  speak(text: string): void;
}

const HEIGHT = 420;
const GLYPH = 14; // pixels of a point's picture in the atlas
const REST = 120; // milliseconds on a point until its picture is asked for
const LEGEND = 14; // values that are listed

export interface Plane {
  element: HTMLElement;
  place(wide: number): void;
  hear(message: Message, views: DataView[]): void;
}

export function makePlane(wishes: Wishes): Plane {
  const element = h("div", { class: "tlnb-plane", hidden: true });
  const canvas = h("canvas", { tabindex: 0, role: "application" });
  const says = h("p", { class: "tlnb-told" });
  const legend = h("ul", { class: "tlnb-legend" });
  const by = h("select", {});
  const value = h("select", {});
  const way = h("input", { type: "range", min: 0, max: 1, step: 0.02, value: 1 });
  const wayBar = h("label", { class: "tlnb-slide" }, "before the training", way, "after");
  const lassoButton = button("Lasso", () => turn(), "Choose with a lasso");
  const thumb = h("figure", { class: "tlnb-thumb", hidden: true });
  const chosen = h("p", { class: "tlnb-told" });
  const row = h("div", { class: "tlnb-caught", role: "group", "aria-label": "Some of the chosen images" });
  const draw = once(() => paint());
  const thumbs = new Map<number, [canvas: HTMLCanvasElement, says: string]>();
  let points = new Float32Array();
  let sets = 1;
  let codes: Uint16Array[] = [];
  let colourings: { name: string; values: string[] }[] = [];
  let width = 0;
  let sight: model.Sight | undefined;
  let pixels: Float32Array = new Float32Array();
  let atlas: HTMLCanvasElement | undefined;
  let marked = new Set<number>();
  let hovered: number | undefined;
  let resting: ReturnType<typeof setTimeout> | undefined;
  let grip: { id: number; x: number; y: number; lasso?: model.Point[]; moved: boolean } | undefined;
  let lassoing = false;

  function place(wide: number): void {
    if (wide === width) return;
    width = wide;
    fit();
  }

  function hear(message: Message, views: DataView[]): void {
    if (message.kind === "points") take(message, views);
    const pictures = (): HTMLCanvasElement[] => {
      const [size, channels] = [Number(message.size), Number(message.channels)];
      const [bytes, each] = [bytesOf(views[0]), size * size * channels];
      return Array.from({ length: bytes.length / each }, (_, i) => pictureOf(bytes.subarray(i * each, (i + 1) * each), size, channels));
    };
    if (message.kind === "thumb") {
      const place = Number(message.place);
      thumbs.set(place, [pictures()[0]!, String(message.says)]);
      if (place === hovered) showThumb(place);
    }
    if (message.kind === "caught") {
      const places = message.places as number[];
      write(chosen, String(message.says));
      const buttons = pictures().map((canvas, i) => {
        const label = `image of point ${places[i]}: look at it`;
        return h("button", { "aria-label": label, title: label, onclick: () => wishes.pick(places[i]!) }, canvas);
      });
      row.replaceChildren(...buttons);
    }
  }

  function take(message: Message, views: DataView[]): void {
    points = new Float32Array(copied(views[0]));
    sets = Number(message.sets);
    colourings = message.colourings as { name: string; values: string[] }[];
    codes = views.slice(1).map((view) => new Uint16Array(copied(view)));
    write(says, String(message.says));
    set(canvas, { "aria-label": String(message.says) });
    element.hidden = false;
    wayBar.hidden = sets < 2;
    const before = by.selectedIndex;
    by.replaceChildren(...colourings.map(({ name }) => h("option", {}, name)));
    by.selectedIndex = Math.max(0, Math.min(before, colourings.length - 1));
    recolour();
    fit();
  }

  function colouring(): number {
    return Math.max(0, by.selectedIndex);
  }

  function recolour(): void {
    const { values } = colourings[colouring()]!;
    const items = values.slice(0, LEGEND).map((value, i) => {
      const { colour, shape } = model.lookOf(i);
      const sign = s("svg", { width: 16, height: 16, viewBox: "-8 -8 16 16", "aria-hidden": "true" }, s("path", { d: shape, fill: colour }));
      return h("li", {}, sign, value);
    });
    if (values.length > LEGEND) items.push(h("li", {}, `and ${values.length - LEGEND} more`));
    legend.replaceChildren(...items);
    value.replaceChildren(h("option", { value: "" }, "—"), ...values.map((value, i) => h("option", { value: i }, value)));
    atlas = undefined;
    draw();
  }

  function chooseValue(): void {
    if (value.value === "") return mark([]);
    const wanted = Number(value.value);
    const found: number[] = [];
    codes[colouring()]!.forEach((code, i) => code === wanted && found.push(i));
    mark(found);
  }

  function mark(places: number[]): void {
    marked = new Set(places);
    wishes.caught(places);
    wishes.speak(`${places.length} points chosen`);
    draw();
  }

  function turn(): void {
    lassoing = !lassoing;
    set(lassoButton, { "aria-pressed": String(lassoing) });
  }

  function fit(): void {
    if (!width || !points.length) return;
    sight = model.fitted(points, width, HEIGHT);
    move();
  }

  function zoom(factor: number, x = width / 2, y = HEIGHT / 2): void {
    if (!sight) return;
    sight = model.zoomed(sight, factor, x, y);
    move();
  }

  function move(): void {
    if (!sight) return;
    pixels = model.placed(points, sets, Number(way.value), sight);
    draw();
  }

  /** All looks of the points in one picture: to draw one is to copy it from there. */
  function looks(count: number): HTMLCanvasElement {
    if (atlas) return atlas;
    const ratio = globalThis.devicePixelRatio || 1;
    const canvas = h("canvas", { width: GLYPH * ratio * count, height: GLYPH * ratio });
    const context = canvas.getContext("2d");
    for (let i = 0; context && i < count; i++) {
      const { colour, shape } = model.lookOf(i);
      context.setTransform(ratio, 0, 0, ratio, (i + 0.5) * GLYPH * ratio, (GLYPH / 2) * ratio);
      context.fillStyle = colour;
      context.fill(new Path2D(shape));
    }
    return (atlas = canvas);
  }

  function paint(): void {
    const context = sized(canvas, width, HEIGHT);
    if (!context || !codes.length) return;
    const own = codes[colouring()]!;
    const count = Math.min(colourings[colouring()]!.values.length, model.LOOKS);
    const sprites = looks(count);
    const each = sprites.width / count;
    context.clearRect(0, 0, width, HEIGHT);
    const some = marked.size > 0;
    for (const turn of some ? [false, true] : [true]) {
      context.globalAlpha = turn ? 0.9 : 0.25;
      for (let i = 0; i < own.length; i++) {
        if (some && marked.has(i) !== turn) continue;
        const [x, y] = [pixels[2 * i]!, pixels[2 * i + 1]!];
        if (x < -GLYPH || y < -GLYPH || x > width + GLYPH || y > HEIGHT + GLYPH) continue;
        context.drawImage(sprites, (own[i]! % count) * each, 0, each, sprites.height, x - GLYPH / 2, y - GLYPH / 2, GLYPH, GLYPH);
      }
    }
    context.globalAlpha = 1;
    context.lineWidth = 2;
    context.strokeStyle = getComputedStyle(element).color;
    if (hovered !== undefined) {
      context.beginPath();
      context.arc(pixels[2 * hovered]!, pixels[2 * hovered + 1]!, 9, 0, 7);
      context.stroke();
    }
    const lasso = grip?.lasso;
    if (lasso) {
      context.beginPath();
      lasso.forEach(([x, y]) => context.lineTo(x, y));
      context.closePath();
      context.setLineDash([4, 3]);
      context.stroke();
      context.setLineDash([]);
    }
  }

  function hover(place: number | undefined): void {
    if (place === hovered) return;
    hovered = place;
    clearTimeout(resting);
    thumb.hidden = true;
    if (place !== undefined && thumbs.has(place)) showThumb(place);
    else if (place !== undefined) resting = setTimeout(() => wishes.thumb(place), REST);
    draw();
  }

  function showThumb(place: number): void {
    const [canvas, says] = thumbs.get(place)!;
    const [x, y] = [pixels[2 * place]!, pixels[2 * place + 1]!];
    thumb.replaceChildren(canvas, h("figcaption", {}, says));
    thumb.style.left = `${Math.min(x + 14, width - 110)}px`;
    thumb.style.top = `${y > HEIGHT - 120 ? y - 120 : y + 14}px`;
    thumb.hidden = false;
  }

  function listen(): void {
    const on = canvas.addEventListener.bind(canvas);
    const at = (event: MouseEvent): model.Point => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    on("pointerdown", (event) => {
      if (event.button !== 0) return;
      const [x, y] = at(event);
      grip = { id: event.pointerId, x, y, moved: false };
      if (lassoing || event.shiftKey) grip.lasso = [[x, y]];
      canvas.setPointerCapture?.(event.pointerId);
    });
    on("pointermove", (event) => {
      const [x, y] = at(event);
      if (grip?.id !== event.pointerId) return hover(model.nearest(pixels, x, y));
      grip.moved ||= Math.hypot(x - grip.x, y - grip.y) > 3;
      if (grip.lasso) grip.lasso.push([x, y]);
      else if (sight && grip.moved) {
        sight = { ...sight, left: sight.left + x - grip.x, top: sight.top + y - grip.y };
        [grip.x, grip.y] = [x, y];
        hover(undefined);
        return move();
      }
      draw();
    });
    const end = (event: PointerEvent): void => {
      const held = grip;
      if (held?.id !== event.pointerId) return;
      grip = undefined;
      if (held.lasso && held.moved) {
        value.value = "";
        mark(model.within(pixels, held.lasso));
      } else if (!held.moved && event.type === "pointerup") {
        const place = model.nearest(pixels, ...at(event));
        if (place !== undefined) wishes.pick(place);
      }
      draw();
    };
    on("pointerup", end);
    on("pointercancel", end);
    on("pointerleave", () => hover(undefined));
    on("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the wheel alone scrolls the notebook
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 300), ...at(event));
    });
    onKey(canvas, (event) => key(event));
  }

  function key(event: KeyboardEvent): void {
    if (model.held(event) || !sight) return;
    const step = model.arrow(event);
    if (step) {
      sight = { ...sight, left: sight.left - 40 * step[1], top: sight.top - 40 * step[0] };
      move();
    } else if (event.key === "+" || event.key === "=") zoom(1.4);
    else if (event.key === "-") zoom(1 / 1.4);
    else if (event.key === "0") fit();
    else if (event.key === "Escape") mark([]);
    else return;
    event.preventDefault();
  }

  const tools = h(
    "div",
    { class: "tlnb-bar" },
    h("label", {}, "Colours by ", by),
    h("label", {}, "Choose all of ", value),
    lassoButton,
    button("+", () => zoom(1.4), "Nearer"),
    button("−", () => zoom(1 / 1.4), "Farther"),
    button("All", () => fit(), "See all points"),
  );
  const help =
    "Drag to move, Ctrl and wheel to come nearer; Shift and drag is the lasso. Click a point to look at its picture. Keys: " +
    "arrows, +, −, 0; the pictures of what is chosen are buttons.";
  const board = h("div", { class: "tlnb-board" }, canvas, thumb);
  element.append(says, tools, wayBar, board, legend, chosen, row, h("p", { class: "tlnb-help" }, help));
  set(by, { onchange: recolour });
  set(value, { onchange: chooseValue });
  set(way, { oninput: move });
  listen();
  return { element, place, hear };
}
