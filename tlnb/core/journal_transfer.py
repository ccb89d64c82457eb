"""Progress that moves: out to a file, in from one of another machine, or aside to begin anew. Nothing is ever lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlnb.core.errors import TlnbError
from tlnb.core.files import file_lock
from tlnb.core.journal_file import (
    NewerFormatError,
    journal_path,
    load_journal,
    load_or_set_aside,
    set_aside,
    write_journal,
)
from tlnb.core.journal_merge import merge_journals

_LOCK_SECONDS = 30.0  # somebody waits for the command's answer, unlike for a note in a lesson
_MOST_BYTES = 16_000_000  # a whole course takes 50 kB: what is larger is a film that was named by mistake


class ProgressError(TlnbError, ValueError):
    """A file that holds no progress, or none that this tlnb can read. Nothing was changed."""


@dataclass(frozen=True)
class CameIn:
    """What an import changed.

    Attributes
    ----------
    passed, right : tuple of str
        Exercises that count as passed now and did not before; quizzes that count as right now.
    other : tuple of str
        The other exercises and quizzes of which more is known now: attempts, times, help.
    """

    passed: tuple[str, ...]
    right: tuple[str, ...]
    other: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.passed or self.right or self.other)


def export_progress(path: str | Path, overwrite: bool = False) -> Path:
    """Write your progress into a file, for another machine.

    Parameters
    ----------
    path : str or Path
        The file.
    overwrite : bool
        Whether a file that is there already is replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ProgressError
        If nothing is recorded yet, what is recorded cannot be read, or `path` is there already.

    Examples
    --------
    >>> from tlnb.core.journal import note_attempt
    >>> note_attempt("3.1.a", passed=True)
    >>> import tempfile
    >>> export_progress(Path(tempfile.mkdtemp()) / "mine.json").name
    'mine.json'
    """
    own, path = journal_path(), Path(path).expanduser()
    journal = _load(own)
    if journal is None:
        raise ProgressError(f"nothing is recorded yet in {own}: there is nothing to export.")
    if path.is_dir():
        raise ProgressError(f"{path} is a folder. Name a file, as {path / 'progress.json'}.")
    if path.exists() and (own.samefile(path) or not overwrite):
        raise ProgressError(f"{path} is there already, and stays as it is. Choose another name.")
    write_journal(path, journal)
    return path


def import_progress(path: str | Path) -> CameIn:
    """Add the progress of a file to your own: `tlnb.core.journal_merge` says how.

    Parameters
    ----------
    path : str or Path
        A file that `export_progress` wrote, or the ``progress.json`` of another machine.

    Returns
    -------
    CameIn
        What is new.

    Raises
    ------
    ProgressError
        If the file is not there, holds no journal, or one of a later tlnb. Nothing is changed then.
    OSError
        If your own journal cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "mine.json"
    >>> entry = '{"attempts": 2, "passed": true}'
    >>> _ = file.write_text(f'{{"format": 1, "exercises": {{"3.1.b": {entry}}}, "quizzes": {{}}}}')
    >>> import_progress(file).passed
    ('3.1.b',)
    """
    theirs = _load(Path(path).expanduser())
    if theirs is None:
        raise ProgressError(f"there is no file {path}.")
    with _own_journal() as own:
        try:
            mine = load_or_set_aside(own)
        except NewerFormatError as error:
            raise ProgressError(f"your own progress in {own} cannot be added to: {error}.") from error
        merged = merge_journals(mine, theirs)
        came = _came_in(merge_journals(mine, mine), merged)
        if came:
            write_journal(own, merged)
    return came


def wipe_progress() -> Path | None:
    """Begin anew: what was recorded is kept beside, under another name.

    Returns
    -------
    Path or None
        Where it is kept; `import_progress` brings it back. None where nothing was recorded.

    Examples
    --------
    >>> from tlnb.core.journal import note_attempt
    >>> note_attempt("3.1.a", passed=True)
    >>> wipe_progress().name.startswith("progress.wiped-")
    True
    >>> wipe_progress() is None
    True
    """
    if not journal_path().is_file():
        return None
    with _own_journal() as own:
        return set_aside(own, "wiped") if own.is_file() else None


@contextmanager
def _own_journal() -> Iterator[Path]:
    """Keep all other writers out of the learner's journal, and say where it is."""
    own = journal_path()
    own.parent.mkdir(parents=True, exist_ok=True)
    with file_lock(own, timeout=_LOCK_SECONDS):
        yield own


def _load(path: Path) -> dict[str, Any] | None:
    """Read the journal in a file; None where there is none."""
    try:
        if not path.exists():
            return None
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it is far too large for one")
        return load_journal(path)
    except NewerFormatError as error:
        raise ProgressError(f"{path} is of a later tlnb: {error}.") from error
    except ValueError as error:
        raise ProgressError(f"{path} holds no progress that can be read: {error}.") from error
    except OSError as error:
        raise ProgressError(f"{path} cannot be read: {error.strerror or error}.") from error


def _came_in(before: dict[str, Any], after: dict[str, Any]) -> CameIn:
    """Compare two journals of which the second has all that the first has."""
    changed = {
        part: [name for name, entry in after[part].items() if entry != before[part].get(name)]
        for part in ("exercises", "quizzes")
    }

    def newly(part: str, word: str) -> tuple[str, ...]:
        return tuple(n for n in changed[part] if after[part][n][word] and not before[part].get(n, {}).get(word))

    passed, right = newly("exercises", "passed"), newly("quizzes", "right")
    rest = [name for name in (*changed["exercises"], *changed["quizzes"]) if name not in {*passed, *right}]
    return CameIn(passed, right, tuple(rest))
