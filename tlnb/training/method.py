"""What a method is to the training loop: an object that says what can be set, and makes the loss that it adds.

Techniques that a recipe cannot say (domain adaptation, several tasks) run inside the same loop of events this way, with
its monitor, checkpoints, resume and steering. They live in `tlnb.methods`; the loop knows none of them by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import nn

from tlnb.core.setting_values import Settings
from tlnb.training.averaging import AveragedCopy
from tlnb.training.recipe import Recipe
from tlnb.training.unlabelled import Unlabelled

if TYPE_CHECKING:
    from tlnb.data import ImageData


class Method(Protocol):
    """What `tlnb.fit` takes as ``method``: any object with these.

    Attributes
    ----------
    name : str
        As notes of what was used say it.
    settings : Settings
        What can be set, and what it is set to. A training takes these values when it is made, and follows
        ``steering.set`` from then on, not the object: so one method serves many trainings.
    alone : bool, optional
        Whether its loss stands in the place of the labelled images', whose labels are then not learnt from.
    measures : str, optional
        What its module measures in each step, with the unit, as the title of a curve says it: "loss of the domain
        classifier (nats)".
    level : (float, str), optional
        A value of it to compare with, and what that is called: (0.693, "guessing").
    """

    name: str
    settings: Settings

    def start(self, training: MethodTraining) -> nn.Module:
        """Make what one training adds, and leave this object as it is.

        The module is called once for each forward pass of the training, with a `MethodStep`, and returns the loss to
        be added, a scalar with its graph. Those of its parameters that need a gradient join the optimiser at the head's
        rate, its buffers are its memory: checkpoints hold all of them. Where it has ``after_step(done, settings)``,
        that is called after each step of the optimiser, with the number of steps done, without gradients. Where it has
        ``measured``, a scalar without a graph, that is what is shown of a pass, and not the loss, whose weight may
        change. Its ``tlnb_methods``, if it has any, are further names for notes of what was used. What is drawn at
        random here comes from the recipe's seed, and what is drawn in a call from the training's own stream.
        """


@dataclass(frozen=True)
class MethodTraining:
    """What a method is told of the training that begins.

    Attributes
    ----------
    recipe : Recipe
        How it trains.
    settings : mapping of str to object
        The method's settings as they are now. Their later values come with each step.
    classes : tuple of str
        In the order of the logits.
    features : int
        How many numbers the body gives for an image, D.
    steps : int
        Optimiser steps of the whole run.
    device : torch.device
        Where it computes; the module is moved there.
    held_head : callable
        Features (n, D) -> logits (n, classes), by the head as it is, which gets no gradient from them.
    unlabelled : callable
        ImageData -> `Unlabelled`: batches of its training images as the network sees them. Labels are never read.
    averaged : callable
        () -> `AveragedCopy`: a copy of the network as it begins, which takes in its weights when it is told to.
    """

    recipe: Recipe
    settings: Mapping[str, Any]
    classes: tuple[str, ...]
    features: int
    steps: int
    device: torch.device
    held_head: Callable[[torch.Tensor], torch.Tensor] = field(repr=False)
    unlabelled: Callable[[ImageData], Unlabelled] = field(repr=False)
    averaged: Callable[[], AveragedCopy] = field(repr=False)


Forward = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True, eq=False)
class MethodStep:
    """One forward pass of a training, for the method.

    Where memory does not suffice for a batch, it is computed in parts: then there are several in one optimiser step.

    Attributes
    ----------
    step : int
        Optimiser steps done before.
    settings : mapping of str to object
        As they are in this step.
    features : torch.Tensor
        (n, D), what the head took of the images of the pass, with the graph.
    logits : torch.Tensor
        (n, classes), what it gave.
    labels : torch.Tensor
        int64 (n,) or, mixed, float32 (n, classes).
    forward : callable
        Computes other images, float32 (m, 3, H, W), by the same network in the same mode -> features (m, D), logits
        (m, classes). They are normalised apart from the batch: batch normalisation takes each pass's own statistics.
    predict : callable
        The same in evaluation mode, without a gradient and without a trace: running statistics and random numbers stay
        as they are.
    batch, part, parts : int
        How many images the whole step has, and which part of how many this pass is.
    """

    step: int
    settings: Mapping[str, Any]
    features: torch.Tensor
    logits: torch.Tensor
    labels: torch.Tensor
    forward: Forward
    predict: Forward
    batch: int
    part: int = 0
    parts: int = 1

    def share(self, batch: torch.Tensor) -> torch.Tensor:
        """Return this pass's part of other images that the step has, (N, ...) -> (about N / parts, ...)."""
        return batch.tensor_split(self.parts)[self.part]


class AsSet:
    """A method with settings of its own: those of the one that it was made from may change meanwhile.

    Parameters
    ----------
    method : Method
        Not changed.
    settings : mapping of str to object
        Values for its settings.
    """

    def __init__(self, method: Method, settings: Mapping[str, Any]) -> None:
        self.name, self._method, self.alone = method.name, method, getattr(method, "alone", False)
        self.settings = Settings(method.settings.declared, **settings)

    def start(self, training: MethodTraining) -> nn.Module:
        """Make what one training adds."""
        return self._method.start(training)
