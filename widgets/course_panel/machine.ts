// The machine that computes: its device, its memory, and the cache.
import { h, write } from "../shared/dom";
import { bytes } from "../shared/scale";
import type { Parts } from "./actions";
import type { State } from "./state";

export class Machine {
  readonly element = h("section", { class: "tlnb-part tlnb-machine" });
  private readonly list = h("dl", { class: "tlnb-list" });
  private readonly update: HTMLButtonElement;
  private shown = "";

  constructor(private readonly parts: Parts) {
    const { s, actions } = parts;
    this.update = h("button", { class: "tlnb-button", type: "button", onclick: () => actions.copy() });
    this.element.append(h("h4", {}, s.machine), this.list, h("div", { class: "tlnb-bar" }, this.update));
  }

  show({ device, cache, folder, tlnb }: State): void {
    const { s } = this.parts;
    const { memory, free_memory, cores } = device;
    const { bytes: held, limit } = cache;
    const rows: [string, string][] = [
      [s.device, [device.device.toUpperCase(), device.name, s.cores(cores)].filter(Boolean).join(" · ")],
      [s.memory, free_memory === null || memory === null ? s.unknown : s.freeOf(bytes(free_memory), bytes(memory))],
      [s.cache, held === null ? s.unknown : limit === null ? bytes(held) : s.cacheLimit(bytes(held), bytes(limit))],
      [s.disk, cache.free_disk === null ? s.unknown : s.free(bytes(cache.free_disk))],
    ];
    if (folder !== null) rows.push([s.lessons, folder || s.root]);
    rows.push([s.version, `tlnb ${tlnb}`]);
    write(this.update, folder === null ? s.copyLessons : s.updateLessons);
    const text = JSON.stringify([rows, cache.folder]);
    if (text === this.shown) return;
    this.shown = text;
    this.list.replaceChildren(
      ...rows.flatMap(([what, says]) => {
        const value = h("dd", { title: what === s.cache && cache.folder }, says);
        return [h("dt", {}, what), value];
      }),
    );
  }
}
