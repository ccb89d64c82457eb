"""The words that a lesson asks with: `quiz`, `quiz.number`, `quiz.order`, `quiz.predict`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tlnb.controls.quizzes.choice import Choice, Choices
from tlnb.controls.quizzes.number import Number
from tlnb.controls.quizzes.order import Order
from tlnb.controls.quizzes.prediction import Prediction


class Asking:
    """Ask a question: `quiz` is the only one of these there is.

    ``quiz(question, answers, correct, why)`` has one right answer, or several where `correct` is a list;
    ``quiz.number`` asks for a number, ``quiz.order`` for an order, ``quiz.predict`` for a guess on a scale.

    In all texts, what stands in backquotes is shown as code, and everything else as it is: there is no markup, and
    HTML is not read. Answers can be tried again; after two wrong tries the right one may be looked at.
    """

    def __call__(
        self,
        question: str,
        answers: Mapping[str, str] | Sequence[str],
        correct: str | Sequence[str],
        why: str,
        *,
        name: str | None = None,
    ) -> Choice:
        """Ask a question with one right answer, or with several.

        Parameters
        ----------
        question : str
            Plain text; what stands in backquotes is shown as code.
        answers : sequence of str, or mapping of str to str
            The answers in order; a mapping gives for each wrong one what to think about.
        correct : str, or sequence of str
            The right answer, as written in `answers`. A list asks to choose all that are right, one or more.
        why : str
            The reason, shown once the question is answered.
        name : str, optional
            Lesson and number, as ``"3.1.1"``: whether the first try was right, and how many there were, are then kept
            in the learner's journal. What was chosen is not.

        Returns
        -------
        Choice
            Shows itself as the last value of a cell.

        Raises
        ------
        QuizError
            A ValueError. If there are fewer than two answers, two are the same, or a right one is not among them; or
            if the name has another form.

        Examples
        --------
        >>> from tlnb.controls import quiz
        >>> sum_of_two = quiz("What is 2 + 2?", {"3": "Count again.", "4": ""}, correct="4", why="Count your fingers.")
        >>> sum_of_two
        What is 2 + 2?
          ( ) 3
          ( ) 4
        >>> sum_of_two.answer("3")
        Not quite. Count again.
        >>> quiz("Which are even?", ["1", "2", "4"], correct=["2", "4"], why="Two divides them.")
        Which are even?
          [ ] 1
          [ ] 2
          [ ] 4
        """
        made = Choice if isinstance(correct, str) or not isinstance(correct, (Sequence, set, frozenset)) else Choices
        return made(question, answers, correct, why, name)

    def number(
        self,
        question: str,
        answer: float,
        why: str,
        *,
        tolerance: float = 0.0,
        unit: str = "",
        hints: Mapping[float, str] | None = None,
        name: str | None = None,
    ) -> Number:
        """Ask for a number.

        Parameters
        ----------
        question, why, name : str
            As for `quiz`.
        answer : float
            The number.
        tolerance : float
            How far from it is still right, in the same unit.
        unit : str
            Shown behind the field; may be written with the answer.
        hints : mapping of float to str, optional
            Numbers that one comes to by a mistake, and what to think about then. Others are called too small or too
            large.

        Returns
        -------
        Number
            Shows itself as the last value of a cell.

        Raises
        ------
        QuizError
            If a number is not finite, the tolerance is negative, or a hint is for a number that is right.

        Examples
        --------
        >>> from tlnb.controls import quiz
        >>> head = quiz.number(
        ...     "A linear head maps 1,280 features to 2 classes. How many parameters has it?",
        ...     2562,
        ...     "1,280 x 2 weights, and 2 biases.",
        ...     hints={2560: "Those are the weights. What else is there for each class?"},
        ... )
        >>> head.answer("2560")
        Not quite. 2,560: Those are the weights. What else is there for each class?
        >>> head.answer("2,562")
        Right. 1,280 x 2 weights, and 2 biases.
        """
        return Number(question, answer, why, tolerance, unit, hints, name)

    def order(self, question: str, items: Sequence[str], why: str, *, name: str | None = None) -> Order:
        """Ask to put items in order.

        Parameters
        ----------
        question, why, name : str
            As for `quiz`.
        items : sequence of str
            In the right order. They are shown in another one, the same for everybody.

        Returns
        -------
        Order
            Shows itself as the last value of a cell.

        Raises
        ------
        QuizError
            If there are fewer than two items, or two are the same.

        Examples
        --------
        >>> from tlnb.controls import quiz
        >>> steps = quiz.order("A step:", ["forward", "loss", "backward", "update"], why="Each needs the last.")
        >>> steps.answer(["forward", "backward", "loss", "update"])
        Not quite. The first is in place: look at place 2.
        """
        return Order(question, items, why, name)

    def predict(
        self,
        question: str,
        low: float,
        high: float,
        value: float | None = None,
        *,
        tolerance: float | None = None,
        unit: str = "",
        step: float | None = None,
        why: str = "",
        name: str | None = None,
    ) -> Prediction:
        """Ask for a guess before the experiment; `reveal` says later what came out.

        A guess is never wrong: the learner sees how far it is from the result. It is made once, and can be changed
        until there is a result. In the journal it counts as right if it is close, within `tolerance`.

        Parameters
        ----------
        question, name : str
            As for `quiz`.
        low, high : float
            The ends of the scale.
        value : float, optional
            The result, where it is known already; it is not told before the guess is made. Else
            ``guess.reveal(value)`` after the experiment, or ``guess.reveal(scores)`` of several seeds.
        tolerance : float, optional
            How near counts as close; a tenth of the scale by default.
        unit : str
            Shown behind the numbers.
        step : float, optional
            From one guess to the next; by default a power of ten that gives 40 to 400.
        why : str
            Shown with the result.

        Returns
        -------
        Prediction
            Shows itself as the last value of a cell, also after `reveal`.

        Raises
        ------
        QuizError
            If the ends, the step, the tolerance or the value do not fit each other.

        Examples
        --------
        >>> from tlnb.controls import quiz
        >>> guess = quiz.predict("How much of the training time do stored features save?", 0, 100, unit="%")
        >>> guess.answer(50)
        Noted. Read on: the result is set beside your guess. Until then you can change it.
        >>> _ = guess.reveal(83.2)
        >>> guess
        How much of the training time do stored features save?
          a guess from 0% to 100%
          It came out as 83.2%. The guess of 50% is 33.2 points too low.
        """
        return Prediction(question, low, high, value, tolerance, unit, step, why, name)

    def __repr__(self) -> str:
        return "quiz(question, answers, correct, why); quiz.number(…), quiz.order(…), quiz.predict(…)"


quiz = Asking()
