"""A question whose answer is a number, right within a tolerance."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from tlnb.controls.quizzes.content import QuizError, number_of, rich, text_of, told, with_unit
from tlnb.controls.quizzes.question import Quiz, Reply

_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?"
_SPACES = r"(?<=\d)[\s_\u2009\u202f'’](?=\d{3})"  # between thousands
_THOUSANDS = r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?"


class Number(Quiz):
    """A number is to be worked out.

    Attributes
    ----------
    correct, tolerance : float
        The number, and how far from it is still right.
    unit : str
        What is counted or measured.
    """

    kind, says = "number", "Write a number."

    def __init__(
        self,
        question: str,
        answer: Any,
        why: str,
        tolerance: Any,
        unit: str,
        hints: Mapping[float, str] | None,
        name: str | None,
    ) -> None:
        super().__init__(question, text_of(why, "why"), name)
        self.correct, self.tolerance = number_of(answer, "answer"), number_of(tolerance, "tolerance")
        self.unit = text_of(unit, "unit", blank=True)
        if self.tolerance < 0:
            raise QuizError(f"tolerance={self.tolerance:g} is below 0: say how far off is still right.")
        self._hints = {
            number_of(number, "each number of hints"): text_of(hint, f"the hint at {number!r}")
            for number, hint in (hints or {}).items()
        }
        for number in filter(self._is_right, self._hints):
            raise QuizError(f"the hint at {number:g} is never seen: {number:g} is right.")

    def _is_right(self, number: float) -> bool:
        # A hair more than the tolerance, for 0.1 + 0.2.
        return abs(number - self.correct) <= self.tolerance * (1 + 1e-9) + 1e-9 * abs(self.correct)

    def _for_page(self, given: Any) -> str:
        return given if isinstance(given, str) else repr(number_of(given, "given"))

    def _judge(self, given: Any) -> Reply:
        number = read_number(text_of(given, "given", blank=True), self.unit)
        if self._is_right(number):
            exact = number == self.correct or not self.tolerance
            lines = () if exact else (f"It is {with_unit(self.correct, self.unit)}.",)
            return Reply("right", "Right.", (*lines, self.why))
        read = with_unit(number, self.unit)  # as it was understood: a comma may be either
        hint = next((hint for at, hint in self._hints.items() if math.isclose(at, number, rel_tol=1e-6)), None)
        return Reply("wrong", "Not quite.", (f"{read}: {hint}" if hint else f"{read} is too {self._side(number)}.",))

    def _side(self, number: float) -> str:
        return "small" if number < self.correct else "large"

    def _solution(self) -> tuple[Any, Reply]:
        return told(self.correct), Reply("shown", f"The answer is {with_unit(self.correct, self.unit)}.", (self.why,))

    def _own_content(self) -> dict[str, Any]:
        return {"unit": self.unit}

    def _fallback(self) -> tuple[str, str]:
        unit = f" {self.unit}" if self.unit else ""
        return f"  ______{unit}", f"<p>______{rich(unit)}</p>"


def read_number(text: str, unit: str = "") -> float:
    """Read a number as people write it.

    Parameters
    ----------
    text : str
        With a point or a comma; thousands may be set apart by commas or spaces.
    unit : str
        May stand behind it.

    Raises
    ------
    QuizError
        If it is no number.

    Examples
    --------
    >>> read_number("1,281,000"), read_number("0,5"), read_number("1e-3"), read_number("12 MB", unit="MB")
    (1281000.0, 0.5, 0.001, 12.0)
    """
    plain = text.strip().replace("\u2212", "-")
    if unit and plain.lower().endswith(unit.lower()):
        plain = plain[: -len(unit)].rstrip()
    plain = re.sub(_SPACES, "", plain.replace("\u00a0", " "))
    plain = plain.replace(",", "") if re.fullmatch(_THOUSANDS, plain, re.ASCII) else plain.replace(",", ".")
    if not re.fullmatch(_NUMBER, plain, re.ASCII | re.IGNORECASE) or not math.isfinite(float(plain)):
        wanted = "Write a number first" if not text.strip() else f"{text.strip()[:40]!r} is no number"
        raise QuizError(f"{wanted}: 0.25, 1e-3 or 1,281,000, for example.")
    return float(plain)
