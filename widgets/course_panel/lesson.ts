// One lesson of the list: its name opens it, and what else can be done with it is folded away beside.
import { h, set, write } from "../shared/dom";
import { copyText, ownId, type Parts } from "./actions";
import { exerciseSays, facts, isGoing } from "./model";
import { runLine } from "./run";
import type { Lesson, Status } from "./state";

const SIGNS: Record<Status, string> = { "not begun": "○", begun: "◐", done: "●" };

export interface LessonRow {
  element: HTMLElement;
  show(lesson: Lesson): void;
  /** Mark it as the one whose notebook is open. */
  mark(here: boolean): void;
  expand(open: boolean): void;
}

export function lessonRow(lesson: Lesson, parts: Parts): LessonRow {
  const { s, actions, opens } = parts;
  const id = ownId();
  const span = (name: string): HTMLElement => h("span", { class: `tlnb-${name}` });
  const [sign, name, here, marks, line] = [span("sign"), span("name"), span("mark tlnb-here"), span("mark"), span("facts")];
  set(sign, { "aria-hidden": "true" });
  const words = h("span", { class: "tlnb-words" }, h("span", { class: "tlnb-line" }, name, here, marks), line);
  const face = opens && lesson.written;
  const head = face
    ? h("button", { class: "tlnb-face", type: "button", "data-step": true, onclick: () => actions.open(lesson) }, sign, words)
    : h("div", { class: "tlnb-face" }, sign, words);
  const more = h("button", {
    class: "tlnb-more",
    type: "button",
    "aria-expanded": "false",
    "aria-controls": id,
    "data-step": !face,
    onclick: () => expand(details.hidden),
  });

  const button = (text: string, onclick: () => void): HTMLButtonElement =>
    h("button", { class: "tlnb-button", type: "button", onclick }, text);
  const note = (): HTMLElement => h("p", { class: "tlnb-note" });
  const [edited, beside] = [note(), note()];
  write(edited, s.edited);
  beside.append(`${s.beside} `, opener(s.openBeside, () => lesson.beside));
  const list = h("dl", { class: "tlnb-list" });
  const open = button(s.open, () => actions.open(lesson));
  const link = h("a", { class: "tlnb-button", target: "_blank", rel: "noopener" }, s.openInColab);
  const path = button(s.copyPath, () => void copyText(lesson.path, parts));
  const run = button(s.run, () => actions.run(lesson));
  set(run, { title: s.runSays });
  const reset = button(s.reset, () => ask(true));

  const asking = h("p", { id: `${id}-asks` });
  const cancel = button(s.cancel, () => ask(false));
  const confirm = button(s.resetConfirms, () => {
    ask(false);
    actions.reset(lesson);
  });
  const asks = h("div", { class: "tlnb-asks", role: "group", "aria-labelledby": asking.id }, asking);
  asks.append(h("div", { class: "tlnb-bar" }, confirm, cancel));
  set(asks, { onkeydown: (event) => event.key === "Escape" && ask(false) });
  const bar = h("div", { class: "tlnb-bar" }, open, link, path, run, reset);
  const details = h("div", { class: "tlnb-details", id }, edited, beside, list, bar, asks);
  details.hidden = asks.hidden = true;
  const running = runLine(parts, opener, () => actions.stop(lesson));
  const element = h("li", { class: "tlnb-lesson" }, h("div", { class: "tlnb-row" }, head, lesson.written && more));
  element.append(running.element);
  if (lesson.written) element.append(details);
  let done = "";

  function show(now: Lesson): void {
    lesson = now;
    set(element, { "data-status": now.status, "data-written": String(now.written), "data-lesson": now.id });
    write(sign, SIGNS[now.status]);
    write(name, s.numbered(now.id, now.title));
    write(line, facts(now, s));
    write(marks, [now.edited && s.editedMark, now.beside && s.besideMark].filter(Boolean).join(", "));
    set(more, { "aria-label": s.about(now.id, now.title) });
    edited.hidden = !now.edited;
    beside.hidden = !now.beside;
    open.hidden = !opens;
    link.hidden = opens || !now.colab;
    set(link, { href: now.colab ?? false });
    path.hidden = opens || !now.path;
    reset.hidden = !now.path;
    run.hidden = isGoing(now.run);
    write(asking, s.resetAsks(now.id));
    showDone(now);
    running.show(now);
  }

  function showDone({ exercises, quizzes }: Lesson): void {
    const rows = exercises.map((one) => [s.exercise(one.id), (one.passed ? "✓ " : "") + exerciseSays(one, s)]);
    if (quizzes.of) rows.push([s.quizzes, s.answered(quizzes.answered, quizzes.of, quizzes.right)]);
    const text = JSON.stringify(rows);
    if (text === done) return;
    done = text;
    list.replaceChildren(...rows.flatMap(([what, says]) => [h("dt", {}, what), h("dd", {}, says)]));
  }

  function expand(wide: boolean): void {
    details.hidden = !wide;
    set(more, { "aria-expanded": String(wide) });
    if (!wide) asks.hidden = true;
  }

  function ask(wide: boolean): void {
    asks.hidden = !wide;
    (wide ? cancel : reset).focus();
  }

  /** What opens a file: where files cannot be opened, it copies where the file lies. */
  function opener(text: string, where: () => string | null | undefined): HTMLElement {
    const go = (): void => {
      const to = where();
      if (to && opens) actions.openPath(to);
      else void copyText(to, parts);
    };
    return h("button", { class: "tlnb-link", type: "button", onclick: go }, opens ? text : s.pathOf(text));
  }

  show(lesson);
  return {
    element,
    show,
    expand,
    mark(open) {
      set(element, { "aria-current": open ? "true" : false });
      write(here, open ? s.here : "");
    },
  };
}
