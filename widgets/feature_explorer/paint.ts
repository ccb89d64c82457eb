// Canvases: sharp on any screen, from bytes that came with a message.
import { h } from "../shared/dom";
import { coloured, opaque } from "./model";

export function button(text: string, act: () => void, label?: string): HTMLButtonElement {
  return h("button", { class: "tlnb-button", "aria-label": label, title: label, onclick: act }, text);
}

export type Bytes = DataView | undefined;

export function bytesOf(view: Bytes): Uint8Array {
  return view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : new Uint8Array();
}

/** Numbers of more than a byte: a buffer may begin where these cannot. */
export function copied(view: Bytes): ArrayBuffer {
  return view ? (view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer) : new ArrayBuffer(0);
}

function filled(pixels: Uint8ClampedArray<ArrayBuffer>, width: number, height: number): HTMLCanvasElement {
  const canvas = h("canvas", { width, height });
  const context = canvas.getContext("2d");
  if (context && width && height) context.putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas;
}

/** A picture as a canvas of its own size. */
export function pictureOf(bytes: Uint8Array, size: number, channels: number): HTMLCanvasElement {
  return filled(opaque(bytes, channels), size, bytes.length / channels / size);
}

/** A map of shades as a canvas of its own size. */
export function mapOf(bytes: Uint8Array, width: number, height: number): HTMLCanvasElement {
  return filled(coloured(bytes.subarray(0, width * height)), width, height);
}

/** Give a canvas a size on the page, and return what draws on it in the page's own pixels. */
export function sized(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const ratio = globalThis.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/** Draw once before the next frame, however often it is asked for. */
export function once(draw: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}
