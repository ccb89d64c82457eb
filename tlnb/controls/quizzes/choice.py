"""A question with one right answer, or with several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tlnb.controls.quizzes.content import QuizError, text_of, texts_of
from tlnb.controls.quizzes.question import Quiz, Reply, listed

EXAMPLE = '["yes", "no"]'


class Choice(Quiz):
    """One of the answers is right.

    Attributes
    ----------
    answers : tuple of str
        In the order in which they are shown.
    correct : str
        The right one.
    """

    kind, says = "one", "Choose one answer."

    def __init__(
        self, question: str, answers: Mapping[str, str] | Sequence[str], correct: Any, why: str, name: str | None
    ) -> None:
        super().__init__(question, text_of(why, "why"), name)
        self.answers = texts_of(answers, "answers", EXAMPLE)
        hints = dict(answers) if isinstance(answers, Mapping) else {}
        self._hints = {
            answer: text_of(hint, f"what to think about at {answer!r}", blank=True) for answer, hint in hints.items()
        }
        self.correct = correct
        self._tried: set[int] = set()
        self._right = {self._place(one, "correct") for one in self._all_correct()}

    def _all_correct(self) -> tuple[str, ...]:
        return (self.correct,)

    def _place(self, answer: Any, what: str) -> int:
        if answer not in self.answers:
            raise QuizError(f"{what}={answer!r} is not among the answers {list(self.answers)}.")
        return self.answers.index(answer)

    def _for_page(self, given: Any) -> list[int]:
        return [self._place(given, "given")]

    def _judge(self, given: Any) -> Reply:
        chosen = self._chosen(given)
        if len(chosen) != 1:
            raise QuizError("Choose one answer first.")
        (place,) = chosen
        if place in self._right:
            return self._praise()
        self._tried.add(place)
        return Reply("wrong", "Not quite.", (self._hint(place) or "Have another look, and choose again.",))

    def _chosen(self, given: Any) -> set[int]:
        """Read what a page sent: places of answers."""
        places = given if isinstance(given, (list, tuple)) else None
        if places is None or not all(type(place) is int and 0 <= place < len(self.answers) for place in places):
            raise QuizError(f"{given!r} are no places of answers.")
        return set(places)

    def _hint(self, place: int) -> str:
        return self._hints.get(self.answers[place], "")

    def _praise(self) -> Reply:
        return Reply("right", "Right.", (self.why,))

    def _solution(self) -> tuple[Any, Reply]:
        return sorted(self._right), Reply("shown", "The answer is marked.", (self.why,))

    def _own_content(self) -> dict[str, Any]:
        return {"answers": list(self.answers)}

    def _own_state(self) -> dict[str, Any]:
        return {"tried": sorted(self._tried), "right": sorted(self._right) if self._over else []}

    def _fallback(self) -> tuple[str, str]:
        return listed(self.answers, "( )", "circle")


class Choices(Choice):
    """Any number of the answers may be right, and all of them are to be found.

    Attributes
    ----------
    answers : tuple of str
        In the order in which they are shown.
    correct : tuple of str
        The right ones.
    """

    kind, says = "several", "Choose all that are right."

    def _all_correct(self) -> tuple[str, ...]:
        self.correct = tuple(text_of(one, "each of correct") for one in self.correct)
        if not self.correct:
            raise QuizError("correct=[] leaves nothing to find: name the right answers.")
        return self.correct

    def _for_page(self, given: Any) -> list[int]:
        if isinstance(given, str):
            given = [given]
        return sorted(self._place(one, "given") for one in given)

    def _judge(self, given: Any) -> Reply:
        chosen = self._chosen(given)
        if not chosen:
            raise QuizError("Choose one answer or more first.")
        if chosen == self._right:
            return self._praise()
        wrong = sorted(chosen - self._right)
        if not wrong:
            return Reply("wrong", "Not all yet.", ("What you chose is right, and something is missing.",))
        hints = tuple(f"{self.answers[place]}: {self._hint(place)}" for place in wrong if self._hint(place))
        return Reply("wrong", "Not quite.", hints or ("Something that you chose is not right. Have another look.",))

    def _fallback(self) -> tuple[str, str]:
        return listed(self.answers, "[ ]", "square")
