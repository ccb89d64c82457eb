// A few words for making elements; no framework.
import { onKey } from "./keys";

type Attributes = Record<string, string | number | boolean | undefined | ((event: any) => void)>;
type Child = Node | string | undefined | false;

const SVG = "http://www.w3.org/2000/svg";

/** Make an HTML element: `h("button", { class: "tlnb-button", onclick: go }, "Go")`. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

/** Make an SVG element. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS(SVG, tag) as SVGElementTagNameMap[K], attributes, children);
}

function fill<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  set(element, attributes);
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

/** Set attributes where they differ: an unchanged page is not drawn again. `false` and undefined take one away. */
export function set(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onkeydown") onKey(element, value as (event: KeyboardEvent) => void);
    else if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else if (value === undefined || value === false) element.removeAttribute(name);
    else {
      const text = value === true ? "" : String(value);
      if (element.getAttribute(name) !== text) element.setAttribute(name, text);
    }
  }
}

/** Write text where it differs: a live region speaks what is written anew. */
export function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
