"""Where a monitor's runs keep their checkpoints: ``folder/run-1``, ``folder/run-2``..."""

from __future__ import annotations

from pathlib import Path

from tlnb.core.errors import CheckpointError

_PREFIX = "run-"


def folder(inside: Path, number: int) -> Path:
    """Return the folder of one run."""
    return inside / f"{_PREFIX}{number}"


def number_of(folder: Path) -> int:
    """Return the number of the run that a folder belongs to.

    Examples
    --------
    >>> number_of(Path("mine/run-12"))
    12
    """
    return int(folder.name.removeprefix(_PREFIX))


def next_number(inside: Path) -> int:
    """Return the number of the next run, which has no folder yet."""
    return max(_numbers(inside), default=0) + 1


def last_folder(inside: Path) -> Path:
    """Return the folder of the last run.

    Raises
    ------
    CheckpointError
        If there is none.
    """
    numbers = _numbers(inside)
    if not numbers:
        raise CheckpointError(f"{inside} holds no run to resume. start() begins one.")
    return folder(inside, max(numbers))


def _numbers(inside: Path) -> list[int]:
    names = [path.name.removeprefix(_PREFIX) for path in inside.glob(f"{_PREFIX}*") if path.is_dir()]
    return [int(name) for name in names if name.isdecimal()]
