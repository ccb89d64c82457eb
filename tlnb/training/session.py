"""One training under way: its own copy of the model, its optimiser, its place in the run.

`tlnb.train` iterates over it and `tlnb.fit` drives it; all state of a training lives here.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from tlnb.backbones import model_card
from tlnb.backbones.split import Halfway
from tlnb.core.allocator import raise_allocator_thresholds, return_memory
from tlnb.core.devices import resolve_device
from tlnb.core.metrics import classification_metrics
from tlnb.core.random_lock import RANDOM_LOCK
from tlnb.training.assess import Outputs, outputs_on_test, outputs_on_valid
from tlnb.training.batches import Batches
from tlnb.training.best_epoch import BestEpoch
from tlnb.training.between_steps import before_step
from tlnb.training.complaints import check_fit
from tlnb.training.devices import resolve_precision
from tlnb.training.events import EpochDone, EpochRecord, Event, Finished, Started, StepDone, Stopping
from tlnb.training.initial import initial_model
from tlnb.training.layer_plan import LayerPlan
from tlnb.training.metering.energy_meter import EnergyMeter
from tlnb.training.metering.meter import CostMeter
from tlnb.training.method import Method
from tlnb.training.method_at_work import MethodAtWork
from tlnb.training.preview import thaw_steps
from tlnb.training.recipe import Recipe
from tlnb.training.recipe.selection import fixed_groups
from tlnb.training.run import Run
from tlnb.training.speed import FORMATS, choose_memory_format
from tlnb.training.steering import Steered, Steering
from tlnb.training.stepping import Stepper
from tlnb.training.store import FeatureKeeper
from tlnb.training.used_in_run import UsedInRun

if TYPE_CHECKING:
    from tlnb.data import ImageData

Batch = torch.Tensor | Halfway


class Session:
    """A training that can be iterated once.

    Parameters
    ----------
    model, images, recipe, device, stop, steering, energy, method
        As for `tlnb.fit`. The model is copied, never changed.
    chosen : mapping, optional
        What a run before chose by measuring (its `choices`), to choose it again; the device is not among that.
    """

    def __init__(
        self,
        model: nn.Module,
        images: ImageData,
        recipe: Recipe,
        device: str = "auto",
        stop: threading.Event | None = None,
        steering: Steering | None = None,
        chosen: Mapping[str, str] | None = None,
        energy: bool | str = False,
        method: Method | None = None,
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
        with RANDOM_LOCK:  # a new head is drawn from torch's global generator
            self.model = initial_model(model, recipe, images.classes).to(self.device)
        self.batches = Batches(images, model_card(self.model), recipe, self.device)
        self._settle_memory_format((chosen or {}).get("memory_format"))

        self.plan = LayerPlan(self.model, recipe.parameters)
        self.thaws = thaw_steps(recipe, self.plan.names, self.batches.steps_per_epoch)
        self.fixed = fixed_groups(self.plan.names, recipe.fixed_statistics)
        at_once = [group for group, step in self.thaws.items() if step == 0]
        self.plan.keep_training(at_once, fixed_statistics=self.fixed)
        per_epoch = self.batches.steps_per_epoch
        self.steps = recipe.epochs * per_epoch
        weights = images.class_weights().to(self.device) if recipe.class_weights == "balanced" else None
        given = (self.model, self.batches, tuple(images.classes), self.steps)
        self.method = None if method is None else MethodAtWork(method, *given)
        precision = self.choices["precision"]
        self.stepper = Stepper(self.plan, recipe, self.steps, per_epoch, precision, weights, self.method)
        self.keeper = FeatureKeeper(
            self.plan,
            self.batches,
            recipe,
            steps=self.steps,
            thaws=self.thaws,
            precision=precision,
            compute=self.stepper.forward,
            choices=self.choices,
            chosen=chosen or {},
        )
        self.best = BestEpoch(recipe) if recipe.patience is not None else None
        self.used = UsedInRun(self.plan, images, recipe, self.method)
        self.steering = steering or Steering()
        self.steering.bind(self.plan.names, None if self.method is None else self.method.settings)
        self.steered: list[Steered] = []
        self.checkpoints: Path | None = None

        self.seconds, self.images_seen = 0.0, 0
        self.epoch_began = (0.0, 0)  # seconds and images seen when the epoch under way began
        self.losses: list[float] = []
        self.history: list[EpochRecord] = []
        self.said: Outputs | None = None  # of the validation images, after the last epoch
        self.stopped = "running"
        self.meter = CostMeter(self, EnergyMeter.wanted(energy, self.device))

    @property
    def step(self) -> int:
        """Optimiser steps done so far."""
        return self.stepper.done

    def events(self) -> Generator[Event, None, None]:
        """Train, and tell of it; the iterator's end, or closing it, ends the training."""
        return self.meter.listen(self._events())

    def _events(self) -> Generator[Event, None, None]:
        self.steering.begin(self.steered)
        # A training that goes on has not been stopped: to do it again shall not stop there either.
        self.steered = [event for event in self.steered if event.action != "stop"]
        try:
            plan, epochs, model = self.plan, self.recipe.epochs, weakref.ref(self.model)
            before = dict(plan.states), tuple(self.losses), tuple(self.history), tuple(self.steered)
            measured = () if self.method is None else tuple(self.method.measured)
            yield Started(self.steps, epochs, plan.names, plan.trainable(), model, self.step, *before, measured)
            while self.stopped == "running" and len(self.history) < epochs:
                yield from self._epoch(len(self.history))
        finally:
            self.steering.end()
        if self.stopped == "running":
            self.stopped = "finished"
        yield Finished(self.result())

    def result(self) -> Run:
        """Return what was done so far as a `Run`; a run that came to its end is tested, once, on the test images."""
        complete = self.stopped in ("finished", "early")
        if self.stepper.average is not None:
            self.stepper.average.keep()
        if self.best is not None:
            self.best.restore(self.model)
        self.plan.release()
        self.model.eval().requires_grad_(True)
        for parameter in self.model.parameters():
            parameter.grad = None
        given = (self.model, self.batches, self.stepper.forward, self.keeper.evaluation)
        outputs = outputs_on_test(*given) if complete else None
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
            cost=self.meter.cost(),
            stopped=self.stopped,
            best_epoch=self.best.epoch if self.best else None,
            outputs=outputs,
            used=self.used.names(),
            steering=tuple(self.steered),
            checkpoints=self.checkpoints,
            method=None if self.method is None else self.method.record(),
        )

    def batch(self, epoch: int, order: Sequence[torch.Tensor], place: int) -> tuple[Batch, torch.Tensor]:
        """Return images of a step, or what is stored of them, and labels: at a place in what is left of an epoch."""
        halfway = self.keeper.training(epoch, order, place)
        if halfway is None:
            return self.batches.batch(epoch, order[place])
        return halfway, self.batches.targets(order[place])

    def _epoch(self, epoch: int) -> Iterator[Event]:
        before = epoch * self.batches.steps_per_epoch
        if self.step == before:
            self.epoch_began = (self.seconds, self.images_seen)
        self.plan.train()
        order = self.batches.order(epoch)[self.step - before :]
        for place in range(len(order)):
            yield from before_step(self)
            if self.stopped == "stopped":
                yield Stopping(self.step)
                return
            # After what thaws: what is stored is of the layers that are frozen now.
            self.keeper.settle(self.step)
            images, labels = self.batch(epoch, order, place)
            start = time.perf_counter()
            done = self.stepper.step(images, labels)
            self.seconds += time.perf_counter() - start
            self.images_seen += len(images)
            self.losses.append(done.loss)
            measured = None if self.method is None else self.method.end_step(done.added)
            if self.stepper.part is not None:
                self.choices["images_at_once"] = str(self.stepper.part)
            self.used.after_step(done.rates)
            yield StepDone(self.step, done.loss, len(images), done.rates, measured)
            if self.stop.is_set() and self.step < self.steps:
                self.stopped = "stopped"
                yield Stopping(self.step)
                return
        with self.stepper.averaged():
            record = self._record(epoch)
            if self.best is not None and self.best.update(record, self.model):
                self.stopped = "early"
        self.history.append(record)
        self.stepper.clock.after_epoch(getattr(record, f"valid_{self.recipe.monitor}"))
        yield EpochDone(record, None if self.said is None else weakref.ref(self.said))

    def _record(self, epoch: int) -> EpochRecord:
        self.said = outputs_on_valid(self.model, self.batches, self.stepper.forward, self.keeper.evaluation)
        valid = classification_metrics(self.said.labels, self.said.logits) if self.said else {}
        sizes = self.batches.sizes(epoch)
        seconds, seen = self.seconds - self.epoch_began[0], self.images_seen - self.epoch_began[1]
        return EpochRecord.of(epoch + 1, self.losses[-len(sizes) :], sizes, valid, seconds, seen)

    def _settle_memory_format(self, chosen: str | None) -> None:
        sample = next(self.batches.evaluation("train", batch_size=8))[0]
        self.choices["memory_format"] = chosen or choose_memory_format(self.model, sample)
        self.batches.memory_format = FORMATS[self.choices["memory_format"]]
        self.model.to(memory_format=self.batches.memory_format)
