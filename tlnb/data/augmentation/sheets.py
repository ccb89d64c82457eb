"""Sheets of pictures: what each step does at each strength, and each corruption at each severity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch

from tlnb.core.errors import DataError
from tlnb.data.augmentation.augmenter import Augmenter
from tlnb.data.augmentation.checks import check_images
from tlnb.data.augmentation.corruptions import CORRUPTIONS, corrupt
from tlnb.data.augmentation.table import AUGMENTATIONS

if TYPE_CHECKING:
    from tlnb.core.figures import Figure


def show_strengths(
    images: torch.Tensor,
    steps: Sequence[str] | None = None,
    strengths: Sequence[float] = (0.25, 0.5, 1.0),
    *,
    seed: int = 0,
    credit: str = "",
) -> Figure:
    """Draw what steps of augmentation do to some images, a row a step, as they are on the left.

    Parameters
    ----------
    images : torch.Tensor
        uint8 ``(N, C, H, W)``, square; the same ones for each step. At least two where images are mixed.
    steps : sequence of str, optional
        Names in `AUGMENTATIONS`; all if not given.
    strengths : sequence of float
        In [0, 1].
    seed : int
        What the draws follow.
    credit : str
        Attribution, below.

    Raises
    ------
    RecipeError, DataError
        As from `Augmenter`.

    Examples
    --------
    >>> images = torch.randint(0, 256, (2, 3, 16, 16), dtype=torch.uint8)
    >>> len(show_strengths(images, ["flip", "mixup"]).axes)
    16
    """
    check_images(images)
    names = list(AUGMENTATIONS) if steps is None else list(steps)

    def changed(name: str) -> list[torch.Tensor]:
        found = [images]
        for strength in strengths:
            augmenter = Augmenter([(name, strength)], images.shape[-1], classes=2)
            labels = torch.zeros(len(images), dtype=torch.int64)
            found.append(augmenter(images, labels, seed=seed, epoch=0, rows=range(len(images)))[0])
        return found

    return _sheet(names, ["0", *(f"{strength:g}" for strength in strengths)], changed, len(images), "strength", credit)


def show_corruptions(
    images: torch.Tensor, names: Sequence[str] | None = None, *, seed: int = 0, credit: str = ""
) -> Figure:
    """Draw what corruptions do to some images at severities 1 to 5, a row a corruption.

    Parameters
    ----------
    images : torch.Tensor
        uint8 ``(N, C, H, W)``, square.
    names : sequence of str, optional
        Of `CORRUPTIONS`; all if not given.
    seed : int
        What the draws follow.
    credit : str
        Attribution, below.

    Raises
    ------
    DataError
        As from `corrupt`.

    Examples
    --------
    >>> images = torch.randint(0, 256, (1, 3, 16, 16), dtype=torch.uint8)
    >>> len(show_corruptions(images, ["fog"]).axes)
    6
    """
    check_images(images)
    chosen = list(CORRUPTIONS) if names is None else list(names)

    def changed(name: str) -> list[torch.Tensor]:
        return [images, *(corrupt(images, name, severity, seed=seed) for severity in range(1, 6))]

    return _sheet(chosen, ["0", "1", "2", "3", "4", "5"], changed, len(images), "severity", credit)


def _sheet(
    names: Sequence[str],
    grades: Sequence[str],
    changed: Callable[[str], list[torch.Tensor]],
    count: int,
    unit: str,
    credit: str,
) -> Figure:
    """Draw a row for each name, and in it for each grade its images side by side."""
    import textwrap

    from tlnb.core.figures import Figure

    if not names:
        raise DataError("there is nothing to show: name at least one.")
    across, below = len(grades) * count, textwrap.fill(credit, 110)
    figure = Figure(7.0, len(names) * (5.6 / across + 0.06) + 0.35 + 0.16 * len(below.splitlines()))
    cells = figure.subplots(len(names), across, squeeze=False)
    for row, name in zip(cells, names, strict=True):
        pictures = [picture for group in changed(name) for picture in group]
        for axes, picture in zip(row, pictures, strict=True):
            axes.imshow(picture.permute(1, 2, 0).squeeze(-1).numpy(), cmap="gray", vmin=0, vmax=255)
            axes.set(xticks=[], yticks=[])
            axes.grid(False)
        label = name.replace("_", " ")
        row[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8, labelpad=6)
    for place, grade in enumerate(grades):
        cells[0][place * count].set_title(f"{unit} {grade}", fontsize=8, loc="left")
    if below:
        figure.supxlabel(below, fontsize=8, color="#555555")
    return figure
