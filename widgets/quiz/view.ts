// The control: a question, its answers, the button, and what Python says of the answer.
import { Channel } from "../shared/channel";
import { h, set, write } from "../shared/dom";
import { Frame } from "../shared/frame";
import type { Cleanup, RenderContext } from "../shared/host";
import { choices } from "./choices";
import { guess } from "./guess";
import { MARKS, type Question, type Reply, type State } from "./model";
import { number } from "./number";
import { order } from "./order";
import { ownId, type Part, rich } from "./part";
import "./style.css";

const KINDS = { one: choices, several: choices, number, order, guess };
const SOON = 400; // milliseconds: an answer that comes sooner needs no word before it

export function render({ model: host, el }: RenderContext): Cleanup {
  let kind: Question["kind"] | undefined;
  let part: Part | undefined;
  let touched = false; // since the last answer was sent
  let waiting: ReturnType<typeof setTimeout> | undefined; // for Python's answer
  let told = "";

  const frame = new Frame(el, { name: "quiz", title: "Quiz" });
  const check = h("button", { class: "tlnb-button tlnb-first", type: "button", onclick: send });
  const show = h("button", { class: "tlnb-button", type: "button", onclick: () => channel.do("show") });
  const wait = h("span", { class: "tlnb-wait", role: "status" });
  const before = h("p", { class: "tlnb-before" });
  const reply = h("div", { class: "tlnb-reply", role: "status", tabindex: -1 });
  const box = h("fieldset");
  frame.body.append(box, h("div", { class: "tlnb-bar" }, check, show, wait), reply);

  function send(): void {
    if (!part || waiting || check.hidden) return; // a second press before the answer counts no second try
    touched = false;
    waiting = setTimeout(() => write(wait, "Waiting for the kernel…"), SOON);
    channel.do("answer", { given: part.given() });
  }

  function ask(question: Question): void {
    if (part) return; // asked already: what the hand did stays
    kind = question.kind;
    const id = ownId();
    const hand = { touched: () => void (touched = true), send, speak: (text: string) => frame.speak(text) };
    part = KINDS[kind](question, hand);
    write(before, question.before && `✓ ${question.before}`);
    const says = h("p", { class: "tlnb-does", id }, question.says);
    set(box, { "aria-describedby": id });
    box.append(h("legend", {}, ...rich(question.question)), before, says, ...part.elements);
    set(frame.body.parentElement!, { "aria-label": `Quiz: ${question.question.replaceAll("`", "")}` });
    write(check, kind === "guess" ? "This is my guess" : "Check");
    write(show, kind === "guess" ? "Show the result without a guess" : "Show the answer");
  }

  function tell(answer: Reply | null, tries: number): void {
    const key = JSON.stringify([answer, tries]);
    if (key === told) return; // what stands there already is not spoken again
    told = key;
    set(reply, { "data-verdict": answer?.verdict });
    if (!answer) return reply.replaceChildren();
    const often = answer.verdict === "wrong" && tries > 1 ? ` (${tries} tries)` : "";
    const mark = h("span", { class: "tlnb-sign", "aria-hidden": "true" }, MARKS[answer.verdict]);
    const lines = answer.lines.map((line) => h("p", {}, ...rich(line)));
    reply.replaceChildren(h("p", {}, mark, h("b", {}, ` ${answer.head}${often}`)), ...lines);
  }

  const channel: Channel<State> = new Channel<State>(host, {
    state(state, settled) {
      frame.show({ says: "", code: null });
      if (!part || !settled) return;
      clearTimeout(waiting);
      waiting = undefined;
      write(wait, "");
      const held = document.activeElement as HTMLElement | null;
      if (!touched) part.put(state.given);
      part.mark(state);
      tell(state.reply, state.tries);
      show.hidden = !state.canShow;
      check.hidden = kind === "guess" && state.value != null;
      // What had the focus may be done with: reading goes on at the reply.
      if (held?.closest("[hidden]") && frame.body.contains(held)) reply.focus();
    },
    message(message) {
      if (message.kind === "error") frame.fail(String(message.text));
      else if (message.kind === "question") ask(message.asked as Question);
    },
    answering: (answers) => frame.answering(answers),
  });
  return () => {
    clearTimeout(waiting);
    channel.close();
    frame.close();
  };
}
