// What each kind of question has of its own, between the question and the button.
import { h } from "../shared/dom";
import { pieces, type State } from "./model";

export interface Part {
  elements: Node[];
  /** The answer as it stands, as Python takes it. */
  given(): unknown;
  /** Show an answer that was given here before, or in another view. */
  put(given: unknown): void;
  /** Mark what is known by now. */
  mark(state: State): void;
}

export interface Hand {
  /** Something was changed that is not yet sent. */
  touched(): void;
  /** The Enter key: as the button. */
  send(): void;
  speak(text: string): void;
}

/** A text with its code, as nodes: never as HTML. */
export function rich(text: string): Node[] {
  return pieces(text).map((piece) => (piece.code ? h("code", {}, piece.text) : document.createTextNode(piece.text)));
}

let made = 0;

/** An id that no other element of the page has. */
export function ownId(): string {
  return `tlnb-quiz-${Date.now().toString(36)}-${made++}`;
}

/** Call back when Enter is pressed. */
export const onEnter = (send: () => void) => (event: KeyboardEvent) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
};
