// What is known of the course, kept fresh while somebody looks.
import { ServerConnection } from "@jupyterlab/services";
import { type ISignal, Signal } from "@lumino/signaling";
import { anyGoing, hasEnded, withRuns } from "../../model";
import type { Run, State, Term } from "../../state";
import { MissingError, request, UnreachableError } from "./server";

const TICK = 1000; // milliseconds between two looks at what runs
const TICKS = 30; // and as many of them between two looks at the rest
const SETTLE = 1500; // a cell that has run may be followed by the next

/** What keeps the state from being known: no extension, no server, or what the server said. */
export type Trouble = "missing" | "unreachable" | Error | null;

export class Course {
  state: State | undefined;
  trouble: Trouble = null;
  /** Whether somebody looks at it; asked before each request that nobody's hand made. */
  looking: () => boolean = () => false;
  private readonly signal = new Signal<this, void>(this);
  private ticks = 0;
  private asked = 0;
  private settling: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly settings: ServerConnection.ISettings) {
    setInterval(() => void this.tick(), TICK);
  }

  get changed(): ISignal<this, void> {
    return this.signal;
  }

  /** Ask for the whole state. */
  async refresh(): Promise<void> {
    const number = ++this.asked;
    this.ticks = 0;
    try {
      const state = await request<State>(this.settings, "course");
      if (number === this.asked) this.take(state); // else a later answer is there or on its way
    } catch (error) {
      if (number === this.asked) this.failed(error);
    }
  }

  /** Ask soon, once things have settled: a cell has run, perhaps with a check or a quiz in it. */
  refreshSoon(): void {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.looking() && void this.refresh(), SETTLE);
  }

  /** Do something; throws what the server refuses. */
  async act(action: string, fields: object = {}): Promise<any> {
    const { state, answer } = await request<{ state: State; answer: any }>(this.settings, action, fields);
    this.asked++; // a state that was asked for before is older
    this.take(state);
    return answer;
  }

  glossary(): Promise<Term[]> {
    return request<Term[]>(this.settings, "glossary");
  }

  private async tick(): Promise<void> {
    if (!this.looking() || document.hidden) return;
    if (++this.ticks >= TICKS || (!this.state && !this.trouble)) return this.refresh();
    if (!this.state || this.trouble || !anyGoing(this.state)) return;
    const number = this.asked;
    try {
      const runs = await request<Record<string, Run>>(this.settings, "runs");
      if (number !== this.asked || !this.state) return;
      const state = withRuns(this.state, runs);
      const ended = hasEnded(this.state, state);
      this.take(state);
      if (ended) await this.refresh();
    } catch (error) {
      if (error instanceof UnreachableError) this.failed(error);
    }
  }

  private take(state: State): void {
    this.state = state;
    this.trouble = null;
    this.signal.emit();
  }

  private failed(error: unknown): void {
    this.trouble = error instanceof MissingError ? "missing" : error instanceof UnreachableError ? "unreachable" : (error as Error);
    console.warn("tlnb: the course cannot be looked up.", error);
    this.signal.emit();
  }
}
