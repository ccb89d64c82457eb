"""What the frozen body says of images, for heads that train on it: from the store, and in memory where it is little."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn.functional import linear

from tlnb.backbones import head_module
from tlnb.backbones.structure import weightless_copy
from tlnb.core.random_lock import RANDOM_LOCK
from tlnb.training.batches import Batches
from tlnb.training.devices import autocast, computed_in
from tlnb.training.initial import initial_model
from tlnb.training.layer_plan import LayerPlan
from tlnb.training.recipe import Recipe
from tlnb.training.speed import FORMATS, choose_memory_format
from tlnb.training.store import FeatureKeeper, StoreUse

if TYPE_CHECKING:
    from tlnb.data import ImageData

IN_MEMORY = 64 * 2**20  # bytes of features that are held at once; of more, each batch is read
AT_ONCE = 1024  # images whose features are read together, to evaluate


class HeadFeatures:
    """The inputs of a network's head, by image.

    Parameters
    ----------
    model : nn.Module
        Copied.
    images, recipe, batches : ImageData, Recipe, Batches
        Of one of the trainings; what they differ in is of no matter to the body.
    precision : {"fp32", "bf16"}
        Of the forward pass.
    choices : dict of str to str
        Where what is chosen by measuring is noted.

    Attributes
    ----------
    usable : bool
        Whether what is kept of an image is what the head gets, and nothing else happens to it.
    model, plan : nn.Module, LayerPlan
        The network, in training mode with only its head free, and its plan.
    shapes : nn.Module
        The network without its weights, to count operations.
    """

    def __init__(
        self,
        model: nn.Module,
        images: ImageData,
        recipe: Recipe,
        batches: Batches,
        precision: str,
        choices: dict[str, str],
    ) -> None:
        with RANDOM_LOCK:  # a new head is drawn from torch's global generator
            self.model = initial_model(model, recipe, images.classes).to(batches.device)
        sample = next(batches.evaluation("train", batch_size=8))[0]
        choices["memory_format"] = choose_memory_format(self.model, sample)
        batches.memory_format = FORMATS[choices["memory_format"]]
        self.model.to(memory_format=batches.memory_format)
        self.plan = LayerPlan(self.model, recipe.parameters)
        self.plan.keep_training(self.plan.names[-1:])
        self.plan.train()
        self.precision, self._batches = precision, batches
        self._keeper = FeatureKeeper(
            self.plan,
            batches,
            recipe.with_(store="exact"),
            steps=recipe.epochs * batches.steps_per_epoch,
            thaws={name: 0 if name == self.plan.names[-1] else None for name in self.plan.names},
            precision=precision,
            compute=computed_in(precision, self.model),
            choices=choices,
            chosen={},
        )
        self._keeper.settle(0)
        self.shapes = weightless_copy(self.model)
        self.usable = self._are_heads_inputs()
        self._held = torch.empty(0, 0)
        self._places: torch.Tensor | None = None

    @property
    def use(self) -> StoreUse:
        """What was kept and read so far."""
        return self._keeper.used()[0]

    def hold(self, rows: Sequence[torch.Tensor]) -> None:
        """Compute the features of these rows where they are missing, and hold them in memory if that suffices."""
        wanted = torch.cat(list(rows)).unique()
        size = len(wanted) * head_module(self.model).in_features * 4  # type: ignore[operator]
        self._places = None
        found = [self._read(some) for some in wanted.split(AT_ONCE)] if size <= IN_MEMORY else []
        if found:
            self._held = torch.cat(found)
            self._places = torch.zeros(len(self._batches.labels), dtype=torch.int64)
            self._places[wanted] = torch.arange(len(wanted))

    def at(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the features of rows of the data set: int64 (...) -> float32 (..., D), on the device."""
        if self._places is not None:
            return self._held[self._places[rows].to(self._held.device)]
        return self._read(rows.flatten()).unflatten(0, rows.shape)

    def _read(self, rows: torch.Tensor) -> torch.Tensor:
        halfway = self._keeper.evaluation(rows)
        assert halfway is not None
        return halfway.values[0]

    def _are_heads_inputs(self) -> bool:
        halfway = self._keeper.evaluation(self._batches.splits["train"][:4])
        if halfway is None or len(halfway.values) != 1 or halfway.values[0].ndim != 2:
            return False
        head = head_module(self.model)
        devices = [halfway.device] if halfway.device.type == "cuda" else []
        with torch.no_grad(), torch.random.fork_rng(devices=devices), autocast(self.precision, halfway.device):
            through = halfway.split.logits(halfway, self.model)
            direct = linear(halfway.values[0], head.weight, head.bias)  # type: ignore[arg-type]
        share = 1e-4 if self.precision == "fp32" else 1e-2
        return bool(torch.allclose(through, direct, rtol=share, atol=share * float(direct.abs().max())))
