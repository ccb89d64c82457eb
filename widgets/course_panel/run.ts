// The line of a lesson that runs headless, or has: how far it is, what it ended with, and what it wrote.
import { h, set, write } from "../shared/dom";
import type { Parts } from "./actions";
import { fraction, isGoing, runSays } from "./model";
import type { Lesson, Run } from "./state";

const SIGNS: Record<Run["state"], string> = { waiting: "…", running: "▶", done: "✓", failed: "✗", stopped: "■" };

type Opener = (text: string, path: () => string | null | undefined) => HTMLElement;

export function runLine({ s }: Parts, opener: Opener, onclick: () => void) {
  let now: Run | null = null;
  const sign = h("span", { class: "tlnb-sign", "aria-hidden": "true" });
  const says = h("span", {});
  const stop = h("button", { class: "tlnb-button", type: "button", onclick }, s.stop);
  const filled = h("span");
  const bar = h("div", { class: "tlnb-progress", role: "progressbar", "aria-valuemin": 0 }, filled);
  const error = h("p", { class: "tlnb-note tlnb-runerror" });
  const report = opener(s.report, () => now?.report);
  const notebook = opener(s.notebook, () => now?.notebook);
  const line = h("div", { class: "tlnb-runline" }, sign, says, report, notebook, stop);
  const element = h("div", { class: "tlnb-run" }, line, bar, error);
  return {
    element,
    show({ id, run }: Lesson): void {
      now = run;
      element.hidden = !run;
      if (!run) return;
      const going = isGoing(run);
      const text = runSays(run, s);
      const most = Math.max(1, run.of);
      set(element, { "data-run": run.state });
      write(sign, SIGNS[run.state]);
      write(says, text);
      stop.hidden = bar.hidden = !going;
      set(stop, { "aria-label": s.stopRun(id) });
      set(bar, {
        "aria-label": s.runOf(id),
        "aria-valuemax": most,
        "aria-valuenow": run.state === "waiting" ? false : Math.min(run.cell, most),
        "aria-valuetext": text,
      });
      set(filled, { style: `width:${Math.round(100 * fraction(run))}%` });
      write(error, (run.state === "failed" && run.error) || "");
      error.hidden = !error.textContent;
      report.hidden = going || !run.report;
      notebook.hidden = going || !run.notebook;
    },
  };
}
