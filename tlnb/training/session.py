"""One training under way: its own copy of the model, its optimiser, its place in the run.

`tlnb.train` iterates over it and `tlnb.fit` drives it; all state of a training lives here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import nn

from tlnb.backbones import model_card
from tlnb.core.allocator import raise_allocator_thresholds, return_memory
from tlnb.core.devices import resolve_device
from tlnb.core.errors import NonFiniteLossError
from tlnb.core.metrics import classification_metrics
from tlnb.training.assess import assess, outputs_on_test
from tlnb.training.batches import Batches
from tlnb.training.best_epoch import BestEpoch
from tlnb.training.complaints import check_fit, explain_loss
from tlnb.training.devices import make_fabric, resolve_precision
from tlnb.training.events import EpochDone, EpochRecord, Event, Finished, Started, StepDone, Thawed
from tlnb.training.initial import initial_model
from tlnb.training.layer_plan import FIXED_STATISTICS, FROZEN, TRAINS, LayerPlan
from tlnb.training.optimisation import make_optimizer, make_scheduler
from tlnb.training.preview import thaw_epochs
from tlnb.training.randomness import RandomStream
from tlnb.training.recipe import Recipe
from tlnb.training.run import Run, RunCost
from tlnb.training.speed import FORMATS, choose_memory_format
from tlnb.training.used_in_run import UsedInRun

if TYPE_CHECKING:
    from tlnb.data import ImageData


class Session:
    """A training that can be iterated once.

    Parameters
    ----------
    model : nn.Module
        Copied; never changed.
    images : ImageData
        Data with at least training images.
    recipe : Recipe
        How to train.
    device : str
        As for `tlnb.fit`.
    stop : threading.Event, optional
        Set it, from any thread, to end the run after the step under way.
    """

    def __init__(
        self,
        model: nn.Module,
        images: ImageData,
        recipe: Recipe,
        device: str = "auto",
        stop: threading.Event | None = None,
    ) -> None:
        check_fit(model, images)
        self.recipe, self.images, self.stop = recipe, images, stop or threading.Event()
        self.device = resolve_device(device)
        self.choices = {
            "device": str(self.device),
            "precision": resolve_precision(recipe.precision, self.device),
        }
        if self.device.type == "cpu":
            self.choices["allocator"] = raise_allocator_thresholds()
        self.model = initial_model(model, recipe, images.classes).to(self.device)
        self.batches = Batches(images, model_card(self.model), recipe, self.device)
        self._settle_memory_format()

        self.plan = LayerPlan(self.model, recipe.parameters)
        self._thaws = self._thaw_steps()
        self.plan.keep_training(
            [group for group, step in self._thaws.items() if step == 0],
            fixed_statistics=self.plan.names[:-1] if recipe.fixed_statistics else (),
        )
        self.steps = recipe.epochs * self.batches.steps_per_epoch
        fabric = make_fabric(self.device, self.choices["precision"])
        self.optimizer = make_optimizer(recipe, self.plan)
        self.scheduler = make_scheduler(recipe, self.optimizer, self.steps, self.batches.steps_per_epoch)
        self._forward, self._optimizer = fabric.setup(self.model, self.optimizer, move_to_device=False)
        self._fabric = fabric
        self._loss = nn.CrossEntropyLoss(self._class_weights(), label_smoothing=recipe.label_smoothing)
        self._stream = RandomStream(recipe.seed, self.device)
        self._best = BestEpoch(recipe) if recipe.patience is not None else None
        self._used = UsedInRun(self.plan, images, recipe)

        self.step, self.seconds, self.images_seen = 0, 0.0, 0
        self.losses: list[float] = []
        self.history: list[EpochRecord] = []
        self.stopped = "running"

    def events(self) -> Iterator[Event]:
        """Train, and tell of it; the iterator's end, or closing it, ends the training."""
        yield Started(self.steps, self.recipe.epochs, self.plan.names, self.plan.trainable())
        for epoch in range(self.recipe.epochs):
            yield from self._epoch(epoch)
            if self.stopped != "running":
                break
        else:
            self.stopped = "finished"
        yield Finished(self.result())

    def result(self) -> Run:
        """Return what was done so far as a `Run`; a run that came to its end is tested, once, on the test images."""
        complete = self.stopped in ("finished", "early")
        if self._best is not None:
            self._best.restore(self.model)
        self.plan.release()
        self.model.eval().requires_grad_(True)
        for parameter in self.model.parameters():
            parameter.grad = None
        outputs = outputs_on_test(self.model, self.batches, self._forward) if complete else None
        if self.device.type == "cpu":
            return_memory()
        return Run(
            model=self.model,
            recipe=self.recipe,
            classes=tuple(self.images.classes),
            size=self.images.size,
            channels=self.batches.pixels.shape[1],
            history=tuple(self.history),
            losses=tuple(self.losses),
            metrics=classification_metrics(outputs.labels, outputs.logits) if outputs else {},
            cost=RunCost(self.seconds, self.images_seen, self.step, dict(self.choices)),
            stopped=self.stopped,
            best_epoch=self._best.epoch if self._best else None,
            outputs=outputs,
            used=self._used.names(),
        )

    def _epoch(self, epoch: int) -> Iterator[Event]:
        seconds_before, seen_before, losses_before = self.seconds, self.images_seen, len(self.losses)
        sizes: list[int] = []
        self.plan.train()
        for images, labels in self.batches.training(epoch):
            thawed = self._thaw_due()
            if thawed:
                yield Thawed(self.step + 1, thawed)
            start = time.perf_counter()
            with self._stream.active():
                loss, rates = self._train_step(images, labels)
            self.seconds += time.perf_counter() - start
            self.images_seen += len(images)
            sizes.append(len(images))
            yield StepDone(self.step, loss, len(images), rates)
            if self.stop.is_set() and self.step < self.steps:
                self.stopped = "stopped"
                return
        valid = assess(self.model, self.batches, "valid", self._forward)
        spent = self.seconds - seconds_before
        record = EpochRecord(
            epoch=epoch + 1,
            train_loss=sum(x * n for x, n in zip(self.losses[losses_before:], sizes, strict=True)) / sum(sizes),
            valid_loss=valid.get("loss"),
            valid_accuracy=valid.get("accuracy"),
            valid_auc=valid.get("auc"),
            seconds=spent,
            images_per_second=(self.images_seen - seen_before) / spent,
        )
        self.history.append(record)
        if self._best is not None and self._best.update(record, self.model):
            self.stopped = "early"
        yield EpochDone(record)

    def _train_step(self, images: torch.Tensor, labels: torch.Tensor) -> tuple[float, dict[str, float]]:
        loss = self._loss(self._forward(images), labels)
        value = float(loss.detach())
        rates = {group["group"]: group["lr"] for group in self.optimizer.param_groups}
        if not torch.isfinite(loss):
            raise NonFiniteLossError(explain_loss(value, self.step + 1, self.steps, self.plan, rates, self.recipe))
        # None, not zero: under momentum or weight decay a zero gradient would still move what is frozen.
        self._optimizer.zero_grad(set_to_none=True)
        self._fabric.backward(loss)
        if self.recipe.clip_norm is not None:
            self._fabric.clip_gradients(self._forward, self._optimizer, max_norm=self.recipe.clip_norm)
        self._optimizer.step()
        self.scheduler.step()
        self.step += 1
        self.losses.append(value)
        self._used.after_step(rates)
        return value, rates

    def _thaw_steps(self) -> dict[str, int | None]:
        epochs = thaw_epochs(self.recipe, self.plan.names)
        per_epoch = self.batches.steps_per_epoch
        return {name: None if epoch is None else round(epoch * per_epoch) for name, epoch in epochs.items()}

    def _thaw_due(self) -> tuple[str, ...]:
        due = tuple(
            g for g, at in self._thaws.items() if at is not None and at <= self.step and self.plan.states[g] == FROZEN
        )
        if due:
            self.plan.set_state(due, FIXED_STATISTICS if self.recipe.fixed_statistics else TRAINS)
            self.plan.train()
        return tuple(name for name in due if name in self.plan.trainable())

    def _settle_memory_format(self) -> None:
        sample = next(self.batches.evaluation("train", batch_size=8))[0]
        self.choices["memory_format"] = choose_memory_format(self.model, sample)
        self.batches.memory_format = FORMATS[self.choices["memory_format"]]
        self.model.to(memory_format=self.batches.memory_format)

    def _class_weights(self) -> torch.Tensor | None:
        return self.images.class_weights().to(self.device) if self.recipe.class_weights == "balanced" else None
