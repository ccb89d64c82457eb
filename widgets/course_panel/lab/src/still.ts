// A control in a notebook that was opened again has no kernel behind it, and the widget manager says "model not found". Its
// output holds a picture of it, or a page of text: that is shown instead, until there is a control to show.
//
// The manager finds its renderers by their class and hands them their kernel later, so that they cannot be wrapped: what
// is drawn by them is watched instead. Where the manager is another one, or none, nothing happens.
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Panel } from "@lumino/widgets";
import { h } from "../../../shared/dom";

const VIEW = "application/vnd.jupyter.widget-view+json";
const PICTURES = ["image/png", "text/html"]; // the better first
const FAILED = "jupyter-widgets"; // the class of a renderer that tells an error in the place of a view

/** What is used here of JupyterLab's registry of renderers. */
interface Registry {
  getFactory(mimeType: string): IRenderMime.IRendererFactory | undefined;
  createRenderer(mimeType: string): IRenderMime.IRenderer;
}

/** From now on, show pictures where controls cannot be shown. */
export function showStills(registry: Registry, options: Omit<IRenderMime.IRendererOptions, "mimeType">, says: string): void {
  const made = registry.getFactory(VIEW)?.createRenderer({ ...options, mimeType: VIEW });
  if (!(made instanceof Panel)) return;
  const kind: IRenderMime.IRenderer = Object.getPrototypeOf(made);
  const renders = kind.renderModel;
  kind.renderModel = function (this: Panel & IRenderMime.IRenderer, model) {
    watch(this, model, registry, says);
    return renders.call(this, model);
  };
  made.dispose();
}

const watched = new WeakSet<Panel>();

/** Put the picture where a renderer has written a text and no view is. The view, once it comes, takes the place of both. */
function watch(renderer: Panel, model: IRenderMime.IMimeModel, registry: Registry, says: string): void {
  const mimeType = PICTURES.find((one) => typeof model.data[one] === "string");
  if (!mimeType || watched.has(renderer)) return;
  watched.add(renderer);
  const failing = h("figcaption", {}, says);
  const still = h("figure", { class: "tlnb-still" }, picture(mimeType, model, registry));
  const watcher = new MutationObserver(() => {
    const { node } = renderer;
    // By its parent: in a long notebook the node may be out of the page, and what is put there again is told again.
    if (renderer.widgets.length > 0 || !node.textContent || still.parentNode === node) return;
    if (node.classList.contains(FAILED)) still.append(failing);
    else failing.remove();
    node.replaceChildren(still);
  });
  watcher.observe(renderer.node, { childList: true });
  renderer.disposed.connect(() => watcher.disconnect());
}

function picture(mimeType: string, model: IRenderMime.IMimeModel, registry: Registry): HTMLElement {
  if (mimeType === "image/png") {
    const alt = String(model.data["text/plain"] ?? ""); // JupyterLab's own has none
    return h("img", { src: `data:${mimeType};base64,${String(model.data[mimeType])}`, alt });
  }
  const shown = registry.createRenderer(mimeType); // which takes out what a page may not hold
  void shown.renderModel(model);
  return shown.node;
}
