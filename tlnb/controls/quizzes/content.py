"""What authors write: checked when the question is made, and shown as text and nothing else."""

from __future__ import annotations

import math
import re
from html import escape
from typing import Any

from tlnb.core.errors import TlnbError


class QuizError(TlnbError, ValueError):
    """A question that cannot be asked, or an answer that cannot be judged."""


def text_of(value: Any, what: str, *, blank: bool = False) -> str:
    """Return a text as it is; anything else, or one with nothing in it, is an error that names what it is for."""
    if not isinstance(value, str):
        raise TypeError(f"{what} must be a text, not {value!r}.")
    if not blank and not value.strip():
        raise QuizError(f"{what} is empty: write it out.")
    return value


def texts_of(value: Any, what: str, example: str) -> tuple[str, ...]:
    """Return two texts or more, all different."""
    if isinstance(value, str):
        raise TypeError(f"{what} must be a list, as {example}, not the text {value!r}.")
    found = tuple(text_of(one, f"each of the {what}") for one in value)
    if len(set(found)) != len(found) or len(found) < 2:
        raise QuizError(f"A quiz needs two {what} or more, all different; got {list(found)}.")
    return found


def number_of(value: Any, what: str) -> float:
    """Return a finite number, also from NumPy's and PyTorch's kinds of one."""
    if isinstance(value, (str, bool)) or not hasattr(value, "__float__"):
        raise TypeError(f"{what} must be a number, not {value!r}.")
    number = float(value)
    if not math.isfinite(number):
        raise QuizError(f"{what} is {number}: it must be finite.")
    return number


def name_of(value: Any) -> str | None:
    """Return the name of a quiz, or None for one that has none."""
    if value is not None and not re.fullmatch(r"\d+\.\d+\.\w+", str(value), re.ASCII):
        raise QuizError(f'name={value!r} is not the name of a quiz: lesson, dot and number, as "3.1.1".')
    return value


def rich(text: str) -> str:
    """Escape everything, and show what stands in backquotes as code.

    Examples
    --------
    >>> rich("Is `a < b`?")
    'Is <code>a &lt; b</code>?'
    """
    # A page may typeset what stands between dollars as mathematics; a tag of their own ends that.
    apart = re.sub(r"[$\\]", r"<span>\g<0></span>", escape(text))
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", apart)


def told(value: float, digits: int = 12) -> str:
    """Write a number for people.

    Examples
    --------
    >>> told(1281000.0), told(0.25), told(3e-5), told(2 / 3, digits=3)
    ('1,281,000', '0.25', '3e-05', '0.667')
    """
    rounded = float(f"{value:.{digits}g}")
    if rounded.is_integer() and abs(rounded) < 1e15:
        return f"{int(rounded):,}"
    return f"{rounded:,.{digits}g}"


def with_unit(value: float, unit: str, digits: int = 12) -> str:
    """Write a number with its unit: a space before a word, none before a sign such as %."""
    return f"{told(value, digits)}{' ' if unit[:1].isalnum() else ''}{unit}"
