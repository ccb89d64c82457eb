"""A recipe as a short stand-alone PyTorch script that gives the same losses.

What a learner takes home: no tlnb in it, nothing hidden, each part as one would write it by hand. Its text is the
template ``script.py.jinja``; this module says what goes into it, and refuses what it cannot show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from tlnb.backbones import ModelCard, head_module, head_name, layer_groups
from tlnb.backbones.borrowed import BORROWED
from tlnb.backbones.packaged import PACKAGED
from tlnb.core.errors import RecipeError
from tlnb.data.augmentation import AUGMENTATIONS, augmentation_source
from tlnb.training.batches import in_batches
from tlnb.training.complaints import check_fit
from tlnb.training.drops import dropout_places
from tlnb.training.group_counters import counts_by_group
from tlnb.training.learning import added_parameters, learning_parameters
from tlnb.training.recipe import Recipe
from tlnb.training.recipe.selection import fixed_groups
from tlnb.training.script.lines import import_lines, loss_arguments
from tlnb.training.script.network import new_head, pretrained_network, untrained_network
from tlnb.training.script.rates import rate_fields
from tlnb.training.script.templates import template

if TYPE_CHECKING:
    from tlnb.data import ImageData
    from tlnb.training.method import Method

_MEMORY_FORMATS = {"channels_last": "channels_last", "contiguous": "contiguous_format"}
_AUTOCAST = {"auto": 'device == "cuda"', "bf16": "True", "fp32": "False"}


def write_script(
    recipe: Recipe,
    model: nn.Module,
    images: ImageData,
    memory_format: str = "channels_last",
    method: Method | None = None,
) -> str:
    """Write a recipe for one model and data set as a PyTorch script.

    The script needs torch, the model's library and safetensors, and reads the images from the file that
    ``images.save`` writes; its first lines say how. With the same memory format, it gives the losses of `tlnb.fit`
    to rounding.

    Parameters
    ----------
    recipe : Recipe
        What to write.
    model : nn.Module
        From `tlnb.create_model`, not yet trained.
    images : ImageData
        The data set.
    memory_format : {"channels_last", "contiguous"}
        As in ``run.cost.choices``.
    method : Method, optional
        What runs in the training; a script has none.

    Returns
    -------
    str
        Python source.

    Raises
    ------
    RecipeError
        For what a short script cannot show; the error names it.

    Examples
    --------
    >>> import tlnb, torch
    >>> pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    >>> images = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> model = tlnb.create_model("resnet18", images, weights="random")
    >>> script = tlnb.Recipe.preset("scratch").to_code(model, images)
    >>> 'timm.create_model("resnet18")' in script
    True
    """
    check_fit(model, images)
    if method is not None:
        raise RecipeError(
            f"to_code: the method {method.name} is not written into a script, which trains on labelled images alone. "
            f"Its source is short and plain: {type(method).__module__}. Leave method= out for the recipe's own script."
        )
    card = _writable_card(recipe, model)
    groups = layer_groups(model)
    learning_parameters(model, groups, recipe.parameters)  # or an error, here and not in the script
    packaged = PACKAGED.get(card.name.partition(".")[0]) if card.weights.source == "package" else None
    keeps = recipe.weights == "keep"
    borrows = keeps and card.name == BORROWED
    augmentation = (
        augmentation_source(recipe.augmentation, images.size, len(images.classes)) if recipe.augmentation else None
    )
    per_epoch = len(in_batches(torch.arange(len(images.train)), recipe.batch_size))
    script: str = template("script").render(
        recipe=recipe,
        card=card,
        classes=images.classes,
        library=card.library,
        borrows=borrows,
        needs=[
            "safetensors",
            *dict.fromkeys(
                [
                    *([] if card.library == "tlnb" else [card.library]),
                    *(["torchvision"] if recipe.augmentation or borrows else []),
                ]
            ),
        ],
        size=images.size,
        resize=card.preprocessing.resize_for(images.size),
        interpolation=card.preprocessing.interpolation,
        mean=list(card.preprocessing.mean),
        std=list(card.preprocessing.std),
        random_weights=recipe.weights == "random",
        packaged=packaged.module if packaged and keeps else "",
        network=pretrained_network(card, packaged) if keeps else untrained_network(card),
        head=head_name(model),
        head_class=new_head(head_module(model)),
        memory_format=_MEMORY_FORMATS[memory_format],
        augmentation=augmentation,
        imports=import_lines(recipe, card, borrows, packaged.module if packaged and keeps else "", augmentation),
        dropouts=dropout_places(model) if recipe.dropout is not None else [],
        fixed=fixed_groups(tuple(g.name for g in groups), recipe.fixed_statistics),
        loss_arguments=loss_arguments(recipe, images),
        autocast=_AUTOCAST[recipe.precision],
        **rate_fields(recipe, groups, [name for name, _ in model.named_parameters()], per_epoch),
    )
    return script


def _writable_card(recipe: Recipe, model: nn.Module) -> ModelCard:
    """Return the model's card, or refuse what a script cannot show."""
    card = getattr(model, "tlnb_card", None)
    if not isinstance(card, ModelCard):
        raise RecipeError(
            "to_code: a model that create_model did not make is in no library that a script could load it from."
        )
    if recipe.parameters == "added" or added_parameters(model):
        raise RecipeError(
            "to_code: what a method added (low-rank updates, adapters) is in no library that a script could build it "
            'with. Write the script for the plain model, with parameters="all".'
        )
    if recipe.class_weights and any(AUGMENTATIONS[name].mixes for name, strength in recipe.augmentation if strength):
        raise RecipeError(
            "to_code: class_weights with labels that are mixed (mixup, CutMix) is not written; use class_weights=None."
        )
    if recipe.thaw and counts_by_group(recipe.optimizer):
        raise RecipeError(
            f"to_code: {recipe.optimizer} counts the steps of frozen groups too, which fit mends by hooks that are not "
            "written. Use another optimizer, or thaw=()."
        )
    if recipe.store_precision != "fp32" and recipe.store != "off":
        raise RecipeError(
            "to_code: a script computes frozen layers each time and keeps nothing, so it has no numbers rounded to "
            f'{recipe.store_precision}. Use store_precision="fp32", or store="off".'
        )
    if recipe.precision == "fp16":
        raise RecipeError('to_code: loss scaling for fp16 is not written; use precision="bf16" or "fp32".')
    if recipe.weights == "random":
        return card
    if not card.new_head:
        raise RecipeError(
            "to_code: this model has been trained further, and a script starts from published weights. Give the model "
            "that you gave to fit, not run.model."
        )
    if card.weights.source == "random":
        raise RecipeError(
            'to_code: this model was made with weights="random", and only Recipe.preset("scratch") draws them from '
            "its own seed."
        )
    if card.weights.source == "file":
        raise RecipeError(
            "to_code: weights from a file of yours are not written into a script; load them in it by hand."
        )
    return card
