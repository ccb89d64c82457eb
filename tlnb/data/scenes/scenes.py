"""Scenes in memory, with masks, boxes and parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tlnb.core.errors import DataError
from tlnb.data.annotated import detection_target, draw_objects, objects_figure
from tlnb.data.cards import DataCard
from tlnb.data.scenes.domain import Domain
from tlnb.data.splits import NAMES, check_part

if TYPE_CHECKING:
    from tlnb.core.figures import Figure


@dataclass(frozen=True, eq=False, repr=False)
class ScenePart:
    """The scenes of one part: ``scenes.train``, ``scenes.valid`` or ``scenes.test``.

    A data set as torch and torchvision take it: ``part[i]`` is an image and its target.

    Parameters
    ----------
    images : torch.Tensor
        uint8 (n, 3, S, S), memory-mapped.
    numbers : torch.Tensor
        uint8 (n, S, S), memory-mapped: which of its scene's objects each pixel shows, from 1; 0 for none.
    classes : tuple of str
        Names of the labels 1, 2, ...: ``classes[label - 1]``. 0 is the background.
    starts : ndarray
        int64 (n + 1,): the objects of scene i are those from ``starts[i]`` to ``starts[i + 1]``.
    objects : dict of str to ndarray
        Of all objects of the part, (m,) each: ``label``; ``emoji``, its row in the `EmojiTable`; ``style``; and
        ``share``, how much of it is seen.
    photographs : ndarray of str, shape (n,)
        What is behind.
    """

    images: torch.Tensor
    numbers: torch.Tensor
    classes: tuple[str, ...]
    starts: np.ndarray
    objects: dict[str, np.ndarray]
    photographs: np.ndarray

    @property
    def masks(self) -> torch.Tensor:
        """uint8 (n, S, S): the label of what each pixel shows, 0 for the background; for semantic segmentation."""
        counts = np.diff(self.starts)
        scene = np.repeat(np.arange(len(self)), counts)
        number = np.arange(len(scene)) - np.repeat(self.starts[:-1], counts) + 1
        labels = np.zeros((len(self), int(counts.max(initial=0)) + 1), np.uint8)
        labels[scene, number] = self.objects["label"]
        return torch.from_numpy(labels[np.arange(len(self))[:, None, None], self.numbers.numpy()])

    @property
    def targets(self) -> tuple[dict[str, torch.Tensor], ...]:
        """What is in each scene; see :meth:`target`. Made on access: keep it if you need it twice."""
        return tuple(self.target(row) for row in range(len(self)))

    def target(self, row: int) -> dict[str, torch.Tensor]:
        """Describe the n objects of one scene as torchvision's detection models and its evaluation take them.

        Returns
        -------
        dict of str to torch.Tensor
            ``boxes`` float32 (n, 4), x1 y1 x2 y2 around what is seen; ``labels`` int64 (n,), from 1; ``masks`` uint8
            (n, S, S), what is seen; ``area``, ``iscrowd``, ``image_id``; ``share`` float32 (n,), how much of it is
            seen; ``emoji`` int64 (n,), its row in the `EmojiTable`.
        """
        mine = slice(*self.starts[row : row + 2].tolist())
        labels = self.objects["label"][mine]
        return detection_target(
            row,
            self.numbers[row].numpy(),
            np.arange(1, len(labels) + 1),
            labels,
            share=self.objects["share"][mine].copy(),
            emoji=self.objects["emoji"][mine].astype(np.int64),
        )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        row = range(len(self))[row]
        return self.images[row], self.target(row)

    def __repr__(self) -> str:
        return f"ScenePart({len(self):,} scenes, {len(self.objects['label']):,} objects)"


@dataclass(frozen=True, eq=False, repr=False)
class Scenes:
    """Made images of several things each, with exact boxes and masks, divided into training, validation and test.

    Parameters
    ----------
    train, valid, test : ScenePart
        The scenes to learn from, to choose by, and to score on, once, at the end.
    classes : tuple of str
        Names of the labels 1, 2, ...: ``classes[label - 1]``. 0 is the background.
    domain : Domain
        How they are drawn and lit.
    card : DataCard
        Origin, licence, citation.
    """

    train: ScenePart
    valid: ScenePart
    test: ScenePart
    classes: tuple[str, ...]
    domain: Domain
    card: DataCard

    def __len__(self) -> int:
        return sum(len(self.part(name)) for name in NAMES)

    def __repr__(self) -> str:
        parts = ", ".join(f"{len(self.part(name)):,} {name}" for name in NAMES)
        shape = " x ".join(str(side) for side in self.train.images.shape[1:])
        return f"Scenes({len(self):,} scenes of {shape}, {len(self.classes)} classes, {parts})"

    def part(self, name: str) -> ScenePart:
        """Give one part by its name: train, valid or test."""
        check_part(name)
        found: ScenePart = getattr(self, name)
        return found

    def show(self, n: int = 4, split: str = "train", seed: int = 0) -> Figure:
        """Draw n scenes of one part, each beside itself with boxes and masks, chosen by a seed."""
        part = self.part(split)
        if not len(part):
            raise DataError("there are no scenes in this part: choose another split.")
        rows = np.sort(np.random.default_rng(seed).permutation(len(part))[:n])
        figure, cells = objects_figure(len(rows), 1.9, self.card.attribution)
        for place, row in enumerate(rows.tolist()):
            image, target = part[row]
            plain, marked = cells[2 * place : 2 * place + 2]
            for axes in (plain, marked):
                axes.imshow(image.permute(1, 2, 0).numpy())
            draw_objects(marked, target, [self.classes[label - 1] for label in target["labels"].tolist()])
            plain.set_title(f"scene {row}", fontsize=9)
        return figure
