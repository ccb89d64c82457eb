// Of each block: whether it trains, and how much a step changes its weights.
import { h } from "../shared/dom";
import { type About, type Run, ratioPlace, ratioWord } from "./model";

export function makeBlocks() {
  const rows = h("tbody");
  const element = h(
    "details",
    {},
    h("summary", {}, "How much a step changes each block"),
    h("p", { class: "tlnb-says" }, "The length of a step over that of the weights, measured now and then. Usual: about 0.001."),
    h("table", { class: "tlnb-table" }, rows),
  );

  function row({ ratios, trains }: Run, [name, colour]: [string, string], i: number): HTMLElement {
    const [ratio, step] = ratios[i] ?? [];
    const chip = h("span", { class: "tlnb-chip" });
    chip.style.background = colour;
    const needle = h("span", { class: "tlnb-needle" });
    if (ratio !== undefined) needle.style.left = `${ratioPlace(ratio)}%`;
    const said = ratio === undefined ? "–" : `${ratio.toExponential(1)}, ${ratioWord(ratio)} (step ${step})`;
    const track = h("span", { class: "tlnb-track" }, ratio !== undefined && needle);
    const state = trains.includes(name) ? "✎ trains" : "❄ frozen";
    return h("tr", {}, h("th", { scope: "row" }, chip, name), h("td", {}, state), h("td", {}, said), h("td", {}, track));
  }

  return {
    element,
    draw(run: Run, about: About): void {
      if (element.open) rows.replaceChildren(...about.groups.map((group, i) => row(run, group, i)));
    },
  };
}
