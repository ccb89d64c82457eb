"""A guess on a scale, made before the experiment, and set beside its result afterwards.

A guess is never wrong. One that is near counts as right in the journal, and how near is said beforehand.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tlnb.controls.quizzes.content import QuizError, number_of, rich, text_of, told, with_unit
from tlnb.controls.quizzes.question import Quiz, Reply

if TYPE_CHECKING:
    from tlnb.evaluation import Interval


class Prediction(Quiz):
    """A value is to be guessed.

    Attributes
    ----------
    low, high, step : float
        The scale.
    tolerance : float
        How near counts as close.
    value : float or None
        What came out; None as long as nobody knows.
    interval : Interval or None
        How far it can be trusted, where it is the mean of several scores.
    guess : float or None
        What the learner guessed.
    """

    kind = "guess"

    def __init__(
        self,
        question: str,
        low: Any,
        high: Any,
        value: Any,
        tolerance: Any,
        unit: str,
        step: Any,
        why: str,
        name: str | None,
    ) -> None:
        super().__init__(question, text_of(why, "why", blank=True), name)
        self.low, self.high = number_of(low, "low"), number_of(high, "high")
        if self.low >= self.high:
            raise QuizError(f"low={self.low:g} is not below high={self.high:g}: they are the ends of the scale.")
        span = self.high - self.low
        self.step = fitting_step(span) if step is None else number_of(step, "step")
        if not 0 < self.step <= span:
            raise QuizError(f"step={self.step:g} does not fit into the scale, which is {span:g} wide.")
        self.tolerance = span / 10 if tolerance is None else number_of(tolerance, "tolerance")
        if self.tolerance < 0:
            raise QuizError(f"tolerance={self.tolerance:g} is below 0: say how near counts as close.")
        self.unit = text_of(unit, "unit", blank=True)
        self.says = f"Guess: there is no wrong answer. Within {self._apart(self.tolerance)} of the result is close."
        self.guess: float | None = None
        self.value: float | None = None
        self.interval: Interval | None = None
        self._told = False  # by `reveal`: then pages without a script say it too
        if value is not None:
            self.value = number_of(value, "value")
            if not self.low <= self.value <= self.high:
                raise QuizError(f"value={self.value:g} lies outside of the scale, {self.low:g} to {self.high:g}.")

    def reveal(self, value: Any) -> Prediction:
        """Say what came out, once the experiment has run.

        Parameters
        ----------
        value : float, or sequence of float
            What came out, or the scores of several seeds: then their mean counts, and its 95 % interval is shown too.
            It may lie outside of the scale: experiments do as they like.

        Returns
        -------
        Prediction
            Itself: as the last value of a cell it shows the guess against the result. A learner who has not guessed
            yet is asked first.

        Examples
        --------
        >>> from tlnb.controls import quiz
        >>> guess = quiz.predict("What AUC will it reach?", 0.5, 1)
        >>> _ = guess.answer(0.7)
        >>> guess.reveal(0.87)
        What AUC will it reach?
          a guess from 0.5 to 1
          It came out as 0.87. The guess of 0.7 is 0.17 too low.
        >>> quiz.predict("What AUC?", 0.5, 1).reveal([0.90, 0.88, 0.92])
        What AUC?
          a guess from 0.5 to 1
          It came out as 0.9 [0.85, 0.95], n = 3.
        """
        if _several(value):
            from tlnb.evaluation.verdicts.intervals import mean_interval

            self.interval = mean_interval([number_of(score, "each score") for score in value])
            self.value = self.interval.mean
        else:
            self.value, self.interval = number_of(value, "value"), None
        self._told = True
        if self.guess is not None:
            self._compare()
        self._note()
        if "widget" in self.__dict__:
            self.widget._changed()
        return self

    def _for_page(self, given: Any) -> float:
        return number_of(given, "given")

    def _judge(self, given: Any) -> Reply:
        guess = number_of(given, "given")
        if not self.low <= guess <= self.high:
            raise QuizError(f"{guess:g} lies outside of the scale, {self.low:g} to {self.high:g}.")
        if self._over:
            raise QuizError("The result is known: run the cell again to guess anew.")
        return Reply(
            "noted", "Noted.", ("Read on: the result is set beside your guess. Until then you can change it.",)
        )

    def _try(self, given: Any) -> Reply:
        """Take a guess: it counts once, when the result is there too."""
        self._reply, self.guess = self._judge(given), float(given)
        self._given = self.guess
        if self.value is not None:
            self._compare()
        return self._reply

    def _compare(self) -> None:
        assert self.guess is not None and self.value is not None
        close = abs(self.guess - self.value) <= self.tolerance * (1 + 1e-9)
        why = (self.why,) if self.why else ()
        self._reply = Reply("close" if close else "off", "Close." if close else "Compare.", (self._distance(), *why))
        if not self._over:
            self._tries, self._over = 1, True
            self._to_note.append(close)

    def _distance(self) -> str:
        assert self.guess is not None and self.value is not None
        off = self.guess - self.value
        exact = math.isclose(self.guess, self.value, rel_tol=1e-9, abs_tol=self.step * 1e-6)
        how = "right on it" if exact else f"{self._apart(off)} too {'low' if off < 0 else 'high'}"
        return f"{self._came_out()} The guess of {self._in_unit(self.guess)} is {how}."

    def _came_out(self) -> str:
        assert self.value is not None
        between = self.interval
        if between is None:
            return f"It came out as {self._in_unit(self.value)}."
        low, high = (told(end, 3) for end in (between.low, between.high))
        return f"It came out as {self._in_unit(self.value, 3)} [{low}, {high}], n = {between.n}."

    def _apart(self, difference: float) -> str:
        far = abs(difference)
        return f"{told(far, 3)} points" if self.unit == "%" else self._in_unit(far, 3)

    def _in_unit(self, value: float, digits: int = 4) -> str:
        return with_unit(value, self.unit, digits)

    def _was_right(self, tries: int) -> str:
        return "You guessed closely before."

    def _can_show(self) -> bool:
        return self.value is not None and not self._over

    def _show_answer(self) -> None:
        super()._show_answer()
        self._tries = 0

    def _solution(self) -> tuple[Any, Reply]:
        why = (self.why,) if self.why else ()
        return self.guess, Reply("shown", self._came_out(), why)

    def _own_content(self) -> dict[str, Any]:
        scale = {"low": self.low, "high": self.high, "step": self.step, "unit": self.unit}
        return {**scale, "ends": [self._in_unit(self.low), self._in_unit(self.high)]}

    def _own_state(self) -> dict[str, Any]:
        if not self._over or self.value is None:
            return {"value": None}
        between = self.interval
        text = self._in_unit(self.value, 3 if between else 4)
        return {"value": self.value, "valueText": text, "between": [between.low, between.high] if between else None}

    def _fallback(self) -> tuple[str, str]:
        scale = f"a guess from {self._in_unit(self.low)} to {self._in_unit(self.high)}"
        text, html = f"  {scale}", f"<p>{rich(scale)}</p>"
        if self._told and self.value is not None:
            came = self._distance() if self.guess is not None else self._came_out()
            text, html = f"{text}\n  {came}", f"{html}<p>{rich(came)}</p>"
        return text, html


def _several(value: Any) -> bool:
    """Whether something is a list of scores; a tensor of none or one dimension tells by its length."""
    try:
        return not isinstance(value, str) and len(value) >= 0
    except TypeError:
        return False


def fitting_step(span: float) -> float:
    """Return the power of ten that divides a scale into 40 steps to 400.

    Examples
    --------
    >>> fitting_step(1), fitting_step(0.5), fitting_step(250)
    (0.01, 0.01, 1.0)
    """
    return float(f"1e{math.floor(math.log10(span / 40 * (1 + 1e-9)))}")
