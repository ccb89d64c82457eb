"""What one should know of a folder of images although nothing is broken: it may be meant so, or be a mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import torch

from tlnb.data.cards import printable
from tlnb.data.contents import Contents
from tlnb.data.duplicates import Duplicate
from tlnb.data.folder import NO_CLASS
from tlnb.data.index import FileRecord
from tlnb.data.near import detail

_MOST_UNEQUAL = 10  # times as many images in the largest class as in the smallest
_LONG = 2.0  # times as long as wide: more than half is cut off
_BLANK_LEVELS, _DARK_LEVEL = 0.5, 20  # mean detail; 12 bits saved as 16 reach 4095 / 257, resizing a little more


def remarks_on(contents: Contents, small: torch.Tensor, duplicates: tuple[Duplicate, ...]) -> tuple[str, ...]:
    """Say what one should know, each in a line with what may be done.

    Parameters
    ----------
    contents : Contents
        What is in the files.
    small : torch.Tensor
        uint8 (N, 3, 64, 64), small copies of the images.
    duplicates : tuple of Duplicate
        What is there more than once.
    """
    if not contents.records:
        return tuple(_passed_over(contents))
    return (
        *_classes(contents),
        *_forms(contents),
        *_brightness(small),
        *_copies(contents, duplicates),
        *_passed_over(contents),
    )


def _classes(contents: Contents) -> list[str]:
    counts = Counter(contents.listing.labels.tolist())
    found = []
    if len(counts) > 1:
        (most, large), (least, small) = counts.most_common()[0], counts.most_common()[-1]
        if large > _MOST_UNEQUAL * small:
            found.append(
                f"class '{most}' has {large:,} images and '{least}' {small:,}, {large / small:.0f} times fewer: "
                "judge by F1 or balanced accuracy, and weigh the classes"
            )
    alike: dict[str, list[str]] = {}
    for name in contents.listing.classes:
        alike.setdefault(" ".join(name.casefold().split()), []).append(name)
    for names in alike.values():
        if len(names) > 1:
            listed = " and ".join(f"'{name}'" for name in names)
            found.append(f"classes {listed} differ in letter case or spaces only: are they one?")
    return found


def _forms(contents: Contents) -> list[str]:
    sides = np.array([(record.width, record.height) for record in contents.records])
    found = []
    long = int((sides.max(1) > _LONG * sides.min(1)).sum())
    if long:
        found.append(f"images more than twice as long as wide, of which less than half is kept: {long:,}")
    # One camera for each class: what is learnt may be the camera.
    forms = _of_each_class(contents, lambda record: (record.width, record.height))
    if len(forms) > 1 and len(set(forms)) == len(forms):
        found.append("each class has one image size of its own: a model may learn the camera, not the thing")
    if len(set(_of_each_class(contents, lambda record: record.channels))) > 1:
        found.append("some classes are all grey and others all coloured: a model may learn that, not the thing")
    return found


def _of_each_class(contents: Contents, look: Callable[[FileRecord], object]) -> list[object]:
    """Give what all images of a class have in common, for each class; nothing where one has more than one kind."""
    kinds: dict[str, set[object]] = {}
    for label, record in zip(contents.listing.labels.tolist(), contents.records, strict=True):
        kinds.setdefault(label, set()).add(look(record))
    return [next(iter(kind)) for kind in kinds.values()] if all(len(kind) == 1 for kind in kinds.values()) else []


def _brightness(small: torch.Tensor) -> list[str]:
    brightest = small.flatten(1).amax(1)
    dark = (brightest > 0) & (brightest <= _DARK_LEVEL)
    blank = (detail(small) < _BLANK_LEVELS) & ~dark
    found = []
    if dark.any():
        found.append(
            f"nearly black images: {int(dark.sum()):,}; 12-bit pictures saved as 16 bits look so: scale them up"
        )
    if blank.any():
        found.append(f"nearly blank images: {int(blank.sum()):,}; look whether they should be there")
    return found


def _copies(contents: Contents, duplicates: tuple[Duplicate, ...]) -> list[str]:
    found = []
    again = sum(len(one.files) - 1 for one in duplicates if one.exact and len(one.classes) == 1)
    if again:
        found.append(f"copies byte for byte within a class, which count twice: {again:,}")
    near = [one for one in duplicates if not one.exact]
    if near:
        found.append(
            f"images that are nearly the same as others: {sum(len(one.files) for one in near):,}, in {len(near):,} "
            "group(s), such as the frames of a film"
        )
    unclear = [one for one in near if len(one.classes) > 1 and NO_CLASS not in one.classes]
    if unclear:
        found.append(
            f"groups of these with more than one label: {len(unclear):,}, such as "
            f"{' and '.join(printable(file.name) for file in unclear[0].files[:2])}: look at them"
        )
    parted = [one for one in duplicates if len(one.parts) > 1]
    if parted and contents.listing.given is None:
        found.append(
            f"images with copies on another side of the split that load_data draws: {len(parted):,}; to keep copies "
            "together, pass groups=tlnb.data.check_folder(...).groups"
        )
    return found


def _passed_over(contents: Contents) -> list[str]:
    others = contents.listing.passed_over
    if not others:
        return []
    listed = ", ".join(f"{count:,} {suffix or 'without ending'}" for suffix, count in others.items())
    return [f"files that are no images by their ending were passed over: {listed}"]
