// "Previous lesson" and "next lesson", in the toolbar of a notebook that is one.
import type { DocumentRegistry } from "@jupyterlab/docregistry";
import type { INotebookModel, NotebookPanel } from "@jupyterlab/notebook";
import { caretLeftIcon, caretRightIcon, ToolbarButton } from "@jupyterlab/ui-components";
import { DisposableSet, type IDisposable } from "@lumino/disposable";
import { neighbours } from "../../model";
import type { labStrings } from "../../strings";
import type { Course } from "./course";
import type { Deeds } from "./deeds";

/** The lesson that a notebook is by its metadata, or null. */
export function lessonOf(panel: NotebookPanel | null): string | null {
  const about = panel?.context.model?.getMetadata("tlnb") as { lesson?: unknown } | undefined;
  return typeof about?.lesson === "string" ? about.lesson : null;
}

export class LessonSteps implements DocumentRegistry.IWidgetExtension<NotebookPanel, INotebookModel> {
  constructor(
    private readonly course: Course,
    private readonly deeds: Deeds,
    private readonly lab: ReturnType<typeof labStrings>,
    private readonly fail: (message: string) => void,
  ) {}

  createNew(panel: NotebookPanel): IDisposable {
    const made = new DisposableSet();
    void panel.context.ready.then(() => {
      const lesson = lessonOf(panel);
      if (lesson === null || made.isDisposed || panel.isDisposed) return;
      const add = (which: "previous" | "next"): void => {
        const button = new ToolbarButton({
          icon: which === "previous" ? caretLeftIcon : caretRightIcon,
          label: which === "next" ? this.lab.next : "",
          tooltip: which === "previous" ? this.lab.previousLesson : this.lab.nextLesson,
          onClick: () => void this.go(lesson, which),
        });
        button.addClass(`tlnb-${which}-lesson`);
        // At the end of the left half, where there is one: kernels and the like stand at the right.
        if (!panel.toolbar.insertBefore("spacer", `tlnb-${which}-lesson`, button)) panel.toolbar.addItem(`tlnb-${which}-lesson`, button);
        made.add(button);
      };
      add("previous");
      add("next");
    });
    return made;
  }

  /** Open the lesson before or after one. */
  async go(lesson: string, which: "previous" | "next"): Promise<void> {
    try {
      if (!this.course.state) await this.course.refresh();
      const to = this.course.state && neighbours(this.course.state, lesson)[which];
      if (to) await this.deeds.open(to.id);
      else this.fail(which === "next" ? this.lab.noNext : this.lab.noPrevious);
    } catch (error) {
      this.fail((error as Error).message);
    }
  }
}
