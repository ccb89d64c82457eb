"""Clips in memory, with their labels and parts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch

from tlnb.data.cards import DataCard
from tlnb.data.splits import NAMES, Splits, check_part

if TYPE_CHECKING:
    from tlnb.core.figures import Figure
    from tlnb.data.images import ImageData


@dataclass(frozen=True, eq=False, repr=False)
class Clips:
    """Labelled clips of one length and size, divided into training, validation and test.

    Parameters
    ----------
    clips : torch.Tensor
        uint8 (N, T, C, H, W), memory-mapped.
    labels, classes : torch.Tensor, tuple of str
        int64 (N,) class indices, and their names.
    columns : dict of str to ndarray
        What else is known of each clip, (N,) each: ``digit``, its number in MNIST-5k, and ``character``, which it is.
    splits : Splits
        Which clips are for what.
    card : DataCard
        Origin, licence, citation.
    """

    clips: torch.Tensor
    labels: torch.Tensor
    classes: tuple[str, ...]
    columns: dict[str, np.ndarray]
    splits: Splits
    card: DataCard

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        frame = " x ".join(str(side) for side in self.clips.shape[2:])
        parts = ", ".join(f"{len(getattr(self.splits, name)):,} {name}" for name in NAMES)
        length = self.clips.shape[1]
        return f"Clips({len(self):,} clips of {length} frames of {frame}, {len(self.classes)} classes, {parts})"

    @property
    def train(self) -> ClipPart:
        """The clips to learn from."""
        return self.part("train")

    @property
    def valid(self) -> ClipPart:
        """The clips to choose by."""
        return self.part("valid")

    @property
    def test(self) -> ClipPart:
        """The clips to score on, once, at the end."""
        return self.part("test")

    def part(self, name: str) -> ClipPart:
        """Give one part by its name: train, valid or test."""
        check_part(name)
        return ClipPart(self, torch.from_numpy(getattr(self.splits, name)))

    @cached_property
    def frames(self) -> ImageData:
        """Every frame as an image of its own, clip after clip, labelled and divided as its clip.

        Features of these, ``(N * T, D)``, become sequences by ``features.reshape(N, T, D)``. Columns are ``clip`` and
        ``time``.
        """
        from tlnb.data.images import ImageData
        from tlnb.data.plan import SplitPlan
        from tlnb.data.store import TensorStore

        count, length = self.clips.shape[:2]
        part = np.empty(count, "<U5")
        for name in NAMES:
            part[getattr(self.splits, name)] = name
        given = np.repeat(part, length)
        return ImageData(
            size=self.clips.shape[-1],
            labels=self.labels.repeat_interleave(length),
            classes=self.classes,
            columns={
                "clip": np.repeat(np.arange(count), length),
                "time": np.tile(np.arange(length), count),
                **{name: np.repeat(values, length) for name, values in self.columns.items()},
            },
            splits=Splits(*(np.flatnonzero(given == name) for name in NAMES)),
            plan=SplitPlan(0, 0.25, 0.15, "clip", given, "clip"),
            card=self.card,
            problems=(),
            store=TensorStore(self.clips.flatten(0, 1)),
        )

    def show(self, n: int = 8, split: str = "train", seed: int = 0) -> Figure:
        """Draw n clips of one part as strips of film, a row each, every class in turn, chosen by a seed."""
        from tlnb.core.figures import Figure
        from tlnb.data.show import choose

        part = self.part(split)
        rows = choose(part.labels.numpy(), n, seed)
        length = self.clips.shape[1]
        drawn = Figure(7.0, len(rows) * (5.9 / length + 0.05) + 0.45)
        cells = drawn.subplots(len(rows), length, squeeze=False)
        for strip, row in zip(cells, part.indices[rows].tolist(), strict=True):
            for axes, frame in zip(strip, self.clips[row], strict=True):
                axes.imshow(frame.permute(1, 2, 0).squeeze(-1).numpy(), cmap="gray", vmin=0, vmax=255)
                axes.set(xticks=[], yticks=[])
                axes.grid(False)
            strip[0].set_ylabel(
                self.classes[self.labels[row]], rotation=0, ha="right", va="center", fontsize=9, labelpad=6
            )
        for time, axes in enumerate(cells[0]):
            axes.set_title(f"frame {time}", fontsize=8)
        drawn.supxlabel(self.card.attribution, fontsize=8, color="#555555")
        return drawn


@dataclass(frozen=True, eq=False, repr=False)
class ClipPart:
    """The clips of one part: ``clips.train``, ``clips.valid`` or ``clips.test``.

    Parameters
    ----------
    parent : Clips
        The whole.
    indices : torch.Tensor
        int64 (n,), sorted rows of the whole.
    """

    parent: Clips
    indices: torch.Tensor

    @property
    def clips(self) -> torch.Tensor:
        """uint8 (n, T, C, H, W), copied on access: keep it in a variable if you need it twice."""
        return self.parent.clips[self.indices]

    @property
    def labels(self) -> torch.Tensor:
        """int64 (n,) class indices."""
        return self.parent.labels[self.indices]

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """What else is known of each clip."""
        return {name: values[self.indices.numpy()] for name, values in self.parent.columns.items()}

    def __len__(self) -> int:
        return len(self.indices)

    def __repr__(self) -> str:
        return f"ClipPart({len(self):,} clips)"
