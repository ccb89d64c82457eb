"""What a check finds: one line, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

State: TypeAlias = Literal["good", "warning", "broken"]


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes
    ----------
    what : str
        What was looked at, in a word or two.
    state : {"good", "warning", "broken"}
        Broken is what something that tlnb promises does not work with. With a warning everything works, or
        something is missing that not everybody needs.
    says : str
        What was found.
    do : str
        What to do about it; empty where nothing is to be done.

    Examples
    --------
    >>> broken("torch", "is not installed", "pip install torch torchvision").state
    'broken'
    """

    what: str
    state: State
    says: str
    do: str = ""


def good(what: str, says: str, do: str = "") -> Finding:
    """Say that something works, and perhaps what would add to it."""
    return Finding(what, "good", says, do)


def warning(what: str, says: str, do: str) -> Finding:
    """Say what is missing or may surprise, while everything else works."""
    return Finding(what, "warning", says, do)


def broken(what: str, says: str, do: str) -> Finding:
    """Say what does not work."""
    return Finding(what, "broken", says, do)


def in_gigabytes(count: float) -> str:
    """Say a number of bytes in GB.

    >>> in_gigabytes(1_500_000_000)
    '1.5 GB'
    """
    return f"{count / 1e9:,.1f} GB"
