// The map: blocks to click and paint, presets, totals; a timeline of thaws, the layers, the gradients.
import { Channel, type Message } from "../shared/channel";
import { h, set, write } from "../shared/dom";
import { Frame } from "../shared/frame";
import type { Host } from "../shared/host";
import { onKey } from "../shared/keys";
import { followWidth } from "../shared/page";
import { Inside } from "./inside";
import { LayerStrip } from "./layers";
import * as model from "./model";
import "./style.css";
import { Thaws } from "./thaws";

const SYMBOLS: Record<model.BlockState, string> = { frozen: "❄", fixed_statistics: "▤", trains: "✎" };
const LEGEND = ["✎ trains", "▤ trains, batch statistics fixed", "❄ frozen"];

export class FreezeMap {
  private readonly frame: Frame;
  private readonly channel: Channel<model.State>;
  private readonly blocks = h("div", { class: "tlnb-blocks", role: "toolbar", "aria-label": "Blocks, from input to head" });
  private readonly totals = h("table", { class: "tlnb-table", "aria-label": "What this costs" });
  private readonly presets = h("div", { class: "tlnb-bar", role: "group", "aria-label": "Presets" });
  private readonly hint = h("p", { class: "tlnb-says", "aria-live": "polite" });
  private readonly more = h("div", { class: "tlnb-bar" });
  private readonly inside = new Inside();
  private readonly ratioNote = h("li", { hidden: true }, "number below a block: length of the gradient over that of the weights, in one batch");
  private readonly strip = new LayerStrip();
  private readonly thaws: Thaws;
  private readonly stopWidth: () => void;
  private network: model.Network = { blocks: [], layers: [], arcs: [] };
  private places: model.Placed[] = [];
  private buttons: HTMLButtonElement[] = [];
  private states: model.BlockState[] = [];
  private state: model.State | undefined;
  private brush: { state: model.BlockState | "up to"; from: model.BlockState[]; id: number } | undefined;

  constructor(host: Host, el: HTMLElement) {
    this.frame = new Frame(el, {
      name: "freeze-map",
      title: "Freeze map",
      onUndo: (which) => this.channel.do(which),
    });
    this.thaws = new Thaws((starts, commit) => this.channel.do("set_starts", { starts }, commit));
    const legend = h("ul", { class: "tlnb-legend" }, ...LEGEND.map((text) => h("li", {}, text)), this.ratioNote);
    const help =
      "Click a block to change it, drag to paint several; Shift and drag freezes all up to there. Keys: arrows, Space, " +
      "F freeze, T train, S fixed statistics, U freeze up to here.";
    this.frame.body.append(
      this.presets,
      this.hint,
      this.blocks,
      legend,
      h("p", { class: "tlnb-says" }, help),
      h("div", { class: "tlnb-two" }, this.totals),
      this.thaws.element,
      this.strip.element,
      this.more,
      this.inside.element,
    );
    this.listen();
    this.frame.body.hidden = true; // until the first state: nothing to see that is not so
    this.stopWidth = followWidth(this.frame.body, (width) => this.place(width));
    this.channel = new Channel<model.State>(host, {
      state: (state, settled) => this.show(state, settled),
      message: (message, buffers) => this.hear(message, buffers),
      answering: (answers) => this.frame.answering(answers),
    });
  }

  close(): void {
    this.stopWidth();
    this.channel.close();
    this.frame.close();
  }

  private hear(message: Message, buffers: DataView[]): void {
    if (message.kind === "network") this.build(message.network as model.Network);
    else if (message.kind === "error") this.frame.fail(String(message.text));
    else this.inside.hear(message, buffers[0]);
  }

