"""The page half of a question: shows it, hears answers, and tells what Python thinks of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlnb.controls.control import Control

if TYPE_CHECKING:
    from tlnb.controls.quizzes.question import Quiz


class QuizControl(Control):
    """The widget of one question; `Quiz` makes and keeps it.

    Parameters
    ----------
    asked : Quiz
        The question.
    """

    bundle_name = "quiz"

    def __init__(self, asked: Quiz) -> None:
        super().__init__()
        self._asked = asked

    def _says(self) -> str:
        return self._asked.says

    def _greeting(self) -> list[dict[str, Any]]:
        return [{"kind": "question", "asked": self._asked._content()}]

    def _state(self) -> dict[str, Any]:
        return self._asked._state()

    def _still(self) -> dict[str, Any]:
        return {"text/plain": repr(self._asked), "text/html": self._asked._repr_html_()}

    def _do(self, content: dict[str, Any]) -> None:
        super()._do(content)
        self._asked._note()  # after the answer has gone out: the learner waits for that, and not for the file

    def _do_answer(self, given: Any = None, commit: bool = True) -> None:
        self._asked._try(given)

    def _do_show(self, commit: bool = True) -> None:
        self._asked._show_answer()
