// From the state to what is shown; knows no page.
import type { Chapter, Lesson, Run, State, Term } from "./state";
import type { Strings } from "./strings";

export const FORMAT = 1;
export type Filter = "all" | "open" | "done";

export function lessonsOf(state: State): Lesson[] {
  return state.chapters.flatMap(({ lessons }) => lessons);
}

export function findLesson(state: State, id: string): Lesson | undefined {
  return lessonsOf(state).find((lesson) => lesson.id === id);
}

/** The written lessons before and after one. */
export function neighbours(state: State, id: string): { previous?: Lesson; next?: Lesson } {
  const all = lessonsOf(state);
  const at = all.findIndex((lesson) => lesson.id === id);
  if (at < 0) return {};
  const previous = all.slice(0, at).reverse().find((lesson) => lesson.written);
  const next = all.slice(at + 1).find((lesson) => lesson.written);
  return { ...(previous && { previous }), ...(next && { next }) };
}

/** The lesson that comes next by Python's word, or the first that is not done. */
export function nextLesson(state: State): Lesson | undefined {
  const named = state.next && findLesson(state, state.next.lesson);
  return named ?? lessonsOf(state).find(({ written, status }) => written && status !== "done");
}

export interface Progress {
  done: number;
  written: number;
  of: number;
}

export function progress(lessons: Lesson[]): Progress {
  const written = lessons.filter((lesson) => lesson.written);
  return { done: written.filter(({ status }) => status === "done").length, written: written.length, of: lessons.length };
}

/** The chapters with those of their lessons that a filter lets through. */
export function filtered(chapters: Chapter[], filter: Filter): Chapter[] {
  const wanted = ({ written, status }: Lesson): boolean =>
    filter === "all" || (written && (status === "done") === (filter === "done"));
  return chapters
    .map((chapter) => ({ ...chapter, lessons: chapter.lessons.filter(wanted) }))
    .filter(({ lessons }) => lessons.length > 0);
}

/** The chapters that are open at first: where the learner goes on, and where something runs. */
export function openAtFirst(state: State): Set<number> {
  const next = nextLesson(state);
  const shown = state.chapters.filter(({ lessons }) => lessons.some((one) => one === next || isGoing(one.run)));
  return new Set(shown.map(({ number }) => number));
}

export function isGoing(run: Run | null | undefined): boolean {
  return run?.state === "running" || run?.state === "waiting";
}

export function anyGoing(state: State): boolean {
  return lessonsOf(state).some(({ run }) => isGoing(run));
}

/** A state in which the runs are those of a newer message. */
export function withRuns(state: State, runs: Record<string, Run>): State {
  const chapters = state.chapters.map((chapter) => ({
    ...chapter,
    lessons: chapter.lessons.map((lesson) => ({ ...lesson, run: runs[lesson.id] ?? null })),
  }));
  return { ...state, chapters };
}

/** Whether a run has ended between two states: then more than runs has changed. */
export function hasEnded(before: State, after: State): boolean {
  return lessonsOf(before).some(({ id, run }) => isGoing(run) && !isGoing(findLesson(after, id)?.run));
}

/** Round as one speaks: 12 s, 40 s, 2 min. */
export function about(seconds: number, s: Strings): string {
  if (seconds < 1) return s.seconds(1);
  if (seconds < 20) return s.seconds(Math.round(seconds));
  if (seconds < 55) return s.seconds(5 * Math.round(seconds / 5));
  return s.minutes(Math.max(1, Math.round(seconds / 60)));
}

/** A time that passes: 7 s, 1 min 5 s. */
export function clock(seconds: number, s: Strings): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? s.seconds(whole) : s.minutesAndSeconds(Math.floor(whole / 60), whole % 60);
}

/** The line below a lesson's title. */
export function facts(lesson: Lesson, s: Strings): string {
  if (!lesson.written) return s.notWritten;
  const { minutes, seconds } = lesson;
  const computing = seconds && (seconds.measured === "here" ? s.computesHere : s.computesElsewhere)(about(seconds.value, s));
  return [s.status[lesson.status], minutes && s.minutes(minutes), computing].filter(Boolean).join(" · ");
}

export function exerciseSays({ passed, attempts, helped }: Lesson["exercises"][number], s: Strings): string {
  if (passed) return [s.passed(attempts), helped && s.withHelp].filter(Boolean).join(", ");
  return attempts ? s.tried(attempts) : s.untried;
}

/** What a run is at, in one line. */
export function runSays(run: Run, s: Strings): string {
  const { state, cell, of, seconds } = run;
  const time = clock(seconds, s);
  if (state === "waiting") return s.waits;
  if (state === "running") return of ? s.runs(cell, of, time) : s.starts;
  if (state === "done") return s.ran(time);
  if (state === "stopped") return s.stopped(time);
  return of ? s.failed(cell, of) : s.failedAtOnce;
}

/** How far a run is, from 0 to 1. */
export function fraction({ state, cell, of }: Run): number {
  if (state === "done") return 1;
  return of ? Math.min(1, cell / of) : 0;
}

/** What a listener is told of the runs: that one began or ended, and each quarter of the way. */
export function spoken(before: State | undefined, after: State, s: Strings): string {
  if (!before) return "";
  const says = lessonsOf(after).map(({ id, run }) => {
    const was = findLesson(before, id)?.run ?? null;
    if (!run || (was && was.state === run.state && quarter(was) === quarter(run))) return "";
    if (!was && !isGoing(run)) return ""; // an old one, just found
    const error = run.state === "failed" && run.error ? ` ${run.error}` : "";
    return s.lessonSays(id, runSays(run, s)) + error;
  });
  return says.filter(Boolean).join(" ");
}

function quarter(run: Run): number {
  return Math.floor(4 * fraction(run));
}

const folded = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Terms that a query means, best first: by name, by another name, by a word of what is said. */
export function searchTerms(terms: Term[], query: string): Term[] {
  const wanted = folded(query).trim();
  if (!wanted) return [];
  const rank = ({ term, also, says }: Term): number => {
    const names = [term, ...also].map(folded);
    if (names.includes(wanted)) return 0;
    if (names.some((name) => name.startsWith(wanted))) return 1;
    if (names.some((name) => name.split(/[\s-]+/).some((word) => word.startsWith(wanted)))) return 2;
    if (names.some((name) => name.includes(wanted))) return 3;
    const words = wanted.split(/\s+/);
    const text = folded(says);
    return wanted.length > 2 && words.every((word) => text.includes(word)) ? 4 : 5;
  };
  const ranked = terms.map((term) => ({ term, rank: rank(term) })).filter(({ rank }) => rank < 5);
  return ranked.sort((a, b) => a.rank - b.rank || a.term.term.localeCompare(b.term.term)).map(({ term }) => term);
}
