// Where the panel stands: at the left in JupyterLab and beside a notebook in Notebook 7; on Notebook's list of files, as one
// of its tabs, since that page has no side bars.
import type { JupyterFrontEnd } from "@jupyterlab/application";
import { PageConfig } from "@jupyterlab/coreutils";
import { TabPanel, type Widget } from "@lumino/widgets";

/** Put the panel into the page; return what shows it. */
export function place(app: JupyterFrontEnd, panel: Widget): () => void {
  if (PageConfig.getOption("notebookPage") !== "tree") {
    app.shell.add(panel, "left", { rank: 150 });
    return () => app.shell.activateById(panel.id);
  }
  let tabs: TabPanel | undefined;
  // Found by what it is rather than by its token, whose package JupyterLab does not have.
  void app.restored.then(() => {
    for (const widget of app.shell.widgets("main")) if (widget instanceof TabPanel) tabs ??= widget;
    panel.title.label = panel.title.caption;
    if (tabs) tabs.addWidget(panel);
    else app.shell.add(panel, "left", { rank: 150 });
  });
  return () => {
    if (tabs) tabs.currentWidget = panel;
    else app.shell.activateById(panel.id);
    panel.activate();
  };
}
