// What is in the network: its first filters as pictures, which come as bytes, and its weights as histograms.
import type { Message } from "../shared/channel";
import { h, s } from "../shared/dom";

interface Weights {
  reach: number;
  groups: { name: string; before: number[]; after: number[] | null; deviations: string[] }[];
}

const ZOOM = 8;
const MARGIN = 1;
const WIDE = 132;
const HIGH = 48;

/** How many pictures stand in a row, and how large the canvas is, in pictures' own pixels. */
export function grid(count: number, height: number, width: number): { columns: number; size: [number, number] } {
  const columns = Math.min(count, 16);
  const rows = Math.ceil(count / columns);
  return { columns, size: [columns * (width + MARGIN) - MARGIN, rows * (height + MARGIN) - MARGIN] };
}

/** A histogram as the steps of an SVG path, as high as its highest bin. */
export function steps(counts: number[], width: number, height: number): string {
  const most = Math.max(...counts, 1);
  const each = width / counts.length;
  const tops = counts.map((count, i) => `V${(height * (1 - count / most)).toFixed(1)}H${((i + 1) * each).toFixed(1)}`);
  return `M0 ${height}${tops.join("")}V${height}`;
}

export class Inside {
  readonly element = h("div", { class: "tlnb-inside" });

  clear(): void {
    this.element.replaceChildren();
  }

  hear(message: Message, buffer: DataView | undefined): void {
    if (message.kind === "filters" && buffer) this.filters(message, buffer);
    if (message.kind === "weights") this.weights(message as unknown as Weights);
  }

  private filters(message: Message, buffer: DataView): void {
    const [count, height, width] = [Number(message.count), Number(message.height), Number(message.width)];
    const says = String(message.says);
    const { columns, size } = grid(count, height, width);
    const canvas = h("canvas", { class: "tlnb-filters", role: "img", "aria-label": says, width: size[0], height: size[1] });
    canvas.style.width = `${size[0] * ZOOM}px`;
    const context = canvas.getContext("2d");
    const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    for (let i = 0; context && i < count; i++) {
      const picture = context.createImageData(width, height);
      for (let pixel = 0; pixel < width * height; pixel++) {
        const from = (i * width * height + pixel) * 3;
        picture.data.set([bytes[from]!, bytes[from + 1]!, bytes[from + 2]!, 255], pixel * 4);
      }
      context.putImageData(picture, (i % columns) * (width + MARGIN), Math.floor(i / columns) * (height + MARGIN));
    }
    this.element.append(h("figure", {}, h("figcaption", {}, says), canvas));
  }

  private weights({ reach, groups }: Weights): void {
    const both = groups.some(({ after }) => after);
    const ends = `from ${(-reach).toPrecision(2)} to ${reach.toPrecision(2)}`;
    const says = `Weights of each block, ${ends}${both ? ": filled before, line after the run" : ""}`;
    const pictures = groups.map(({ name, before, after, deviations }) => {
      const told = `${name}: spread ${deviations.join(", then ")}`;
      const svg = s(
        "svg",
        { width: WIDE, height: HIGH + 1, role: "img", "aria-label": told },
        s("path", { class: "tlnb-before", d: steps(before, WIDE, HIGH) }),
        after ? s("path", { class: "tlnb-after", d: steps(after, WIDE, HIGH) }) : undefined,
      );
      return h("figure", {}, svg, h("figcaption", {}, told));
    });
    this.element.append(h("p", { class: "tlnb-says" }, says), h("div", { class: "tlnb-two" }, ...pictures));
  }
}
