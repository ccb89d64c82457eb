// What can be done with a lesson from here: the file on disk is the server's, what is open in a tab is the page's.
import type { IDocumentManager } from "@jupyterlab/docmanager";
import { findLesson } from "../../model";
import type { labStrings } from "../../strings";
import type { Course } from "./course";

export class Deeds {
  /** Of headless runs, by the settings. */
  profile = "quick";

  constructor(
    private readonly course: Course,
    private readonly documents: IDocumentManager,
    private readonly lab: ReturnType<typeof labStrings>,
    private readonly kept: (name: string) => string,
    private readonly show: (path: string) => Promise<unknown>,
  ) {}

  async open(lesson: string): Promise<void> {
    const { path } = await this.course.act("open", { lesson });
    await this.show(path);
  }

  async openPath(path: string): Promise<void> {
    await this.show(path);
  }

  /** What is written here and not yet saved is part of the learner's copy. */
  async run(lesson: string): Promise<void> {
    await this.save(lesson);
    await this.course.act("run", { lesson, profile: this.profile });
  }

  async stop(lesson: string): Promise<void> {
    await this.course.act("stop", { lesson });
  }

  async reset(lesson: string): Promise<string> {
    await this.save(lesson); // else what was written since would not be in the version that is kept
    const { path, kept } = await this.course.act("reset", { lesson });
    await this.context(path)?.revert(); // an open tab would go on with the old one, and save it
    const begun = this.lab.reset(lesson);
    return kept ? `${begun} ${this.kept(kept.split("/").pop())}` : begun;
  }

  /** Make the copy, or bring it up to date; tabs that have nothing unsaved follow. */
  async copy(): Promise<string> {
    const { lines } = await this.course.act("copy");
    for (const { path } of this.course.state?.chapters.flatMap(({ lessons }) => lessons) ?? []) {
      const context = path ? this.context(path) : undefined;
      if (context && !context.model.dirty) await context.revert();
    }
    return lines?.length ? lines.join(" ") : this.lab.asNew;
  }

  private async save(lesson: string): Promise<void> {
    const path = this.course.state && findLesson(this.course.state, lesson)?.path;
    const context = path ? this.context(path) : undefined;
    if (context?.model.dirty) await context.save();
  }

  private context(path: string) {
    const widget = this.documents.findWidget(path);
    return widget && this.documents.contextForWidget(widget);
  }
}
