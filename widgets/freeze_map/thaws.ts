// The timeline: for each block a slider, the epoch from which it trains.
import { h, set, write } from "../shared/dom";
import type { Block, State } from "./model";

const STEP = 0.25; // of an epoch

export class Thaws {
  private readonly rows = h("div", { class: "tlnb-thaws" });
  readonly element = h("details", {}, h("summary", {}, "When each block thaws"), this.rows);
  private sliders: HTMLInputElement[] = [];
  private words: HTMLElement[] = [];
  private epochs = 1;

  constructor(private readonly tell: (starts: Record<string, number | null>, commit: boolean) => void) {}

  build(blocks: Block[]): void {
    this.words = blocks.map(() => h("span", {}));
    this.sliders = blocks.map((block, i) => {
      const send = (commit: boolean): void => {
        this.name(i);
        this.tell({ [block.name]: this.start(i) }, commit);
      };
      const events = { oninput: () => send(false), onchange: () => send(true) };
      return h("input", { type: "range", min: 0, step: STEP, "aria-label": `${block.name} trains from epoch`, ...events });
    });
    this.rows.replaceChildren(
      ...blocks.flatMap((block, i) => [h("span", {}, block.name), this.sliders[i]!, this.words[i]!]),
    );
  }

  show({ starts, epochs }: State, settled: boolean): void {
    this.epochs = epochs;
    this.sliders.forEach((slider, i) => {
      set(slider, { max: epochs });
      if (settled) slider.value = String(starts[i] ?? epochs);
      this.name(i);
    });
  }

  private start(i: number): number | null {
    const value = Number(this.sliders[i]!.value);
    return value >= this.epochs ? null : value;
  }

  private name(i: number): void {
    const start = this.start(i);
    const text = start === null ? "never" : start === 0 ? "from the start" : `from epoch ${start}`;
    write(this.words[i]!, text);
    set(this.sliders[i]!, { "aria-valuetext": text });
  }
}
