"""A folder of one's own images: finds the files, and the label of each by folder, by CSV or by file name."""

from __future__ import annotations

import re
from pathlib import Path
from unicodedata import normalize

import numpy as np

from tlnb.core.errors import DataError
from tlnb.data.cards import Problem, printable
from tlnb.data.listing import Listing, sort_classes
from tlnb.data.table import Row, rows_of_table
from tlnb.data.walk import READ, Walk

NO_CLASS = ""  # the label of images that lie in no class folder, where none does

_SPLIT_NAMES = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("valid", "val", "validation"), "valid"),
    **dict.fromkeys(("test", "testing"), "test"),
}


def find_folder(root: Path, *, labels: str | Path | None = None, pattern: str | None = None) -> Listing:
    r"""List the images of a folder with their labels.

    Parameters
    ----------
    root : Path
        One sub-folder a class, whatever lies deeper; or the same below ``train``, ``valid`` (``val``,
        ``validation``) and ``test``.
    labels : path, optional
        A CSV file with the columns ``file`` (relative to `root`) and ``label``, and perhaps ``group`` and
        ``split``; other columns are kept. The folders then mean nothing.
    pattern : str, optional
        A regular expression, searched for in each path below `root` (with ``/``), with a group named
        ``label`` and perhaps others, such as ``group`` and ``split``:
        ``r"(?P<label>cat|dog)_(?P<group>\d+)"``.

    Returns
    -------
    Listing
        A column ``group`` becomes the default for what may not be parted.

    Raises
    ------
    DataError
        Nothing to be found where it was looked for.
    """
    listing = list_folder(root, labels=labels, pattern=pattern)
    if listing.files and listing.classes == (NO_CLASS,):
        raise DataError(f"{no_classes(listing)}.")
    if not listing.files:
        raise DataError(f"{no_images(listing)}.")
    return listing


def list_folder(root: Path, *, labels: str | Path | None = None, pattern: str | None = None) -> Listing:
    """List what is in a folder, as :func:`find_folder` does, even if nothing can be learnt from it.

    Returns
    -------
    Listing
        Without class folders, the only class is `NO_CLASS`; without images, there is none.

    Raises
    ------
    DataError
        No folder, a table or pattern that cannot work.
    """
    if not root.is_dir():
        raise DataError(f"{printable(root)} is not a folder: pass the folder that holds one sub-folder for each class.")
    if labels is not None and pattern is not None:
        raise DataError("labels= and pattern= both say what the labels are: pass one of them.")
    if labels is not None:
        problems: list[Problem] = []
        return _listing(root, rows_of_table(root, Path(labels), problems), problems, {})
    walk = Walk(root)
    rows = _rows_by_folder(walk) if pattern is None else _rows_by_pattern(walk, pattern)
    return _listing(root, rows, walk.problems, walk.passed_over)


def no_classes(listing: Listing) -> str:
    """Say that images lie in no class folders, and what to do."""
    return (
        f"{len(listing.files)} images lie in {printable(listing.root)} itself, in no class folders: make one "
        "sub-folder for each class and move them there, or pass labels= or pattern="
    )


def no_images(listing: Listing) -> str:
    """Say that there are no images, what there is instead, and what to do."""
    others = ", ".join(f"{count:,} {suffix or 'without ending'}" for suffix, count in listing.passed_over.items())
    found = f" (but files of other kinds: {others})" if others else ""
    return (
        f"no images in {printable(listing.root)}{found}: it needs one sub-folder for each class, with files of {READ}"
    )


def _listing(root: Path, rows: list[Row], problems: list[Problem], passed_over: dict[str, int]) -> Listing:
    rows = [(file, row | {"label": normalize("NFC", printable(row["label"]))}) for file, row in rows]
    names = sorted({name for _, row in rows for name in row} - {"label", "split"})
    return Listing(
        root=root.resolve(),
        files=tuple(file for file, _ in rows),
        labels=np.array([row["label"] for _, row in rows], dtype=str),
        classes=sort_classes({row["label"] for _, row in rows}),
        columns={name: _column([printable(row.get(name, "")) for _, row in rows]) for name in names},
        given=_given([row.get("split", "") for _, row in rows]),
        group_column="group" if "group" in names else None,
        problems=tuple(problems),
        passed_over=dict(sorted(passed_over.items())),
    )


def _column(values: list[str]) -> np.ndarray:
    """Numbers where all are numbers, else strings."""
    try:
        numbers = np.array(values).astype(np.float64)
    except ValueError:
        return np.array(values)
    whole = all(value.isdecimal() for value in values)
    return numbers.astype(np.int64) if whole else numbers


def _given(values: list[str]) -> np.ndarray | None:
    if not any(values):
        return None
    unknown = sorted({value for value in values if value.lower() not in _SPLIT_NAMES})
    if unknown:
        raise DataError(f"unknown split {unknown[0]!r}: each image needs train, valid or test.")
    return np.array([_SPLIT_NAMES[value.lower()] for value in values])


def _rows_by_folder(walk: Walk) -> list[Row]:
    """Take the first folder below the root for the class, or the first below train, valid and test."""
    paths = [(file, file.relative_to(walk.root).parts) for file in walk.files]
    tops = {parts[0].lower() for _, parts in paths if len(parts) > 1}
    deep = {parts[0].lower() for _, parts in paths if len(parts) > 2}
    # "train" alone may be a class, between "car" and "bus"; it divides where nothing else stands beside it.
    divided = bool(tops) and tops <= set(_SPLIT_NAMES) and any(_SPLIT_NAMES[top] == "train" for top in deep)
    rows: list[Row] = []
    loose = []
    for file, parts in paths:
        if len(parts) < 2 + divided:
            loose.append(file)
        elif divided:
            rows.append((file, {"label": parts[1], "split": parts[0]}))
        else:
            rows.append((file, {"label": parts[0]}))
    if not rows:
        return [(file, {"label": NO_CLASS}) for file in loose]
    walk.problems += [Problem(file, "it lies in no class folder") for file in loose]
    return rows


def _rows_by_pattern(walk: Walk, pattern: str) -> list[Row]:
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise DataError(f"the pattern {pattern!r} is no regular expression: {error}.") from None
    if "label" not in expression.groupindex:
        raise DataError(f"the pattern {pattern!r} has no group named label: write (?P<label>...) around it.")
    rows: list[Row] = []
    example = ""
    for file in walk.files:
        name = file.relative_to(walk.root).as_posix()
        found = expression.search(name)
        if found and found["label"]:
            rows.append((file, {key: value or "" for key, value in found.groupdict().items()}))
        else:
            example = example or name
            walk.problems.append(Problem(file, "its name does not match the pattern"))
    if not rows:
        raise DataError(
            f"the pattern {pattern!r} matches no image in {printable(walk.root)}, such as {printable(example)!r}."
        )
    return rows
