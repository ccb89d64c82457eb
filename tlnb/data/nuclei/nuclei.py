"""Tiles of the image in memory, with masks, boxes and parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tlnb.data.annotated import draw_objects, objects_figure
from tlnb.data.cards import DataCard
from tlnb.data.splits import NAMES, Splits, check_part

if TYPE_CHECKING:
    from tlnb.core.figures import Figure


@dataclass(frozen=True, eq=False, repr=False)
class Nuclei:
    """Tiles with what is in them, divided into training, validation and test.

    Parameters
    ----------
    images : torch.Tensor
        uint8 (N, 3, H, W): the grey image three times, as pre-trained networks take it.
    masks : torch.Tensor
        uint8 (N, H, W): 1 where any nucleus is.
    targets : tuple of dict
        For each tile, of its n objects: ``boxes`` float32 (n, 4), x1 y1 x2 y2; ``labels`` int64 (n,), all 1; ``masks``
        uint8 (n, H, W); ``area``, ``iscrowd`` and ``image_id`` as torchvision's evaluation takes them; ``nucleus``,
        which it is in the whole image; ``share``, how much of it lies in this tile.
    columns : dict of str to ndarray
        ``row``, ``column`` and ``band`` of each tile in the image.
    splits : Splits
        Which tiles are for what.
    card : DataCard
        Origin, licence, citation.
    """

    images: torch.Tensor
    masks: torch.Tensor
    targets: tuple[dict[str, torch.Tensor], ...]
    columns: dict[str, np.ndarray]
    splits: Splits
    card: DataCard

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        tile = " x ".join(str(side) for side in self.images.shape[1:])
        objects = sum(len(target["labels"]) for target in self.targets)
        parts = ", ".join(f"{len(getattr(self.splits, name))} {name}" for name in NAMES)
        return f"Nuclei({len(self)} tiles of {tile}, {objects} objects, {parts})"

    @property
    def train(self) -> NucleiPart:
        """The tiles to learn from."""
        return self.part("train")

    @property
    def valid(self) -> NucleiPart:
        """The tiles to choose by."""
        return self.part("valid")

    @property
    def test(self) -> NucleiPart:
        """The tiles to score on, once, at the end."""
        return self.part("test")

    def part(self, name: str) -> NucleiPart:
        """Give one part by its name: train, valid or test."""
        check_part(name)
        return NucleiPart(self, torch.from_numpy(getattr(self.splits, name)))

    def show(self, n: int = 4, split: str = "train", seed: int = 0) -> Figure:
        """Draw n tiles of one part, each beside itself with boxes and masks; brighter than they are."""
        part = self.part(split)
        rows = np.sort(np.random.default_rng(seed).permutation(len(part))[:n])
        brightest = max(1.0, float(np.quantile(self.images[:, 0].numpy(), 0.995)))
        figure, cells = objects_figure(len(rows), 1.9, self.card.attribution)
        for place, row in enumerate(part.indices[rows].tolist()):
            plain, marked = cells[2 * place : 2 * place + 2]
            target = self.targets[row]
            for axes in (plain, marked):
                axes.imshow(self.images[row, 0].numpy(), cmap="gray", vmin=0, vmax=brightest)
            draw_objects(marked, target)
            plain.set_title(f"tile {row}", fontsize=9)
            marked.set_title(f"{len(target['labels'])} objects", fontsize=9)
        return figure


@dataclass(frozen=True, eq=False, repr=False)
class NucleiPart:
    """The tiles of one part: ``nuclei.train``, ``nuclei.valid`` or ``nuclei.test``.

    A data set as torch and torchvision take it: ``part[i]`` is an image and its target.

    Parameters
    ----------
    parent : Nuclei
        The whole.
    indices : torch.Tensor
        int64 (n,), sorted rows of the whole.
    """

    parent: Nuclei
    indices: torch.Tensor

    @property
    def images(self) -> torch.Tensor:
        """uint8 (n, 3, H, W)."""
        return self.parent.images[self.indices]

    @property
    def masks(self) -> torch.Tensor:
        """uint8 (n, H, W): 1 where any nucleus is."""
        return self.parent.masks[self.indices]

    @property
    def targets(self) -> tuple[dict[str, torch.Tensor], ...]:
        """What is in each tile."""
        return tuple(self.parent.targets[row] for row in self.indices.tolist())

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, place: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        row = int(self.indices[place])
        return self.parent.images[row], self.parent.targets[row]

    def __repr__(self) -> str:
        return f"NucleiPart({len(self)} tiles)"
