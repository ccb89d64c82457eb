// What anywidget hands to a control, as far as ours use it (https://anywidget.dev/en/afm/).

export interface Host {
  get(name: string): unknown;
  send(content: unknown): void;
  on(event: string, callback: (...values: any[]) => void): void;
  off(event: string, callback: (...values: any[]) => void): void;
}

export interface RenderContext {
  model: Host;
  el: HTMLElement;
}

export type Cleanup = () => void;

/** What a control's bundle exports: it draws itself into `el`, and returns how to take it away again. */
export interface ControlModule {
  render(context: RenderContext): Cleanup;
}
