"""What a recipe means for one model, as a table: each group's parameters, rate, and when it trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlnb.backbones import layer_groups
from tlnb.backbones.membership import keeps_statistics, modules_and_groups
from tlnb.core.tables import Table
from tlnb.training.learning import learning_parameters
from tlnb.training.optimisation import group_rates
from tlnb.training.recipe import Recipe
from tlnb.training.recipe.selection import fixed_groups, select_groups

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class GroupPreview:
    """One layer group under a recipe.

    Attributes
    ----------
    name, parameters : str, int
        The group, and how many parameters it has.
    trains_from : float or None
        An epoch, or None for never.
    learning_rate : float or None
        Its peak, or None if it never trains.
    learning : int
        How many of its parameters learn once it trains (see `Recipe.parameters`).
    statistics : {"fixed", "follow"} or None
        Whether its running statistics, those of batch normalisation, stand still throughout, or follow the images from
        when it trains; None if it has none.
    """

    name: str
    parameters: int
    trains_from: float | None
    learning_rate: float | None
    learning: int
    statistics: str | None = None


@dataclass(frozen=True, repr=False)
class RecipePreview(Table):
    """A recipe applied to a model's layer groups, input to head. Shows itself as a table.

    Attributes
    ----------
    groups : tuple of GroupPreview
        Of each group.
    fixes_statistics : bool
        Whether the recipe sets `fixed_statistics`: only then does the table say what statistics do.
    """

    groups: tuple[GroupPreview, ...]
    fixes_statistics: bool = False

    @property
    def trainable_parameters(self) -> int:
        """Number of parameters that train at some time of the run."""
        return sum(g.learning for g in self.groups if g.trains_from is not None)

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows."""
        rows = []
        partly = any(g.learning < g.parameters for g in self.groups)
        for g in self.groups:
            when = "frozen" if g.trains_from is None else "start" if g.trains_from == 0 else f"epoch {g.trains_from:g}"
            rows.append(
                [
                    g.name,
                    f"{g.parameters:,}",
                    *([f"{g.learning:,}"] if partly else []),
                    when,
                    "" if g.learning_rate is None else f"{g.learning_rate:.2g}",
                    *([g.statistics or "none"] if self.fixes_statistics else []),
                ]
            )
        header = ["group", "parameters", *(["that learn"] if partly else []), "trains from", "peak learning rate"]
        return [*header, *(["running statistics"] if self.fixes_statistics else [])], rows


def thaw_epochs(recipe: Recipe, names: tuple[str, ...]) -> dict[str, float | None]:
    """Return from which epoch each group trains (0 for the start, None for never)."""
    epochs: dict[str, float | None] = dict.fromkeys(names)
    for epoch, selector in ((0.0, recipe.trainable), *recipe.thaw):
        for name in select_groups(names, selector):
            if epochs[name] is None:
                epochs[name] = epoch
    return epochs


def thaw_steps(recipe: Recipe, names: tuple[str, ...], steps_per_epoch: int) -> dict[str, int | None]:
    """Return before which step each group thaws (0 for the start, None for never)."""
    epochs = thaw_epochs(recipe, names)
    return {name: None if epoch is None else round(epoch * steps_per_epoch) for name, epoch in epochs.items()}


def preview(recipe: Recipe, model: nn.Module) -> RecipePreview:
    """Return what a recipe means for a model.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("resnet18", 2, weights="random")
    >>> tlnb.Recipe.preset("probe").preview(model).trainable_parameters
    1026
    """
    groups = layer_groups(model)
    names = tuple(g.name for g in groups)
    sizes = {name: parameter.numel() for name, parameter in model.named_parameters()}
    epochs, rates = thaw_epochs(recipe, names), group_rates(recipe, names)
    learns = learning_parameters(model, groups, recipe.parameters)
    statistics = _statistics(recipe, model, epochs)
    previews = []
    for g in groups:
        learning = sum(sizes[name] for name in g.parameters if name in learns)
        start = epochs[g.name] if learning else None
        rate = None if start is None else rates[g.name]
        size = sum(sizes[name] for name in g.parameters)
        previews.append(GroupPreview(g.name, size, start, rate, learning, statistics[g.name]))
    return RecipePreview(tuple(previews), bool(recipe.fixed_statistics))


def _statistics(recipe: Recipe, model: nn.Module, epochs: Mapping[str, float | None]) -> dict[str, str | None]:
    names = tuple(epochs)
    never = {name for name, epoch in epochs.items() if epoch is None}
    # Where only what a method added learns, the plan keeps those of the whole body.
    whole_body = fixed_groups(names, recipe.parameters == "added")
    still = never.union(fixed_groups(names, recipe.fixed_statistics), whole_body)
    found: dict[str, str | None] = dict.fromkeys(names)
    for module, groups in modules_and_groups(model, layer_groups(model)):
        if keeps_statistics(module):
            found.update(dict.fromkeys(groups, "fixed" if groups <= still else "follow"))
    return found
