"""What works on this machine, and what to do about what does not; nothing that is examined need be whole for that."""

from tlnb.course.doctor.examining import Examination, examine, findings
from tlnb.course.doctor.finding import Finding

__all__ = ["Examination", "Finding", "examine", "findings"]
