"""Lessons: finding, running, reporting and checking them.

Only the checks, which lessons call, are imported here: running needs papermill, which Colab lacks.
"""

from tlnb.course.checks import check, hint, solution

__all__ = ["check", "hint", "solution"]
