"""One optimiser step after another: loss, gradients, clipping, rates, and what to do when memory does not suffice.

A batch that does not fit is computed in parts whose gradients add up to those of the whole (gradient accumulation), so
that the recipe's batch size stays what it says. Only batch normalisation that trains notices: it sees each part alone.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from torch.nn.modules.batchnorm import _BatchNorm

from tlnb.core.errors import MemoryLimitError, NonFiniteLossError
from tlnb.training.complaints import explain_loss
from tlnb.training.devices import make_fabric
from tlnb.training.layer_plan import LayerPlan
from tlnb.training.memory import free_memory, is_out_of_memory
from tlnb.training.optimisation import make_optimizer, make_scheduler
from tlnb.training.randomness import RandomStream
from tlnb.training.recipe import Recipe

log = logging.getLogger("tlnb")


@dataclass(frozen=True)
class StepResult:
    """What a step gave: its loss in nats, and each group's rate in it."""

    loss: float
    rates: Mapping[str, float]


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

    Attributes
    ----------
    done : int
        Steps done so far.
    part : int or None
        The most images that are computed at once, where a whole batch did not fit.
    scales : dict of str to float
        What steering multiplies the scheduled rates of layer groups by; 1 where it is not there.
    """

    def __init__(
        self,
        plan: LayerPlan,
        recipe: Recipe,
        steps: int,
        steps_per_epoch: int,
        precision: str,
        class_weights: torch.Tensor | None,
    ) -> None:
        self.plan, self.recipe, self.steps = plan, recipe, steps
        self.device = next(plan.model.parameters()).device
        self.optimizer = make_optimizer(recipe, plan)
        self.scheduler = make_scheduler(recipe, self.optimizer, steps, steps_per_epoch)
        self.fabric = make_fabric(self.device, precision)
        self.forward, self._optimizer = self.fabric.setup(plan.model, self.optimizer, move_to_device=False)
        self.stream = RandomStream(recipe.seed, self.device)
        self.done = 0
        self.part: int | None = None
        self.scales: dict[str, float] = {}
        self._class_weights = class_weights
        self._buffers = list(plan.model.buffers())
        self._kept = [buffer.clone() for buffer in self._buffers]

    def step(self, images: torch.Tensor, labels: torch.Tensor) -> StepResult:
        """Take one step.

        Parameters
        ----------
        images, labels : torch.Tensor
            float32 (N, C, H, W), normalised, and int64 (N,), on the device.

        Raises
        ------
        NonFiniteLossError
            If the loss is not finite; the weights are as they were.
        MemoryLimitError
            If not even the smallest part of the batch fits.
        """
        groups = self.optimizer.param_groups
        scheduled = [group["lr"] for group in groups]
        for group in groups:
            group["lr"] *= self.scales.get(group["group"], 1.0)
        rates = {group["group"]: group["lr"] for group in groups}
        loss = self._gradients_in_memory(images, labels, rates)
        if self.recipe.clip_norm is not None:
            self.fabric.clip_gradients(self.forward, self._optimizer, max_norm=self.recipe.clip_norm)
        self._optimizer.step()
        for group, rate in zip(groups, scheduled, strict=True):
            group["lr"] = rate  # some schedules go on from the rate that they find
        self.scheduler.step()
        self.done += 1
        return StepResult(loss, rates)

    def precision_state(self) -> dict[str, Any]:
        """Return what mixed precision has learnt (the scale of the loss), as plain data."""
        return dict(self.fabric._precision.state_dict())

    def load_precision_state(self, state: Mapping[str, Any]) -> None:
        """Put it back."""
        if state:
            self.fabric._precision.load_state_dict(dict(state))

    def _gradients_in_memory(self, images: torch.Tensor, labels: torch.Tensor, rates: Mapping[str, float]) -> float:
        while True:
            random_state = self.stream.state
            for kept, buffer in zip(self._kept, self._buffers, strict=True):
                kept.copy_(buffer)
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
            for kept, buffer in zip(self._kept, self._buffers, strict=True):
                buffer.copy_(kept)
            free_memory(self.device)
            self._halve(len(images), said)

    def _gradients(self, images: torch.Tensor, labels: torch.Tensor, rates: Mapping[str, float]) -> float:
        total = 0.0
        for place, (some, theirs) in enumerate(self._parts(images, labels)):
            loss = cross_entropy(
                self.forward(some), theirs, self._class_weights, label_smoothing=self.recipe.label_smoothing
            )
            if len(some) < len(images):  # each part's mean counts by its share of the whole
                loss = loss * (self._weight(theirs) / self._weight(labels))
            total += float(loss.detach())
            if not math.isfinite(total):
                step = self.done + 1
                raise NonFiniteLossError(explain_loss(total, step, self.steps, self.plan, rates, self.recipe))
            if place == 0:
                # None, not zero: under momentum or weight decay a zero gradient would still move what is frozen.
                self._optimizer.zero_grad(set_to_none=True)
            self.fabric.backward(loss)
        return total

    def _parts(self, images: torch.Tensor, labels: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
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

    def _weight(self, labels: torch.Tensor) -> float:
        """Return what a mean over these labels divides by."""
        return float(len(labels) if self._class_weights is None else self._class_weights[labels].sum())
