// The glossary: searched here, as it is typed.
import { h, set, write } from "../shared/dom";
import { ownId, type Parts } from "./actions";
import { searchTerms } from "./model";
import type { Lesson, Term } from "./state";

const AT_ONCE = 8; // terms that are shown; more are no answer

export class Glossary {
  readonly element: HTMLElement;
  private readonly field: HTMLInputElement;
  private readonly count = h("p", { class: "tlnb-note", role: "status" });
  private readonly found = h("dl", { class: "tlnb-terms" });
  private terms: Term[] | undefined;
  private asked = false;

  constructor(
    private readonly parts: Parts,
    private readonly lesson: (id: string) => Lesson | undefined,
  ) {
    const { s } = parts;
    const id = ownId();
    this.field = h("input", {
      class: "tlnb-number tlnb-search",
      type: "search",
      placeholder: s.search,
      "aria-label": s.search,
      "aria-controls": id,
      autocomplete: "off",
      spellcheck: "false",
      onfocus: () => this.ask(),
      oninput: () => this.search(),
    });
    set(this.field, { onkeydown: (event) => event.key === "Escape" && this.clear() });
    set(this.found, { id });
    this.element = h("section", { class: "tlnb-part tlnb-glossary" }, h("h4", {}, s.glossary), this.field, this.count, this.found);
  }

  show(terms: Term[]): void {
    this.terms = terms;
    this.search();
  }

  /** Look up a term, or begin to. */
  look(query = ""): void {
    this.element.scrollIntoView?.({ block: "start" });
    this.field.focus();
    if (query) this.field.value = query;
    this.search();
  }

  private ask(): void {
    if (this.asked) return;
    this.asked = true;
    this.parts.actions.glossary();
  }

  /** The terms could not be had: the next try asks again. */
  failed(): void {
    this.asked = this.terms !== undefined;
  }

  private clear(): void {
    this.field.value = "";
    this.search();
  }

  private search(): void {
    const { s } = this.parts;
    const query = this.field.value;
    this.ask();
    const all = searchTerms(this.terms ?? [], query);
    const shown = all.slice(0, AT_ONCE);
    const rest = all.length - shown.length;
    const count = rest ? `${s.termsFound(all.length)}: ${s.firstShown(shown.length)}` : s.termsFound(all.length);
    write(this.count, !query.trim() || !this.terms ? "" : all.length ? count : s.noTerm(query.trim()));
    this.found.replaceChildren(...shown.flatMap((term) => this.term(term)));
  }

  private term({ term, also, says, lessons }: Term): HTMLElement[] {
    const { s } = this.parts;
    const other = also.length > 0 && h("span", { class: "tlnb-facts" }, ` ${s.alsoCalled(also.join(", "))}`);
    const links = lessons.map((id) => this.link(id));
    return [
      h("dt", {}, h("b", {}, term), other),
      h("dd", {}, h("p", {}, says), links.length > 0 && h("p", { class: "tlnb-links" }, ...links)),
    ];
  }

  private link(id: string): HTMLElement {
    const { s, actions, opens } = this.parts;
    const lesson = this.lesson(id);
    if (opens && lesson?.written) {
      return h("button", { class: "tlnb-link", type: "button", title: lesson.title, onclick: () => actions.open(lesson) }, s.inLesson(id));
    }
    if (!opens && lesson?.colab) {
      return h("a", { class: "tlnb-link", href: lesson.colab, target: "_blank", rel: "noopener", title: lesson.title }, s.inLesson(id));
    }
    return h("span", { class: "tlnb-facts", title: lesson?.title }, s.inLesson(id));
  }
}
