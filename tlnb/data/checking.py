"""Whether the files of a named set are still those that were published."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from tlnb.core.errors import DataError
from tlnb.data.cards import Problem
from tlnb.data.catalogue import NamedSet, hash_files
from tlnb.data.listing import Listing


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
    if listing.made is not None:
        return _check_made(entry, listing)
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


def _check_made(entry: NamedSet, listing: Listing) -> FileCheck:
    """Let the set compare the one file that its images are made from: its card does."""
    try:
        entry.card()
    except DataError as error:
        return FileCheck(1, 0, (Problem(listing.root, str(error)),))
    return FileCheck(1, 1, ())


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
