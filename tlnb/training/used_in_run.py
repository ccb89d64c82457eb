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

if TYPE_CHECKING:
    from tlnb.data import ImageData


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
    """

    def __init__(self, plan: LayerPlan, images: ImageData, recipe: Recipe) -> None:
        self._plan, self._images, self._recipe = plan, images, recipe
        self._seen: tuple[str, ...] | None = None
        self._trained: set[str] = set()
        self._names: dict[str, list[str]] = {}

    def after_step(self, rates: Mapping[str, float]) -> None:
        """Look at what trained in the step just done, if the plan has changed since the last look.

        Parameters
        ----------
        rates : mapping of str to float
            Each layer group's rate in that step.
        """
        states = tuple(self._plan.states.values())
        if states == self._seen:
            return
        if self._seen is None:
            self._put("model", model_card(self._plan.model).name)
            self._put("data", self._images.used_as)
            for name, strength in self._recipe.augmentation:
                if strength > 0:
                    self._put("transform", AUGMENTATIONS[name].title)
            if all(parameter.requires_grad for parameter in self._plan.model.parameters()):
                self._put("method", "full fine-tuning" if self._recipe.weights == "keep" else "training from scratch")
        elif set(self._plan.trainable()) - self._trained:
            self._put("method", "progressive unfreezing")
        for name in methods_at_work(self._plan, rates):
            self._put("method", name)
        self._seen, self._trained = states, set(self._plan.trainable())

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
