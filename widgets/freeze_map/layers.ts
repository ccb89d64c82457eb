// All layers in a strip with the residual connections over them, and the layers of one block as a table.
import { h, s, write } from "../shared/dom";
import { LAYER, type Layer, type Network, arc } from "./model";

const BASE = 46; // pixels above the layers, for the arcs
const HIGH = 22;

export class LayerStrip {
  private readonly strip = h("div", { class: "tlnb-strip", tabindex: 0, role: "img" });
  private readonly caption = h("p", { class: "tlnb-says" });
  private readonly table = h("table", { class: "tlnb-table" });
  private readonly scroll = h("div", { class: "tlnb-layers", tabindex: 0, role: "region", "aria-label": "Layers of a block" }, this.table);
  readonly element = h(
    "details",
    {},
    h("summary", {}, "Layers and residual connections"),
    this.strip,
    this.caption,
    this.scroll,
  );
  private network: Network | undefined;
  private at = 0;

  constructor() {
    // Hundreds of layers are drawn only for who looks at them.
    this.element.addEventListener("toggle", () => this.element.open && this.draw());
  }

  build(network: Network): void {
    this.network = network;
    this.at = 0;
    this.draw();
  }

  look(block: number): void {
    this.at = block;
    this.draw();
  }

  private draw(): void {
    if (!this.element.open || !this.network) return;
    const { blocks, layers, arcs } = this.network;
    const svg = s("svg", { width: layers.length * LAYER + 2, height: BASE + HIGH + 2, "aria-hidden": "true" });
    for (const one of arcs) svg.append(s("path", { d: arc(one, BASE) }));
    layers.forEach(([block, name, kind, , shape], i) => {
      const strength = block === this.at ? 1 : 0.35;
      const box = { x: i * LAYER + 1, y: BASE, width: LAYER - 2, height: HIGH };
      const look = { fill: blocks[block]!.colour, "fill-opacity": strength };
      svg.append(s("rect", { ...box, ...look }, s("title", {}, `${name}: ${kind}, ${shape}`)));
    });
    this.strip.replaceChildren(svg);
    this.strip.setAttribute("aria-label", `${layers.length} layers with parameters, ${arcs.length} residual connections`);
    this.rows(layers.filter(([block]) => block === this.at));
  }

  private rows(layers: Layer[]): void {
    const name = this.network!.blocks[this.at]!.name;
    write(this.caption, `${name}: ${layers.length} layers with parameters. Choose another block in the map.`);
    const head = ["layer", "what it is", "gives (C × H × W)", "parameters"].map((text) => h("th", { scope: "col" }, text));
    const rows = layers.map(([, name, kind, parameters, shape]) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, name),
        h("td", {}, kind),
        h("td", {}, shape),
        h("td", {}, parameters.toLocaleString("en-GB")),
      ),
    );
    this.table.replaceChildren(h("tr", {}, ...head), ...rows);
  }
}
