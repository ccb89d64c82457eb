"""Adversarial adaptation in turns: a discriminator takes its own steps, then the body takes one against it.

Tzeng, Hoffman, Saenko & Darrell, "Adversarial Discriminative Domain Adaptation" (ADDA), 2017; the inverted labels are
those of Goodfellow et al., "Generative Adversarial Nets", 2014.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, leaky_relu, linear

from tlnb.core.settings import Number
from tlnb.methods.target import GUESSING, TargetMethod, schedule_setting, scheduled, target_features
from tlnb.training.method import MethodStep, MethodTraining

if TYPE_CHECKING:
    from tlnb.data import ImageData

SETTINGS = (
    Number(
        "weight",
        0.0,
        10.0,
        0.1,
        log=True,
        slider=(0.01, 10.0),
        says="How much the loss of fooling the discriminator counts; at 0 it does not.",
    ),
    schedule_setting("weight"),
    Number(
        "turns",
        1,
        20,
        1,
        whole=True,
        slider=(1, 10),
        unit="steps",
        one="step",
        says="How many steps the discriminator takes before each one of the body.",
    ),
    Number(
        "discriminator_rate",
        1e-5,
        1e-1,
        1e-3,
        log=True,
        says="The learning rate of the discriminator, whose optimiser is Adam, whatever the recipe's is.",
    ),
    Number(
        "hidden",
        8,
        1024,
        128,
        log=True,
        unit="units",
        whole=True,
        while_training=False,
        says="How wide the hidden layer of the discriminator is.",
    ),
)
MOMENTS = (0.5, 0.999)  # of Adam; 0.5 as is usual for adversaries, whose gradients turn
SMALL = 1e-8


class ADDA(TargetMethod):
    r"""Adversarial adaptation with a discriminator that is trained in turns, for `tlnb.fit`.

    In each step the discriminator :math:`d` (D -> hidden -> 1) first learns, `turns` times, to tell the features of the
    source (0) from those of the target (1), with the features held still. Then the body learns the classes, and to have
    its target features taken for the source's:

    .. math:: L = L_{classes} + w \, \frac{1}{m} \sum_i BCE(d(f^{target}_i), 0)

    with :math:`d` held still. Where `DANN` reverses the gradient of one common loss, this takes two losses: where the
    discriminator is sure, its own has hardly a gradient left, and the body's has its largest.

    The paper has two bodies: the source's, trained before and then fixed, and the target's, which begins as its copy.
    Here one body serves both domains and goes on learning the classes, as with the other methods, so that they can be
    compared. Source and target pass the network apart. Labels of the target are never read.

    Parameters
    ----------
    target : ImageData
        The other domain, of the source's size; its training images are used.
    **settings
        ``weight``, ``schedule``, ``turns``, ``discriminator_rate``, ``hidden``; all but the last can be steered while
        it trains.

    Raises
    ------
    SettingError
        If there is no such setting, or it cannot have that value.

    Examples
    --------
    >>> import tlnb
    >>> pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    >>> source = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> target = tlnb.ImageData.from_tensors(255 - pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> model = tlnb.create_model("resnet10t", source, weights="random")
    >>> recipe = tlnb.Recipe(trainable="all", epochs=1, batch_size=12)
    >>> run = tlnb.fit(model, source, recipe, method=ADDA(target, hidden=16), progress=False)
    >>> run.method.module.tells(torch.zeros(3, 512)).shape
    torch.Size([3])
    """

    name = "ADDA"
    declared = SETTINGS
    measures = "loss of target features that are to pass for the source's (nats)"
    level = GUESSING

    def _loss(self, training: MethodTraining) -> nn.Module:
        return Adversary(training, self.target)


class Adversary(nn.Module):
    """What adversarial adaptation in turns adds to one training.

    The discriminator's weights and the memory of its optimiser are buffers: checkpoints hold them, and the training's
    own optimiser leaves them alone.

    Parameters
    ----------
    training : MethodTraining
        From the training loop.
    target : ImageData
        The other domain.
    """

    tlnb_methods: ClassVar[tuple[str, ...]] = ("adversarial adaptation",)
    turns_taken: Tensor

    def __init__(self, training: MethodTraining, target: ImageData) -> None:
        super().__init__()
        self.target, self.steps = training.unlabelled(target), training.steps
        hidden = training.settings["hidden"]
        layers = (nn.Linear(training.features, hidden), nn.Linear(hidden, 1))
        self._names = [f"{kind}_{place}" for place in (1, 2) for kind in ("weight", "bias")]
        drawn = (tensor.detach().clone() for layer in layers for tensor in (layer.weight, layer.bias))
        for name, tensor in zip(self._names, drawn, strict=True):
            self.register_buffer(name, tensor)
            self.register_buffer(f"mean_{name}", torch.zeros_like(tensor))
            self.register_buffer(f"square_{name}", torch.zeros_like(tensor))
        self.register_buffer("turns_taken", torch.zeros((), dtype=torch.int64))

    def forward(self, step: MethodStep) -> Tensor:
        """Let the discriminator take its turns, and return the weighted loss of fooling it, a scalar."""
        theirs = target_features(step, self.target)  # (m, D)
        for _ in range(step.settings["turns"]):
            self._turn(step.features.detach().float(), theirs.detach().float(), step.settings["discriminator_rate"])
        weights = [getattr(self, name).clone() for name in self._names]  # the next turn changes them in place
        logits = _discriminate(theirs.float(), weights)  # (m,)
        fooled = binary_cross_entropy_with_logits(logits, torch.zeros_like(logits))
        self.measured = fooled.detach()
        return scheduled(step, "weight", self.steps) * fooled

    def tells(self, features: Tensor) -> Tensor:
        """Return the probability that each row of features, (N, D), is of the target: (N,)."""
        return _discriminate(features, [getattr(self, name) for name in self._names]).sigmoid()

    def _turn(self, ours: Tensor, theirs: Tensor, rate: float) -> None:
        """Take a step of Adam on what tells rows (n, D) of the source from rows (m, D) of the target."""
        with torch.enable_grad():
            weights = [getattr(self, name).detach().clone().requires_grad_() for name in self._names]
            logits = _discriminate(torch.cat([ours, theirs]), weights)
            domains = torch.cat([logits.new_zeros(len(ours)), logits.new_ones(len(theirs))])
            gradients = torch.autograd.grad(binary_cross_entropy_with_logits(logits, domains), weights)
        self.turns_taken += 1
        first, second = (1 - moment ** int(self.turns_taken) for moment in MOMENTS)
        for name, gradient in zip(self._names, gradients, strict=True):
            mean, square = getattr(self, f"mean_{name}"), getattr(self, f"square_{name}")
            mean.lerp_(gradient, 1 - MOMENTS[0])
            square.lerp_(gradient.square(), 1 - MOMENTS[1])
            getattr(self, name).sub_(rate * (mean / first) / ((square / second).sqrt() + SMALL))


def _discriminate(features: Tensor, weights: list[Tensor]) -> Tensor:
    hidden = leaky_relu(linear(features, weights[0], weights[1]), 0.2)
    return linear(hidden, weights[2], weights[3]).squeeze(1)  # (N, hidden) -> (N,)