  private build(network: model.Network): void {
    this.network = network;
    this.buttons = network.blocks.map((block, i) => {
      const face = h("span", { class: "tlnb-face tlnb-moves" }, h("span", { "aria-hidden": "true" }));
      const words = ["tlnb-name", "tlnb-word", "tlnb-ratio"].map((name) => h("span", { class: name }));
      write(words[0]!, block.name);
      const button = h("button", { class: "tlnb-block", type: "button", tabindex: i ? -1 : 0 }, face, ...words);
      button.style.setProperty("--tlnb-block", block.colour);
      return button;
    });
    this.blocks.replaceChildren(...this.buttons);
    this.strip.build(network);
    this.thaws.build(network.blocks);
    this.place(this.frame.body.clientWidth);
  }

  private place(width: number): void {
    if (!this.buttons.length || width <= 0) return;
    const { places, height } = model.layout(this.network.blocks, width);
    this.places = places;
    this.blocks.style.height = `${height}px`;
    this.buttons.forEach((button, i) => {
      const { x, y, width: wide, height: high } = places[i]!;
      Object.assign(button.style, { left: `${x}px`, top: `${y}px`, width: `${wide}px` });
      (button.firstElementChild as HTMLElement).style.height = `${high}px`;
    });
  }

  private show(state: model.State, settled: boolean): void {
    this.state = state;
    this.frame.show(state);
    if (this.frame.body.hidden) {
      this.frame.body.hidden = false;
      this.place(this.frame.body.clientWidth);
    }
    if (settled) {
      this.states = state.states;
      this.paint();
    }
    const head = ["cost", "as it is", "if all trained"].map((text) => h("th", { scope: "col" }, text));
    const rows = state.totals.map(([name, value, everything]) =>
      h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value), h("td", {}, everything)),
    );
    this.totals.replaceChildren(h("tr", {}, ...head), ...rows);
    this.thaws.show(state, settled);
    this.showPresets(state);
    this.showMore(state);
  }

  private showPresets({ presets }: model.State): void {
    if (this.presets.childElementCount) {
      presets.forEach(({ changes }, i) => set(this.presets.children[i]!, { title: changes }));
      return;
    }
    presets.forEach(({ name, title }) => {
      const tell = (): void => write(this.hint, this.state?.presets.find((one) => one.name === name)?.changes ?? "");
      const still = (): void => write(this.hint, "");
      const act = (): void => this.channel.do("preset", { name });
      const events = { onmouseenter: tell, onfocus: tell, onmouseleave: still, onblur: still, onclick: act };
      this.presets.append(h("button", { class: "tlnb-button", ...events }, title));
    });
  }

  private showMore({ can, ratios }: model.State): void {
    if (!this.more.childElementCount) {
      const ask = (what: string): void => {
        if (what === "inside") this.inside.clear();
        this.channel.do(what);
      };
      const button = (text: string, what: string): HTMLElement =>
        h("button", { class: "tlnb-button", onclick: () => ask(what) }, text);
      if (can.gradients) this.more.append(button("Measure the gradients of one batch", "gradients"));
      this.more.append(button("Show filters and weights", "inside"));
    }
    this.ratioNote.hidden = !ratios;
    this.buttons.forEach((button, i) => write(button.querySelector(".tlnb-ratio")!, ratios?.[i] ?? ""));
  }

  /** Draw the states as the hand has them now: at once, before Python has heard of them. */
  private paint(): void {
    this.buttons.forEach((button, i) => {
      const block = this.network.blocks[i]!;
      const state = this.states[i] ?? "frozen";
      const start = this.startOf(i);
      const shown = start === null ? "frozen" : state;
      const size = `${block.parameters.toLocaleString("en-GB")} parameters`;
      set(button, {
        "data-state": shown,
        "data-later": start !== null && start > 0,
        "aria-label": `${block.name}: ${model.word(state, start)}. ${size}${block.shape && `, maps of ${block.shape}`}`,
      });
      write(button.firstElementChild!.firstElementChild!, SYMBOLS[shown]);
      write(button.querySelector(".tlnb-word")!, model.shortWord(state, start));
    });
  }

  /** A block's thaw as Python has it, where the hand has not changed its state since. */
  private startOf(i: number): number | null {
    if (this.states[i] === this.state?.states[i]) return this.state?.starts[i] ?? null;
    return this.states[i] === "frozen" ? null : 0;
  }

  private change(states: model.BlockState[], commit: boolean, since = this.states): void {
    const before = this.states;
    this.states = states;
    const wanted = model.changes(since, states, this.network.blocks);
    if (states === before && !commit) return;
    this.paint();
    this.channel.do("set_states", { states: wanted }, commit);
  }

  private listen(): void {
    const at = (event: PointerEvent): number => {
      const box = this.blocks.getBoundingClientRect();
      return model.blockAt(this.places, event.clientX - box.left, event.clientY - box.top);
    };
    const stroke = (event: PointerEvent): model.BlockState[] => {
      const { state, from } = this.brush!;
      if (state === "up to") return model.frozenUpTo(from, at(event));
      return model.painted(this.states, at(event), state, this.network.blocks);
    };
    this.blocks.addEventListener("pointerdown", (event) => {
      const button = (event.target as Element).closest<HTMLButtonElement>(".tlnb-block");
      if (!button || event.button !== 0) return;
      const i = this.buttons.indexOf(button);
      const state = event.shiftKey ? "up to" : model.next(this.shown(i), this.network.blocks[i]!);
      this.brush = { state, from: this.states, id: event.pointerId };
      this.blocks.setPointerCapture?.(event.pointerId);
      this.focus(i);
      this.change(stroke(event), false);
    });
    this.blocks.addEventListener("pointermove", (event) => {
      if (this.brush?.id === event.pointerId) this.change(stroke(event), false, this.brush.from);
    });
    const end = (event: PointerEvent): void => {
      if (this.brush?.id !== event.pointerId) return;
      const { from } = this.brush;
      this.brush = undefined;
      this.change(this.states, true, from);
    };
    this.blocks.addEventListener("pointerup", end);
    this.blocks.addEventListener("pointercancel", end);
    this.blocks.addEventListener("click", (event) => {
      // From the keyboard or a screen reader: a pointer has done its work by then.
      const i = this.buttons.indexOf((event.target as Element).closest(".tlnb-block") as HTMLButtonElement);
      if (event.detail === 0 && i >= 0) this.setOne(i, model.next(this.shown(i), this.network.blocks[i]!));
    });
    onKey(this.blocks, (event) => this.key(event));
  }

  private shown(i: number): model.BlockState {
    return this.startOf(i) === null ? "frozen" : (this.states[i] ?? "frozen");
  }

  private setOne(i: number, state: model.BlockState): void {
    this.change(model.painted(this.states, i, state, this.network.blocks), true, this.states);
    this.frame.speak(`${this.network.blocks[i]!.name}: ${model.word(this.states[i]!, this.startOf(i))}`);
  }

  private key(event: KeyboardEvent): void {
    const i = this.buttons.indexOf(document.activeElement as HTMLButtonElement);
    const root = this.blocks.getRootNode() as ShadowRoot | Document;
    const at = i >= 0 ? i : this.buttons.indexOf(root.activeElement as HTMLButtonElement);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.buttons.length - 1;
    const moves: Record<string, number> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last };
    const states: Record<string, model.BlockState> = { f: "frozen", t: "trains", s: "fixed_statistics" };
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key in moves) this.focus(Math.min(Math.max(moves[key]!, 0), last));
    else if (key in states) this.setOne(at, states[key]!);
    else if (key === "u") this.change(model.frozenUpTo(this.states, at), true);
    else return;
    event.preventDefault();
  }

  private focus(i: number): void {
    this.buttons.forEach((button, place) => set(button, { tabindex: place === i ? 0 : -1 }));
    this.buttons[i]!.focus({ preventScroll: true });
    this.strip.look(i);
  }
}
