// What Python says of the course: `course_overview` writes it, the server and the control hand it over.

export type Status = "not begun" | "begun" | "done";

export interface Run {
  state: "waiting" | "running" | "done" | "failed" | "stopped";
  /** Code cells that are done. */
  cell: number;
  of: number;
  seconds: number;
  error: string | null;
  /** What it wrote: the executed notebook, and a page of it. */
  notebook: string | null;
  report: string | null;
}

export interface Exercise {
  id: string;
  passed: boolean;
  attempts: number;
  helped: boolean;
}

export interface Lesson {
  id: string;
  title: string;
  /** To work through, by hand and head. */
  minutes: number | null;
  /** To compute, in the quick profile. */
  seconds: { value: number; measured: "here" | "by us" } | null;
  /** Of the learner's copy; null where there is none. */
  path: string | null;
  /** Whether this release has it. */
  written: boolean;
  edited: boolean;
  /** A newer version that lies beside the learner's. */
  beside: string | null;
  status: Status;
  exercises: Exercise[];
  quizzes: { answered: number; right: number; of: number };
  colab: string | null;
  run: Run | null;
}

export interface Chapter {
  number: number;
  title: string;
  lessons: Lesson[];
}

export interface State {
  format: number;
  tlnb: string;
  /** Where the learner's copy is; null where there is none. */
  folder: string | null;
  chapters: Chapter[];
  next: { lesson: string; exercise: string | null } | null;
  device: { device: string; name: string; cores: number; memory: number | null; free_memory: number | null };
  cache: { folder: string; bytes: number | null; limit: number | null; free_disk: number | null };
  /** What was found damaged or out of reach, a line each. */
  problems: string[];
}

export interface Term {
  term: string;
  also: string[];
  says: string;
  lessons: string[];
}
