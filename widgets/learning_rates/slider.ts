// A handle to drag, for pointers, keys and screen readers alike.
import { h, set } from "../shared/dom";

export interface Grip {
  /** A drag begins; where it began is to be remembered. */
  grab(): void;
  /** Moved so many pixels since then. */
  drag(dx: number, dy: number): void;
  /** A key: one step up or down, ten with Page Up and Down, all the way with Home and End. */
  nudge(steps: number): void;
  /** It is final now. */
  commit(): void;
}

export interface Slider {
  element: HTMLElement;
  /** Put it somewhere, and say what a screen reader says of it. */
  show(x: number, y: number, label: string, now: number, low: number, high: number, text: string): void;
}

const KEYS = "ArrowUp ArrowRight PageUp End ArrowDown ArrowLeft PageDown Home".split(" ");
const STEPS = [1, 1, 10, Infinity];

export function slider(kind: string, grip: Grip): Slider {
  let from: PointerEvent | undefined;
  let moved = false;
  const finish = (): void => {
    from = undefined;
    if (moved) grip.commit();
    moved = false;
  };
  const element = h("div", {
    class: `tlnb-handle tlnb-${kind}`,
    role: "slider",
    tabindex: 0,
    onpointerdown(event: PointerEvent) {
      if (event.button) return;
      event.preventDefault(); // no text is selected
      element.focus({ preventScroll: true });
      element.setPointerCapture?.(event.pointerId);
      from = event;
      grip.grab();
    },
    onpointermove(event: PointerEvent) {
      if (from?.pointerId !== event.pointerId) return;
      moved = true;
      grip.drag(event.clientX - from.clientX, event.clientY - from.clientY);
    },
    onkeydown(event: KeyboardEvent) {
      const key = KEYS.indexOf(event.key);
      if (key < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      moved = true; // final when the key goes up: a held key sends as a drag does
      grip.nudge(STEPS[key % 4]! * (key < 4 ? 1 : -1));
    },
    onpointerup: finish,
    onpointercancel: finish,
    onkeyup: finish,
    onblur: finish,
  });
  return {
    element,
    show(x, y, label, now, low, high, text) {
      element.style.cssText += `;left:${x}px;top:${y}px`;
      const range = { "aria-valuemin": Math.min(low, now), "aria-valuemax": Math.max(high, now), "aria-valuenow": now };
      set(element, { "aria-label": label, "aria-valuetext": text, ...range });
    },
  };
}
