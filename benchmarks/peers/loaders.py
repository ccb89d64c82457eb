"""Images for the libraries: as tutorials have it, image by image; and tuned, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler
from torchvision.transforms import v2

from benchmarks.careful import Normaliser
from benchmarks.peers.task import BATCH, LEAST_AREA, MEAN, STD, Data, Task


def random_changes(size: int) -> Callable[[Tensor], Tensor]:
    """Return the augmentation of one image, uint8 (C, S, S): the same draw and the same rules for all."""
    return v2.Compose([v2.RandomResizedCrop(size, scale=(LEAST_AREA, 1.0), antialias=True), v2.RandomHorizontalFlip()])


class ImageDataset(Dataset):
    """As in the tutorials of torchvision: a transform for each image, and the loader stacks them."""

    def __init__(self, images: Tensor, labels: Tensor, augment: bool) -> None:
        self.images, self.labels = images, labels
        changes = [random_changes(images.shape[-1])] if augment else []
        to_float = [v2.RGB(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
        self.transform = v2.Compose([*changes, *to_float])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.transform(self.images[index]), self.labels[index]


class BatchDataset(Dataset):
    """A whole batch at once: one gathering, one product, one sum, in channels_last."""

    def __init__(self, images: Tensor, labels: Tensor, augment: bool) -> None:
        self.images, self.labels = images, labels
        self.changes = random_changes(images.shape[-1]) if augment else None
        self.normalise = Normaliser(MEAN, STD)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        images, labels = self.__getitems__([index])
        return images[0], labels[0]

    def __getitems__(self, places: Sequence[int]) -> tuple[Tensor, Tensor]:
        chosen = torch.as_tensor(places)
        images = self.images[chosen]
        if self.changes is not None:
            images = torch.stack([self.changes(image) for image in images])
        return self.normalise(images), self.labels[chosen]


class GivenOrder(Sampler):
    """The order that is given, int64 (epochs, N), an epoch each time that it is asked."""

    def __init__(self, order: Tensor) -> None:
        self.order, self.epoch = order, 0

    def __len__(self) -> int:
        return self.order.shape[1]

    def __iter__(self) -> Iterator[int]:
        epoch, self.epoch = self.epoch, self.epoch + 1
        return iter(self.order[epoch % len(self.order)].tolist())


def as_it_is(batch: Any) -> Any:
    """Collate what is a batch already."""
    return batch


def make_loaders(task: Task, data: Data) -> tuple[DataLoader, DataLoader]:
    """Return the loaders of training and validation images; no worker processes, as the pixels are in memory."""
    kind: Any = BatchDataset if task.tuned else ImageDataset
    collate = {"collate_fn": as_it_is} if task.tuned else {}
    train = kind(data.train_images, data.train_labels, task.augment)
    valid = kind(data.valid_images, data.valid_labels, False)
    return (
        DataLoader(train, batch_size=BATCH, sampler=GivenOrder(data.order), **collate),
        DataLoader(valid, batch_size=BATCH, **collate),
    )
