// One image large: a wipe from untouched to augmented, what validation sees beside it, and its filmstrip.
import { h, set, write } from "../shared/dom";
import { Film, paint } from "./film";
import { nearest, type Step, type Strip, short, wipeAt, wipeKey } from "./model";

export function makeWipe() {
  const [under, over] = [h("canvas", { width: 1, height: 1 }), h("canvas", { class: "tlnb-over", width: 1, height: 1 })];
  const beside = h("canvas", { width: 1, height: 1, role: "img" });
  let at = 50;
  let pointer: number | undefined;
  const drag = (event: PointerEvent): void => {
    const { left, width } = stage.getBoundingClientRect();
    put(wipeAt(event.clientX - left, width));
  };
  const lift = (): void => (pointer = undefined);
  const handle = h("div", {
    class: "tlnb-wipe",
    role: "slider",
    tabindex: 0,
    "aria-label": "Wipe between untouched and augmented",
    "aria-valuemin": 0,
    "aria-valuemax": 100,
    onkeydown(event: KeyboardEvent) {
      const next = wipeKey(at, event.key);
      if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      put(next);
    },
  });
  const stage = h(
    "div",
    {
      class: "tlnb-stage",
      onpointerdown(event: PointerEvent) {
        if (event.button) return;
        event.preventDefault();
        handle.focus({ preventScroll: true });
        stage.setPointerCapture?.((pointer = event.pointerId));
        drag(event);
      },
      onpointermove: (event: PointerEvent) => event.pointerId === pointer && drag(event),
      onpointerup: lift,
      onpointercancel: lift,
    },
    under,
    over,
    handle,
  );
  const [caption, evaluation] = [h("figcaption"), h("figcaption")];
  const element = h("div", { class: "tlnb-look" }, h("figure", {}, stage, caption), h("figure", {}, beside, evaluation));

  function put(next: number): void {
    at = next;
    over.style.clipPath = `inset(0 0 0 ${at}%)`;
    handle.style.left = `${at}%`;
    const text = at >= 100 ? "all untouched" : at <= 0 ? "all augmented" : `untouched left of ${at} %, augmented right of it`;
    set(handle, { "aria-valuenow": at, "aria-valuetext": text });
  }
  put(50);

  return {
    element,
    paint(untouched: ImageBitmap | undefined, augmented: ImageBitmap | undefined): void {
      paint(under, untouched);
      paint(over, augmented);
      paint(beside, untouched);
    },
    tell(image: number, words: string, how: string): void {
      write(caption, `Image ${image + 1} (${words}): untouched left of the handle, augmented right of it.`);
      write(evaluation, `As validation and test images are seen, never augmented: ${how}.`);
      set(beside, { "aria-label": `Image ${image + 1}, untouched` });
    },
    pixelated(few: boolean): void {
      element.style.setProperty("--tlnb-pixels", few ? "pixelated" : "auto");
    },
  };
}

export function makeStrip(act: (action: string, fields: object) => void) {
  const title = h("p", { class: "tlnb-says" });
  const frames = h("div", { class: "tlnb-frames", role: "group", "aria-label": "Filmstrip along the strength" });
  const element = h("div", {}, title, frames);
  const film = new Film((i) => paint(buttons[i]!.querySelector("canvas")!, film.frames[i]));
  let buttons: HTMLButtonElement[] = [];
  let strip: Strip | undefined;
  let focus: Step | undefined;

  const mark = (): void => {
    const at = focus?.on && strip?.name === focus.name ? nearest(strip.strengths, focus.strength) : -1;
    buttons.forEach((button, i) => {
      const exact = i === at && Math.abs(strip!.strengths[i]! - focus!.strength) < 0.005;
      set(button, { "aria-pressed": String(exact), "data-near": i === at && !exact });
    });
  };

  return {
    element,
    build(strengths: number[], few: boolean): void {
      element.style.setProperty("--tlnb-pixels", few ? "pixelated" : "auto");
      if (buttons.length === strengths.length) return;
      buttons = strengths.map((strength) => {
        const set_ = (): void => focus && act("set", { name: focus.name, strength });
        return h("button", { class: "tlnb-tile", onclick: set_ }, h("canvas", { width: 1, height: 1, "aria-hidden": "true" }), h("span", { class: "tlnb-label" }));
      });
      frames.replaceChildren(...buttons);
    },
    hear(now: Strip, buffers: DataView[]): void {
      strip = now;
      buffers.forEach((buffer, i) => void film.take(i, buffer));
      buttons.forEach((button, i) => {
        const sure = now.confidence[i];
        const strength = now.strengths[i]!;
        const text = `${strength.toFixed(1)}${sure === undefined ? "" : `: ${short(sure)} sure`}`;
        write(button.querySelector("span")!, text);
        set(button, { "aria-label": `Set strength ${text}` });
      });
      mark();
    },
    show(step: Step | undefined, name: string, image: number): void {
      focus = step;
      element.hidden = !step;
      write(title, `Image ${image + 1} along the strength of ${name}; all else stays. Press one to take its strength.`);
      mark();
    },
  };
}
