"""`load_data`: from a name or a folder to images, labels and splits."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tlnb.core.errors import DataError, did_you_mean
from tlnb.core.used import note
from tlnb.data.cards import DataCard, printable
from tlnb.data.catalogue import CATALOGUE, NamedSet, unknown_set
from tlnb.data.contents import Contents, read_contents
from tlnb.data.duplicates import exact_copies
from tlnb.data.folder import find_folder
from tlnb.data.images import ImageData
from tlnb.data.listing import Listing
from tlnb.data.plan import SplitPlan
from tlnb.data.store import FileStore, MadeStore, digest_of

log = logging.getLogger("tlnb")


def load_data(
    source: str | Path,
    *,
    size: int = 160,
    seed: int = 0,
    test: float = 0.25,
    valid: float = 0.15,
    groups: str | Sequence[Any] | np.ndarray | None = "auto",
    labels: str | Path | None = None,
    pattern: str | None = None,
    progress: bool = True,
    **options: Any,
) -> ImageData:
    """Load images with their labels, divided into training, validation and test.

    The first load decodes the files and keeps the pixels in the shared cache; later ones open that. The
    shorter side is resized to `size` (antialiased bicubic) and the centre cut out: aspect ratio is never
    distorted. A file that cannot be read stops nothing; it is listed in ``images.problems``.

    Parameters
    ----------
    source : str or Path
        The name of a set (`tlnb.data.all_sets`): ``"elpv"``, say, 2,624 solar cells; or a folder with one sub-folder
        for each class, or with these below ``train``, ``valid`` and ``test``.
    size : int
        Height and width of the images, in pixels.
    seed : int
        Draws the split.
    test, valid : float
        Shares of all images, in [0, 1).
    groups : "auto", None, str or sequence
        Images of one group stay on one side of the split. ``"auto"`` takes what the set is known to need
        (ELPV: blocks of neighbouring cells; else a column ``group``); None draws single images; otherwise a
        column's name, or a value for each image.
    labels : path, optional
        A CSV file with the columns ``file`` and ``label``, and perhaps ``group`` and ``split``.
    pattern : str, optional
        A regular expression for paths in the folder, with a group named ``label``: ``r"(?P<label>cat|dog)"``.
    progress : bool
        Show a line of progress while decoding.
    **options
        What a named set takes. ``"elpv"``: `task`, ``"defect"`` (functional or defective) or ``"module"`` (mono or
        poly). ``"emoji"``: `styles`, `categories`, `task`, `background`, `test_family` and `valid_family`, see
        `tlnb.data.emoji.listing.find_emoji`. ``"mnist"``: `split`, ``"fixed"`` (as in MNIST-M) or ``"drawn"``.

    Returns
    -------
    ImageData
        uint8 images (N, C, size, size), C = 1 if all files are grey, else 3.

    Raises
    ------
    DataError
        Nothing of that name, no usable images, or too few to split.

    Examples
    --------
    >>> images = load_data("photos", size=32, progress=False)
    >>> images.classes.index("chelsea"), tuple(images.images.shape)
    (2, (7, 3, 32, 32))
    """
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
        raise DataError(f"size={size!r}: pass a whole number of pixels, such as 160.")
    entry = CATALOGUE.get(source) if isinstance(source, str) else None
    listing = _find(source, entry, labels, pattern, options)
    store: FileStore | MadeStore
    if listing.made is not None:
        store, bytes_of_all, sha256 = MadeStore(listing.made, progress), listing.made.bytes, listing.made.sha256
        store.pixels(int(size), int(size), "bicubic")  # made now, as files are decoded now
    else:
        contents = read_contents(listing, int(size), progress)
        listing, store = contents.listing, contents.store
        if not listing.files:
            where, first = printable(listing.root), listing.problems[0]
            raise DataError(f"none of the {len(listing.problems)} files in {where} can be read: {first}.")
        bytes_of_all, sha256 = sum(record.bytes for record in contents.records), digest_of(store.hashes)
        if entry is None:
            _warn_of_contradictions(contents)
    problems = listing.problems
    card = entry.describe(listing, bytes_of_all, sha256) if entry else _card(listing, bytes_of_all, sha256)
    if problems:
        log.warning("%d file(s) of %s left out; see images.problems", len(problems), printable(listing.root))

    index = _indices(listing)
    plan = _plan(listing, seed, test, valid, groups)
    images = ImageData(
        size=int(size),
        labels=torch.from_numpy(index),
        classes=listing.classes,
        columns=listing.columns,
        splits=plan.draw(index, listing.columns, listing.classes),
        plan=plan,
        card=card,
        problems=problems,
        store=store,
    )
    note("data", images.used_as)
    return images


def _find(
    source: str | Path,
    entry: NamedSet | None,
    labels: str | Path | None,
    pattern: str | None,
    options: dict[str, Any],
) -> Listing:
    options = {name: value for name, value in options.items() if value is not None}
    if entry is not None:
        if labels is not None or pattern is not None:
            raise DataError(f"labels= and pattern= are for folders: {source!r} knows its own labels.")
        if Path(source).is_dir():
            log.warning('loading the data set "%s"; write "./%s" for the folder of that name', source, source)
    known = entry.options if entry else ()
    for name in options:
        if name not in known:
            takes = f"{source!r} takes {', '.join(known)}" if known else "it takes none of a set's own options"
            others = [one.name for one in CATALOGUE.values() if name in one.options]
            of = f"{name}= is for {', '.join(others)}; " if others else ""
            raise DataError(
                f"load_data({str(source)!r}) does not take {name}={options[name]!r}: {of}{takes}."
                f"{did_you_mean(name, known)}"
            )
    if entry is not None:
        return entry.find(**options)
    root = Path(source).expanduser()
    if not root.exists():
        raise unknown_set(str(source))
    return find_folder(root, labels=labels, pattern=pattern)


def _card(listing: Listing, size: int, sha256: str) -> DataCard:
    return DataCard(
        name=printable(listing.root.name),
        title=f"Images of the folder {printable(listing.root.name)}",
        licence="not stated",
        source=printable(listing.root),
        bytes=size,
        sha256=sha256,
    )


def _warn_of_contradictions(contents: Contents) -> None:
    contradictory = [copies for copies in exact_copies(contents) if len(copies.classes) > 1]
    if contradictory:
        log.warning(
            "%d image(s) lie in two classes or more, byte for byte, such as %s: delete the wrong copies; "
            "tlnb data check lists them",
            len(contradictory),
            contradictory[0],
        )


def _indices(listing: Listing) -> np.ndarray:
    """Turn names into class indices. (N,) str -> (N,) int64."""
    index = {name: place for place, name in enumerate(listing.classes)}
    found = np.array([index[name] for name in listing.labels.tolist()], np.int64)
    if len(listing.classes) < 2:
        raise DataError(
            f"{listing.root} has one class only, {listing.classes[0]!r}: a classifier needs two, each "
            "in a sub-folder of its own."
        )
    for place, count in enumerate(np.bincount(found, minlength=len(index))):
        if not count:
            name = listing.classes[place]
            raise DataError(f"class {name!r} has no readable image: mend its files, or remove it.")
    return found


def _plan(
    listing: Listing, seed: int, test: float, valid: float, groups: str | Sequence[Any] | np.ndarray | None
) -> SplitPlan:
    if not listing.splits:
        test = valid = 0.0
    return SplitPlan(seed, test, valid, groups, listing.given, listing.group_column)
