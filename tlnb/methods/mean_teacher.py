"""Mean teacher: a network learns to say of another domain's images what the average of its own past says of them.

Tarvainen & Valpola, "Mean teachers are better role models", 2017; French, Mackiewicz & Fisher, "Self-ensembling for
visual domain adaptation", 2018, whose settings are the defaults.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from tlnb.core.settings import Number
from tlnb.methods.target import TargetMethod
from tlnb.training.averaging import decay_after
from tlnb.training.method import MethodStep, MethodTraining

if TYPE_CHECKING:
    from tlnb.data import ImageData

log = logging.getLogger("tlnb")

SETTINGS = (
    Number(
        "weight",
        0.0,
        100.0,
        3.0,
        log=True,
        slider=(0.1, 100.0),
        says="How much it counts that the student says what the teacher says; at 0 it does not.",
    ),
    Number(
        "threshold",
        0.0,
        1.0,
        0.968,
        slider=(
            *(0.0, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.88),
            *(0.9, 0.92, 0.94, 0.95, 0.96, 0.968, 0.975, 0.98, 0.985, 0.99, 0.995, 1.0),
        ),
        says="How probable the teacher's class must be for an image to count; at 0 all do, at 1 none.",
    ),
    Number(
        "decay",
        0.9,
        0.999,
        0.99,
        slider=(
            *(0.9, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.965, 0.97, 0.975, 0.98, 0.983),
            *(0.985, 0.988, 0.99, 0.992, 0.993, 0.994, 0.995, 0.996, 0.997, 0.998, 0.999),
        ),
        says="How much of the teacher stays at each step: 0.99 averages the student over some hundred steps.",
    ),
    Number(
        "ramp_up",
        0.0,
        1.0,
        0.0,
        says="The share of the run over which the weight grows to its value; at 0 it counts at once.",
    ),
    Number(
        "balance",
        0.0,
        0.1,
        0.005,
        log=True,
        slider=(0.0005, 0.1),
        says="How much it counts that all classes are used alike, where they are as frequent in the target.",
    ),
)


class MeanTeacher(TargetMethod):
    r"""Self-ensembling, for `tlnb.fit`: labelled images of one domain, and those of another that a teacher reads.

    The teacher is a copy of the network, the student, and its weights are the moving average of the student's over the
    steps. In each step both see the same images of the target, each in an augmentation of its own. To the
    cross-entropy of the source comes

    .. math:: L = L_{classes} + w \left( \frac{1}{n} \sum_i [\max_c q_{ic} > \tau] \, \frac{1}{C} \sum_c
        (p_{ic} - q_{ic})^2 + b \, s \, B(\bar{p}) \right)

    with the probabilities :math:`p_i` of the student and :math:`q_i` of the teacher, which gets no gradient, and the
    threshold :math:`\tau`. :math:`B` is the binary cross-entropy of :math:`1/C` and the mean :math:`\bar{p}` of the
    student, summed over the classes, above its least value; :math:`s` is the share of images that count. Give
    ``balance=0`` where the classes of the target are not equally frequent. French et al. have a threshold or a ramp-up,
    here they can be combined.

    Source and target pass the student apart, as with `DANN`. The teacher sees the target alone, so its running
    statistics are the target's. Early in a run its decay is smaller, ``(1 + step) / (10 + step)``, as that of
    ``Recipe(ema_decay=...)``, so that it does not keep what the head was drawn as.

    ``run.model`` is the student. ``run.method.module.teacher`` is the teacher, a model as any other: French et al.
    report its scores in the target. The recipe needs augmentation, as the two views are else the same. Labels of the
    target are never read.

    Parameters
    ----------
    target : ImageData
        The other domain, of the source's size; its training images are used.
    **settings
        ``weight``, ``threshold``, ``decay``, ``ramp_up``, ``balance``; all can be steered while it trains.

    Raises
    ------
    SettingError
        If there is no such setting, or it cannot have that value.

    Examples
    --------
    >>> import tlnb
    >>> from tlnb.evaluation import target_scores
    >>> pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    >>> source = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> target = tlnb.ImageData.from_tensors(255 - pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> model = tlnb.create_model("resnet10t", source, weights="random")
    >>> recipe = tlnb.Recipe(trainable="all", epochs=1, batch_size=12, augmentation=[("rotation", 0.3)])
    >>> run = tlnb.fit(model, source, recipe, method=MeanTeacher(target), progress=False)
    >>> list(target_scores(run.method.module.teacher, target))
    ['accuracy', 'auc']
    """

    name = "mean teacher"
    measures = "squared distance of the student from its teacher"
    declared = SETTINGS

    def _loss(self, training: MethodTraining) -> nn.Module:
        return Consistency(training, self.target)


class Consistency(nn.Module):
    """What a mean teacher adds to one training.

    Attributes
    ----------
    sure : Tensor
        float32 (steps,), of how many of a step's images the teacher was sure, as a share; 0 for steps to come.

    Parameters
    ----------
    training : MethodTraining
        From the training loop.
    target : ImageData
        The other domain.
    """

    tlnb_methods: ClassVar[tuple[str, ...]] = ("self-ensembling",)
    sure: Tensor

    def __init__(self, training: MethodTraining, target: ImageData) -> None:
        super().__init__()
        self.target, self.averaged = training.unlabelled(target), training.averaged()
        self.register_buffer("sure", torch.zeros(training.steps))
        if not self.target.random:
            log.warning(
                "A mean teacher compares two augmentations of each image, and this recipe has none that changes one: "
                'give some, as augmentation=[("random_resized_crop", 0.3), ("sensor_noise", 0.3)].'
            )

    @property
    def teacher(self) -> nn.Module:
        """The teacher, a classifier of the student's architecture."""
        return self.averaged.model

    def forward(self, step: MethodStep) -> Tensor:
        """Return the weighted loss of a pass, a scalar."""
        ours, theirs = (step.share(self.target.batch(step.step, step.batch, draw)) for draw in (0, 1))
        taught = self.averaged(theirs).float().softmax(1)  # (m, C)
        said = step.forward(ours)[1].float().softmax(1)
        counts = (taught.amax(1) > step.settings["threshold"]).float()  # (m,)
        share = counts.mean()
        self.sure[step.step] = share / step.parts + (self.sure[step.step] if step.part else 0)
        loss = (counts * (said - taught).square().mean(1)).mean()
        self.measured = loss.detach()
        loss = loss + step.settings["balance"] * share * imbalance(said)
        return step.settings["weight"] * ramp(step.step / len(self.sure), step.settings["ramp_up"]) * loss

    def after_step(self, done: int, settings: Mapping[str, Any]) -> None:
        """Take the student's weights into the teacher's."""
        self.averaged.take_in(decay_after(done, settings["decay"]))


def imbalance(probabilities: Tensor) -> Tensor:
    r"""Return how far from equally often the classes are used: a scalar in nats, 0 where they are.

    .. math:: \sum_c \left( BCE(\bar{p}_c, 1/C) - H(1/C) \right)

    Parameters
    ----------
    probabilities : Tensor
        (n, C), rows of sum 1.

    Examples
    --------
    >>> float(imbalance(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))), round(float(imbalance(torch.tensor([[0.9, 0.1]]))), 2)
    (0.0, 1.02)
    """
    mean = probabilities.mean(0).clamp(1e-6, 1 - 1e-6)  # (C,)
    even = 1 / len(mean)
    rest = even * (even / mean).log() + (1 - even) * ((1 - even) / (1 - mean)).log()
    return rest.sum()


def ramp(progress: float, over: float) -> float:
    """Return the share of a weight that counts, in (0, 1]: ``exp(-5 (1 - t)^2)``, t the way through the ramp-up.

    Parameters
    ----------
    progress : float
        Of the run, in [0, 1].
    over : float
        The share of the run that the ramp-up takes.

    Examples
    --------
    >>> [round(ramp(progress, 0.5), 3) for progress in (0.0, 0.25, 0.5, 1.0)], ramp(0.0, 0.0)
    ([0.007, 0.287, 1.0, 1.0], 1.0)
    """
    return 1.0 if progress >= over else math.exp(-5 * (1 - progress / over) ** 2)
