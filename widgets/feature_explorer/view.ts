// The explorer: a picture and the maps of a layer, the network's answer, all pictures as points, probes by depth.
import { Channel, type Message } from "../shared/channel";
import { h, set, write } from "../shared/dom";
import { Frame } from "../shared/frame";
import type { Host } from "../shared/host";
import { followWidth } from "../shared/page";
import { depthTable } from "./depth";
import * as model from "./model";
import { type Mode, makePicture } from "./picture";
import { button } from "./paint";
import { makePlane } from "./plane";
import { makeSheet } from "./sheet";
import "./style.css";

const MODES: [Mode, string][] = [
  ["map", "Maps"],
  ["class", "Class activation"],
  ["cover", "Cover a part"],
];
const ORDERS: Record<string, string> = { change: "most changed", mean: "strongest", number: "number" };

export function featureExplorer(host: Host, el: HTMLElement): { close(): void } {
  const layer = h("select", {});
  const order = h("select", {});
  const target = h("select", {});
  const method = h("select", {});
  const of = h("select", {});
  const title = h("span", { class: "tlnb-name" });
  const page = h("span", {});
  const pager = h("div", { class: "tlnb-bar" });
  const scores = h("table", { class: "tlnb-table tlnb-scores", "aria-label": "What the network says" });
  const laying = h("p", { class: "tlnb-told", role: "status" });
  const probing = h("p", { class: "tlnb-told", role: "status" });
  const depth = h("div", {});
  const credit = h("p", { class: "tlnb-help" });
  let state: model.State | undefined;

  function close(): void {
    stopWidth();
    channel.close();
    frame.close();
  }

  function hear(message: Message, views: DataView[]): void {
    if (message.kind === "choices") build(message as unknown as model.Choices);
    else if (message.kind === "error") frame.fail(String(message.text));
    else if (message.kind === "maps") sheet.hear(message, views);
    else {
      picture.hear(message, views);
      plane.hear(message, views);
    }
  }

  function build(choices: model.Choices): void {
    const groups = [...new Set(choices.layers.map(({ group }) => group))];
    layer.replaceChildren(
      ...groups.map((group) => {
        const own = choices.layers.filter((layer) => layer.group === group);
        const options = own.map(({ name, title, maps }) => h("option", { value: name, disabled: !maps }, title));
        return h("optgroup", { label: group }, ...options);
      }),
    );
    const orders = Object.entries(ORDERS).filter(([name]) => choices.compared || name !== "change");
    order.replaceChildren(...orders.map(([value, text]) => h("option", { value }, text)));
    target.replaceChildren(...choices.classes.map((name, value) => h("option", { value }, name)));
    method.replaceChildren(...choices.methods.map(([value, text]) => h("option", { value }, text)));
    of.replaceChildren(...choices.ends.map((name) => h("option", {}, name)));
    write(credit, choices.credit);
    old.hidden = !choices.compared;
  }

  function turn(mode: Mode): void {
    modes.forEach((button, i) => set(button, { "aria-pressed": String(MODES[i]![0] === mode) }));
    asked.hidden = mode !== "class";
    picture.turn(mode);
    if (!state) return;
    if (mode === "class") channel.do("activate", { target: state.target });
    else channel.do("rest");
  }

  function start(what: "project" | "probe", fields: object): void {
    const work = what === "project" ? state?.projecting : state?.probing;
    if (work?.running) channel.do("stop", { what });
    else channel.do(what, fields);
  }

  function place(wide: number): void {
    if (wide <= 0) return;
    const two = wide >= 640; // as in the style sheet
    picture.place(two ? Math.min(336, wide * 0.42) : wide);
    sheet.place(two ? wide - Math.min(336, wide * 0.42) - 24 : wide);
    plane.place(wide);
  }

  function show(now: model.State): void {
    state = now;
    frame.show(now);
    frame.body.hidden = false;
    place(frame.body.clientWidth);
    const { picture: of, pages, page: at } = now;
    write(title, of.label ? `${of.title}: ${of.label}` : of.title);
    layer.value = now.layer;
    order.value = now.order;
    if (now.target !== null) target.value = String(now.target);
    sheet.show(now.map);
    picture.choose(now.map);
    pager.hidden = pages < 2;
    write(page, `page ${at + 1} of ${pages}`);
    set(pager.firstElementChild!, { disabled: at === 0 });
    set(pager.lastElementChild!, { disabled: at >= pages - 1 });
    showScores(now);
    work(now.projecting, lay, laying, "Lay the images out");
    work(now.probing, probe, probing, "Probe each layer group");
    depth.replaceChildren(...(now.depth ? [depthTable(now.depth)] : []));
  }

  function work({ running, text, error }: model.Work, button: HTMLElement, line: HTMLElement, idle: string): void {
    write(button, running ? "Stop" : idle);
    write(line, error || text);
  }

  function showScores({ scores: each, share }: model.State): void {
    const bar = (value: number, name: string): HTMLElement => {
      const filled = h("span", { class: name });
      filled.style.width = `${Math.round(100 * value)}%`;
      return h("span", { class: "tlnb-track" }, filled);
    };
    const cells = ({ whole, covered }: model.Score): HTMLElement[] => {
      const bars = [bar(whole, "tlnb-whole"), ...(covered === null ? [] : [bar(covered, "tlnb-covered")])];
      const numbers = [h("td", {}, whole.toFixed(2)), ...(share ? [h("td", {}, covered === null ? "" : covered.toFixed(2))] : [])];
      return [h("td", { class: "tlnb-bars" }, ...bars), ...numbers];
    };
    const head = ["class", "probability", "whole", ...(share ? [`${Math.round(100 * share)} % covered`] : [])];
    scores.replaceChildren(
      h("tr", {}, ...head.map((text) => h("th", { scope: "col" }, text))),
      ...each.map((score) => h("tr", {}, h("th", { scope: "row" }, score.name), ...cells(score))),
    );
  }


  const frame = new Frame(el, { name: "feature-explorer", title: "Feature explorer" });
  const picture = makePicture({
    cover: (mask, commit) => channel.do("cover", { mask, side: model.SIDE }, commit),
    speak: (text) => frame.speak(text),
  });
  const sheet = makeSheet((number) => channel.do("map", { number: number === state?.map ? null : number }));
  const plane = makePlane({
    thumb: (place) => channel.do("thumb", { place }),
    pick: (place) => channel.do("pick", { place }),
    caught: (places) => channel.do("catch", { places }),
    speak: (text) => frame.speak(text),
  });
  set(layer, { onchange: () => channel.do("layer", { name: layer.value }) });
  set(order, { onchange: () => channel.do("order", { name: order.value }) });
  set(target, { onchange: () => channel.do("activate", { target: Number(target.value) }) });
  const modes = MODES.map(([mode, text]) => button(text, () => turn(mode)));
  const asked = h("label", {}, "What speaks for ", target);
  const lay = button("Lay the images out", () => start("project", { method: method.value, layer: of.value }));
  const probe = button("Probe each layer group", () => start("probe", {}));
  const flip = (by: number): void => channel.do("page", { page: (state?.page ?? 0) + by });
  pager.append(button("‹ Maps before", () => flip(-1)), page, button("More maps ›", () => flip(1)));
  const top = h(
    "div",
    { class: "tlnb-bar" },
    button("‹ Picture", () => channel.do("step", { by: -1 })),
    button("Picture ›", () => channel.do("step", { by: 1 })),
    title,
  );
  const modeBar = h("div", { class: "tlnb-bar", role: "group", "aria-label": "What is drawn on the picture" }, ...modes);
  const old = button("Before the training", () => set(old, { "aria-pressed": String(sheet.turn()) }));
  set(old, { "aria-pressed": "false" });
  const layers = h("div", { class: "tlnb-bar" }, h("label", {}, "Layer ", layer), h("label", {}, "Ranked by ", order), old);
  const left = h("div", { class: "tlnb-left" }, top, modeBar, asked, picture.element, scores);
  const right = h("div", { class: "tlnb-right" }, layers, sheet.element, pager);
  const layout = h(
    "div",
    { class: "tlnb-bar" },
    h("label", {}, "By ", method),
    h("label", {}, "features of ", of),
    lay,
  );
  const heading = (text: string): HTMLElement => h("h4", { class: "tlnb-part" }, text);
  frame.body.append(
    h("div", { class: "tlnb-both" }, left, right),
    heading("All images, as points"),
    layout,
    laying,
    plane.element,
    heading("What each depth knows"),
    h("div", { class: "tlnb-bar" }, probe),
    probing,
    depth,
    credit,
  );
  frame.body.hidden = true; // until the first state: nothing to see that is not so
  turn("map");
  const stopWidth = followWidth(frame.body, (width) => place(width));
  const channel = new Channel<model.State>(host, {
    state: (state) => show(state),
    message: (message, views) => hear(message, views),
    answering: (answers) => frame.answering(answers),
  });
  return { close };
}
