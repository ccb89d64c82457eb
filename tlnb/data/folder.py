"""A folder of one's own images: finds the files, and the label of each by folder, by CSV or by file name."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tlnb.core.errors import DataError, did_you_mean
from tlnb.data.cards import Problem
from tlnb.data.listing import Listing, sort_classes

_READ = ".png .jpg .jpeg .jpe .jfif .mpo .bmp .dib .gif .tif .tiff .webp .ppm .pgm .pbm .pnm"
# Images that people have and Pillow reads not at all, or not everywhere: told, not passed over.
_NOT_READ = ".heic .heif .avif .jxl .jp2 .dng .cr2 .cr3 .nef .arw .svg .psd .dcm .eps"
SUFFIXES, _OTHER_IMAGES = frozenset(_READ.split()), frozenset(_NOT_READ.split())
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
    if not root.is_dir():
        raise DataError(f"{root} is not a folder: pass the folder that holds one sub-folder for each class.")
    if labels is not None and pattern is not None:
        raise DataError("labels= and pattern= both say what the labels are: pass one of them.")
    problems: list[Problem] = []
    if labels is not None:
        rows = _rows_of_csv(root, Path(labels), problems)
    elif pattern is not None:
        rows = _rows_by_pattern(root, pattern, problems)
    else:
        rows = _rows_by_folder(root, problems)
    return _listing(root, rows, problems)


def _listing(root: Path, rows: list[tuple[Path, dict[str, str]]], problems: list[Problem]) -> Listing:
    names = sorted({name for _, row in rows for name in row} - {"label", "split"})
    return Listing(
        root=root.resolve(),
        files=tuple(file for file, _ in rows),
        labels=np.array([row["label"] for _, row in rows], dtype=str),
        classes=sort_classes({row["label"] for _, row in rows}),
        columns={name: _column([row.get(name, "") for _, row in rows]) for name in names},
        given=_given([row.get("split", "") for _, row in rows]),
        group_column="group" if "group" in names else None,
        problems=tuple(problems),
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


def _rows_by_folder(root: Path, problems: list[Problem]) -> list[tuple[Path, dict[str, str]]]:
    """Take the first folder below the root for the class, or the first below train, valid and test."""
    paths = [(file, file.relative_to(root).parts) for file in _walk(root, problems)]
    tops = {parts[0].lower() for _, parts in paths if len(parts) > 1}
    deep = {parts[0].lower() for _, parts in paths if len(parts) > 2}
    # "train" alone may be a class, between "car" and "bus"; it divides where nothing else stands beside it.
    divided = bool(tops) and tops <= set(_SPLIT_NAMES) and any(_SPLIT_NAMES[top] == "train" for top in deep)
    rows = []
    for file, parts in paths:
        if len(parts) < 2 + divided:
            problems.append(Problem(file, "it lies in no class folder"))
        elif divided:
            rows.append((file, {"label": parts[1], "split": parts[0]}))
        else:
            rows.append((file, {"label": parts[0]}))
    if not rows:
        if paths:
            hint = "make one sub-folder for each class and move them there, or pass labels= or pattern="
            raise DataError(f"{len(paths)} images lie in {root} itself, in no class folders: {hint}.")
        raise DataError(f"no images in {root}: it needs one sub-folder for each class, with files of {_READ}.")
    return rows


def _rows_by_pattern(root: Path, pattern: str, problems: list[Problem]) -> list[tuple[Path, dict[str, str]]]:
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise DataError(f"the pattern {pattern!r} is no regular expression: {error}.") from None
    if "label" not in expression.groupindex:
        raise DataError(f"the pattern {pattern!r} has no group named label: write (?P<label>...) around it.")
    rows, example = [], ""
    for file in _walk(root, problems):
        name = file.relative_to(root).as_posix()
        found = expression.search(name)
        if found and found["label"]:
            rows.append((file, {key: value or "" for key, value in found.groupdict().items()}))
        else:
            example = example or name
            problems.append(Problem(file, "its name does not match the pattern"))
    if not rows:
        raise DataError(f"the pattern {pattern!r} matches no image in {root}, such as {example!r}.")
    return rows


def _rows_of_csv(root: Path, table: Path, problems: list[Problem]) -> list[tuple[Path, dict[str, str]]]:
    if not table.is_file():
        raise DataError(f"there is no file {table}: labels= takes the path of a CSV file.")
    text = table.read_text(encoding="utf-8-sig")  # spreadsheets write a byte-order mark
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(text.splitlines(), delimiter=delimiter, skipinitialspace=True)
    names = [name.strip() for name in reader.fieldnames or []]
    reader.fieldnames = names
    for wanted in ("file", "label"):
        if wanted not in names:
            raise DataError(
                f"{table} has no column {wanted!r} but {', '.join(names) or 'nothing'}: the first line names "
                f"the columns, file and label at least.{did_you_mean(wanted, names)}"
            )
    rows, seen = [], set()
    for line in reader:
        row = {name: (line[name] or "").strip() for name in names}
        file = root / row.pop("file")
        if file in seen:
            problems.append(Problem(file, "it is listed twice; the first line counts"))
        elif not file.is_file():
            problems.append(Problem(file, "it is listed, but there is no such file"))
        elif not row["label"]:
            problems.append(Problem(file, "it has no label"))
        else:
            rows.append((file, row))
        seen.add(file)
    if not rows:
        raise DataError(f"no file that {table} lists is in {root}: its column file is relative to that folder.")
    return rows


def _walk(root: Path, problems: list[Problem]) -> Iterator[Path]:
    """Yield image files in a stable order; hidden files and what archives leave behind are passed over."""
    for folder, below, names in os.walk(root, followlinks=False):
        links = [name for name in below if (Path(folder) / name).is_symlink()]
        below[:] = sorted(name for name in below if not name.startswith((".", "__")) and name not in links)
        found = [Path(folder) / name for name in sorted(names) if not name.startswith(".")]
        for name in sorted(links):  # a linked class folder counts; what it links to deeper does not: no loops
            found += sorted(file for file in (Path(folder) / name).iterdir() if file.is_file())
        for file in found:
            suffix = file.suffix.lower()
            if suffix in SUFFIXES:
                yield file
            elif suffix in _OTHER_IMAGES:
                problems.append(Problem(file, f"{suffix} files cannot be read: save it as PNG or JPEG"))
