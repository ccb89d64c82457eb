"""The head: the last linear layer, that gives the logits. Found, replaced and drawn anew here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import nn

from tlnb.core.errors import ModelError
from tlnb.core.random_lock import RANDOM_LOCK


def head_name(model: nn.Module) -> str:
    """Return the name of the module that gives the logits, as in ``model.named_modules()``.

    For a timm model it is what ``get_classifier()`` returns; for any other model the last `Linear` or
    `Conv2d` in the order in which the modules were defined.

    Parameters
    ----------
    model : nn.Module
        A classifier.

    Raises
    ------
    ModelError
        If there is no such layer, or more than one head.

    Examples
    --------
    >>> from torchvision.models import squeezenet1_1
    >>> head_name(squeezenet1_1())
    'classifier.1'
    """
    modules = dict(model.named_modules())
    prefix = ""
    get_classifier: Any = getattr(model, "get_classifier", None)
    if callable(get_classifier):
        try:
            classifier = get_classifier()
        except AttributeError:  # a few of timm's look for a distillation head that they were built without
            classifier = model
        if not isinstance(classifier, nn.Module):
            raise ModelError(
                f"{type(model).__name__} has several classifiers (for distillation), and tlnb trains models with "
                "one. Choose another architecture, or a variant without distillation."
            )
        prefix = next((name for name, module in modules.items() if module is classifier), "")
    layers = [
        name
        for name, module in modules.items()
        if isinstance(module, (nn.Linear, nn.Conv2d)) and f"{name}.".startswith(f"{prefix}." if prefix else "")
    ]
    if not layers:
        raise ModelError(
            f"{type(model).__name__} has no Linear or Conv2d layer that could be its head. "
            "Give it one as its last layer, or use create_model."
        )
    return layers[-1]


def head_module(model: nn.Module) -> nn.Module:
    """Return the module that gives the logits: a `Linear`, or a `Conv2d` in fully convolutional networks.

    Parameters
    ----------
    model : nn.Module
        A classifier.

    Raises
    ------
    ModelError
        If there is no such layer, or more than one head.

    Examples
    --------
    >>> from torchvision.models import resnet18
    >>> head_module(resnet18(num_classes=7))
    Linear(in_features=512, out_features=7, bias=True)
    """
    return model.get_submodule(head_name(model))


def class_count(head: nn.Module) -> int:
    """Return how many logits a head gives."""
    return len(cast(nn.Linear, head).weight)  # a convolution's weight has its outputs first, too


def replace_head(model: nn.Module, classes: int, seed: int) -> None:
    """Put a new head on a model, in place, drawn from a seed.

    The layer itself is replaced: to set ``out_features`` on the old one would leave its weights, and so its
    1000 logits, as they were. The global random state is not touched.

    Parameters
    ----------
    model : nn.Module
        A classifier; the new head takes the place, device, dtype and mode of the old one.
    classes : int
        Number of logits.
    seed : int
        The new weights are PyTorch's default initialisation under this seed.
    """
    name = head_name(model)
    old = model.get_submodule(name)
    with random_state(seed):
        reset: Any = getattr(model, "reset_classifier", None)
        if callable(reset):  # timm: keeps its own records of the head in step
            reset(classes)
        else:
            parent = model.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], _like(old, classes))
            if hasattr(model, "num_classes"):
                model.num_classes = cast(Any, classes)
    head_module(model).train(old.training)
    draw_head(model, seed)


def _like(old: nn.Module, classes: int) -> nn.Module:
    assert isinstance(old, (nn.Linear, nn.Conv2d))
    bias, device, dtype = old.bias is not None, old.weight.device, old.weight.dtype
    if isinstance(old, nn.Linear):
        return nn.Linear(old.in_features, classes, bias, device, dtype)
    side, stride, padding = cast(Any, (old.kernel_size, old.stride, old.padding))
    return nn.Conv2d(old.in_channels, classes, side, stride, padding, bias=bias, device=device, dtype=dtype)


def draw_head(model: nn.Module, seed: int) -> None:
    """Draw the weights of a model's head anew, in place.

    Parameters
    ----------
    model : nn.Module
        A classifier.
    seed : int
        Of PyTorch's default initialisation for such a layer; the global random state is not touched.
    """
    with random_state(seed):
        head_module(model).reset_parameters()  # type: ignore[operator]


@contextmanager
def random_state(seed: int) -> Iterator[None]:
    """Draw from `seed` within the block, and leave PyTorch's global random state as it was."""
    with RANDOM_LOCK, torch.random.fork_rng(devices=[]):
        # Not torch.manual_seed: that seeds CUDA's generators too, which this fork would not restore.
        torch.default_generator.manual_seed(seed)
        yield
