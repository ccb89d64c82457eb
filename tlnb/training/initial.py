"""The weights that a run starts from: the model's own, with what is new drawn from the recipe's seed."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence

from torch import nn

from tlnb.backbones import ModelCard, create_model, model_card
from tlnb.backbones.heads import draw_head
from tlnb.core.errors import ModelError, RecipeError
from tlnb.training.drops import set_drop_path, set_dropout
from tlnb.training.learning import added_parameters
from tlnb.training.recipe import Recipe


def initial_model(model: nn.Module, recipe: Recipe, classes: Sequence[str]) -> nn.Module:
    """Return a model of its own for one run; the one given is not touched.

    A head that `create_model` put on new is drawn again from the recipe's seed, so that runs with different seeds
    differ in it; a head that has been trained (a run's model, or a model of your own) is kept.

    Parameters
    ----------
    model : nn.Module
        What to start from.
    recipe : Recipe
        Gives `weights` and `seed`.
    classes : sequence of str
        The target's classes.

    Raises
    ------
    ModelError
        If ``weights="random"`` is asked for a model that `create_model` did not make.
    RecipeError
        If it is asked for a model to which a method has added parameters; or the recipe sets dropout or stochastic
        depth, and the network has no place for it.
    """
    own = _with_weights(model, recipe, classes)
    if recipe.dropout is not None:
        set_dropout(own, recipe.dropout)
    if recipe.drop_path is not None:
        set_drop_path(own, recipe.drop_path)
    return own


def _with_weights(model: nn.Module, recipe: Recipe, classes: Sequence[str]) -> nn.Module:
    card: ModelCard | None = getattr(model, "tlnb_card", None)
    if recipe.weights == "random":
        if card is None:
            raise ModelError(
                'weights="random" needs a model from create_model, which knows how its architecture draws its weights. '
                'For a model of your own, draw them yourself and use weights="keep".'
            )
        if added_parameters(model):
            raise RecipeError(
                'weights="random" builds the plain architecture anew and would lose what was added to this model. Use '
                'weights="keep", or give the model as it was before.'
            )
        name = f"{card.library}/{card.name}"
        fresh = create_model(name, classes, weights="random", crop=card.preprocessing.crop, seed=recipe.seed)
        setattr(fresh, "tlnb_card", dataclasses.replace(model_card(fresh), new_head=False))  # noqa: B010
        return fresh
    own = copy.deepcopy(model)
    if card is not None and card.new_head:
        draw_head(own, recipe.seed)
    if card is not None:
        setattr(own, "tlnb_card", dataclasses.replace(card, new_head=False))  # noqa: B010
    return own
