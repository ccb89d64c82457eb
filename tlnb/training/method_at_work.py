"""A method in one training: the module that it adds, its settings as they are now, the losses that it gave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.func import functional_call

from tlnb.backbones import head_module
from tlnb.backbones.features import pooled
from tlnb.backbones.heads import random_state
from tlnb.backbones.modes import evaluating
from tlnb.backbones.split import Halfway
from tlnb.backbones.split.forwards import replaced
from tlnb.core.setting_values import Settings
from tlnb.training.averaging import AveragedCopy
from tlnb.training.batches import Batches
from tlnb.training.method import Method, MethodStep, MethodTraining
from tlnb.training.unlabelled import Unlabelled

if TYPE_CHECKING:
    from tlnb.data import ImageData

ADDED = "what the method adds"  # its parameters among the optimiser's groups: no layer group can be called so
Compute = Callable[[torch.Tensor | Halfway], torch.Tensor]


@dataclass(frozen=True)
class Pass:
    """Which forward pass: how many steps were done before, the images of the step, and which part of how many it is."""

    step: int
    batch: int
    part: int
    parts: int


@dataclass(frozen=True)
class MethodRecord:
    """What a run says of its method.

    Attributes
    ----------
    name : str
        What it is called.
    settings : mapping of str to object
        As they were in the end; what was set meanwhile is in ``run.steering``.
    losses : tuple of float
        What it added to the loss of each step.
    measured : tuple of float
        What it measured in each step, before any weight: of DANN, the loss of the classifier of domains.
    module : nn.Module
        What it added, trained, in evaluation mode: of DANN, the classifier of domains.
    """

    name: str
    settings: Mapping[str, Any]
    losses: tuple[float, ...]
    measured: tuple[float, ...]
    module: nn.Module


def held_head(head: nn.Module, features: torch.Tensor) -> torch.Tensor:
    """Compute logits, (n, D) -> (n, classes), by a head that gets no gradient from them: linear, or 1 x 1."""
    still = {name: parameter.detach() for name, parameter in head.named_parameters()}
    rows = features[:, :, None, None] if isinstance(head, nn.Conv2d) else features
    logits: torch.Tensor = functional_call(head, still, (rows,))
    return logits.flatten(1)


class MethodAtWork:
    """A method in one training.

    Parameters
    ----------
    method : Method
        Left as it is.
    model : nn.Module
        What trains, on its device.
    batches : Batches
        The labelled images.
    classes : tuple of str
        In the order of the logits.
    steps : int
        Optimiser steps of the whole run.

    Raises
    ------
    TypeError
        If the object is no method.
    """

    def __init__(
        self, method: Method, model: nn.Module, batches: Batches, classes: tuple[str, ...], steps: int
    ) -> None:
        settings = getattr(method, "settings", None)
        if not (isinstance(settings, Settings) and callable(getattr(method, "start", None))):
            raise TypeError(
                f"method={method!r} is no method: give an object with name, settings and start(), as "
                "tlnb.methods.DANN(target). See tlnb.training.method."
            )
        self.name, self.settings = method.name, Settings(settings.declared, **settings)
        self.began = dict(self.settings)
        self.alone = bool(getattr(method, "alone", False))
        self.images: list[Unlabelled] = []
        self.losses: list[float] = []
        self.measured: list[float] = []
        self._measured = 0.0  # in the passes of this step
        self.beside = 0  # images that it had computed in the last step, besides the labelled ones
        self._model, self._head = model, head_module(model)
        width = int(self._head.weight.shape[1])  # type: ignore[index]

        def unlabelled(images: ImageData) -> Unlabelled:
            self.images.append(Unlabelled(images, batches))
            return self.images[-1]

        recipe, device = batches.recipe, batches.device
        own = (recipe, self.began, classes, width, steps, device)
        averaged = partial(AveragedCopy, model, self._computes)
        training = MethodTraining(*own, partial(held_head, self._head), unlabelled, averaged)
        with random_state(recipe.seed):
            self.module = method.start(training).to(device).train()

    @property
    def names(self) -> tuple[str, ...]:
        """What notes of what was used say: its own name, and what else its module says that it is."""
        return (self.name, *getattr(self.module, "tlnb_methods", ()))

    @property
    def identity(self) -> dict[str, Any]:
        """What makes it this one and no other, for checkpoints: name, settings at the start, images."""
        settings = {name: list(v) if isinstance(v, tuple) else v for name, v in self.began.items()}
        return {"name": self.name, "settings": settings, "images": [one.key for one in self.images]}

    def compute(
        self, logits_of: Compute, images: torch.Tensor | Halfway, labels: torch.Tensor, which: Pass
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the logits of a pass, (n, classes), and what the method adds to its loss, each with the graph.

        Raises
        ------
        TypeError
            If what the method gives is no loss.
        """
        if which.part == 0:
            self.beside, self._measured = 0, 0.0

        def forward(others: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            self._computes(len(others))
            return self._seen(logits_of, others)

        def predict(others: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            self._computes(len(others))
            with evaluating(self._model), torch.no_grad():
                return self._seen(logits_of, others)

        features, logits = self._seen(logits_of, images)
        own = (which.batch, which.part, which.parts)
        step = MethodStep(which.step, self.settings, features, logits, labels, forward, predict, *own)
        loss: Any = self.module(step)
        if not isinstance(loss, torch.Tensor) or loss.ndim:
            raise TypeError(f"The method {self.name} gave {loss!r} for a loss: a tensor of no dimensions is needed.")
        measured = getattr(self.module, "measured", loss)
        self._measured += float(measured.detach()) * len(labels) / which.batch
        return logits, loss

    def end_step(self, added: float) -> float:
        """Keep what a step gave, and return what was measured in it."""
        self.losses.append(added)
        self.measured.append(self._measured)
        return self._measured

    @torch.no_grad()
    def after_step(self, done: int) -> None:
        """Tell the method that the optimiser has taken a step, if it wants to hear it."""
        hears = getattr(self.module, "after_step", None)
        if hears is not None:
            hears(done, self.settings)

    def _computes(self, count: int) -> None:
        self.beside += count

    def _seen(self, logits_of: Compute, images: torch.Tensor | Halfway) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute images, and keep what the head takes of them: features (n, D), logits (n, classes)."""
        seen: list[torch.Tensor] = []
        own = self._head.forward

        def forward(inputs: torch.Tensor) -> torch.Tensor:
            seen.append(inputs)
            given: torch.Tensor = own(inputs)
            return given

        # Not a hook: where the head takes what is stored, a hook sees what stands for the images instead.
        with replaced({self._head: forward}):
            logits = logits_of(images)
        return pooled(seen[-1], self._head), logits

    def record(self) -> MethodRecord:
        """Return what a run says of it."""
        module = self.module.eval()
        for parameter in module.parameters():
            parameter.grad = None
        return MethodRecord(self.name, dict(self.settings), tuple(self.losses), tuple(self.measured), module)

    def state_dict(self) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
        """Return its settings, which JSON can hold, and its tensors: parameters, buffers, losses so far."""
        tensors = {**dict(self.module.named_parameters()), **dict(self.module.named_buffers())}
        kept = torch.tensor([self.losses, self.measured], dtype=torch.float64)
        own = {f"module/{name}": tensor for name, tensor in tensors.items()}
        return {"settings": dict(self.settings)}, {**own, "losses": kept[0], "measured": kept[1]}

    @torch.no_grad()
    def load_state_dict(self, plain: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> None:
        """Take over what `state_dict` returned."""
        self.settings.change(**plain["settings"])
        for name, tensor in (*self.module.named_parameters(), *self.module.named_buffers()):
            tensor.copy_(tensors[f"module/{name}"])
        self.losses = tensors["losses"].tolist()
        self.measured = tensors["measured"].tolist()
