// The twelve images, each with its label and how sure the model is of it.
import { h, set } from "../shared/dom";
import { type Film, paint } from "./film";
import { type About, columns, type Label, labelWords, type Opinion, percent, short, tileKey, tileWords } from "./model";

interface Tile {
  button: HTMLButtonElement;
  canvas: HTMLCanvasElement;
  label: HTMLElement;
  sure: HTMLElement;
}

export function makeTiles(choose: (at: number) => void) {
  const element = h("div", { class: "tlnb-tiles", role: "toolbar", "aria-label": "Training images" });
  let tiles: Tile[] = [];
  let about: About | undefined;
  let across = 4;
  let labels: Label[] = [];
  let opinion: Opinion | undefined;
  let at = 0; // of the tab key

  function makeTile(i: number): Tile {
    const canvas = h("canvas", { width: 1, height: 1, "aria-hidden": "true" });
    const [label, sure] = [h("span", { class: "tlnb-label" }), h("span", { class: "tlnb-sure" })];
    const button = h(
      "button",
      {
        class: "tlnb-tile",
        onclick: () => choose(i),
        onkeydown(event: KeyboardEvent) {
          const next = tileKey(i, event.key, across, tiles.length);
          if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          reach(next);
          tiles[next]!.button.focus();
        },
      },
      canvas,
      label,
      sure,
    );
    return { button, canvas, label, sure };
  }

  function reach(next: number): void {
    at = next;
    tiles.forEach(({ button }, i) => set(button, { tabindex: i === at ? 0 : -1 }));
  }

  function tell(i: number): void {
    const { button, label, sure } = tiles[i]!;
    const own = labels[i];
    if (!own || !about) return;
    const [now, before] = [opinion?.after[i], opinion?.before[i]];
    set(button, { "aria-label": tileWords(i, own, about.classes, now, before) });
    const names = own.map(([name, share]) => {
      const bar = h("span", { class: "tlnb-share", title: labelWords([[name, 1]], about!.classes) }, own.length > 1 && `${percent(share)} `, about!.classes[name] ?? "");
      bar.style.setProperty("--tlnb-share", `${100 * share}%`);
      return bar;
    });
    label.replaceChildren(...names);
    if (now === undefined || before === undefined) return sure.replaceChildren();
    const bar = h("span", { class: "tlnb-bar-of" });
    bar.style.setProperty("--tlnb-now", `${100 * now}%`);
    bar.style.setProperty("--tlnb-was", `${100 * before}%`);
    sure.replaceChildren(bar, h("span", {}, `${short(now)} (was ${short(before)})`));
  }

  return {
    element,
    build(now: About): void {
      about = now;
      element.style.setProperty("--tlnb-pixels", now.size <= 48 ? "pixelated" : "auto");
      if (tiles.length === now.count) return;
      tiles = Array.from({ length: now.count }, (_, i) => makeTile(i));
      element.replaceChildren(...tiles.map(({ button }) => button));
      reach(0);
    },
    place(width: number): void {
      across = columns(width, tiles.length || 12);
      element.style.setProperty("--tlnb-columns", String(across));
    },
    choose(chosen: number): void {
      tiles.forEach(({ button }, i) => set(button, { "aria-pressed": String(i === chosen) }));
    },
    /** A picture has come, or another kind of them is to be seen. */
    paint(film: Film, i: number): void {
      if (tiles[i]) paint(tiles[i]!.canvas, film.frames[i]);
    },
    label(first: number, some: Label[]): void {
      some.forEach((label, i) => {
        const before = labels[first + i];
        labels[first + i] = label;
        if (JSON.stringify(before) !== JSON.stringify(label)) tell(first + i);
      });
    },
    /** What the model says; of tiles that are gone already it is shown faintly until it says of these. */
    judge(now: Opinion | undefined, stale: boolean): void {
      set(element, { "data-stale": stale });
      if (now === opinion) return;
      opinion = now;
      tiles.forEach((_, i) => tell(i));
    },
    words: (i: number): string => (labels[i] && about ? labelWords(labels[i]!, about.classes) : ""),
  };
}
