// A course for tests, by the form that Python writes: two lessons in the making, one done, the rest not yet written.
import type { Chapter, Lesson, Run, State, Term } from "./state";

export const GOING: Run = { state: "running", cell: 7, of: 21, seconds: 12.3, error: null, notebook: null, report: null };
export const RAN: Run = { ...GOING, state: "done", cell: 21, seconds: 41.2, notebook: "l/runs/3.1.ipynb", report: "l/runs/3.1.html" };
export const FAILED: Run = { ...RAN, state: "failed", cell: 5, error: "NameError: name 'imagse' is not defined" };

export function lesson(id: string, title: string, more: Partial<Lesson> = {}): Lesson {
  const rest = { edited: false, beside: null, exercises: [], quizzes: { answered: 0, right: 0, of: 4 }, colab: null, run: null };
  const path = `l/${id}.ipynb`;
  return { id, title, minutes: 30, seconds: { value: 41, measured: "here" }, path, written: true, status: "not begun", ...rest, ...more };
}

export function planned(id: string, title: string): Lesson {
  return lesson(id, title, { minutes: null, seconds: null, path: null, written: false });
}

export function course(more: Partial<State> = {}): State {
  const chapters: Chapter[] = [
    { number: 0, title: "Start here", lessons: [lesson("0.0", "First light", { status: "done", minutes: 10, seconds: { value: 38, measured: "here" } })] },
    {
      number: 1,
      title: "Fundamentals",
      lessons: [planned("1.1", "What transfer learning is, and what it is for"), planned("1.2", "Kinds of transfer learning")],
    },
    {
      number: 3,
      title: "Fine-tuning techniques",
      lessons: [
        lesson("3.1", "Freezing and unfreezing layers", {
          status: "begun",
          edited: true,
          beside: "l/3.1.new-0.2.0.ipynb",
          exercises: [
            { id: "3.1.a", passed: true, attempts: 2, helped: false },
            { id: "3.1.b", passed: false, attempts: 1, helped: false },
          ],
          quizzes: { answered: 3, right: 2, of: 4 },
          colab: "https://colab.research.google.com/3.1",
        }),
        lesson("3.2", "Learning-rate strategies", { seconds: { value: 52, measured: "by us" } }),
        planned("3.3", "Data augmentation for fine-tuning"),
      ],
    },
    { number: 4, title: "Domain adaptation", lessons: [planned("4.1", "Source and target domains")] },
  ];
  return {
    format: 1,
    tlnb: "0.1.0",
    folder: "l",
    chapters,
    next: { lesson: "3.1", exercise: "3.1.b" },
    device: { device: "cpu", name: "AMD EPYC 7B13", cores: 2, memory: 25_769_803_776, free_memory: 12_884_901_888 },
    cache: { folder: "/home/me/.cache/tlnb", bytes: 123_456_789, limit: 10_737_418_240, free_disk: 52_345_678_901 },
    problems: [],
    ...more,
  };
}

/** The same course in which some lessons are otherwise. */
export function changed(state: State, changes: Record<string, Partial<Lesson>>): State {
  const chapters = state.chapters.map((chapter) => ({
    ...chapter,
    lessons: chapter.lessons.map((one) => ({ ...one, ...changes[one.id] })),
  }));
  return { ...state, chapters };
}

export const TERMS: Term[] = [
  { term: "fine-tuning", also: ["finetuning"], says: "Training weights further on a new task.", lessons: ["3.1"] },
  { term: "freezing", also: [], says: "Keeping weights as they are while others train.", lessons: ["3.1", "1.1"] },
  { term: "learning rate", also: ["step size"], says: "How far a step goes along the gradient.", lessons: ["3.2"] },
  { term: "Fréchet distance", also: [], says: "How far two distributions of features lie apart.", lessons: [] },
];
