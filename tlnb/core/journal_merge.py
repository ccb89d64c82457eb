"""Two journals made one, as of a learner who worked on two machines: what either has is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from tlnb.core.journal_file import NEW


def merge_journals(mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Merge two journals, of which neither is changed.

    What is passed or right stays so, attempts and hints are the larger number, and times the earlier ones. Whether a
    quiz was right at the first choice is as the journal says that saw it first. So the order of merging does not
    matter, nor does merging twice; only of what this tlnb does not know, mine counts where both have it.

    Parameters
    ----------
    mine, theirs : dict
        As `tlnb.core.journal.read_journal` gives them.

    Returns
    -------
    dict
        A journal in which every entry has all of its fields.

    Examples
    --------
    >>> here = {"format": 1, "exercises": {"3.1.a": {"attempts": 4}}, "quizzes": {}}
    >>> there = {"format": 1, "exercises": {"3.1.a": {"attempts": 2, "passed": True}}, "quizzes": {}}
    >>> entry = merge_journals(here, there)["exercises"]["3.1.a"]
    >>> entry["attempts"], entry["passed"]
    (4, True)
    """
    merged = {**theirs, **mine}
    for part in NEW:
        names = [*mine[part], *(name for name in theirs[part] if name not in mine[part])]
        merged[part] = {name: _entry(part, mine[part].get(name), theirs[part].get(name)) for name in names}
    return merged


def _entry(part: str, mine: dict[str, Any] | None, theirs: dict[str, Any] | None) -> dict[str, Any]:
    """Merge what two journals say of one exercise or quiz."""
    ours = {**NEW[part], **(mine if mine is not None else theirs or {})}
    other = {**NEW[part], **(theirs if theirs is not None else ours)}
    merged = {**other, **ours}
    merged |= {key: choose(ours[key], other[key]) for key, choose in _FIELDS.items() if key in NEW[part]}
    if part == "quizzes":
        merged["right_first"] = _of_the_earlier(ours, other, "right_first")
    return merged


def _of_the_earlier(one: dict[str, Any], other: dict[str, Any], key: str) -> bool:
    """Give what the entry says whose first time is earlier; of one time, whether either says so."""
    mine, theirs = _when(one["first"]), _when(other["first"])
    return bool((mine <= theirs and one[key]) or (theirs <= mine and other[key]))


def _earlier(one: str | None, other: str | None) -> str | None:
    """Choose the earlier of two times; None where neither is known."""
    return min((text for text in (one, other) if text), key=_when, default=None)


def _when(text: str) -> tuple[datetime, bool, str]:
    """Order times by the moment; what cannot be read comes after that, and what is not known last."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        moment = datetime.max.replace(tzinfo=timezone.utc)
    return moment, not text, text


def _either(one: bool, other: bool) -> bool:
    return one or other


_FIELDS: dict[str, Callable[[Any, Any], Any]] = {
    "attempts": max,
    "hints": max,
    "passed": _either,
    "solution": _either,
    "right": _either,
    "first": lambda one, other: _earlier(one, other) or "",
    "passed_at": _earlier,
}
