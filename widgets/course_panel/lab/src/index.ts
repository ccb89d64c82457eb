// The plugin: a panel at the left, a card in the launcher, commands, and steps from lesson to lesson in a notebook's toolbar.
import { ILabShell, ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from "@jupyterlab/application";
import { Dialog, ICommandPalette, Notification, showDialog } from "@jupyterlab/apputils";
import { IDocumentManager } from "@jupyterlab/docmanager";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { ILauncher } from "@jupyterlab/launcher";
import { INotebookTracker } from "@jupyterlab/notebook";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { IStateDB } from "@jupyterlab/statedb";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { labStrings, strings } from "../../strings";
import { addCommands, COMMANDS } from "./commands";
import { Course } from "./course";
import { Deeds } from "./deeds";
import { CoursePanel, DOMAIN } from "./panel";
import { place } from "./place";
import { lessonOf, LessonSteps } from "./steps";
import { showStills } from "./still";
import "./style.css";

const PLUGIN = "tlnb:plugin";
const SEEN = "tlnb:panel-was-opened";

const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: "The course panel of tlnb.",
  autoStart: true,
  requires: [IDocumentManager, INotebookTracker],
  optional: [ITranslator, ICommandPalette, ILauncher, ILayoutRestorer, ISettingRegistry, IStateDB, ILabShell],
  activate(
    app: JupyterFrontEnd,
    documents: IDocumentManager,
    notebooks: INotebookTracker,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    settings: ISettingRegistry | null,
    states: IStateDB | null,
    labShell: ILabShell | null,
  ): void {
    const translate = (translator ?? nullTranslator).load(DOMAIN);
    const [s, lab] = [strings(translate), labStrings(translate)];
    const course = new Course(app.serviceManager.serverSettings);
    const deeds = new Deeds(course, documents, lab, s.kept, (path) => app.commands.execute("docmanager:open", { path }));
    const panel = new CoursePanel(course, deeds, translator ?? nullTranslator);
    const open = place(app, panel);
    const fail = (message: string): void => void Notification.error(message, { autoClose: 8000 });
    const steps = new LessonSteps(course, deeds, lab, fail);
    app.docRegistry.addWidgetExtension("Notebook", steps);
    restorer?.add(panel, panel.id);

    async function reset(lesson: string): Promise<void> {
      const buttons = [Dialog.cancelButton({ label: s.cancel }), Dialog.warnButton({ label: s.resetConfirms })];
      const { button } = await showDialog({ title: lab.resetThis, body: s.resetAsks(lesson), buttons });
      if (button.accept) Notification.success(await deeds.reset(lesson), { autoClose: 8000 });
    }
    addCommands(app.commands, { course, deeds, steps, lab, open, reset, fail, panel, here: () => lessonOf(notebooks.currentWidget) });
    for (const command of Object.values(COMMANDS)) palette?.addItem({ command, category: lab.category });
    launcher?.add({ command: COMMANDS.open, category: translate.__("Other"), rank: 0 });

    const look = (): void => {
      panel.view.here(lessonOf(notebooks.currentWidget));
      for (const command of Object.values(COMMANDS)) app.commands.notifyCommandChanged(command);
    };
    notebooks.currentChanged.connect(look);
    notebooks.widgetAdded.connect((_, notebook) => {
      void notebook.context.ready.then(look);
      notebook.context.saveState.connect((_, state) => state === "completed" && course.refreshSoon());
      notebook.sessionContext.statusChanged.connect((_, status) => {
        if (status === "idle" && lessonOf(notebook) !== null) course.refreshSoon(); // a check or a quiz may have been in it
      });
    });

    const ready = settings?.load(PLUGIN).then((loaded) => {
      const take = (): void => void (deeds.profile = loaded.get("profile").composite as string);
      take();
      loaded.changed.connect(take);
      return loaded.get("openAtStart").composite as string;
    });
    void Promise.all([app.restored, ready?.catch(() => "auto")]).then(async ([, when = "auto"]) => {
      look();
      if (when === "never" || !labShell) return; // Notebook's pages are documents of one purpose: nothing opens by itself there
      if (when === "auto") {
        if (await states?.fetch(SEEN)) return; // whoever closed it here wants it closed
        await course.refresh();
        if (course.state?.folder == null) return;
        await states?.save(SEEN, true);
      }
      panel.takesFocus = false;
      open();
    });
  },
};

const stills: JupyterFrontEndPlugin<void> = {
  id: "tlnb:stills",
  description: "Pictures of controls whose kernel is gone.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ITranslator],
  activate(app: JupyterFrontEnd, registry: IRenderMimeRegistry, translator: ITranslator | null): void {
    const { runAgain } = labStrings((translator ?? nullTranslator).load(DOMAIN));
    const { sanitizer, resolver, linkHandler, latexTypesetter } = registry;
    // The widget manager has put its renderer in by then.
    void app.started.then(() => showStills(registry, { sanitizer, resolver, linkHandler, latexTypesetter }, runAgain));
  },
};

export default [plugin, stills];
