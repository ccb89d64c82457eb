"""A question to predict the outcome, before the experiment tells: radio buttons and feedback.

Where no widget can be shown (papermill, GitHub, a page), the question and its answers stand there as text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from tlnb.core.journal import note_quiz


def quiz(
    question: str, answers: Mapping[str, str] | Sequence[str], correct: str, why: str, *, name: str | None = None
) -> Quiz:
    """Ask a question with one right answer.

    Parameters
    ----------
    question : str
        Plain text; what stands in backquotes is shown as code.
    answers : sequence of str, or mapping of str to str
        The answers in order; a mapping gives for each wrong one what to think about.
    correct : str
        The right answer, as written in `answers`.
    why : str
        The reason, shown once the right answer is chosen.
    name : str, optional
        Lesson and number, as ``"3.1.1"``: whether the first choice was right, and the choices after it, are then kept
        in the learner's journal. What was chosen is not.

    Returns
    -------
    Quiz
        Shows itself as the last value of a cell.

    Raises
    ------
    ValueError
        If there are fewer than two answers, two are the same, or the right one is not among them; or if the name
        has another form.

    Examples
    --------
    >>> quiz("What is 2 + 2?", ["3", "4"], correct="4", why="Count your fingers.")
    What is 2 + 2?
      ( ) 3
      ( ) 4
    """
    return Quiz(question, answers, correct, why, name)


class Quiz:
    """A question, its answers and the learner's choice; made by `quiz`."""

    def __init__(
        self,
        question: str,
        answers: Mapping[str, str] | Sequence[str],
        correct: str,
        why: str,
        name: str | None = None,
    ) -> None:
        self.question, self.correct, self.why, self.name = question, correct, why, name
        self.answers = tuple(answers)
        self._replies = dict(answers) if isinstance(answers, Mapping) else {}
        if len(set(self.answers)) != len(self.answers) or len(self.answers) < 2:
            raise ValueError(f"A quiz needs two answers or more, all different; got {list(self.answers)}.")
        if correct not in self.answers:
            raise ValueError(f"correct={correct!r} is not among the answers {list(self.answers)}.")
        if name is not None and not re.fullmatch(r"\d+\.\d+\.\w+", str(name), re.ASCII):
            raise ValueError(f'name={name!r} is not the name of a quiz: lesson, dot and number, as "3.1.1".')
        self._widget: Any = None

    @property
    def widget(self) -> Any:
        """The ipywidgets box; made when first shown."""
        if self._widget is None:
            self._widget = self._make_widget()
        return self._widget

    def reply(self, answer: str) -> str:
        """Return the feedback on an answer, as HTML.

        Parameters
        ----------
        answer : str
            One of the answers.
        """
        if answer == self.correct:
            return f'<span style="color: #009E73">✓</span> <b>Right.</b> {_rich(self.why)}'
        told = self._replies.get(answer) or "Have another look, and choose again."
        return f'<span style="color: #D55E00">✗</span> <b>Not quite.</b> {_rich(told)}'

    def _make_widget(self) -> Any:
        import ipywidgets

        asked = ipywidgets.HTML(f"<b>{_rich(self.question)}</b>")
        choice = ipywidgets.RadioButtons(
            options=self.answers, value=None, layout={"width": "auto"}, style={"description_width": "0"}
        )
        told = ipywidgets.HTML()

        def choose(change: Mapping[str, Any]) -> None:
            if change["new"] is None:
                told.value = ""
                return
            told.value = self.reply(change["new"])  # before it is recorded: the learner waits for this
            if self.name is not None:
                note_quiz(self.name, right=change["new"] == self.correct)

        choice.observe(choose, names="value")
        return ipywidgets.VBox([asked, choice, told])

    def __repr__(self) -> str:
        return "\n".join([self.question, *(f"  ( ) {answer}" for answer in self.answers)])

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{_rich(answer)}</li>" for answer in self.answers)
        return f'<p><b>{_rich(self.question)}</b></p><ul style="list-style: circle">{items}</ul>'

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        texts = {"text/plain": repr(self), "text/html": self._repr_html_()}
        try:
            return {**self.widget._repr_mimebundle_(), **texts}
        except ImportError:  # no ipywidgets: the text has to do
            return texts


def _rich(text: str) -> str:
    """Escape everything, and show what stands in backquotes as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
