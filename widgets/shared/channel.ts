// One control's line to Python: what the learner does goes out, at most twenty times a second; states come in.
import type { Host } from "./host";

const BETWEEN = 50; // milliseconds between two messages of one drag
const PATIENCE = 5000; // until a kernel that does not answer is told of

export interface Message {
  kind: string;
  [field: string]: unknown;
}

export interface Listener<State> {
  /**
   * A whole state. It is not `settled` while a hand here drags, or Python has not yet done what it last did: then what
   * the hand moves stays where the hand has it, or it would jump back.
   */
  state(state: State, settled: boolean): void;
  /** Anything else: an error to tell, a part of a run, pixels. */
  message?(message: Message, buffers: DataView[]): void;
  /** Whether the kernel answers. */
  answering?(answers: boolean): void;
}

let views = 0;

export class Channel<State> {
  private readonly view = `${Date.now().toString(36)}-${views++}`;
  private sent = 0; // number of the last action that went out
  private answered = 0; // and of the last that Python has done
  private waiting: { action: string; fields: object } | undefined; // of a drag, to be sent when its time has come
  private timer: ReturnType<typeof setTimeout> | undefined;
  private last = -Infinity;
  private patience: ReturnType<typeof setTimeout> | undefined;
  private holding = false;

  constructor(
    private readonly host: Host,
    private readonly listener: Listener<State>,
  ) {
    host.on("msg:custom", this.hear);
    this.post({ kind: "ready", view: this.view });
  }

  /** Tell Python what the learner did. What is not yet final (`commit: false`) may be left out for what comes next. */
  do(action: string, fields: object = {}, commit = true): void {
    this.holding = !commit;
    if (commit) {
      this.waiting = undefined;
      this.send(action, fields, true);
      return;
    }
    this.waiting = { action, fields };
    const rest = this.last + BETWEEN - now();
    if (rest <= 0) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), rest);
  }

  close(): void {
    this.post({ kind: "gone", view: this.view });
    this.host.off("msg:custom", this.hear);
    clearTimeout(this.timer);
    clearTimeout(this.patience);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting) this.send(waiting.action, waiting.fields, false);
  }

  private send(action: string, fields: object, commit: boolean): void {
    this.last = now();
    this.post({ kind: "do", view: this.view, number: ++this.sent, action, fields, commit });
  }

  private post(content: object): void {
    this.expect();
    try {
      this.host.send(content);
    } catch {
      this.listener.answering?.(false); // the line is closed: its kernel is gone
    }
  }

  private expect(): void {
    this.patience ??= setTimeout(() => this.listener.answering?.(false), PATIENCE);
  }

  private readonly hear = (message: Message, buffers: DataView[]): void => {
    if (message.kind === "module") return; // the bootstrap's
    clearTimeout(this.patience);
    this.patience = undefined;
    this.listener.answering?.(true);
    if (message.view === this.view && typeof message.number === "number") this.answered = message.number;
    if (message.kind !== "state") {
      this.listener.message?.(message, buffers ?? []);
      return;
    }
    if (this.answered < this.sent) this.expect();
    this.listener.state(message.state as State, !this.holding && this.answered >= this.sent);
  };
}

function now(): number {
  return performance.now();
}
