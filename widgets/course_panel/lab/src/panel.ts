// The panel as a widget of JupyterLab: it shows the course, and does what a hand asks for.
import type { ITranslator } from "@jupyterlab/translation";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import { h } from "../../../shared/dom";
import { labStrings, strings } from "../../strings";
import { PanelView } from "../../view";
import type { Course } from "./course";
import type { Deeds } from "./deeds";
import { courseIcon } from "./icon";

export const PANEL = "tlnb-course-panel";
export const DOMAIN = "tlnb";

export class CoursePanel extends Widget {
  readonly view: PanelView;
  /** Whether the next activation moves the focus here: not where the panel opens by itself. */
  takesFocus = true;
  private troubled = ""; // what was told of it
  private readonly lab: ReturnType<typeof labStrings>;

  constructor(
    private readonly course: Course,
    deeds: Deeds,
    translator: ITranslator,
  ) {
    super();
    const translate = translator.load(DOMAIN);
    const s = strings(translate);
    this.lab = labStrings(translate);
    this.id = PANEL;
    this.addClass("tlnb-course-side");
    this.title.icon = courseIcon;
    this.title.caption = s.title;
    const told = (job: Promise<unknown>): void => void job.catch((error) => this.view.fail(error.message ?? String(error)));
    const say = async (job: Promise<string>): Promise<void> => this.view.tell(await job);
    const calmly = (job: () => Promise<unknown>): void => {
      this.view.calm();
      told(job());
    };
    this.view = new PanelView(this.node, {
      translate,
      opens: true,
      actions: {
        open: ({ id }) => calmly(() => deeds.open(id)),
        openPath: (path) => calmly(() => deeds.openPath(path)),
        run: ({ id }) => calmly(() => deeds.run(id)),
        stop: ({ id }) => calmly(() => deeds.stop(id)),
        reset: ({ id }) => calmly(() => say(deeds.reset(id))),
        copy: () => calmly(() => say(deeds.copy())),
        glossary: () => told(course.glossary().then((terms) => this.view.terms(terms))),
      },
    });
    course.changed.connect(this.draw, this);
    course.looking = () => this.isVisible;
    this.draw();
  }

  override dispose(): void {
    if (!this.isDisposed) this.view.close();
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this.course.refresh();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (this.isVisible) void this.course.refresh();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    // A search that was asked for has its field by now.
    if (this.takesFocus && !this.node.contains(document.activeElement)) this.node.querySelector<HTMLElement>("button")?.focus();
    this.takesFocus = true;
  }

  private draw(): void {
    const { state, trouble } = this.course;
    if (state) this.view.show(state);
    if (trouble === "missing") return this.view.instead(...this.missing());
    const says = trouble === "unreachable" ? this.lab.unreachable : (trouble?.message ?? "");
    if (says) this.view.fail(says);
    else this.view.recovered(this.troubled);
    this.troubled = says;
  }

  private missing(): Node[] {
    const { noServer, noServerMend, retry } = this.lab;
    const again = h("button", { class: "tlnb-button", type: "button", onclick: () => void this.course.refresh() }, retry);
    const code = h("pre", { class: "tlnb-code", tabindex: 0 }, 'pip install "tlnb[course]"');
    return [h("section", { class: "tlnb-next" }, h("h4", {}, noServer), h("p", {}, noServerMend), code, again)];
  }
}
