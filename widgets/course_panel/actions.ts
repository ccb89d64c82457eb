// What the panel asks for, and what the place that it stands in can do.
import type { Lesson } from "./state";
import type { Strings } from "./strings";

export interface Actions {
  open(lesson: Lesson): void;
  /** Open a file of the learner's folder: a newer version, an executed notebook, a report. */
  openPath(path: string): void;
  run(lesson: Lesson): void;
  stop(lesson: Lesson): void;
  reset(lesson: Lesson): void;
  /** Make the copy of the lessons, or bring it up to date. */
  copy(): void;
  /** Hand over the terms; asked for once, when somebody begins to search. */
  glossary(): void;
}

/** What every part of the panel is given. */
export interface Parts {
  s: Strings;
  actions: Actions;
  /** Whether notebooks can be opened from here; else there are links and paths. */
  opens: boolean;
  speak(text: string): void;
}

let made = 0;

/** An id that no other element of the page has. */
export function ownId(): string {
  return `tlnb-course-${Date.now().toString(36)}-${made++}`;
}

/** Put a path where it can be pasted from, and say so. */
export async function copyText(text: string | null | undefined, { s, speak }: Parts): Promise<void> {
  if (!text) return;
  try {
    await navigator.clipboard.writeText(text);
    speak(s.copied(text));
  } catch {
    speak(s.notCopied(text)); // a page within a page may not be let at the clipboard
  }
}
