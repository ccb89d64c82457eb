"""Questions before the experiment tells: one or several answers, a number, an order, a guess on a scale.

What is asked is data in the lesson's source, and its text is only ever text. Judging is done here, in Python: the page
gets no answer before it has to. Where no widget can be shown, the question stands there as text.
"""

from __future__ import annotations

from tlnb.controls.quizzes.asking import quiz
from tlnb.controls.quizzes.content import QuizError
from tlnb.controls.quizzes.question import Quiz, Reply

__all__ = ["Quiz", "QuizError", "Reply", "quiz"]
