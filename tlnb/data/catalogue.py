"""The data sets that have a name: what each is, whose it is, how to get it, and whether it is here.

To add a set, add its entry to `CATALOGUE`. Nothing in this module decodes an image or needs torch, so that a list of
hundreds of sets is there at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tlnb.core.errors import DataError, did_you_mean
from tlnb.core.files import sha256_file
from tlnb.data import elpv, photos
from tlnb.data.cards import DataCard
from tlnb.data.digits import ENTRY as DIGITS
from tlnb.data.emoji.card import entry as emoji_entry
from tlnb.data.listing import Listing
from tlnb.data.mnist.blended import ENTRY as MNIST_M
from tlnb.data.mnist.plain import ENTRY as MNIST
from tlnb.data.online.entries import online_entries


@dataclass(frozen=True)
class NamedSet:
    """A data set that `load_data` knows by name.

    Attributes
    ----------
    name, title : str
        The short name, and what it holds in a line.
    images : int
        How many there are.
    classes : tuple of str
        What they show.
    licence, source : str
        On what terms, and where it comes from.
    get : str
        The command that brings it here.
    sizes : tuple of int
        Sides in pixels that lessons open it at.
    find : callable
        Lists the files where they are here, else raises a DataError that says how to get them; downloads nothing.
    describe : callable
        Makes the card from listing, bytes and SHA-256 of the images; raises a DataError where they are not those
        that were published.
    packages : tuple of str
        Installed distributions whose records hold the files' checksums.
    options : tuple of str
        Names of the keyword arguments of `load_data` that are for this set, and that `find` takes.
    mark : callable, optional
        Of a set that is downloaded: gives a word that what came is known by, without reading that; empty where the set
        is not here.
    """

    name: str
    title: str
    images: int
    classes: tuple[str, ...]
    licence: str
    source: str
    get: str
    sizes: tuple[int, ...]
    find: Callable[..., Listing]
    describe: Callable[[Listing, int, str], DataCard]
    packages: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    mark: Callable[[], str] | None = None

    @property
    def here(self) -> bool:
        """Whether the files are on this machine; of a set that is downloaded, without reading anything of it."""
        if self.mark is not None:
            return bool(self.mark())
        try:
            self.find()
        except DataError:
            return False
        return True

    def card(self) -> DataCard:
        """Describe the set as it is here.

        Raises
        ------
        DataError
            It is not here, or its files are not those that were published.
        """
        listing = self.find()
        size = listing.made.bytes if listing.made else sum(file.stat().st_size for file in listing.files)
        return self.describe(listing, size, digest_of_files(listing))


_EMBEDDED = (emoji_entry(), MNIST, MNIST_M, DIGITS)

CATALOGUE = {
    entry.name: entry
    for entry in (
        NamedSet(
            name="elpv",
            title="Solar cells in electroluminescence, sound or defective",
            images=2624,
            classes=elpv.TASKS["defect"],
            licence="CC BY-NC-SA 4.0",
            source="PyPI elpv-dataset, 91 MB",
            get='pip install "tlnb[data]"',
            sizes=(96, 128, 160),
            find=elpv.find_elpv,
            describe=elpv.elpv_card,
            packages=("elpv-dataset",),
            options=("task",),
        ),
        NamedSet(
            name="photos",
            title="Single photographs, to look at",
            images=len(photos.PHOTOS),
            classes=tuple(photos.PHOTOS),
            licence="free, each its own",
            source="PyPI scikit-image and scikit-learn",
            get='pip install "tlnb[data]"',
            sizes=(160,),
            find=photos.find_photos,
            describe=lambda listing, size, sha256: photos.photos_card(size, sha256),
            packages=("scikit-image", "scikit-learn"),
        ),
        *(NamedSet(**about) for about in (*_EMBEDDED, *online_entries())),
    )
}


# What else works offline, for tasks that one label an image does not serve: tlnb.data.NAME.load_NAME.
OF_OTHER_KINDS = {
    "scenes": "detection and segmentation",
    "nuclei": "detection and segmentation",
    "clips": "sequences",
}


def all_sets() -> tuple[NamedSet, ...]:
    """Return every named set.

    Examples
    --------
    >>> [entry.name for entry in all_sets()][:2]
    ['elpv', 'photos']
    """
    return tuple(CATALOGUE.values())


def find_set(name: str) -> NamedSet:
    """Return a named set.

    Raises
    ------
    DataError
        If there is none of that name; near ones are given.

    Examples
    --------
    >>> find_set("elpv").images
    2624
    """
    if name not in CATALOGUE:
        raise unknown_set(name)
    return CATALOGUE[name]


def unknown_set(name: str) -> DataError:
    """Make the error for a name that is no set's and no folder's; sets of other kinds say how they are loaded."""
    if name in OF_OTHER_KINDS:
        return DataError(
            f"{name!r} is no set of labelled images, but one for {OF_OTHER_KINDS[name]}: "
            f"from tlnb.data.{name} import load_{name}"
        )
    near = did_you_mean(name, [*CATALOGUE, *OF_OTHER_KINDS])
    return DataError(
        f"there is no data set and no folder {name!r}.{near} Named sets: {', '.join(CATALOGUE)}. For images of "
        "your own, pass a folder with a sub-folder for each class."
    )


def digest_of_files(listing: Listing) -> str:
    """Give the SHA-256 over the files' hashes, by which the cache and the cards know a set."""
    if listing.made is not None:
        return listing.made.sha256
    return digest_of_hashes(hash_files(listing))


def digest_of_hashes(hashes: Sequence[str]) -> str:
    """Give one SHA-256 for many, in order."""
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def hash_files(listing: Listing) -> list[str]:
    """Compute the SHA-256 of each file; empty where one cannot be read."""

    def look(file: Path) -> str:
        try:
            return sha256_file(file)
        except OSError:
            return ""

    with ThreadPoolExecutor() as pool:
        return list(pool.map(look, listing.files))
