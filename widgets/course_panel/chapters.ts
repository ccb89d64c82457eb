// The lessons by chapter: each chapter can be folded, and the list can be cut down to what is to do or done.
import { h, set, write } from "../shared/dom";
import { ownId, type Parts } from "./actions";
import { type LessonRow, lessonRow } from "./lesson";
import { type Filter, filtered, openAtFirst, progress } from "./model";
import type { Chapter, State } from "./state";

interface Fold {
  element: HTMLElement;
  button: HTMLButtonElement;
  count: HTMLElement;
  list: HTMLElement;
}

export class Chapters {
  readonly element = h("section", { class: "tlnb-part tlnb-chapters" });
  private state: State | undefined;
  private filter: Filter = "all";
  private lesson: string | null = null;
  private readonly choice: HTMLSelectElement;
  private readonly none: HTMLElement;
  private readonly list = h("div", {});
  private folds = new Map<number, Fold>();
  private rows = new Map<string, LessonRow>();
  private open: Set<number> | undefined;

  constructor(private readonly parts: Parts) {
    const { s } = parts;
    const id = ownId();
    const names = Object.entries(s.filters).map(([value, name]) => h("option", { value }, name));
    this.choice = h("select", { class: "tlnb-number", id, onchange: () => this.choose(this.choice.value as Filter) }, ...names);
    this.none = h("p", { class: "tlnb-facts" }, s.noneShown);
    const label = h("label", { class: "tlnb-facts", for: id }, s.show);
    this.element.append(h("div", { class: "tlnb-heading" }, h("h4", {}, s.lessons), label, this.choice), this.none, this.list);
    set(this.list, { onkeydown: (event) => this.step(event) });
  }

  show(state: State): void {
    this.state = state;
    this.open ??= openAtFirst(state);
    const chapters = filtered(state.chapters, this.filter);
    this.none.hidden = chapters.length > 0;
    const wanted = chapters.map((chapter) => this.fold(chapter).element);
    // What stands there already is not moved: it would lose the focus.
    if (wanted.some((element, at) => this.list.children[at] !== element) || this.list.children.length !== wanted.length)
      this.list.replaceChildren(...wanted);
    this.here(this.lesson);
  }

  here(lesson: string | null): void {
    this.lesson = lesson;
    for (const [key, row] of this.rows) row.mark(key.startsWith(`${lesson} `));
  }

  private choose(filter: Filter): void {
    this.filter = filter;
    if (this.state && filter !== "all") for (const { number } of this.state.chapters) this.open?.add(number);
    if (this.state) this.show(this.state);
  }

  private fold(chapter: Chapter): Fold {
    const { s } = this.parts;
    const { number, title, lessons } = chapter;
    const fold = this.folds.get(number) ?? this.make(chapter);
    const { done, written } = progress(this.state?.chapters.find((one) => one.number === number)?.lessons ?? lessons);
    write(fold.button.querySelector(".tlnb-name")!, s.numbered(number, title));
    write(fold.count, written ? s.doneOf(done, written) : s.toCome);
    set(fold.element, { "data-written": String(written > 0) });
    const open = this.open?.has(number) ?? false;
    set(fold.button, { "aria-expanded": String(open) });
    fold.list.hidden = !open;
    const rows = lessons.map((lesson) => {
      const key = `${lesson.id} ${lesson.written}`;
      const row = this.rows.get(key) ?? lessonRow(lesson, this.parts);
      this.rows.set(key, row);
      row.show(lesson);
      return row.element;
    });
    if (rows.some((row, at) => fold.list.children[at] !== row) || fold.list.children.length !== rows.length)
      fold.list.replaceChildren(...rows);
    return fold;
  }

  private make({ number }: Chapter): Fold {
    const id = ownId();
    const count = h("span", { class: "tlnb-facts" });
    const button = h(
      "button",
      { class: "tlnb-chapter", type: "button", "aria-controls": id, "data-step": true, onclick: () => this.turn(number) },
      h("span", { class: "tlnb-name" }),
      count,
    );
    const list = h("ul", { id });
    const element = h("div", { class: "tlnb-fold" }, h("h5", {}, button), list);
    const fold = { element, button, count, list };
    this.folds.set(number, fold);
    return fold;
  }

  private turn(number: number, open = !this.open?.has(number)): void {
    if (open) this.open?.add(number);
    else this.open?.delete(number);
    if (this.state) this.show(this.state);
  }

  /** Arrows go from one chapter or lesson to the next, and fold; Tab goes through everything, as ever. */
  private step(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const all = [...this.list.querySelectorAll<HTMLElement>("[data-step]")].filter((one) => !one.closest("[hidden]"));
    const row = (event.target as Element).closest(".tlnb-lesson, .tlnb-fold h5");
    const at = all.findIndex((one) => row?.contains(one));
    if (at < 0) return;
    const places: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
    const to = places[event.key];
    if (to !== undefined) all[Math.min(Math.max(to, 0), all.length - 1)]!.focus();
    else if (event.key === "ArrowRight" || event.key === "ArrowLeft") this.unfold(all[at]!, event.key === "ArrowRight");
    else return;
    event.preventDefault();
  }

  private unfold(on: HTMLElement, open: boolean): void {
    const lesson = on.closest<HTMLElement>(".tlnb-lesson")?.dataset.lesson;
    if (lesson !== undefined) return this.rows.get(`${lesson} true`)?.expand(open);
    for (const [number, { button }] of this.folds) if (button === on) this.turn(number, open);
  }
}
