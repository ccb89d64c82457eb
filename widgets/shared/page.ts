// What the page around a control decides: light or dark, and how wide it is.
import { set } from "./dom";

/** Mark an element `data-dark` while its background is a dark one, whichever host draws it. */
export function followTheme(element: HTMLElement): () => void {
  const look = (): void => set(element, { "data-dark": isDark(getComputedStyle(element).backgroundColor) });
  look();
  const soon = (): void => void setTimeout(look, 50); // the host's style sheet arrives after its attribute
  const watcher = new MutationObserver(soon);
  const watched = { attributes: true, attributeFilter: ["class", "style", "data-jp-theme-name", "data-vscode-theme-kind"] };
  for (const part of [document.documentElement, document.body]) watcher.observe(part, watched);
  const system = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
  system?.addEventListener("change", soon);
  return () => {
    watcher.disconnect();
    system?.removeEventListener("change", soon);
  };
}

/** Whether a colour as computed style has it, `rgb(24, 24, 24)`, is dark; what is transparent is taken for light. */
export function isDark(colour: string): boolean {
  const [red = 255, green = 255, blue = 255, alpha = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return alpha > 0.5 && 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

/** Call back with the width of an element, now and whenever it changes. */
export function followWidth(element: HTMLElement, callback: (width: number) => void): () => void {
  let last = -1;
  const tell = (width: number): void => {
    if (width > 0 && Math.abs(width - last) >= 1) callback((last = width));
  };
  tell(element.clientWidth);
  const observer = new ResizeObserver(([entry]) => entry && tell(entry.contentRect.width));
  observer.observe(element);
  return () => observer.disconnect();
}

/** Write into a live region; the same text twice is spoken twice. */
export function announce(region: HTMLElement, text: string): void {
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}
