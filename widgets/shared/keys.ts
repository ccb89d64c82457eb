// The keyboard of a control. Its host (JupyterLab, Notebook) hears keys first, in the capture phase, and takes arrows and
// letters for its own commands; so a control listens before the host, and lets it have what has Ctrl or Cmd.

type Handler = (event: KeyboardEvent) => void;

const handlers = new WeakMap<EventTarget, Handler[]>();
const OURS = ["z"]; // with Ctrl: undo

/** Call a handler for keys pressed in an element, within a root that has `ownKeys`. */
export function onKey(element: Element, handler: Handler): void {
  handlers.set(element, [...(handlers.get(element) ?? []), handler]);
}

/** Keep the keys that are pressed within a root from its host; return how to stop that. */
export function ownKeys(root: Element): () => void {
  const take = (event: KeyboardEvent): void => {
    const path = event.composedPath();
    const end = path.indexOf(root);
    const theirs = (event.ctrlKey || event.metaKey) && !OURS.includes(event.key.toLowerCase());
    if (end < 0 || theirs) return;
    event.stopImmediatePropagation(); // what a browser does with a key by itself, it still does
    for (const element of path.slice(0, end + 1)) for (const handler of handlers.get(element) ?? []) handler(event);
  };
  window.addEventListener("keydown", take, true);
  return () => window.removeEventListener("keydown", take, true);
}
