"""A loop by hand that computes what is frozen once, keeps it in memory, and trains the rest on that."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.careful import careful_steps
from benchmarks.peers.loaders import BatchDataset
from benchmarks.peers.network import freeze, make_network, make_optimizer
from benchmarks.peers.task import BATCH, Data, Task
from benchmarks.peers.watch import Watch
from tlnb.core.allocator import raise_allocator_thresholds


def train(task: Task, data: Data, watch: Watch) -> None:
    """Compute features of both parts, then train and validate on them."""
    raise_allocator_thresholds()
    model = make_network(task).to(memory_format=torch.channels_last)
    freeze(model, task.trainable, evaluating=True)
    below, above = cut(model, task.trainable)
    features = fill(below, BatchDataset(data.train_images, data.train_labels, augment=False))
    valid = fill(below, BatchDataset(data.valid_images, data.valid_labels, augment=False))
    watch.mark("filled")
    optimizer = make_optimizer(model, task)
    for order in data.order:
        above.train()
        batches = ((laid_out(features[places]), data.train_labels[places]) for places in order.split(BATCH))
        for loss in careful_steps(above, batches, optimizer):
            watch.step(loss)
        above.eval()
        with torch.inference_mode():
            watch.validated([above(laid_out(part)) for part in valid.split(BATCH)], data.valid_labels)


def cut(model: nn.Module, trainable: str) -> tuple[nn.Module, nn.Module]:
    """Return the network in two parts: what is frozen, and the rest."""
    top = nn.Sequential(model.conv_head, model.bn2, model.global_pool)
    bottom = nn.Sequential(model.conv_stem, model.bn1)
    if trainable == "head":
        return nn.Sequential(bottom, model.blocks, top), model.classifier
    return nn.Sequential(bottom, model.blocks[:-1]), nn.Sequential(model.blocks[-1], top, model.classifier)


def fill(below: nn.Module, images: BatchDataset) -> Tensor:
    """Return the frozen part's answers, float32 ``(N, ...)``, in the layout in which they are computed."""
    below.eval()
    kept = None
    for places in torch.arange(len(images)).split(BATCH):
        with torch.inference_mode():
            found = below(images.__getitems__(places)[0])
        if kept is None:
            kept = laid_out(torch.empty(len(images), *found.shape[1:]))
        kept[places] = found.clone()
    assert kept is not None
    return kept


def laid_out(features: Tensor) -> Tensor:
    """Return maps in channels_last, anything else as it is."""
    return features.contiguous(memory_format=torch.channels_last) if features.ndim == 4 else features
