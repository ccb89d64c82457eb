"""Lessons: finding, running, reporting and checking them.

Only what lessons call is imported here: running needs papermill, which Colab lacks.
"""

from tlnb.course.checks import check, hint, solution
from tlnb.course.progress import progress

__all__ = ["check", "hint", "progress", "solution"]
