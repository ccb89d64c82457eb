// What every control has: a title and a sentence that says what it shows, undo and the plain code where it has them, and
// places to tell errors and to speak.
import { h, set, write } from "./dom";
import { onKey, ownKeys } from "./keys";
import { announce, followTheme } from "./page";
import "./theme.css";

export interface Common {
  says: string;
  /** What it amounts to in plain PyTorch, where it amounts to any. */
  code?: string | null;
  undo?: boolean;
  redo?: boolean;
}

export interface FrameOptions {
  name: string;
  title: string;
  /** Called with "undo" or "redo"; a control without it has no such buttons. */
  onUndo?(which: "undo" | "redo"): void;
}

export class Frame {
  readonly body = h("div", { class: "tlnb-body" });
  private readonly says = h("p", { class: "tlnb-says" });
  private readonly error = h("p", { class: "tlnb-error", role: "alert" });
  private readonly away = h("p", { class: "tlnb-away", role: "status" });
  private readonly spoken = h("div", { class: "tlnb-spoken", role: "status", "aria-live": "polite" });
  private readonly code = h("pre", { class: "tlnb-code", tabindex: 0, role: "region", "aria-label": "The code" });
  private readonly amounts: HTMLElement;
  private readonly undo: HTMLButtonElement;
  private readonly redo: HTMLButtonElement;
  private readonly root: HTMLElement;
  private readonly stop: (() => void)[];

  constructor(el: HTMLElement, options: FrameOptions) {
    const { name, title, onUndo } = options;
    this.undo = h("button", { class: "tlnb-button", onclick: () => onUndo?.("undo") }, "↶ Undo");
    this.redo = h("button", { class: "tlnb-button", onclick: () => onUndo?.("redo") }, "↷ Redo");
    const copied = h("span", { role: "status" });
    const copy = async (): Promise<void> => {
      await navigator.clipboard?.writeText(this.code.textContent ?? "");
      write(copied, "Copied.");
    };
    this.amounts = h(
      "details",
      {},
      h("summary", {}, "The plain PyTorch that this amounts to"),
      h("div", { class: "tlnb-bar" }, h("button", { class: "tlnb-button", onclick: copy }, "Copy"), copied),
      this.code,
    );
    const heading = h("h3", { class: "tlnb-title" }, title);
    const hand = onUndo ? [h("span", { class: "tlnb-gap" }), this.undo, this.redo] : [];
    this.root = h(
      "section",
      { class: `tlnb-control tlnb-${name}`, "aria-label": title },
      h("div", { class: "tlnb-bar" }, heading, ...hand),
      this.says,
      this.away,
      this.error,
      this.body,
      this.amounts,
      this.spoken,
    );
    onKey(this.root, (event) => {
      if (onUndo && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
        event.preventDefault();
        onUndo(event.shiftKey ? "redo" : "undo");
      }
    });
    el.append(this.root);
    this.stop = [followTheme(this.root), ownKeys(this.root)];
  }

  show(state: Common): void {
    write(this.says, state.says);
    write(this.code, state.code ?? "");
    this.amounts.hidden = state.code == null;
    set(this.undo, { disabled: !state.undo });
    set(this.redo, { disabled: !state.redo });
    write(this.error, "");
  }

  /** Tell an error that Python answered with; the next state takes it away. */
  fail(text: string): void {
    write(this.error, text);
  }

  answering(answers: boolean): void {
    write(
      this.away,
      answers ? "" : "The kernel does not answer. If it computes, this follows later; if it was restarted, run the cell above again.",
    );
  }

  /** Say something to whoever listens to the page rather than looks at it. */
  speak(text: string): void {
    announce(this.spoken, text);
  }

  close(): void {
    for (const stop of this.stop) stop();
    this.root.remove();
  }
}
