// The control: a row for each setting that a method declares, and what a change counts for.
import { Channel, type Message } from "../shared/channel";
import { h, set, write } from "../shared/dom";
import { type Common, Frame } from "../shared/frame";
import type { Cleanup, RenderContext } from "../shared/host";
import { same, type Setting, type Value } from "./model";
import { type Row, row } from "./rows";
import "./style.css";

export interface State extends Common {
  values: Record<string, Value>;
  /** What of it counts later, or could not be done. */
  note: string;
}

export function render({ model: host, el }: RenderContext): Cleanup {
  let settings: Setting[] = [];
  let rows: Row[] = [];
  let values: Record<string, Value> = {}; // as the hand has them

  const frame = new Frame(el, { name: "method-controls", title: "Settings", onUndo: (which) => channel.do(which) });
  write(el.querySelector("summary")!, "The Python that sets these values");
  const when = h("p", { class: "tlnb-when" });
  const note = h("p", { class: "tlnb-note", role: "status" });
  const list = h("div", { class: "tlnb-settings" });
  const all = h("button", { class: "tlnb-button", onclick: () => all.getAttribute("aria-disabled") === "true" || channel.do("reset") }, "All to default");
  frame.body.append(when, list, h("div", { class: "tlnb-bar" }, all), note);

  function draw(): void {
    settings.forEach(({ name }, at) => name in values && rows[at]!.show(values[name]!));
    set(all, { "aria-disabled": String(settings.every((one) => one.name in values && same(values[one.name]!, one.default))) });
  }

  function hear(message: Message): void {
    if (message.kind === "error") frame.fail(String(message.text));
    if (message.kind !== "settings") return;
    settings = message.settings as Setting[];
    write(when, String(message.when));
    rows = settings.map((setting) => {
      const { name } = setting;
      const hand = {
        set(value: unknown, commit: boolean): void {
          values = { ...values, [name]: value as Value };
          if (valid(setting, value)) draw();
          channel.do("set", { name, value }, commit);
        },
        reset: () => channel.do("reset", { name }),
        speak: (text: string) => frame.speak(text),
      };
      return row(setting, hand, Boolean(message.when));
    });
    list.replaceChildren(...rows.map(({ element }) => element));
    draw();
  }

  const channel: Channel<State> = new Channel<State>(host, {
    state(state, settled) {
      frame.show(state);
      write(note, state.note);
      if (settled) values = state.values;
      draw();
    },
    message: hear,
    answering: (answers) => frame.answering(answers),
  });
  return () => {
    channel.close();
    frame.close();
  };
}

/** Whether a value that was typed can be drawn; what cannot be is Python's to refuse, and its answer draws it anew. */
function valid(setting: Setting, value: unknown): boolean {
  if (setting.kind === "number") return typeof value === "number" && value >= setting.low && value <= setting.high;
  return !Array.isArray(value) || value.every((share) => typeof share === "number" && share >= 0 && share <= 1);
}
