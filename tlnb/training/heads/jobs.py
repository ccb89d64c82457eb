"""One head among many: what it trains on, in which order, and how far it is."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

import torch
from torch import nn

from tlnb.backbones import head_module, model_card
from tlnb.backbones.heads import draw_head
from tlnb.training.batches import Batches
from tlnb.training.best_epoch import BestEpoch
from tlnb.training.devices import resolve_precision
from tlnb.training.events import EpochRecord
from tlnb.training.layer_plan import LayerPlan
from tlnb.training.optimisation import group_rates
from tlnb.training.recipe import Recipe
from tlnb.training.recipe.checks import TORCH_OPTIMIZERS
from tlnb.training.recipe.selection import fixed_groups, select_groups
from tlnb.training.schedules import RateClock

if TYPE_CHECKING:
    from tlnb.data import ImageData
    from tlnb.training.assess import TestOutputs


def why_alone(names: tuple[str, ...], head: nn.Module, recipe: Recipe, device: torch.device) -> str | None:
    """Say why a recipe's head cannot train beside others; None if it can.

    Parameters
    ----------
    names : tuple of str
        The model's layer groups.
    head : nn.Module
        Of the model.
    recipe : Recipe
        How it would train.
    device : torch.device
        Where.

    Raises
    ------
    RecipeError
        If the recipe names groups that the model does not have.
    """
    fixed_groups(names, recipe.fixed_statistics)  # nothing in a linear head, and still an error if it is no group
    reasons = (
        (select_groups(names, recipe.trainable) != names[-1:] or recipe.thaw, "more than the head trains"),
        (recipe.weights != "keep" or recipe.parameters != "all", "the body is not the given one"),
        (any(strength > 0 for _, strength in recipe.augmentation), "its images are augmented"),
        (recipe.dropout is not None or recipe.drop_path is not None, "it sets dropout"),
        (recipe.optimizer not in TORCH_OPTIMIZERS, f"{recipe.optimizer} has no update for many heads"),
        (recipe.store not in ("auto", "exact"), f"store={recipe.store!r}"),
        (resolve_precision(recipe.precision, device) == "fp16", "its loss is scaled"),
        (not isinstance(head, nn.Linear) or head.bias is None, "the head is no linear layer with a bias"),
    )
    return next((reason for holds, reason in reasons if holds), None)


class Order:
    """The rows of a data set that a training sees, step by step; shared by all that see the same.

    Parameters
    ----------
    batches : Batches
        Of one of them.
    """

    def __init__(self, batches: Batches) -> None:
        self.batches, self.per_epoch = batches, batches.steps_per_epoch
        self._epoch, self._rows = -1, [torch.empty(0, dtype=torch.int64)]

    def rows(self, step: int) -> torch.Tensor:
        """Return the rows of a step's batch, int64 (n,)."""
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            self._epoch = epoch
            self._rows = [self.batches.splits["train"][places] for places in self.batches.order(epoch)]
        return self._rows[place]


class HeadJob:
    """A training of a head: its recipe, its images, what it did so far.

    Parameters
    ----------
    model : nn.Module
        With the body that all share; not changed.
    plan : LayerPlan
        Of a copy of it.
    images, recipe, batches : ImageData, Recipe, Batches
        Of this training.

    Attributes
    ----------
    head : nn.Linear
        As it starts; at the end, as it is kept.
    stopped : {"running", "finished", "early", "failed"}
        ``"failed"`` if the loss was not finite: then it is for `fit` to say so.
    """

    def __init__(self, model: nn.Module, plan: LayerPlan, images: ImageData, recipe: Recipe, batches: Batches) -> None:
        self.images, self.recipe, self.batches = images, recipe, batches
        self.head: nn.Linear = copy.deepcopy(head_module(model)).to(batches.device)  # type: ignore[assignment]
        if model_card(model).new_head:
            draw_head(self.head, recipe.seed)
        self.sizes = batches.sizes(0)
        self.per_epoch = len(self.sizes)
        self.steps = recipe.epochs * self.per_epoch
        self.rates, self.head_group = group_rates(recipe, plan.names), plan.names[-1]
        self.best = BestEpoch(recipe) if recipe.patience is not None else None
        self.factors: list[float] = []  # of every step so far, of each group's peak rate
        self.losses: list[float] = []
        self.history: list[EpochRecord] = []
        self.seconds = self.loading_seconds = self.validation_seconds = 0.0
        self._until = 0.0  # seconds when the epoch under way began
        self.stopped = "running"
        self.outputs: TestOutputs | None = None

    @property
    def images_seen(self) -> int:
        """Images trained on, each as often as it was seen."""
        whole, rest = divmod(len(self.losses), self.per_epoch)
        return whole * sum(self.sizes) + sum(self.sizes[:rest])

    @property
    def order_key(self) -> Hashable:
        """Equal for trainings that see the same images in the same order."""
        seen = hashlib.sha256(self.batches.splits["train"].numpy().tobytes()).hexdigest()
        return self.recipe.seed, self.recipe.batch_size, seen

    @property
    def clock_key(self) -> Hashable:
        """Equal for trainings whose rates move alike."""
        recipe = self.recipe
        if recipe.schedule == "plateau":
            return id(self)  # it goes by what its own validation says
        what = (recipe.schedule, recipe.schedule_options, recipe.warmup_epochs, recipe.momentum)
        return *what, self.steps, self.per_epoch

    def new_clock(self) -> RateClock:
        """Return what says how its rates move."""
        return RateClock(self.recipe, self.steps, self.per_epoch)

    def end_epoch(self, valid: Mapping[str, float]) -> None:
        """Take note of an epoch, whose validation gave these numbers; the head is as it was validated.

        Raises
        ------
        DataError
            If early stopping watches what is not there.
        """
        losses, seconds = self.losses[-self.per_epoch :], self.seconds - self._until
        self._until = self.seconds
        record = EpochRecord.of(len(self.history) + 1, losses, self.sizes, valid, seconds, sum(self.sizes))
        if self.best is not None and self.best.update(record, self.head):
            self.stopped = "early"
        self.history.append(record)

    def end(self) -> None:
        """Have the head be what the training keeps."""
        if self.best is not None:
            self.best.restore(self.head)
