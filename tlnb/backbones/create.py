"""A classifier of timm or torchvision for one's own classes, with weights whose origin is known."""

from __future__ import annotations

import copy
import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import nn

from tlnb.backbones.cards import ModelCard, WeightsOrigin, model_card
from tlnb.backbones.heads import random_state, replace_head
from tlnb.backbones.names import find_model
from tlnb.backbones.sources import from_file, pretrained
from tlnb.core.errors import ModelError
from tlnb.core.used import note


def create_model(
    name: str,
    images_or_classes: Any,
    weights: str | os.PathLike[str] = "auto",
    *,
    crop: float | None = None,
    seed: int = 0,
) -> nn.Module:
    """Make a classifier: a pre-trained body and a new head.

    Parameters
    ----------
    name : str
        A model of timm or torchvision, with or without the tag of its weights: ``"resnet18"``,
        ``"resnet18.a1_in1k"``; ``"timm/resnet18"`` and ``"torchvision/resnet18"`` say which library. Without
        a prefix timm comes first. ``"small_cnn"`` is tlnb's own, for digits (see `tlnb.backbones.small_cnn`; it has
        no published weights). Without a tag it is the library's default; for MobileNetV2 that which is part
        of tlnb, on every machine. The model's card has the full name.
    images_or_classes : ImageData, sequence of str, int or "imagenet"
        What to tell apart: anything with `classes`, the class names, or their number. ``"imagenet"`` keeps
        the pre-trained head, with the thousand names it was trained for.
    weights : str or path
        ``"auto"``: pre-trained, from the hub where it answers, else from the local cache, else from an
        installed package, which for MobileNetV2 is tlnb itself. ``"random"``: drawn from `seed`. Or the path of a
        ``.safetensors`` or ``.pth`` file with this model's weights; its head is kept where it has the right
        number of classes.
    crop : float, optional
        Ratio of the centre crop, in (0, 1], instead of the weights' own.
    seed : int
        For the new head, and for random weights. The global random state is not touched.

    Returns
    -------
    nn.Module
        A plain model of PyTorch in training mode, with the attribute `tlnb_card` (see `model_card`).

    Raises
    ------
    ModelError
        If there is no such model, or it cannot be given a head of its own.
    WeightsError
        If its weights are nowhere to be had, or are not this model's. Never falls back to random weights.

    Examples
    --------
    >>> model = create_model("test_resnet", ["functional", "defective"], weights="random")
    >>> model.tlnb_card.weights.source
    'random'
    """
    classes = _classes(images_or_classes)
    entry = find_model(name)
    if weights == "auto":
        model, origin = pretrained(entry)
        new_head = classes is not None
        if classes is not None:
            replace_head(model, len(classes), seed)
    elif weights == "random":
        if classes is None:
            raise ModelError('"imagenet" keeps the pre-trained head, and weights="random" has none.')
        with random_state(seed):
            model = entry.build()
        replace_head(model, len(classes), seed)
        origin, new_head = WeightsOrigin("random", f"seed {seed}"), True
    else:
        path = Path(weights).expanduser()
        model, origin, new_head = from_file(entry, path, 1000 if classes is None else len(classes), seed)
        if classes is None and new_head:
            raise ModelError(f'{path} has no head of 1000 classes that "imagenet" could keep.')
    if classes is None:
        classes = entry.classes
    preprocessing = entry.preprocessing
    if crop is not None:
        preprocessing = dataclasses.replace(preprocessing, crop=crop)
    card = ModelCard(entry.name, entry.library, classes, preprocessing, origin, entry.input_size, new_head)
    model.tlnb_card = card  # type: ignore[assignment]
    note("model", card.name)
    return model.train()


def with_new_head(model: nn.Module, images_or_classes: Any, *, seed: int = 0) -> nn.Module:
    """Return a copy of a model with a new head, for other classes: a network of one's own, to be transferred.

    Parameters
    ----------
    model : nn.Module
        Trained on something; not changed.
    images_or_classes : ImageData, sequence of str or int
        As for `create_model`.
    seed : int
        For the new head.

    Raises
    ------
    ModelError
        If it cannot be given another head.

    Examples
    --------
    >>> digits = create_model("test_resnet", 10, weights="random")
    >>> letters = with_new_head(digits, ["a", "b", "c"])
    >>> letters.tlnb_card.classes, letters.tlnb_card.weights.source
    (('a', 'b', 'c'), 'random')
    """
    classes = _classes(images_or_classes)
    if classes is None:
        raise ModelError('"imagenet" has a head of its own; give the classes that the new head shall tell apart.')
    own = copy.deepcopy(model)
    replace_head(own, len(classes), seed)
    own.tlnb_card = dataclasses.replace(model_card(model), classes=classes, new_head=True)  # type: ignore[assignment]
    return own.train()


def _classes(images_or_classes: Any) -> tuple[str, ...] | None:
    """Return the class names; None stands for ImageNet's, which the model knows."""
    given = getattr(images_or_classes, "classes", images_or_classes)
    if isinstance(given, str):
        if given == "imagenet":
            return None
        raise ModelError(f'classes {given!r}: give images, a list of class names, their number, or "imagenet".')
    if isinstance(given, int) and not isinstance(given, bool):
        names: tuple[str, ...] = tuple(str(i) for i in range(given))
    elif isinstance(given, Sequence) and all(isinstance(name, str) for name in given):
        names = tuple(given)
    else:
        raise ModelError(f"classes {given!r}: give the images, a list of class names, or their number.")
    if len(names) < 2:
        raise ModelError(f"classes {given!r}: a classifier needs at least two.")
    if len(set(names)) < len(names):
        raise ModelError(f"the class names {list(names)} are not all different.")
    return names
