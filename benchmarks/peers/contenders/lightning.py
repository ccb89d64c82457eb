"""Lightning, after its page on transfer learning: a module that keeps its backbone in evaluation mode."""

from __future__ import annotations

import os
import tempfile
from typing import Any

import lightning
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from benchmarks.peers.loaders import make_loaders
from benchmarks.peers.network import freeze, frozen_modules, make_network, make_optimizer
from benchmarks.peers.task import Data, Task
from benchmarks.peers.watch import Watch

QUIET = {
    "logger": False,
    "enable_checkpointing": False,
    "enable_model_summary": False,
    "num_sanity_val_steps": 0,
}


class Classifier(lightning.LightningModule):
    """A classifier whose frozen part has no gradients and is in evaluation mode, which Lightning leaves as it is."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task, self.model = task, make_network(task)
        if task.tuned:
            self.model = self.model.to(memory_format=torch.channels_last)
        freeze(self.model, task.trainable, evaluating=task.tuned)
        for module in frozen_modules(self.model, task.trainable):
            module.eval()

    def training_step(self, batch: tuple[Tensor, Tensor], place: int) -> Tensor:
        """Return the loss."""
        images, labels = batch
        loss = cross_entropy(self.model(images), labels)
        if not self.task.tuned:
            self.log("train_loss", loss)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], place: int) -> Tensor:
        """Return the logits."""
        images, labels = batch
        logits = self.model(images)
        if not self.task.tuned:
            self.log("val_loss", cross_entropy(logits, labels))
        return logits

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return the optimiser."""
        return make_optimizer(self.model, self.task)


class Tell(lightning.Callback):
    """Tells the watch."""

    def __init__(self, watch: Watch, labels: Tensor) -> None:
        self.watch, self.labels = watch, labels
        self.logits: list[Tensor] = []

    def on_train_batch_end(self, trainer: Any, module: nn.Module, outputs: Any, batch: Any, place: int) -> None:
        """Note a step."""
        self.watch.step(outputs["loss"])

    def on_validation_batch_end(self, trainer: Any, module: nn.Module, outputs: Any, batch: Any, *place: int) -> None:
        """Keep what was said."""
        if not trainer.sanity_checking:
            self.logits.append(outputs)

    def on_validation_end(self, trainer: Any, module: nn.Module) -> None:
        """Note the validation."""
        if not trainer.sanity_checking:
            self.watch.validated(self.logits, self.labels)
            self.logits = []


def train(task: Task, data: Data, watch: Watch) -> None:
    """Train, and validate after each epoch."""
    with tempfile.TemporaryDirectory() as folder:
        trainer = lightning.Trainer(
            max_epochs=task.epochs,
            accelerator="cpu",
            callbacks=[Tell(watch, data.valid_labels)],
            enable_progress_bar=False,
            default_root_dir=os.fspath(folder),
            **(QUIET if task.tuned else {}),
        )
        trainer.fit(Classifier(task), *make_loaders(task, data))
