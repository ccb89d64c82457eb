// The only code that a saved notebook can hold of a control, once an instance: it asks the kernel for the control's
// module, once a page. So a notebook stays small, and one that has no kernel says what to do.
import type { Cleanup, ControlModule, Host, RenderContext } from "./host";

const ASK_AGAIN = 2000; // milliseconds; a kernel that computes hears late, and one that starts may hear nothing
const PATIENCE = 6000;
const modules: Map<string, Promise<ControlModule>> = ((globalThis as any).__tlnb_controls ??= new Map());

/** Put a control's style sheet into the page, in the place of an older one of the same control. */
function dress(key: string, sheet: DataView | undefined): void {
  const id = `tlnb-style-${key.replace(/-\w+$/, "")}`;
  document.getElementById(id)?.remove();
  const style = document.createElement("style");
  style.id = id;
  style.textContent = new TextDecoder().decode(sheet);
  document.head.append(style);
}

function ask(model: Host, key: string): Promise<ControlModule> {
  return new Promise((resolve, reject) => {
    const hear = (content: any, buffers: DataView[]): void => {
      if (content?.kind !== "module" || content.module !== key || !buffers?.[0]) return;
      clearInterval(again);
      model.off("msg:custom", hear);
      dress(key, buffers[1]);
      const address = URL.createObjectURL(new Blob([buffers[0] as BlobPart], { type: "text/javascript" }));
      import(/* webpackIgnore: true */ address).then(resolve, reject).finally(() => URL.revokeObjectURL(address));
    };
    const tell = (): void => model.send({ kind: "module" });
    const again = setInterval(tell, ASK_AGAIN);
    model.on("msg:custom", hear);
    tell();
  });
}

export default {
  render({ model, el }: RenderContext): Cleanup {
    const key = String(model.get("module"));
    if (!modules.has(key)) {
      const asked = ask(model, key);
      asked.catch(() => modules.delete(key));
      modules.set(key, asked);
    }
    let gone = false;
    let cleanup: Cleanup | undefined;
    const note = document.createElement("p");
    note.setAttribute("role", "status");
    note.style.cssText = "font-family: var(--jp-ui-font-family, sans-serif); margin: 0.5em 0";
    el.append(note);
    const waiting = setTimeout(() => {
      note.textContent =
        "This control waits for its kernel. If the kernel computes, it comes alive afterwards; if the notebook was " +
        "opened again or its kernel restarted, run the cell above.";
    }, PATIENCE);
    modules
      .get(key)!
      .then((module) => {
        if (!gone) cleanup = module.render({ model, el });
        note.remove();
      })
      .catch((error: unknown) => {
        note.textContent = `This control could not be loaded: ${String(error)}`;
      })
      .finally(() => clearTimeout(waiting));
    return () => {
      gone = true;
      clearTimeout(waiting);
      cleanup?.();
    };
  },
};
