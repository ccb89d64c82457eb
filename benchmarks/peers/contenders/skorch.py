"""skorch, after its notebook on transfer learning: `NeuralNetClassifier` with the callback `Freezer`."""

from __future__ import annotations

from typing import Any

import torch
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback, Freezer
from skorch.helper import predefined_split
from torch import Tensor, nn
from torch.utils.data import DataLoader

from benchmarks.peers.loaders import make_loaders
from benchmarks.peers.network import freeze, frozen_modules, make_network
from benchmarks.peers.task import BATCH, BETAS, WEIGHT_DECAY, Data, Task
from benchmarks.peers.watch import Watch


class Tell(Callback):
    """Tells the watch."""

    def __init__(self, watch: Watch, labels: Tensor) -> None:
        self.watch, self.labels = watch, labels
        self.logits: list[Tensor] = []

    def on_batch_end(self, net: Any, batch: Any = None, training: bool = False, **told: Any) -> None:
        """Note a step, or keep what was said of validation images."""
        if training:
            self.watch.step(told["loss"])
        else:
            self.logits.append(told["y_pred"])

    def on_epoch_end(self, net: Any, **told: Any) -> None:
        """Note the validation."""
        self.watch.validated(self.logits, self.labels)
        self.logits = []


def train(task: Task, data: Data, watch: Watch) -> None:
    """Train, and validate after each epoch."""
    model = make_network(task)
    frozen = {id(p) for module in frozen_modules(model, task.trainable) for p in module.parameters()}
    names = {name for name, parameter in model.named_parameters() if id(parameter) in frozen}
    callbacks: list[Any] = [("tell", Tell(watch, data.valid_labels))]
    if task.tuned:
        model = model.to(memory_format=torch.channels_last)
        freeze(model, task.trainable, evaluating=True)
    elif names:
        callbacks.append(("freeze", Freezer(names.__contains__)))
    train_loader, valid_loader = make_loaders(task, data)
    net = NeuralNetClassifier(
        model,
        criterion=nn.CrossEntropyLoss,
        classes=[0, 1],
        optimizer=torch.optim.AdamW,
        optimizer__betas=BETAS,
        optimizer__weight_decay=WEIGHT_DECAY,
        optimizer__param_groups=patterns(task),
        lr=task.rate * task.rate_ratio,
        batch_size=BATCH,
        max_epochs=task.epochs,
        train_split=predefined_split(valid_loader.dataset),
        callbacks=callbacks,
        verbose=0,
        **iterator("train", train_loader),
        **iterator("valid", valid_loader),
    )
    net.fit(train_loader.dataset, y=None)


def patterns(task: Task) -> list[tuple[str, dict[str, float]]]:
    """Return the optimiser's groups by name; what none of them matches is the body's weights."""
    body = task.rate * task.rate_ratio
    return [
        ("classifier.weight", {"lr": task.rate}),
        ("classifier.bias", {"lr": task.rate, "weight_decay": 0.0}),
        ("*.bias", {"lr": body, "weight_decay": 0.0}),
        ("*bn?.weight", {"lr": body, "weight_decay": 0.0}),
    ]


def iterator(part: str, loader: DataLoader) -> dict[str, Any]:
    """Return skorch's arguments for making a loader of its own like this one."""
    return {f"iterator_{part}__sampler": loader.sampler, f"iterator_{part}__collate_fn": loader.collate_fn}
