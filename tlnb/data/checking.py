"""What may be wrong with images although every file can be read: changed since they were published, or there twice."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from tlnb.core.errors import DataError
from tlnb.data.cards import Problem
from tlnb.data.catalogue import NamedSet, hash_files

if TYPE_CHECKING:
    from tlnb.data.images import ImageData


@dataclass(frozen=True)
class FileCheck:
    """What comparing a set's files with their published checksums gave.

    Attributes
    ----------
    files, verified : int
        How many there are, and how many of these are as published.
    problems : tuple of Problem
        Those that are not, with reasons; the others have no published checksum.
    """

    files: int
    verified: int
    problems: tuple[Problem, ...]


def check_files(entry: NamedSet) -> FileCheck:
    """Read every file of a set again, and compare it with the checksum that it was published with.

    Raises
    ------
    DataError
        The set is not here, or cannot be listed.
    """
    try:
        listing = entry.find()
    except DataError:
        raise
    except (OSError, ValueError) as error:  # the list itself is damaged
        raise DataError(f"the files of {entry.name} cannot be listed ({error}): get them again.") from error
    known = dict(_recorded(entry.packages))
    problems, verified = [], 0
    for file, sha256 in zip(listing.files, hash_files(listing), strict=True):
        expected = known.get(file.resolve())
        if not sha256:
            problems.append(Problem(file, "it cannot be read"))
        elif expected is not None and sha256 != expected:
            problems.append(Problem(file, f"its SHA-256 is {sha256}, published was {expected}"))
        verified += sha256 == expected
    if not problems:
        try:
            entry.card()
        except DataError as error:
            problems.append(Problem(listing.root, str(error)))
    return FileCheck(len(listing.files), verified, tuple(problems))


def _recorded(packages: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    """Yield the path and the SHA-256 of each file that the installer recorded for these packages."""
    for package in packages:
        try:
            files = metadata.files(package) or []
        except metadata.PackageNotFoundError:
            continue
        for file in files:
            if file.hash is not None and file.hash.mode == "sha256":
                digest = urlsafe_b64decode(file.hash.value + "=" * (-len(file.hash.value) % 4))
                yield Path(str(file.locate())).resolve(), digest.hex()


@dataclass(frozen=True)
class Duplicate:
    """One image that lies in several files, byte for byte.

    Attributes
    ----------
    files : tuple of Path
        Where it is.
    classes : tuple of str
        Its labels, each once. With more than one, it teaches a contradiction.
    """

    files: tuple[Path, ...]
    classes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{', '.join(map(str, self.files))}: the same image, labelled {' and '.join(self.classes)}"


def find_duplicates(images: ImageData) -> tuple[Duplicate, ...]:
    """Return images that are there more than once, byte for byte, those with several labels first.

    Copies with one label are no contradiction, but may come to lie in training and test.

    Parameters
    ----------
    images : ImageData
        From files; images made from tensors have none.
    """
    hashes = getattr(images.store, "hashes", ())
    bad = getattr(images.store, "bad", {})
    kept = [sha256 for row, sha256 in enumerate(hashes) if row not in bad]
    rows: dict[str, list[int]] = {}
    for row, sha256 in enumerate(kept):
        rows.setdefault(sha256, []).append(row)
    labels = images.labels.tolist()
    found = [
        Duplicate(
            tuple(images.files[row] for row in same),
            tuple(images.classes[index] for index in sorted({labels[row] for row in same})),
        )
        for same in rows.values()
        if len(same) > 1
    ]
    return tuple(sorted(found, key=lambda duplicate: len(duplicate.classes) == 1))
