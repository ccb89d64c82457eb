"""Lessons: finding, running, reporting and checking them.

Only what lessons call is imported here: running needs papermill, which Colab lacks.
"""

from tlnb.core.journal_transfer import export_progress, import_progress, wipe_progress
from tlnb.course.checks import check, hint, solution
from tlnb.course.panel import panel
from tlnb.course.progress import progress

__all__ = ["check", "export_progress", "hint", "import_progress", "panel", "progress", "solution", "wipe_progress"]
