"""Some of a set's images, by what its columns say: one domain of a set that holds several."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tlnb.core.errors import DataError, did_you_mean
from tlnb.data.derived import RowsStore
from tlnb.data.splits import NAMES, Splits

if TYPE_CHECKING:
    from tlnb.data.images import ImageData


def only(images: ImageData, **columns: Any) -> ImageData:
    """Keep the images that have certain values in their columns; each stays in the part where it was.

    To divide what is left anew, follow it by ``resplit``: then the shares of the parts and the balance of the classes
    are those of the images that were kept.

    Parameters
    ----------
    images : ImageData
        Not changed.
    **columns
        For each column, the value to keep, or several in a list.

    Returns
    -------
    ImageData
        With all the classes, also where one has no image left.

    Raises
    ------
    DataError
        If there is no such column, no image has the value, or no training image is left.

    Examples
    --------
    >>> import tlnb
    >>> pixels = torch.zeros(8, 1, 8, 8, dtype=torch.uint8)
    >>> lamps = ["old"] * 4 + ["new"] * 4
    >>> images = tlnb.ImageData.from_tensors(pixels, [0, 1] * 4, "ab", columns={"lamp": lamps}, test=0, valid=0)
    >>> only(images, lamp="old")
    ImageData(tensors: 4 images of 1 x 8 x 8, 2 classes, 4 train, 0 valid, 0 test)
    """
    kept = np.ones(len(images), dtype=bool)
    for name, wanted in columns.items():
        kept &= _chosen(images, name, wanted)
    if not kept[images.splits.train].any():
        asked = ", ".join(f"{name}={wanted!r}" for name, wanted in columns.items())
        raise DataError(f"{asked} leaves none of the {len(images.train)} training images: choose other values.")
    rows = np.flatnonzero(kept)
    place = np.cumsum(kept) - 1  # of each image that is kept, among those
    parts = {name: place[part[kept[part]]] for name in NAMES for part in [getattr(images.splits, name)]}
    digest = hashlib.sha256(images.card.sha256.encode() + rows.astype("<i8").tobytes()).hexdigest()
    return dataclasses.replace(
        images,
        labels=images.labels[torch.from_numpy(rows)],
        columns={name: values[rows] for name, values in images.columns.items()},
        splits=Splits(**parts),
        plan=dataclasses.replace(images.plan, **_of_rows(images.plan, rows)),
        card=dataclasses.replace(images.card, sha256=digest),
        store=RowsStore(images.store, rows),
    )


def _chosen(images: ImageData, name: str, wanted: Any) -> np.ndarray:
    """Say which images have one of the values wanted in a column: bool (N,)."""
    if name not in images.columns:
        there = ", ".join(images.columns) or "there are none"
        raise DataError(f"{name!r} is no column of {images!r} ({there}).{did_you_mean(name, images.columns)}")
    values = images.columns[name]
    several = [wanted] if isinstance(wanted, (str, bytes)) or not np.iterable(wanted) else list(wanted)
    for value in several:
        if not (values == value).any():
            known = np.unique(values)
            some = ", ".join(str(one) for one in known[:8]) + (", …" if len(known) > 8 else "")
            near = did_you_mean(str(value), map(str, known))
            raise DataError(f"no image has {name}={value!r}: there is {some}.{near}")
    return np.isin(values, several)


def _of_rows(plan: Any, rows: np.ndarray) -> dict[str, Any]:
    """Return what of a plan has a value for each image, for some of them."""
    changes: dict[str, Any] = {}
    if plan.given is not None:
        changes["given"] = plan.given[rows]
    if plan.groups is not None and not isinstance(plan.groups, str):
        changes["groups"] = np.asarray(plan.groups)[rows]
    return changes
