"""One optimiser step after another: loss, gradients, clipping, rates, and what to do when memory does not suffice.

A batch that does not fit is computed in parts whose gradients add up to those of the whole (gradient accumulation), so
that the recipe's batch size stays what it says. Only batch normalisation that trains notices: it sees each part alone.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from tlnb.backbones.split import Halfway
from tlnb.core.errors import MemoryLimitError, NonFiniteLossError
from tlnb.training.assess import logits_from
from tlnb.training.averaging import WeightAverage
from tlnb.training.complaints import explain_loss
from tlnb.training.devices import make_fabric
from tlnb.training.layer_plan import LayerPlan
from tlnb.training.loss import loss_weight, training_loss
from tlnb.training.memory import KeptBuffers, free_memory, is_out_of_memory
from tlnb.training.method_at_work import ADDED, MethodAtWork, Pass
from tlnb.training.optimisation import make_optimizer, set_rates
from tlnb.training.pull import make_pull
from tlnb.training.randomness import RandomStream
from tlnb.training.recipe import Recipe
from tlnb.training.schedules import RateClock

log = logging.getLogger("tlnb")


@dataclass(frozen=True)
class StepResult:
    """What a step gave: its loss in nats, each group's rate in it, and what a method added to the loss."""

    loss: float
    rates: Mapping[str, float]
    added: float = 0.0


