// A control in a notebook that was opened again has no kernel behind it, and the widget manager says "model not found". Its
// output holds a picture of it, which is shown instead, until there is a control to show.
//
// The manager finds its renderers by their class and hands them their kernel later, so that they cannot be wrapped: what
// is drawn by them is watched instead. Where the manager is another one, or none, nothing happens.
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Panel } from "@lumino/widgets";
import { h } from "../../../shared/dom";

const VIEW = "application/vnd.jupyter.widget-view+json";
const PICTURE = "image/png";
const FAILED = "jupyter-widgets"; // the class of a renderer that tells an error in the place of a view

interface Registry {
  getFactory(mimeType: string): IRenderMime.IRendererFactory | undefined;
}

/** From now on, show pictures where controls cannot be shown. */
export function showStills(registry: Registry, options: Omit<IRenderMime.IRendererOptions, "mimeType">, says: string): void {
  const made = registry.getFactory(VIEW)?.createRenderer({ ...options, mimeType: VIEW });
  if (!(made instanceof Panel)) return;
  const kind: IRenderMime.IRenderer = Object.getPrototypeOf(made);
  const renders = kind.renderModel;
  kind.renderModel = function (this: Panel & IRenderMime.IRenderer, model) {
    const picture = model.data[PICTURE];
    if (typeof picture === "string") watch(this, picture, String(model.data["text/plain"] ?? ""), says);
    return renders.call(this, model);
  };
  made.dispose();
}

const watched = new WeakSet<Panel>();

/** Put the picture where a renderer has written a text and no view is. The view, once it comes, takes the place of both. */
function watch(renderer: Panel, picture: string, alt: string, says: string): void {
  if (watched.has(renderer)) return;
  watched.add(renderer);
  const still = h("figure", { class: "tlnb-still" }, h("img", { src: `data:${PICTURE};base64,${picture}`, alt }));
  const failing = h("figcaption", {}, says);
  const watcher = new MutationObserver(() => {
    const { node } = renderer;
    if (renderer.widgets.length > 0 || !node.textContent || still.isConnected) return;
    if (node.classList.contains(FAILED)) still.append(failing);
    else failing.remove();
    node.replaceChildren(still);
  });
  watcher.observe(renderer.node, { childList: true });
  renderer.disposed.connect(() => watcher.disconnect());
}
