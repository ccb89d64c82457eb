"""Images in memory with labels, splits and origin: what every later step is given."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tlnb.core.errors import DataError, did_you_mean
from tlnb.data.cards import DataCard, Problem
from tlnb.data.plan import SplitPlan
from tlnb.data.sampling import balanced_weights, few_per_class
from tlnb.data.splits import NAMES, Splits, check_part
from tlnb.data.store import FileStore, MadeStore, TensorStore
from tlnb.data.subset import Subset
from tlnb.data.summary import DataSummary, summarise

if TYPE_CHECKING:
    from tlnb.core.figures import Figure
    from tlnb.data.derived import EvenStore, RowsStore


@dataclass(frozen=True, eq=False, repr=False)
class ImageData:
    """Labelled images of one size, divided into training, validation and test.

    Made by :func:`load_data` or :meth:`from_tensors`. Nothing changes it: what sounds like a change gives a
    new one that shares the pixels.

    Parameters
    ----------
    size : int
        Height and width of `images`, in pixels.
    labels, classes : torch.Tensor, tuple of str
        int64 (N,) class indices, and their names.
    columns : dict of str to ndarray
        What else is known of each image, (N,) each.
    splits, plan : Splits, SplitPlan
        Which images are for what, and how that was drawn.
    card : DataCard
        Origin, licence, citation.
    problems : tuple of Problem
        Files that were left out, with reasons.
    store : FileStore, MadeStore or TensorStore
        Where the pixels come from.

    Examples
    --------
    >>> pixels = torch.zeros(20, 1, 8, 8, dtype=torch.uint8)
    >>> images = ImageData.from_tensors(pixels, [0, 1] * 10, ("night", "day"))
    >>> images
    ImageData(tensors: 20 images of 1 x 8 x 8, 2 classes, 12 train, 4 valid, 4 test)
    >>> images.train.per_class
    {'night': 6, 'day': 6}
    """

    size: int
    labels: torch.Tensor
    classes: tuple[str, ...]
    columns: dict[str, np.ndarray]
    splits: Splits
    plan: SplitPlan
    card: DataCard
    problems: tuple[Problem, ...]
    store: FileStore | MadeStore | TensorStore | RowsStore | EvenStore

    @classmethod
    def from_tensors(
        cls,
        images: torch.Tensor,
        labels: Any,
        classes: Sequence[str],
        *,
        groups: str | Sequence[Any] | np.ndarray | None = None,
        columns: Mapping[str, Any] | None = None,
        seed: int = 0,
        test: float = 0.25,
        valid: float = 0.15,
    ) -> ImageData:
        """Make image data from pixels that are there already.

        Parameters
        ----------
        images : torch.Tensor
            uint8 (N, C, S, S), C = 1 or 3.
        labels, classes : tensor, array or list of int, sequence of str
            (N,) class indices, and their names.
        groups : str, sequence or None
            Images that may not be parted: a column's name, or a value for each image.
        columns : mapping of str to sequence, optional
            What else is known of each image, (N,) each.
        seed, test, valid
            As in :func:`load_data`.

        Raises
        ------
        DataError
            Another type, shape or label.
        """
        from tlnb.data.tensors import images_from_tensors

        plan = SplitPlan(seed, test, valid, groups)
        return images_from_tensors(images, labels, tuple(classes), dict(columns or {}), plan)

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        parts = ", ".join(f"{len(self.subset(name)):,} {name}" for name in NAMES)
        return f"ImageData({self.card.name}: {self.shape_text}, {len(self.classes)} classes, {parts})"

    @property
    def shape_text(self) -> str:
        """How many images of which shape, in words."""
        return f"{len(self):,} images of {' x '.join(str(side) for side in self.images.shape[1:])}"

    @cached_property
    def images(self) -> torch.Tensor:
        """uint8 (N, C, size, size), memory-mapped where they come from files."""
        return self.pixels(self.size, self.size)

    @property
    def used_as(self) -> str:
        """Its name in notes of what was used: a known set's own, else ``"folder"`` or ``"tensors"``."""
        return "folder" if self.card.title.startswith("Images of the folder ") else self.card.name

    @property
    def files(self) -> tuple[Path, ...]:
        """The file of each image; empty where they came from tensors."""
        return self.store.paths

    @property
    def train(self) -> Subset:
        """The images to learn from."""
        return self.subset("train")

    @property
    def valid(self) -> Subset:
        """The images to choose by."""
        return self.subset("valid")

    @property
    def test(self) -> Subset:
        """The images to score on, once, at the end."""
        return self.subset("test")

    def subset(self, name: str) -> Subset:
        """Give one part by its name: train, valid or test."""
        check_part(name)
        return Subset(self, torch.from_numpy(getattr(self.splits, name)))

    @cached_property
    def key(self) -> str:
        """64 hexadecimal digits that change with any image, label or class; size and split do not count."""
        digest = hashlib.sha256(self.card.sha256.encode())
        digest.update(self.labels.numpy().tobytes())
        digest.update("\n".join(self.classes).encode())
        return digest.hexdigest()

    def pixels(self, resize: int, crop: int, interpolation: str = "bicubic") -> torch.Tensor:
        """Give all images at another size: resized on the shorter side, antialiased, cropped in the centre.

        Decoded anew from the files and kept in the cache; images made from tensors are resized from these.

        Parameters
        ----------
        resize, crop : int
            Length of the shorter side, and side of the square cut from the centre, in pixels.
        interpolation : {"bicubic", "bilinear", "lanczos", "nearest"}
            How pixels are interpolated.

        Returns
        -------
        torch.Tensor
            uint8 (N, C, crop, crop).
        """
        return self.store.pixels(resize, crop, interpolation)

    def resplit(self, **changes: Any) -> ImageData:
        """Divide the same images anew.

        Parameters
        ----------
        **changes
            Any of `seed`, `test`, `valid` and `groups`, as in :func:`load_data`; the others stay, and so does
            a division that the data came with.
        """
        names = ("seed", "test", "valid", "groups")
        for name in changes:
            if name not in names:
                raise DataError(f"resplit takes {', '.join(names)}, not {name!r}.{did_you_mean(name, names)}")
        plan = dataclasses.replace(self.plan, **changes)
        splits = plan.draw(self.labels.numpy(), self.columns, self.classes)
        return dataclasses.replace(self, plan=plan, splits=splits)

    def few(self, per_class: int = 10, seed: int = 0) -> ImageData:
        """Keep only a few training images of each class; validation and test stay as they are.

        Parameters
        ----------
        per_class, seed : int
            How many of each. With equal seeds, fewer are a part of more.

        Raises
        ------
        DataError
            A class has fewer.
        """
        labels = self.train.labels.numpy()
        train = few_per_class(self.splits.train, labels, self.classes, per_class, seed)
        return dataclasses.replace(self, splits=dataclasses.replace(self.splits, train=train))

    def class_weights(self) -> torch.Tensor:
        """Weigh classes, float32 (C,), inversely to their training images, with mean 1: for a loss."""
        return balanced_weights(self.train.labels, self.classes)

    def summary(self) -> DataSummary:
        """Count the images of each class in each part."""
        return summarise(self)

    def show(self, n: int = 12, split: str = "train", seed: int = 0) -> Figure:
        """Draw n images of one part with their labels, each class in turn, chosen by a seed."""
        from tlnb.data.show import show_images

        return show_images(self, n, split, seed)

    def save(
        self,
        path: str | Path,
        resize: int | None = None,
        crop: int | None = None,
        interpolation: str = "bicubic",
    ) -> Path:
        """Write pixels and labels of all three parts as one safetensors file, whole or not at all.

        It holds the tensors ``train_images``, ``train_labels`` and so on for valid and test; classes, key,
        licence and attribution are in its metadata. The other arguments are those of :meth:`pixels`.
        """
        from tlnb.data.export import save_images

        resize = self.size if resize is None else resize
        pixels = self.pixels(resize, resize if crop is None else crop, interpolation)
        return save_images(self, pixels, Path(path))
