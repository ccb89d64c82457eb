"""The Python half of what learners steer by hand; each control shows itself as the last value of a cell."""

from tlnb.controls.quiz import Quiz, quiz

__all__ = ["Quiz", "quiz"]
