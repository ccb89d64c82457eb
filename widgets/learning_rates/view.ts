// The control: the rates of the groups, their schedule over the run, the range test, earlier runs.
import { Channel, type Message } from "../shared/channel";
import { h, set, write } from "../shared/dom";
import { Frame } from "../shared/frame";
import type { Cleanup, RenderContext } from "../shared/host";
import { followWidth } from "../shared/page";
import { told } from "../shared/scale";
import { rateAxis } from "./axis";
import { difference, type Ghost, type Greeting, groupRates, ownTrace, type Peaks, sampled, type State, type Sweep, type Trace } from "./model";
import { numbers } from "./numbers";
import { runChart } from "./run";
import type { Shape } from "./schedules";
import "./style.css";

export function render({ model: host, el }: RenderContext): Cleanup {
  let greeting: Greeting | undefined;
  let state: State | undefined;
  let peaks: Peaks; // as the hand has them
  let shape: Shape;
  let trace: Trace | undefined;
  let sweep: Sweep | undefined;
  let ghosts: Ghost[] = [];
  let byHand = false;
  let inSteps = false;
  let settled = false;
  let width = 0;

  const button = (text: string, onclick: () => void): HTMLButtonElement => h("button", { class: "tlnb-button", onclick }, text);
  const bar = (...children: Node[]): HTMLElement => h("div", { class: "tlnb-bar" }, ...children);
  const words = (): HTMLElement => h("p", { class: "tlnb-says" });
  const act = (action: string, fields: object, commit = true): void => {
    settled = false;
    draw();
    channel.do(action, fields, commit);
  };

  const frame = new Frame(el, { name: "learning-rates", title: "Learning rates", onUndo: (which) => channel.do(which) });
  const axis = rateAxis((group, rate, commit, now) => {
    if (now) peaks = now;
    act("set_rate", { group, rate, by_hand: byHand }, commit);
  });
  const chart = runChart((name, value, commit) => {
    if (name === "warmup_epochs") shape = { ...shape, warmup: value };
    else shape = { ...shape, options: { ...shape.options, [name]: value } };
    act("set", { name, value }, commit);
  });
  const typed = (name: string, value: number | string): void => channel.do("set", { name, value });
  const [fan, settings] = [numbers(typed), numbers(typed)];
  const mode = button("Each group by hand", () => {
    if (byHand && Object.keys(peaks.factors).length) channel.do("follow");
    build(!byHand);
  });
  const units = button("Count in steps", () => {
    inSteps = !inSteps;
    draw();
  });
  const test = button("", () => channel.do(sweep?.running ? "stop_test" : "test"));
  const schedule = h("select", { class: "tlnb-number tlnb-choice", onchange: () => channel.do("set_schedule", { name: schedule.value }) });
  const [tested, summary, source] = [words(), words(), words()];
  const suggestions = h("ul", { class: "tlnb-list" });
  const runs = h("div");
  frame.body.append(
    bar(mode, fan.element),
    axis.element,
    bar(test, tested),
    suggestions,
    bar(h("label", {}, "Schedule ", schedule), units),
    summary,
    settings.element,
    chart.element,
    source,
    runs,
  );

  function build(hand: boolean): void {
    byHand = hand;
    axis.build(greeting!.groups, byHand);
    draw();
  }

  function draw(): void {
    if (!state || !greeting || !width) return;
    const { groups } = greeting;
    const rates = groupRates(peaks, groups);
    const own = (steps: number[]): Trace => ownTrace(rates, shape, state!.starts, steps);
    const real = settled && trace?.of === state.of ? trace : undefined;
    const differs = real ? difference(real, own(real.steps), groups) : "";
    const now = { ...shape.options, ...peaks, warmup_epochs: shape.warmup } as unknown as Record<string, number>;
    set(mode, { "aria-pressed": String(byHand) });
    set(units, { "aria-pressed": String(inSteps), disabled: !state.counted });
    set(fan.element, { hidden: byHand });
    fan.show(state.fan, ({ name }) => now[name]!);
    settings.show(state.settings, ({ name, value }) => now[name] ?? value);
    schedule.value = shape.schedule;
    write(summary, greeting.schedules.find(({ name }) => name === shape.schedule)!.summary);
    axis.show(peaks, state, sweep, width);
    const drawn = real ?? own(sampled(shape.epochs * shape.perEpoch));
    chart.show({ groups, head: rates.at(-1)!, shape, state, trace: drawn, ghosts, inSteps }, width);
    set(source, { "data-warn": differs !== "" });
    if (settled) write(source, differs || state.source);
    write(test, sweep?.running ? "Stop the range test" : "Run the range test");
    set(test, { disabled: greeting.whyNoTest !== "" });
    write(tested, [greeting.whyNoTest, sweep?.says, state.stale].filter(Boolean).join(" "));
  }

  function hear(message: Message, buffers: DataView[]): void {
    const { kind } = message;
    if (kind === "error") frame.fail(String(message.text));
    else if (kind === "groups") {
      greeting = message as unknown as Greeting;
      schedule.replaceChildren(...greeting.schedules.map(({ name, title, summary: title_ }) => h("option", { value: name, title: title_ }, title)));
      build(byHand);
    } else if (kind === "trace") {
      const { buffer, byteOffset, byteLength } = buffers[0]!;
      const rates = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer); // begins at a whole four
      trace = { ...(message as unknown as Trace), rates };
    } else if (kind === "sweep") {
      sweep = message as unknown as Sweep;
      const takes = sweep.suggestions.map(({ name, rate, says }) => {
        return h("li", {}, button(`Take ${told(rate)}`, () => channel.do("take", { name })), ` ${name}: ${says}`);
      });
      if (!sweep.running) frame.speak(sweep.says); // its steps would be many
      suggestions.replaceChildren(...takes, ...sweep.notes.map((note) => h("li", {}, note)));
    } else if (kind === "ghosts") {
      ghosts = message.ghosts as Ghost[];
      const list = ghosts.map(({ says, result }) => h("li", {}, `${says}: ${result}`));
      const forget = button("Forget them", () => channel.do("clear_ghosts"));
      runs.replaceChildren(...(list.length ? ["Earlier runs, dashed:", h("ol", {}, ...list), forget] : []));
    }
    draw();
  }

  const stopWidth = followWidth(frame.body, (wide) => {
    width = wide;
    draw();
  });
  const channel: Channel<State> = new Channel<State>(host, {
    state(told_, settled_) {
      state = told_;
      settled = settled_;
      frame.show(state);
      if (settled) ({ peaks, shape } = state);
      if (settled && !byHand && greeting && Object.keys(peaks.factors).length) build(true);
      draw();
    },
    message: hear,
    answering: (answers) => frame.answering(answers),
  });
  return () => {
    stopWidth();
    channel.close();
    frame.close();
  };
}
