"""The course as a control, for hosts that have no panel of their own: Colab, VS Code."""

from tlnb.controls.course_panel.course_panel import Course, CoursePanel

__all__ = ["Course", "CoursePanel"]
