"""A loop by hand that does what can be done without keeping anything: see `benchmarks.careful`."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from benchmarks.careful import careful_steps
from benchmarks.peers.loaders import BatchDataset
from benchmarks.peers.network import freeze, make_network, make_optimizer
from benchmarks.peers.task import BATCH, Data, Task
from benchmarks.peers.watch import Watch
from tlnb.core.allocator import raise_allocator_thresholds


def train(task: Task, data: Data, watch: Watch) -> None:
    """Train, and validate after each epoch."""
    raise_allocator_thresholds()
    model = make_network(task).to(memory_format=torch.channels_last)
    freeze(model, task.trainable, evaluating=True)
    optimizer = make_optimizer(model, task)
    images = BatchDataset(data.train_images, data.train_labels, task.augment)
    valid = BatchDataset(data.valid_images, data.valid_labels, augment=False)
    for order in data.order:
        model.train()
        batches = (images.__getitems__(places) for places in order.split(BATCH))
        for loss in careful_steps(model, batches, optimizer):
            watch.step(loss)
        if len(valid):
            watch.validated(list(predict(model, valid)), data.valid_labels)


def predict(model: nn.Module, images: BatchDataset) -> Iterator[Tensor]:
    """Yield the logits of images, batch by batch."""
    model.eval()
    with torch.inference_mode():
        for places in torch.arange(len(images)).split(BATCH):
            yield model(images.__getitems__(places)[0])
