// What the command palette, menus and shortcuts can call.
import type { CommandRegistry } from "@lumino/commands";
import { nextLesson } from "../../model";
import type { labStrings } from "../../strings";
import type { Course } from "./course";
import type { Deeds } from "./deeds";
import { courseIcon } from "./icon";
import type { CoursePanel } from "./panel";
import type { LessonSteps } from "./steps";

export const COMMANDS = {
  open: "tlnb:open-panel",
  openNext: "tlnb:open-next-lesson",
  run: "tlnb:run-lesson",
  reset: "tlnb:reset-lesson",
  search: "tlnb:search-glossary",
  previous: "tlnb:previous-lesson",
  next: "tlnb:next-lesson",
};

export interface Means {
  course: Course;
  deeds: Deeds;
  steps: LessonSteps;
  lab: ReturnType<typeof labStrings>;
  panel: CoursePanel;
  /** Show the panel. */
  open(): void;
  /** Ask, and reset. */
  reset(lesson: string): Promise<void>;
  fail(message: string): void;
  /** The lesson whose notebook is open. */
  here(): string | null;
}

export function addCommands(commands: CommandRegistry, { course, deeds, steps, lab, panel, open, reset, fail, here }: Means): void {
  const none = { describedBy: { args: { type: "object" as const, properties: {} } } };
  const add = (id: string, label: string, execute: () => unknown, more: object = {}): void =>
    void commands.addCommand(id, {
      label,
      ...none,
      ...more,
      execute: async () => {
        try {
          await execute();
        } catch (error) {
          fail((error as Error).message);
        }
      },
    });
  const inLesson = { isEnabled: () => here() !== null };
  add(COMMANDS.open, lab.openPanel, open, { caption: lab.caption, icon: courseIcon });
  add(COMMANDS.openNext, lab.openNext, async () => {
    if (!course.state) await course.refresh();
    const lesson = course.state && nextLesson(course.state);
    if (lesson) await deeds.open(lesson.id);
    else open(); // which says why there is none
  });
  add(
    COMMANDS.run,
    lab.runThis,
    async () => {
      open();
      await deeds.run(here()!);
    },
    inLesson,
  );
  add(COMMANDS.reset, lab.resetThis, () => reset(here()!), inLesson);
  add(COMMANDS.search, lab.searchGlossary, async () => {
    open();
    if (!course.state) await course.refresh();
    panel.view.search();
  });
  add(COMMANDS.previous, lab.previousLesson, () => steps.go(here()!, "previous"), inLesson);
  add(COMMANDS.next, lab.nextLesson, () => steps.go(here()!, "next"), inLesson);
}
