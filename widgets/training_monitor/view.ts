// The monitor: buttons, alerts, the chart, and what can be opened below it.
import { Channel, type Message } from "../shared/channel";
import { h, set, write } from "../shared/dom";
import { Frame } from "../shared/frame";
import type { Cleanup, RenderContext } from "../shared/host";
import { followWidth } from "../shared/page";
import { makeBlocks } from "./blocks";
import { makeChart } from "./chart";
import { makeExpectation } from "./expect";
import { makeConfusion, makeWorst } from "./mistakes";
import * as model from "./model";
import { makeNumbers } from "./numbers";
import "./style.css";

export function render({ model: host, el }: RenderContext): Cleanup {
  let about: model.About = { groups: [], metric: "score", chance: 0.5, baseline: null, valid: 1, checkpoint: false, credit: "" };
  let state: model.State | undefined;
  let run = model.noRun();
  let ghosts: model.Ghost[] = [];
  let code = "";
  let codeAsked = -1;
  let width = 640;
  let pointer: number | undefined; // that draws
  let soon = 0;

  const frame = new Frame(el, { name: "training-monitor", title: "Training monitor", onUndo: (which) => channel.do(which) });
  const tell = (action: string) => (): void => channel.do(action);
  const button = (text: string, act: () => void): HTMLButtonElement => {
    const made = h("button", { class: "tlnb-button" }, text);
    // Not `disabled`: who pressed it by key would lose the place.
    made.onclick = () => made.hasAttribute("aria-disabled") || act();
    return made;
  };
  const start = button("▶ Start", tell("start"));
  const pause = button("‖ Pause", () => channel.do(state!.status === "paused" ? "go_on" : "pause"));
  const step = button("→ One step", tell("step"));
  const stop = button("■ Stop", tell("stop"));
  const resume = button("↻ Resume", tell("resume"));
  const line = h("p", { class: "tlnb-now" });
  const note = h("p", { class: "tlnb-note", role: "status" });
  const verdict = h("p", { class: "tlnb-note", role: "status" });
  const alerts = h("ul", { class: "tlnb-alerts" });
  const chart = makeChart();
  const expectation = makeExpectation((scores) => channel.do("expect", { scores }), drawSoon);
  const blocks = makeBlocks();
  const worst = makeWorst(tell("worst"));
  const confusion = makeConfusion((epoch, commit) => channel.do("matrix", { epoch }, commit));
  const numbers = makeNumbers();
  const parts = [expectation, blocks, worst, confusion, numbers].map((part) => part.element);
  const bar = h("div", { class: "tlnb-bar", role: "group", "aria-label": "The run" }, start, pause, step, stop, resume);
  frame.body.append(bar, line, alerts, note, verdict, chart.element, ...parts);

  /** Once a frame at most, whatever comes. */
  function drawSoon(): void {
    soon ||= requestAnimationFrame(() => {
      soon = 0;
      if (!state) return;
      const shown = run.number === state.run ? run : model.noRun();
      chart.draw({ run: shown, about, state, ghosts, expected: expectation.drawn() }, width);
      blocks.draw(shown, about);
      numbers.draw(shown, about.metric);
      const epochs = shown.epochs.length;
      worst.show(state.run, epochs, state.status === "running", about.credit);
      confusion.show(epochs);
    });
  }

  function hear(message: Message, buffers: DataView[]): void {
    const said = message as any;
    const { kind, text } = said;
    if (kind === "progress") {
      run = model.take(run, said);
      write(line, run.line);
      if (said.say) frame.speak(said.say);
    } else if (kind === "about") about = said;
    else if (kind === "ghosts") ghosts = [];
    else if (kind === "ghost") ghosts.push(said);
    else if (kind === "worst") worst.hear(said, buffers[0]!);
    else if (kind === "matrix") confusion.hear(said);
    else if (kind === "code") frame.show({ ...state!, code: (code = said.at ? code + text : text) });
    else if (kind === "error") {
      frame.fail(text);
      frame.speak(text);
    }
    drawSoon();
  }

  function show(now: model.State, settled: boolean): void {
    const before = state;
    state = now;
    frame.show({ ...now, code });
    const can = model.possible(now.status);
    const press = (one: Element, able: boolean): void => set(one, { "aria-disabled": !able && "true" });
    write(start, now.run ? "▶ Start again" : "▶ Start");
    write(pause, can.goOn ? "▶ Go on" : "‖ Pause");
    press(start, can.start);
    start.classList.toggle("tlnb-first", !can.step);
    press(pause, can.pause || can.goOn);
    press(step, can.step);
    press(stop, can.step);
    press(resume, now.resumable);
    resume.hidden = !about.checkpoint;
    write(note, now.note);
    write(verdict, now.verdict);
    showAlerts(now, before);
    expectation.show(now, about.metric, about.chance, !can.step && about.valid > 0, settled);
    if (before && before.status !== now.status && !can.pause) frame.speak(now.says);
    askCode();
    drawSoon();
  }

  function showAlerts(now: model.State, before: model.State | undefined): void {
    if (JSON.stringify(now.alerts) === JSON.stringify(before?.alerts)) return;
    alerts.replaceChildren(...now.alerts.map(([text, todo]) => h("li", {}, h("strong", {}, "⚠ ", text), ` ${todo}`)));
    for (const one of now.alerts) if (!before?.alerts.some(([text]) => text === one[0])) frame.speak(one.join(" "));
  }

  function askCode(): void {
    const details = el.querySelector(".tlnb-code")?.closest("details");
    if (!details?.open || !state || codeAsked === state.code_key) return;
    codeAsked = state.code_key;
    channel.do("code");
  }

  const draw = (event: PointerEvent): boolean => {
    const box = chart.element.getBoundingClientRect();
    const place = chart.at(event.clientX - box.left, event.clientY - box.top);
    return Boolean(place && expectation.draw(...place));
  };
  const lift = (event: PointerEvent): void => {
    if (event.pointerId !== pointer) return;
    pointer = undefined;
    expectation.done();
  };
  set(chart.element, {
    onpointerdown(event: PointerEvent) {
      if (event.button || !draw(event)) return;
      pointer = event.pointerId;
      chart.element.setPointerCapture?.(pointer);
    },
    onpointermove: (event: PointerEvent) => event.pointerId === pointer && draw(event),
    onpointerup: lift,
    onpointercancel: lift,
  });
  el.addEventListener("toggle", () => (askCode(), drawSoon()), true); // it does not bubble
  const stopWidth = followWidth(frame.body, (now) => {
    width = now;
    drawSoon();
  });
  const channel = new Channel<model.State>(host, { state: show, message: hear, answering: (answers) => frame.answering(answers) });

  return () => {
    cancelAnimationFrame(soon);
    stopWidth();
    channel.close();
    frame.close();
  };
}
