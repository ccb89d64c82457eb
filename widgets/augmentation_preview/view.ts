// The preview: the pipeline, the tiles under it, what the model says of them, and one image large.
import { Channel, type Message } from "../shared/channel";
import { h, set, write } from "../shared/dom";
import { Frame } from "../shared/frame";
import type { Cleanup, RenderContext } from "../shared/host";
import { followWidth } from "../shared/page";
import { Film } from "./film";
import { makeStrip, makeWipe } from "./look";
import { type About, costWords, type Label, type Opinion, type State, type Strip } from "./model";
import { makeSteps } from "./steps";
import "./style.css";
import { makeTiles } from "./tiles";

const LEGEND =
  "Bar and number: how sure the model is of the image's own class (where labels are mixed, how far it agrees with them). " +
  "Mark and brackets: of the untouched image.";

export function render({ model: host, el }: RenderContext): Cleanup {
  let about: About | undefined;
  let state: State | undefined;
  let opinion: Opinion | undefined;
  let number = 0; // of the newest tiles
  let untouched = false; // whether the tiles show the images as they are
  let settled = true;

  const act = (action: string, fields: object, commit = true): void => channel.do(action, fields, commit);
  const button = (text: string, onclick: () => void): HTMLButtonElement => h("button", { class: "tlnb-button", onclick }, text);
  const words = (name = "says"): HTMLElement => h("p", { class: `tlnb-${name}` });

  const frame = new Frame(el, { name: "augmentation-preview", title: "Augmentation preview", onUndo: (which) => channel.do(which) });
  const came = (film: Film, at: number): void => {
    if (film === shown()) tiles.paint(film, at);
    if (at === state?.image) look();
  };
  const augmented: Film = new Film((at) => came(augmented, at));
  const plain: Film = new Film((at) => came(plain, at));
  const shown = (): Film => (untouched ? plain : augmented);
  const steps = makeSteps(act, (text) => frame.speak(text));
  const tiles = makeTiles((image) => act("choose", { image }));
  const wipe = makeWipe();
  const strip = makeStrip(act);
  const original = button("Show them untouched", () => {
    untouched = !untouched;
    set(original, { "aria-pressed": String(untouched) });
    for (let i = 0; i < (about?.count ?? 0); i++) tiles.paint(shown(), i);
  });
  set(original, { "aria-pressed": "false" });
  const draw = button("Another draw", () => act("draw", { epoch: state!.epoch + 1 }));
  const first = button("Epoch 1 again", () => state!.epoch > 1 && act("draw", { epoch: 1 }));
  const [note, verdict, cost, credit, legend] = [h("span"), words("verdict"), words("small"), words("small"), words("small")];
  const bar = h("div", { class: "tlnb-bar" }, original, draw, first, note);
  frame.body.append(steps.element, verdict, tiles.element, legend, credit, bar, cost, wipe.element, strip.element);

  /** Python sends no newer tiles before these are here: on a slow line they would queue up. */
  function arrived(): void {
    try {
      host.send({ kind: "arrived", number });
    } catch {
      // The line is closed; the channel tells of it.
    }
  }

  function look(): void {
    if (!state || !about) return;
    wipe.paint(plain.frames[state.image], augmented.frames[state.image]);
    wipe.tell(state.image, tiles.words(state.image), about.evaluation);
  }

  function judge(): void {
    const stale = opinion?.number !== number;
    tiles.judge(opinion, stale);
    set(verdict, { "data-verdict": opinion?.verdict, "data-stale": stale });
    write(legend, opinion?.after.length ? LEGEND : "");
    write(verdict, opinion ? (opinion.verdict === "too far" ? "⚠ " : "") + opinion.says : "");
  }

  function build(now: About): void {
    about = now;
    const few = now.size <= 48;
    steps.build(now);
    tiles.build(now);
    tiles.place(frame.body.clientWidth);
    strip.build(now.strengths, few);
    wipe.pixelated(few);
    write(credit, now.credit);
    if (state) show(state, settled);
  }

  function show(now: State, settled_: boolean): void {
    state = now;
    settled = settled_;
    frame.show(now);
    steps.show(now, settled);
    tiles.choose(now.image);
    write(note, now.note);
    set(first, { "aria-disabled": now.epoch === 1 && "true" }); // not disabled: a key would lose its place
    const focus = now.steps.find(({ name }) => name === now.focus);
    const offer = about?.table.flatMap((group) => group.steps).find(({ name }) => name === now.focus);
    strip.show(focus, (offer?.title ?? now.focus).toLowerCase(), now.image);
    look();
  }

  function hear(message: Message, buffers: DataView[]): void {
    const said = message as any;
    if (message.kind === "about") build(said);
    else if (message.kind === "tiles") {
      if (said.number < number) return;
      number = said.number;
      tiles.label(said.first, said.labels as Label[]);
      buffers.forEach((buffer, i) => void augmented.take(said.first + i, buffer));
      if (said.first + buffers.length === about?.count) arrived();
      judge();
    } else if (message.kind === "untouched") {
      buffers.forEach((buffer, i) => void plain.take(i, buffer));
    } else if (message.kind === "opinion") {
      const before = opinion?.verdict;
      opinion = said;
      judge();
      if (settled && (before !== said.verdict || said.verdict === "too far")) frame.speak(said.says);
    } else if (message.kind === "cost") write(cost, costWords(said.milliseconds, about!.train));
    else if (message.kind === "strip") strip.hear(said as Strip, buffers);
    else if (message.kind === "error") frame.fail(said.text);
  }

  const stopWidth = followWidth(frame.body, (width) => tiles.place(width));
  const channel: Channel<State> = new Channel<State>(host, { state: show, message: hear, answering: (answers) => frame.answering(answers) });
  return () => {
    stopWidth();
    channel.close();
    frame.close();
  };
}
