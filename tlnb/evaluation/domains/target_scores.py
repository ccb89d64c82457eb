"""What a model is worth in another domain: its scores on that domain's test images, which remember them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from tlnb.core.errors import DataError, ModelError
from tlnb.core.used import note
from tlnb.evaluation.verdicts.resampling import Scored, scored

if TYPE_CHECKING:
    from torch import nn

    from tlnb.data import ImageData


def target_scores(model: nn.Module, target: ImageData, *, device: str | None = None) -> dict[str, Scored]:
    """Score a model on the test images of another domain.

    For the last figure alone: who chooses by these scores has used the labels of the target, and may not call the
    result unsupervised. `selection_scores` reads none.

    Parameters
    ----------
    model : nn.Module
        A classifier for the target's classes, as ``run.model``; not changed.
    target : ImageData
        The other domain; its test images and their labels are used, and no others.
    device : str, optional
        Where to compute, as for `tlnb.fit`; by default where the model is.

    Returns
    -------
    dict of str to Scored
        ``"accuracy"`` and, for two classes, ``"auc"``, for the trials of an `Experiment`.

    Raises
    ------
    ModelError
        If the model is for other classes, or for the same in another order.
    DataError
        If the target has no test images.

    Examples
    --------
    >>> import tlnb, torch
    >>> pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    >>> target = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> model = tlnb.create_model("resnet10t", target, weights="random")
    >>> scores = target_scores(model, target)
    >>> list(scores), len(scores["auc"].labels) == len(target.test)
    (['accuracy', 'auc'], True)
    """
    from tlnb.backbones import model_card
    from tlnb.core.devices import resolve_device
    from tlnb.core.metrics import classification_metrics
    from tlnb.training.assess import outputs_on_test
    from tlnb.training.batches import Batches
    from tlnb.training.recipe import Recipe

    card = model_card(model)
    _check_classes(card.classes, tuple(target.classes))
    home = next(model.parameters()).device
    place = home if device is None else resolve_device(device)
    own = model if place == home else copy.deepcopy(model).to(place)
    outputs = outputs_on_test(own, Batches(target, card, Recipe(), place))
    if outputs is None:
        raise DataError("The target has no test images to score the model on: target.resplit(test=0.25).")
    note("data", target.used_as)
    there = classification_metrics(outputs.labels, outputs.logits)
    return {name: scored(name, outputs) for name in ("accuracy", "auc") if name in there}


def _check_classes(own: tuple[str, ...], theirs: tuple[str, ...]) -> None:
    """Raise an error where logits and labels do not mean the same; a model that knows no names is believed."""
    unnamed = own == tuple(str(place) for place in range(len(own)))
    if len(own) == len(theirs) and (unnamed or own == theirs):
        return
    if sorted(own) == sorted(theirs):
        raise ModelError(
            f"The model has its classes in the order {_few(own)}, and the target in the order {_few(theirs)}: load "
            "both domains with their classes in one order."
        )
    raise ModelError(
        f"The model tells {len(own)} classes apart ({_few(own)}), and the target has {len(theirs)} ({_few(theirs)}): "
        "both domains need the same classes."
    )


def _few(classes: tuple[str, ...]) -> str:
    return ", ".join(classes[:5]) + ("…" if len(classes) > 5 else "")
