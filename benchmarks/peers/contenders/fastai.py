"""fastai, after its pages on migrating from plain PyTorch: a `Learner` on plain loaders, frozen by groups."""

from __future__ import annotations

from typing import Any

import torch
from fastai.callback.core import Callback
from fastai.callback.progress import ProgressCallback
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.optimizer import OptimWrapper
from torch import Tensor, nn

from benchmarks.peers.loaders import make_loaders
from benchmarks.peers.network import freeze, frozen_modules, make_network, make_optimizer
from benchmarks.peers.task import WEIGHT_DECAY, Data, Task
from benchmarks.peers.watch import Watch


class Tell(Callback):
    """Tells the watch."""

    def __init__(self, watch: Watch, labels: Tensor) -> None:
        self.watch, self.labels = watch, labels
        self.logits: list[Tensor] = []

    def after_batch(self) -> None:
        """Note a step, or keep what was said of validation images."""
        if self.training:
            self.watch.step(self.loss)
        else:
            self.logits.append(self.pred)

    def after_validate(self) -> None:
        """Note the validation."""
        self.watch.validated(self.logits, self.labels)
        self.logits = []


def train(task: Task, data: Data, watch: Watch) -> None:
    """Train, and validate after each epoch."""
    model = make_network(task)
    if task.tuned:
        model = model.to(memory_format=torch.channels_last)
    freeze(model, task.trainable, evaluating=task.tuned)
    optimizer = with_frozen_first(make_optimizer(model, task), model, task)
    learner = Learner(
        DataLoaders(*make_loaders(task, data)),
        model,
        loss_func=nn.CrossEntropyLoss(),
        opt_func=OptimWrapper(opt=optimizer),
        train_bn=not task.tuned,  # its default trains batch normalisation in frozen groups
        cbs=[Tell(watch, data.valid_labels)],
    )
    if task.trainable != "all":
        learner.freeze_to(1)
    rates: list[Any] = [group["lr"] for group in optimizer.param_groups]
    decays: list[Any] = [group["weight_decay"] for group in optimizer.param_groups]
    learner.remove_cbs([callback for callback in learner.cbs if isinstance(callback, ProgressCallback)])
    with learner.no_logging():
        learner.fit(task.epochs, lr=rates, wd=decays)


def with_frozen_first(optimizer: torch.optim.Optimizer, model: nn.Module, task: Task) -> torch.optim.Optimizer:
    """Put what is frozen into a group of its own before the others, which is how fastai freezes."""
    frozen = [p for module in frozen_modules(model, task.trainable) for p in module.parameters()]
    if frozen:
        rate = task.rate * task.rate_ratio
        optimizer.add_param_group({"params": frozen, "lr": rate, "weight_decay": WEIGHT_DECAY})
        optimizer.param_groups.insert(0, optimizer.param_groups.pop())
    return optimizer
