"""What every question has: tries, a reply to each, the journal, and how it shows itself.

A question is no widget: it needs neither PyTorch nor anywidget, and its page half is made when a cell shows it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from tlnb.controls.quizzes.content import QuizError, name_of, rich, text_of
from tlnb.core.journal import note_quiz, read_journal

if TYPE_CHECKING:
    from tlnb.controls.quizzes.page import QuizControl

TRIES = 2  # wrong ones, until the answer may be looked at


@dataclass(frozen=True, repr=False)
class Reply:
    """What is told about an answer.

    Attributes
    ----------
    verdict : str
        ``"right"``, ``"wrong"``, ``"shown"`` where the answer was asked for; of a guess ``"noted"`` while its result
        is out, then ``"close"`` or ``"off"``.
    head : str
        The verdict in words.
    lines : tuple of str
        What explains it.
    """

    verdict: str
    head: str
    lines: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """Whether it counts as right in the journal."""
        return self.verdict in ("right", "close")

    def __repr__(self) -> str:
        return " ".join([self.head, *self.lines])


class Quiz:
    """Base of all questions; made by `quiz`, and shows itself as the last value of a cell.

    Attributes
    ----------
    question, why : str
        What is asked, and the reason of the answer.
    name : str or None
        What the journal knows it by.
    """

    kind: ClassVar[str]
    says: str  # what to do, on the page

    def __init__(self, question: str, why: str, name: str | None) -> None:
        self.question, self.why = text_of(question, "question"), why
        self.name = name_of(name)
        self._tries = 0
        self._over = False  # right, or the answer was shown: nothing counts any more
        self._given: Any = None  # the last answer, as the page has it
        self._reply: Reply | None = None
        self._to_note: list[bool] = []

    def answer(self, given: Any) -> Reply:
        """Answer it from Python, as a click on the page does.

        Parameters
        ----------
        given : object
            An answer's text, several of them, a number, or the items in order: what the question asks for.

        Returns
        -------
        Reply
            What the learner is told.

        Raises
        ------
        QuizError
            If that is no answer to this question. It does not count as a try.
        """
        reply = self._try(self._for_page(given))
        self._note()
        if "widget" in self.__dict__:
            self.widget._changed()
        return reply

    @cached_property
    def widget(self) -> QuizControl:
        """The page half; made when first shown."""
        from tlnb.controls.quizzes.page import QuizControl

        return QuizControl(self)

    def _for_page(self, given: Any) -> Any:
        """Write an answer as the page does."""
        raise NotImplementedError

    def _judge(self, given: Any) -> Reply:
        """Judge an answer as the page sends it; QuizError if it is none."""
        raise NotImplementedError

    def _solution(self) -> tuple[Any, Reply]:
        """Return the right answer as the page has it, and what is told with it."""
        raise NotImplementedError

    def _own_content(self) -> dict[str, Any]:
        return {}

    def _own_state(self) -> dict[str, Any]:
        return {}

    def _fallback(self) -> tuple[str, str]:
        """Return what stands below the question where no script runs, as text and as HTML."""
        raise NotImplementedError

    def _try(self, given: Any) -> Reply:
        reply = self._judge(given)
        if not self._over:
            self._tries += 1
            self._to_note.append(reply.right)
        self._over = self._over or reply.right
        self._given, self._reply = given, reply
        return reply

    def _show_answer(self) -> None:
        if not self._can_show():
            raise QuizError(f"The answer is shown after {TRIES} tries.")
        self._over = True
        self._given, self._reply = self._solution()

    def _can_show(self) -> bool:
        return self._tries >= TRIES and not self._over

    def _note(self) -> None:
        """Write into the journal what is not in it yet."""
        # Taken at once: a cell and a click may be heard in two threads (a kernel's subshells).
        to_note, self._to_note = self._to_note, []
        if self.name is not None:
            for right in to_note:
                note_quiz(self.name, right=right)

    def _content(self) -> dict[str, Any]:
        """Return what the page has to know to ask, and nothing that tells the answer."""
        told = {"question": self.question, "says": self.says, "before": self._before}
        return {"kind": self.kind, **told, **self._own_content()}

    def _state(self) -> dict[str, Any]:
        reply = asdict(self._reply) if self._reply else None
        tries = {"tries": self._tries, "canShow": self._can_show()}
        return {"given": self._given, "reply": reply, **tries, **self._own_state()}

    @cached_property
    def _before(self) -> str:
        """What the journal says of it when it is first looked at: whether it was right, never what was right."""
        entry = read_journal()["quizzes"].get(self.name, {}) if self.name is not None else {}
        return self._was_right(entry.get("attempts", 1)) if entry.get("right") else ""

    def _was_right(self, tries: int) -> str:
        return f"Answered right before, {'at the first try' if tries <= 1 else f'after {tries} tries'}."

    def __repr__(self) -> str:
        return "\n".join([self.question, self._fallback()[0]])

    def _repr_html_(self) -> str:
        return f"<p><b>{rich(self.question)}</b></p>{self._fallback()[1]}"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        try:
            return self.widget._repr_mimebundle_(**options)
        except ImportError:  # no anywidget: the text has to do
            return {"text/plain": repr(self), "text/html": self._repr_html_()}, {}


def listed(items: tuple[str, ...], box: str, style: str) -> tuple[str, str]:
    """Write a list as text and as HTML."""
    html = "".join(f"<li>{rich(item)}</li>" for item in items)
    return "\n".join(f"  {box} {item}" for item in items), f'<ul style="list-style: {style}">{html}</ul>'
