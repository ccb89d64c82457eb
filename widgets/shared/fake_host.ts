// A kernel for tests: it keeps what a control sends, and says what a test wants it to.
import type { Host } from "./host";

export class FakeHost implements Host {
  sent: any[] = [];
  module = "";
  private readonly listeners = new Set<(...values: any[]) => void>();

  get(): unknown {
    return this.module;
  }

  send(content: unknown): void {
    this.sent.push(content);
  }

  on(_: string, callback: (...values: any[]) => void): void {
    this.listeners.add(callback);
  }

  off(_: string, callback: (...values: any[]) => void): void {
    this.listeners.delete(callback);
  }

  say(content: object, buffers: DataView[] = []): void {
    for (const listener of [...this.listeners]) listener(content, buffers);
  }

  /** Answer the last action as Python does, with a state. */
  answer(state: unknown): void {
    const { view, number } = this.sent.at(-1);
    this.say({ kind: "state", state, view, number });
  }

  actions(): any[] {
    return this.sent.filter(({ kind }) => kind === "do");
  }
}
