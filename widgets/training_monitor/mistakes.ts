// What the model gets wrong on the validation images: the worst of them, and the confusion matrix by epoch.
import { h, set, write } from "../shared/dom";
import { scrolled } from "./numbers";

const AT_MOST_EVERY = 2000; // milliseconds: pictures are asked for again while a run trains

export interface WorstImage {
  at: number;
  of: number;
  epoch: number;
  text: string;
}

export interface Matrix {
  at: number;
  says: string;
  classes: string[];
  counts: number[][];
}

export function makeWorst(ask: () => void) {
  const list = h("ul", { class: "tlnb-worst" });
  const caption = h("p", { class: "tlnb-says" });
  const credit = h("p", { class: "tlnb-small" });
  const element = h("details", {}, h("summary", {}, "The worst validation images"), caption, list, credit);
  let key = "";
  let asked = "";
  let when = -AT_MOST_EVERY;
  const want = (trains = false): void => {
    if (!element.open || asked === key || (trains && performance.now() - when < AT_MOST_EVERY)) return;
    asked = key;
    when = performance.now();
    ask();
  };
  element.addEventListener("toggle", () => want());

  return {
    element,
    /** So many epochs of a run have ended. */
    show(run: number, epochs: number, trains: boolean, source: string): void {
      write(credit, source);
      key = epochs ? `${run} ${epochs}` : (asked = "");
      if (epochs) want(trains);
      else {
        write(caption, "They are found after each epoch.");
        list.replaceChildren();
      }
    },
    hear({ at, of, epoch, text }: WorstImage, buffer: DataView): void {
      write(caption, `After epoch ${epoch}, the highest loss first: the label, and what the model says.`);
      const image = h("img", { alt: "" });
      image.src = URL.createObjectURL(new Blob([buffer as BlobPart], { type: "image/jpeg" }));
      image.onload = () => URL.revokeObjectURL(image.src);
      list.children[at]?.remove();
      list.insertBefore(h("li", {}, image, text), list.children[at] ?? null);
      while (list.childElementCount > of) list.lastChild!.remove();
    },
  };
}

export function makeConfusion(ask: (epoch: number, commit: boolean) => void) {
  const slider = h("input", { type: "range", min: 1, max: 1, "aria-label": "Epoch of the confusion matrix" });
  const word = h("span");
  const table = h("table", { class: "tlnb-matrix" });
  const caption = h("p", { class: "tlnb-says" });
  const element = h(
    "details",
    {},
    h("summary", {}, "Which classes are confused, by epoch"),
    h("div", { class: "tlnb-sliders" }, h("span", {}, "epoch"), slider, word),
    caption,
    scrolled("Confusion matrix", table),
  );
  let count = 0;
  const look = (commit = true): void => {
    write(word, count ? `${slider.value} of ${count}` : "none yet");
    if (!count) table.replaceChildren();
    else if (element.open) ask(Number(slider.value), commit);
  };
  element.addEventListener("toggle", () => look());
  slider.oninput = () => look(false);
  slider.onchange = () => look();

  return {
    element,
    show(epochs: number): void {
      if (epochs === count && epochs) return;
      const latest = Number(slider.value) >= count; // who looks at an earlier epoch goes on looking at it
      count = epochs;
      set(slider, { max: Math.max(1, count), disabled: !count });
      if (latest) slider.value = String(count);
      if (latest || !count) look();
    },
    hear({ at, says, classes, counts }: Matrix): void {
      if (at !== Number(slider.value)) return;
      write(caption, says);
      const head = h("tr", {}, h("td"), ...classes.map((name) => h("th", { scope: "col" }, name)));
      const rows = counts.map((row, i) => {
        const sum = row.reduce((a, b) => a + b) || 1;
        const cells = row.map((n, j) => {
          const cell = h("td", { class: i === j && "tlnb-right" }, String(n));
          cell.style.setProperty("--tlnb-share", `${(40 * n) / sum}%`);
          return cell;
        });
        return h("tr", {}, h("th", { scope: "row" }, classes[i]), ...cells);
      });
      table.replaceChildren(head, ...rows);
    },
  };
}
