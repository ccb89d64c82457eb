"""Lessons run without a page: of the learner's own copy, one at a time, each in a process of its own.

`states` is what is known of each run, in a small file; `queue` starts, stops and watches; `child` is the process.
"""

from tlnb.course.headless.queue import RunQueue
from tlnb.course.headless.states import RunState, read_states

__all__ = ["RunQueue", "RunState", "read_states"]