class Stepper:
    """The optimiser's side of a training: gradients in, changed weights out.

    Parameters
    ----------
    plan : LayerPlan
        Of the model that trains, on its device.
    recipe : Recipe
        How.
    steps, steps_per_epoch : int
        Optimiser steps of the whole run and of one epoch.
    precision : {"fp32", "bf16", "fp16"}
        Of the forward pass.
    class_weights : torch.Tensor, optional
        float32 (classes,), on the device.
    method : MethodAtWork, optional
        What adds to the loss.

    Attributes
    ----------
    done : int
        Steps done so far.
    part : int or None
        The most images that are computed at once, where a whole batch did not fit.
    scales : dict of str to float
        What steering multiplies the scheduled rates of layer groups by; 1 where it is not there.
    rate_groups : tuple of str
        What has a rate: the layer groups, and what a method adds.
    """

    def __init__(
        self,
        plan: LayerPlan,
        recipe: Recipe,
        steps: int,
        steps_per_epoch: int,
        precision: str,
        class_weights: torch.Tensor | None,
        method: MethodAtWork | None = None,
    ) -> None:
        self.plan, self.recipe, self.steps, self.method = plan, recipe, steps, method
        self.device = next(plan.model.parameters()).device
        added = method.module.parameters() if method is not None else ()
        own = [parameter for parameter in added if parameter.requires_grad]
        self.optimizer = make_optimizer(recipe, plan, {ADDED: own} if own else None)
        self.rate_groups = (*plan.names, *((ADDED,) if own else ()))
        self.clock = RateClock(recipe, steps, steps_per_epoch)
        self.pull = make_pull(recipe, self.optimizer, precision)
        self.average = None if recipe.ema_decay is None else WeightAverage(plan.model, recipe.ema_decay)
        self.fabric = make_fabric(self.device, precision)
        self.forward, self._optimizer = self.fabric.setup(plan.model, self.optimizer, move_to_device=False)
        self._logits = logits_from(self.forward)
        self.stream = RandomStream(recipe.seed, self.device)
        self.done = 0
        self.part: int | None = None
        self.scales: dict[str, float] = {}
        self._class_weights = class_weights
        self._kept = KeptBuffers(plan.model if method is None else nn.ModuleList([plan.model, method.module]))

    def step(self, images: torch.Tensor | Halfway, labels: torch.Tensor) -> StepResult:
        """Take one step.

        Parameters
        ----------
        images : torch.Tensor or Halfway
            float32 (N, C, H, W), normalised, on the device; or what is stored of them.
        labels : torch.Tensor
            int64 (N,) or, mixed, float32 (N, classes), on the device.

        Raises
        ------
        NonFiniteLossError
            If the loss is not finite; the weights are as they were.
        MemoryLimitError
            If not even the smallest part of the batch fits.
        """
        rates = set_rates(self.optimizer, self.clock.factor, self.clock.momentum, self.scales)
        loss, added = self._gradients_in_memory(images, labels, rates)
        if self.recipe.clip_norm is not None:
            self.fabric.clip_gradients(self.forward, self._optimizer, max_norm=self.recipe.clip_norm)
        if self.pull is not None:
            self.pull.before_step()
        self._optimizer.step()
        self.clock.step()
        self.done += 1
        if self.average is not None:
            self.average.after_step(self.done)
        if self.method is not None:
            self.method.after_step(self.done)
        return StepResult(loss, rates, added)

    def averaged(self) -> AbstractContextManager[None]:
        """Have the model compute with the average of its weights inside a block, if the recipe asks for one."""
        return nullcontext() if self.average is None else self.average.in_place()

    def precision_state(self) -> dict[str, Any]:
        """Return what mixed precision has learnt (the scale of the loss), as plain data."""
        return dict(self.fabric._precision.state_dict())

    def load_precision_state(self, state: Mapping[str, Any]) -> None:
        """Put it back."""
        if state:
            self.fabric._precision.load_state_dict(dict(state))

    def _gradients_in_memory(
        self, images: torch.Tensor | Halfway, labels: torch.Tensor, rates: Mapping[str, float]
    ) -> tuple[float, float]:
        while True:
            random_state = self.stream.state
            self._kept.keep(tuple(self.plan.states.values()))
            try:
                with self.stream.active():
                    return self._gradients(images, labels, rates)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                said = str(error).splitlines()[0] if str(error) else type(error).__name__
            # Outside the handler, whose traceback keeps the failed pass's tensors: as if it had never begun.
            self._optimizer.zero_grad(set_to_none=True)
            self.stream.state = random_state
            self._kept.restore()
            free_memory(self.device)
            self._halve(len(images), said)

    def _gradients(
        self, images: torch.Tensor | Halfway, labels: torch.Tensor, rates: Mapping[str, float]
    ) -> tuple[float, float]:
        total, added, weights = 0.0, 0.0, self._class_weights
        parts = list(self._parts(images, labels))
        alone = self.method is not None and self.method.alone
        for place, (some, theirs) in enumerate(parts):
            if self.method is None:
                logits, more = self._logits(some), None
            else:
                with self.fabric.autocast():
                    pass_ = Pass(self.done, len(images), place, len(parts))
                    logits, more = self.method.compute(self._logits, some, theirs, pass_)
            share = len(some) / len(images)  # each part's mean counts by its share of the whole
            if more is not None:
                more = more * share
                added += float(more.detach())
            if more is not None and alone:
                loss, total = more, added
            else:
                loss = training_loss(logits, theirs, self.recipe.label_smoothing, weights)
                if share < 1:
                    loss = loss * (loss_weight(theirs, weights) / loss_weight(labels, weights))
                total += float(loss.detach())
                loss = loss if more is None else loss + more
            if not math.isfinite(total + added):
                step = self.done + 1
                raise NonFiniteLossError(explain_loss(total + added, step, self.steps, self.plan, rates, self.recipe))
            if place == 0:
                # None, not zero: under momentum or weight decay a zero gradient would still move what is frozen.
                self._optimizer.zero_grad(set_to_none=True)
            self.fabric.backward(loss)
        return total, added

    def _parts(
        self, images: torch.Tensor | Halfway, labels: torch.Tensor
    ) -> Iterator[tuple[torch.Tensor | Halfway, torch.Tensor]]:
        count = self._count(len(images))
        return zip(images.tensor_split(count), labels.tensor_split(count), strict=True)

    def _count(self, n: int) -> int:
        """Say in how many parts a batch is computed; none is left with one image where that cannot train."""
        if self.part is None:
            return 1
        count = math.ceil(n / self.part)
        return count if n // count >= self._least() else max(1, n // self._least())

    def _least(self) -> int:
        normalises = any(isinstance(module, _BatchNorm) and module.training for module in self.plan.model.modules())
        return 2 if normalises else 1

    def _halve(self, n: int, said: str) -> None:
        before, part = self._count(n), n if self.part is None else min(n, self.part)
        while self._count(n) == before:
            if part <= self._least():
                raise MemoryLimitError(
                    f"Not even {math.ceil(n / before)} image(s) at a time fit into the memory of {self.device} "
                    f"({said}). Load smaller images (load_data(..., size=96)), train fewer layers "
                    '(trainable="head"), or take a smaller network.'
                )
            part = self.part = math.ceil(part / 2)
        batch_norm = " Batch normalisation that trains now sees each part alone." if self._least() == 2 else ""
        log.warning(
            "Out of memory with %d images at a time: batches of %d go on in %d parts, their gradients added up.%s "
            "A smaller batch_size says so from the start.",
            math.ceil(n / before),
            n,
            self._count(n),
            batch_norm,
        )
