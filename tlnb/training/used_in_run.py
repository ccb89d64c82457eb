"""What a run really used: read off the model after an optimiser step, never from the recipe's word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from tlnb.backbones import model_card
from tlnb.core.used import note
from tlnb.data.augmentation import AUGMENTATIONS
from tlnb.training.layer_plan import LayerPlan
from tlnb.training.recipe import Recipe
from tlnb.training.recipe.schedule_options import SCHEDULES

if TYPE_CHECKING:
    from tlnb.data import ImageData
    from tlnb.training.method_at_work import MethodAtWork


class UsedInRun:
    """Notes what a run used once it has happened, for the run and for the whole process (`tlnb.core.used`).

    Parameters
    ----------
    plan : LayerPlan
        Of the model that trains.
    images : ImageData
        What it trains on.
    recipe : Recipe
        How.
    method : MethodAtWork, optional
        What runs in it.
    """

    def __init__(self, plan: LayerPlan, images: ImageData, recipe: Recipe, method: MethodAtWork | None = None) -> None:
        self._plan, self._images, self._recipe, self._method = plan, images, recipe, method
        self._seen: tuple[str, ...] | None = None
        self._rate: float | None = None
        self._trained: set[str] = set()
        self._names: dict[str, list[str]] = {}

    def after_step(self, rates: Mapping[str, float]) -> None:
        """Look at what trained in the step just done, if the plan has changed since the last look.

        Parameters
        ----------
        rates : mapping of str to float
            Each layer group's rate in that step.
        """
        self._look_at_rates(rates[self._plan.names[-1]])
        states = tuple(self._plan.states.values())
        if states == self._seen:
            return
        if self._seen is None:
            self._put("model", model_card(self._plan.model).name)
            self._put("data", self._images.used_as)
            for name in transforms_of(self._recipe):
                self._put("transform", name)
            if self._method is not None:
                for name in self._method.names:
                    self._put("method", name)
                for one in self._method.images:
                    self._put("data", one.used_as)
            for name in methods_of(self._recipe):
                self._put("method", name)
            if all(parameter.requires_grad for parameter in self._plan.model.parameters()):
                self._put("method", "full fine-tuning" if self._recipe.weights == "keep" else "training from scratch")
        elif set(self._plan.trainable()) - self._trained:
            self._put("method", "progressive unfreezing")
        for name in methods_at_work(self._plan, rates):
            self._put("method", name)
            if name == "layer-wise learning rates" and self._recipe.layer_decay < 1:
                self._put("method", "layer-wise decay")
        self._seen, self._trained = states, set(self._plan.trainable())

    def _look_at_rates(self, rate: float) -> None:
        """Note the schedule once the rate has fallen, a warm-up once it has risen."""
        before, self._rate = self._rate, rate
        if before is None or (self._recipe.schedule == "constant" and rate < before):
            return
        if rate < before:
            self._put("method", SCHEDULES[self._recipe.schedule].title)
        elif rate > before and self._recipe.warmup_epochs:
            self._put("method", "warm-up")

    def names(self) -> dict[str, tuple[str, ...]]:
        """Return kind to names, in the order of their first use; empty before the first step."""
        return {kind: tuple(names) for kind, names in self._names.items()}

    def state_dict(self) -> dict[str, Any]:
        """Return what was noted so far, as plain data, for a checkpoint."""
        return {"names": self._names, "seen": self._seen, "trained": sorted(self._trained)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned, and note it for this process too."""
        self._seen = None if state["seen"] is None else tuple(state["seen"])
        self._trained = set(state["trained"])
        for kind, names in state["names"].items():
            for name in names:
                self._put(kind, name)

    def _put(self, kind: str, name: str) -> None:
        known = self._names.setdefault(kind, [])
        if name not in known:
            known.append(name)
            note(kind, name)


_ALSO = {"rand_augment": "RandAugment / TrivialAugment", "trivial_augment": "RandAugment / TrivialAugment"}


def transforms_of(recipe: Recipe) -> Iterator[str]:
    """Yield the augmentations of a recipe that change anything, in the syllabus's words."""
    for name, strength in recipe.augmentation:
        if strength > 0:
            yield AUGMENTATIONS[name].title
            if name in _ALSO:
                yield _ALSO[name]
            if AUGMENTATIONS[name].kind == "domain":
                yield "domain-specific noise"


def methods_of(recipe: Recipe) -> Iterator[str]:
    """Yield what a recipe has its optimiser and its network do at every step, in the syllabus's words."""
    if recipe.optimizer in ("lars", "lamb"):
        yield recipe.optimizer.upper()
    if recipe.weight_decay:
        yield "weight decay (L2, L2-SP)" if recipe.decay_to == "pretrained" else "weight decay"
    for name, at_work in (
        ("label smoothing", recipe.label_smoothing),
        ("dropout", recipe.dropout),
        ("stochastic depth", recipe.drop_path),
        ("average of the weights", recipe.ema_decay),
    ):
        if at_work:
            yield name


def methods_at_work(plan: LayerPlan, rates: Mapping[str, float]) -> Iterator[str]:
    """Yield the methods that a model's present state shows, in the syllabus's words.

    Parameters
    ----------
    plan : LayerPlan
        Its model has just made a step of training.
    rates : mapping of str to float
        Each layer group's rate in that step.
    """
    *body, head = plan.names
    learning = {name: [p.requires_grad for _, p in plan.parameters(name)] for name in plan.names}
    if not all(all(learning[name]) for name in body):
        yield "freezing"
    if any(isinstance(module, _BatchNorm) and not module.training for module in plan.model.modules()):
        yield "frozen batch normalisation"
    distinct = {rates[name] for name in (*body, head) if any(learning[name])}
    if len(distinct) >= 3:
        yield "layer-wise learning rates"
    if len(distinct) >= 2:
        yield "discriminative fine-tuning"
    trained = {id(p) for name in body for _, p in plan.parameters(name) if p.requires_grad}
    if trained and trained <= {id(p) for module in _batch_norms(plan.model) for p in module.parameters()}:
        yield "batch-norm only"
    for module in plan.model.modules():
        # A method's own module says what it is: this floor knows nothing of the methods above it.
        added = getattr(module, "tlnb_added_parameters", ())
        if any(getattr(module, name).requires_grad for name in added):
            yield str(module.tlnb_method)


def _batch_norms(model: nn.Module) -> Iterator[nn.Module]:
    return (module for module in model.modules() if isinstance(module, _BatchNorm))
