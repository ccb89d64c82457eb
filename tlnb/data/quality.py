"""`check_folder`: whether a result from these images would be worth anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from tlnb.core.errors import DataError
from tlnb.data.cards import printable
from tlnb.data.contents import Contents, read_contents
from tlnb.data.duplicates import Duplicate, exact_copies, groups_of, near_copies
from tlnb.data.folder import NO_CLASS, list_folder, no_classes, no_images
from tlnb.data.listing import Listing
from tlnb.data.near import SIDE, small_copies
from tlnb.data.remarks import remarks_on
from tlnb.data.report import FolderReport, Sizes
from tlnb.data.splits import NAMES, Splits, split_images


def check_folder(
    folder: str | Path,
    *,
    size: int = 160,
    seed: int = 0,
    test: float = 0.25,
    valid: float = 0.15,
    labels: str | Path | None = None,
    pattern: str | None = None,
    progress: bool = True,
) -> FolderReport:
    """Check a folder of one's own images before anything is learnt from them.

    Reads every file; counts classes and sizes; finds what cannot be read, images that are there more than once, with
    contradictory labels, or on both sides of a split. It works on folders that `load_data` refuses, and says why.

    Parameters
    ----------
    folder, size, seed, test, valid, labels, pattern, progress
        As in :func:`load_data`. What is decoded here is not decoded again there.

    Returns
    -------
    FolderReport
        With `spoils`, `problems`, `duplicates`, `remarks`, and `groups`, which keep copies on one side of a split.

    Raises
    ------
    DataError
        No such folder, or a table or pattern that cannot work.

    Examples
    --------
    >>> import tempfile
    >>> check_folder(tempfile.mkdtemp(), progress=False).spoils[0][:12]
    'no images in'
    """
    listing = list_folder(Path(folder).expanduser(), labels=labels, pattern=pattern)
    contents = read_contents(listing, int(size), progress)
    small = _small(contents, max(int(size), SIDE))
    duplicates = (*exact_copies(contents), *near_copies(contents, small))
    splits, refusal = _split(contents.listing, seed, test, valid)
    duplicates = tuple(replace(one, parts=_parts(one, splits)) for one in duplicates)
    given = contents.listing.given is not None
    return FolderReport(
        root=listing.root,
        counts=_counts(contents.listing, splits),
        given=given,
        sizes=_sizes(contents, int(size)),
        problems=tuple(sorted(contents.listing.problems, key=lambda one: one.path)),
        duplicates=duplicates,
        spoils=(*refusal, *_spoils(contents.listing, duplicates)),
        remarks=remarks_on(contents, small, duplicates),
        groups=groups_of(duplicates, len(contents.records)),
    )


def _small(contents: Contents, size: int) -> torch.Tensor:
    if not contents.records:
        return small_copies(torch.zeros(0, 3, size, size, dtype=torch.uint8))
    return small_copies(contents.store.pixels(size, size, "bicubic"))


def _split(listing: Listing, seed: int, test: float, valid: float) -> tuple[Splits | None, tuple[str, ...]]:
    """Draw the split as `load_data` does; where it cannot, say why."""
    refusal = _refusal(listing)
    if refusal:
        return None, (refusal,)
    groups = None if listing.group_column is None else listing.columns[listing.group_column]
    try:
        splits = split_images(
            _indices(listing),
            seed=seed,
            test=test,
            valid=valid,
            groups=groups,
            given=listing.given,
            classes=listing.classes,
        )
    except DataError as error:
        return None, (str(error).rstrip("."),)
    return splits, ()


def _refusal(listing: Listing) -> str:
    """Say why `load_data` would refuse a folder whatever the split; empty if it would not."""
    if not listing.files:
        return "none of the files can be read" if listing.problems else no_images(listing)
    if listing.classes == (NO_CLASS,):
        return no_classes(listing)
    empty = sorted(set(listing.classes) - set(listing.labels.tolist()))
    if empty:
        return f"class {empty[0]!r} has no readable image: mend its files, or remove it"
    if len(listing.classes) < 2:
        return f"there is one class only, {listing.classes[0]!r}: a classifier needs two, each in a sub-folder"
    return ""


def _indices(listing: Listing) -> np.ndarray:
    place = {name: index for index, name in enumerate(listing.classes)}
    return np.array([place[name] for name in listing.labels.tolist()], np.int64)


def _counts(listing: Listing, splits: Splits | None) -> dict[str, dict[str, int]]:
    rows = {"all": np.arange(len(listing.files))} if splits is None else {name: getattr(splits, name) for name in NAMES}
    names = {NO_CLASS: "(no class)"}
    return {
        names.get(name, name): {part: int((listing.labels[members] == name).sum()) for part, members in rows.items()}
        for name in listing.classes
    }


def _sizes(contents: Contents, wanted: int) -> Sizes | None:
    if not contents.records:
        return None
    shorter = np.array([min(record.width, record.height) for record in contents.records])
    return Sizes(
        smallest=int(shorter.min()),
        median=int(np.median(shorter)),
        largest=int(shorter.max()),
        wanted=wanted,
        smaller=int((shorter < wanted).sum()),
    )


def _parts(duplicate: Duplicate, splits: Splits | None) -> tuple[str, ...]:
    if splits is None:
        return ()
    return tuple(name for name in NAMES if np.isin(duplicate.rows, getattr(splits, name)).any())


def _spoils(listing: Listing, duplicates: tuple[Duplicate, ...]) -> list[str]:
    found = []
    if listing.problems:
        found.append(f"{len(listing.problems):,} file(s) cannot be used: mend or remove them, so that none is missed")
    contradictory = [one for one in duplicates if one.exact and len(one.classes) > 1]
    if contradictory:
        found.append(
            f"{len(contradictory):,} image(s) lie in two classes or more, such as {_named(contradictory[0])} in "
            f"{' and '.join(contradictory[0].classes)}: delete the wrong copies"
        )
    leaks = [one for one in duplicates if len(one.parts) > 1] if listing.given is not None else []
    if leaks:
        found.append(
            f"{len(leaks):,} image(s) lie on both sides of the split that the folder comes with, such as "
            f"{_named(leaks[0])} in {' and '.join(leaks[0].parts)}: delete one of each, or scores will be too good"
        )
    return found


def _named(duplicate: Duplicate) -> str:
    return " and ".join(printable(file.name) for file in duplicate.files[:2])
