"""Answers can be anything at all: calling them, writing them in a message, and seeing that there is none yet.

For the checks in ``tlnb.course.answers``. What an answer does stays with it: it gets copies, and its errors are told.
"""

from __future__ import annotations

import copy
import dis
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from tlnb.core.errors import TlnbError


class AnswerError(TlnbError, ValueError):
    """What is wrong with an answer, raised from deep inside a check: `check` shows it as feedback."""


class UnansweredError(TlnbError):
    """There is no answer yet, as became clear only inside a check."""


@dataclass(frozen=True)
class Called:
    """What came of calling an answer: what it returned, and its arguments as it left them."""

    returned: Any
    arguments: tuple[Any, ...]


def call_answer(answer: Any, *arguments: Any) -> Called:
    """Call an answer that is a function, for a check.

    Parameters
    ----------
    answer : object
        The learner's.
    *arguments : object
        Handed over as deep copies: whatever the function does to them, the check's own stay as they are.

    Returns
    -------
    Called
        What it returned, and the copies as it left them.

    Raises
    ------
    AnswerError
        If it is not a function, or stops with an error; `check` shows the message.
    UnansweredError
        If it returns ``...``.

    Examples
    --------
    >>> call_answer(sorted, [3, 1, 2])
    Called(returned=[1, 2, 3], arguments=([3, 1, 2],))
    """
    if not callable(answer):
        raise AnswerError(f"A function is asked for; this is {shown(answer)}. Pass its name, without brackets.")
    copies = copy.deepcopy(arguments)
    try:
        returned = answer(*copies)
    except (Exception, SystemExit) as error:
        raise AnswerError(f"Your function stopped with {error_line(error)}") from error
    if returned is ...:
        raise UnansweredError
    return Called(returned, copies)


def shown(value: Any, most: int = 80) -> str:
    """Write any value for a message: on one line, short, and safe where its own repr is not.

    Examples
    --------
    >>> shown([1, 2]), shown("x" * 200, most=10)
    ('[1, 2]', "'xxxxxxxx…")
    """
    kind = type(value).__name__
    try:
        shape = getattr(value, "shape", None)
        text = repr(value) if shape is None else f"{kind} of shape {tuple(shape)}"
        line = " ".join(text.split())
    except Exception:
        return f"something of type {kind}"
    return line if len(line) <= most else f"{line[: most - 1]}…"


def is_stub(answer: Any) -> bool:
    """Say whether nothing was filled in: ``...``, a list, tuple or dict with it, or a function whose body is it.

    Examples
    --------
    >>> is_stub(...), is_stub({"body": 0.1, "head": ...}), is_stub(None)
    (True, True, False)
    """
    if type(answer) is FunctionType:
        steps = list(dis.get_instructions(answer))
        loaded = [step.argval for step in steps if "CONST" in step.opname]
        does = {step.opname for step in steps} - {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}
        return not does and all(value is None or value is ... for value in loaded)
    # Only identity is asked of what is in there: == may raise, or give an array.
    inside = answer.values() if type(answer) is dict else answer if type(answer) in (list, tuple) else (answer,)
    return any(value is ... for value in inside)


def error_line(error: BaseException) -> str:
    """Write an error's kind and the first line of what it says, whatever its own text does."""
    kind = type(error).__name__
    try:
        lines = str(error).strip().splitlines()
    except Exception:
        return kind
    return f"{kind}: {lines[0][:200]}" if lines else kind
