// The panel: what comes next, the lessons by chapter, the machine, the glossary. It draws a state and tells of hands; where
// the state comes from, and what a hand leads to, is its owner's.
import { h, set, write } from "../shared/dom";
import { Frame } from "../shared/frame";
import { type Actions, copyText, type Parts } from "./actions";
import { Chapters } from "./chapters";
import { Glossary } from "./glossary";
import { Machine } from "./machine";
import { facts, findLesson, FORMAT, lessonsOf, nextLesson, progress, spoken, withRuns } from "./model";
import type { Run, State, Term } from "./state";
import { strings, type Translate, untranslated } from "./strings";
import "./style.css";

export interface Options {
  actions: Actions;
  /** Whether notebooks can be opened from here. */
  opens: boolean;
  translate?: Translate;
}

export class PanelView {
  private state: State | undefined;
  private failed = "";
  private readonly frame: Frame;
  private readonly parts: Parts;
  private readonly chapters: Chapters;
  private readonly machine: Machine;
  private readonly glossary: Glossary;
  private readonly waiting: HTMLElement;
  private readonly missing = h("div", {});
  private readonly said = h("p", { class: "tlnb-said", role: "status" });
  private readonly whole = h("div", { class: "tlnb-whole" });
  private readonly problems = h("div", { class: "tlnb-problems", role: "status" });
  private readonly next = h("section", { class: "tlnb-next" });
  private readonly over = h("h4", { class: "tlnb-over" });
  private readonly nextName = h("p", { class: "tlnb-nextname" });
  private readonly nextFacts = h("p", { class: "tlnb-facts" });
  private readonly go: HTMLButtonElement;
  private readonly link = h("a", { class: "tlnb-button tlnb-first", target: "_blank", rel: "noopener" });
  private readonly filled = h("span");
  private readonly doneSays = h("p", { class: "tlnb-facts" });

  constructor(el: HTMLElement, { actions, opens, translate = untranslated }: Options) {
    const s = strings(translate);
    this.frame = new Frame(el, { name: "course-panel", title: s.title });
    this.frame.show({ says: "", code: null });
    this.parts = { s, actions, opens, speak: (text) => this.tell(text) };
    this.chapters = new Chapters(this.parts);
    this.machine = new Machine(this.parts);
    this.glossary = new Glossary(this.parts, (id) => this.state && findLesson(this.state, id));
    this.go = h("button", { class: "tlnb-button tlnb-first", type: "button", onclick: () => this.goOn() });
    this.waiting = h("p", { class: "tlnb-facts" }, s.loading);
    const bar = h("div", { class: "tlnb-progress", "aria-hidden": "true" }, this.filled);
    this.next.append(this.over, this.nextName, this.nextFacts, this.go, this.link, bar, this.doneSays);
    this.whole.append(this.problems, this.next, this.chapters.element, this.glossary.element, this.machine.element);
    this.whole.hidden = this.missing.hidden = true;
    this.frame.body.append(this.said, this.waiting, this.missing, this.whole);
  }

  show(state: State): void {
    this.waiting.hidden = true;
    if (state.format !== FORMAT) return this.frame.fail(this.parts.s.otherFormat);
    const before = this.state;
    this.state = state;
    this.missing.hidden = true;
    this.whole.hidden = false;
    this.showProblems(state.problems);
    this.showNext(state);
    this.chapters.show(state);
    this.machine.show(state);
    const says = spoken(before, state, this.parts.s);
    if (says) this.frame.speak(says);
  }

  /** How the runs are at; the rest stays as it was. */
  runs(runs: Record<string, Run>): void {
    if (this.state) this.show(withRuns(this.state, runs));
  }

  terms(terms: Term[]): void {
    this.glossary.show(terms);
  }

  /** Which lesson's notebook is open, if any. */
  here(lesson: string | null): void {
    this.chapters.here(lesson);
  }

  /** Begin to search in the glossary. */
  search(query = ""): void {
    this.glossary.look(query);
  }

  /** Tell what was done. */
  tell(text: string): void {
    write(this.said, text);
  }

  /** Tell where a learner's version is kept. */
  kept(path: string): void {
    this.tell(this.parts.s.kept(path.split("/").pop()!));
  }

  /** Tell what could not be done; nothing takes it away. */
  fail(text: string): void {
    this.waiting.hidden = true;
    write(this.said, "");
    this.failed = text;
    this.frame.fail(text);
    this.glossary.failed();
  }

  /** What was told is over. */
  calm(): void {
    this.failed = "";
    this.frame.fail("");
    write(this.said, "");
  }

  /** Take away one thing that was told, and no other. */
  recovered(from: string): void {
    if (from && this.failed === from) this.calm();
  }

  answering(answers: boolean): void {
    this.frame.answering(answers);
  }

  /** Show something else where there is no course to show. */
  instead(...elements: Node[]): void {
    this.missing.replaceChildren(...elements);
    this.waiting.hidden = this.whole.hidden = true;
    this.missing.hidden = false;
  }

  close(): void {
    this.frame.close();
  }

  private showNext(state: State): void {
    const { s, opens } = this.parts;
    const lesson = nextLesson(state);
    const all = lessonsOf(state);
    const { done, written } = progress(all);
    const copied = state.folder !== null;
    const begun = all.some(({ status }) => status !== "not begun");
    set(this.filled, { style: `width:${written ? Math.round((100 * done) / written) : 0}%` });
    write(this.doneSays, s.lessonsDone(done, written));
    write(this.over, s.next);
    write(this.nextName, lesson ? s.numbered(lesson.id, lesson.title) : s.allDone);
    const exercise = state.next?.lesson === lesson?.id ? state.next?.exercise : null;
    const about = lesson ? [facts(lesson, s), exercise && s.atExercise(exercise)].filter(Boolean).join(" · ") : "";
    write(this.nextFacts, copied || !opens ? about : `${about}. ${s.noCopy}`);
    const colab = opens ? null : lesson?.colab;
    this.go.hidden = !lesson || Boolean(colab);
    this.link.hidden = !colab;
    set(this.link, { href: colab ?? false });
    write(this.link, s.openInColab);
    const here = opens && lesson ? (begun ? s.goOn : s.begin)(lesson.id) : s.copyPath;
    write(this.go, opens || lesson?.path ? here : s.copyLessons);
  }

  private showProblems(problems: string[]): void {
    const shown = [...this.problems.children].map(({ textContent }) => textContent);
    if (shown.join("\n") !== problems.join("\n")) this.problems.replaceChildren(...problems.map((line) => h("p", {}, line)));
  }

  private goOn(): void {
    const lesson = this.state && nextLesson(this.state);
    if (lesson && this.parts.opens) this.parts.actions.open(lesson);
    else if (lesson?.path) void copyText(lesson.path, this.parts);
    else this.parts.actions.copy();
  }
}
