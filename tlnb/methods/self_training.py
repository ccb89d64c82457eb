"""Self-training: the network labels images of another domain, round by round, and learns from those it is sure of.

Lee, "Pseudo-Label: The Simple and Efficient Semi-Supervised Learning Method for Deep Neural Networks", 2013; Zou, Yu,
Kumar & Wang, "Unsupervised Domain Adaptation for Semantic Segmentation via Class-Balanced Self-Training", 2018.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from tlnb.core.settings import Choice, Number, Switch
from tlnb.methods.target import TargetMethod
from tlnb.training.method import MethodStep, MethodTraining

if TYPE_CHECKING:
    from tlnb.data import ImageData

SETTINGS = (
    Number(
        "weight",
        0.0,
        10.0,
        1.0,
        log=True,
        slider=(0.1, 10.0),
        says="How much the loss of the images that it labelled itself counts; at 0 it does not.",
    ),
    Choice(
        "choose",
        ("by class", "by threshold"),
        says="By class: the surest of each class, more in each round. By threshold: all that it is sure of.",
    ),
    Number(
        "share",
        0.05,
        1.0,
        0.8,
        says="By class: the share of the images of each class that is labelled in the last round.",
    ),
    Number("threshold", 0.3, 1.0, 0.9, says="By threshold: how probable the class must be."),
    Switch(
        "own_statistics",
        True,
        says="It labels with the target's own statistics of batch normalisation, which are taken anew in each round.",
    ),
    Number(
        "rounds",
        1,
        50,
        5,
        log=True,
        whole=True,
        while_training=False,
        says="How often the images are labelled anew; the first round comes after one part of rounds + 1 of the steps.",
    ),
)
AT_ONCE = 64  # images that are labelled at a time, or a few more: no part has a single one, which has no variance


class SelfTraining(TargetMethod):
    r"""Self-training, for `tlnb.fit`: labelled images of one domain, and those of another that it labels itself.

    The steps are parted into rounds + 1. In the first part the network learns from the source alone. At the beginning
    of each later one it predicts all training images of the target, in evaluation mode, and takes what it is surest of
    as labels until the next round. To each step's cross-entropy of the source comes

    .. math:: L = L_{classes} + w \, \frac{1}{n} \sum_i CE(g(x_i), \hat{y}_i)

    over as many images :math:`x_i` of the target with the labels :math:`\hat{y}_i`. By class, a round :math:`r` of
    :math:`R` keeps the share :math:`r / R` of `share` of the images that were given each class, the surest first: so
    easy classes do not crowd out the others. What it took wrongly for sure, it learns wrongly: a run can end worse
    than it began.

    Labels are only as good as the network that gives them. Before the first round its batch normalisation knows the
    source alone; so with `own_statistics` the target's images pass in training mode first, without a gradient, and its
    running statistics are theirs when it labels (as with `adapt_statistics`).

    Source and target pass the network apart, as with `DANN`. Labels of the target are never read.

    Parameters
    ----------
    target : ImageData
        The other domain, of the source's size; its training images are used.
    **settings
        ``weight``, ``choose``, ``share``, ``threshold``, ``own_statistics``, ``rounds``; all but the last can be
        steered while it trains.

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
    >>> recipe = tlnb.Recipe(trainable="all", epochs=2, batch_size=12)
    >>> run = tlnb.fit(model, source, recipe, method=SelfTraining(target, rounds=1), progress=False)
    >>> run.method.losses[0], len(run.method.module.labelled) == len(target.train)
    (0.0, True)
    """

    name = "self-training"
    measures = "loss of the target's images by its own labels (nats)"
    declared = SETTINGS

    def _loss(self, training: MethodTraining) -> nn.Module:
        return PseudoLabels(training, self.target)


class PseudoLabels(nn.Module):
    """What self-training adds to one training.

    Attributes
    ----------
    labelled : Tensor
        int64 (N,), for each training image of the target the class that it has in this round, -1 for none.
    counts : Tensor
        int64 (rounds,), how many were labelled in each round; 0 for those to come.

    Parameters
    ----------
    training : MethodTraining
        From the training loop.
    target : ImageData
        The other domain.
    """

    labelled: Tensor
    counts: Tensor

    def __init__(self, training: MethodTraining, target: ImageData) -> None:
        super().__init__()
        self.target, self.seed = training.unlabelled(target), training.recipe.seed
        rounds = training.settings["rounds"]
        self.begins = [round(training.steps * at / (rounds + 1)) for at in range(1, rounds + 1)]
        self.register_buffer("labelled", torch.full((len(self.target),), -1))
        self.register_buffer("counts", torch.zeros(rounds, dtype=torch.int64))

    def forward(self, step: MethodStep) -> Tensor:
        """Return the weighted loss of images with labels of its own, a scalar; 0 while there are none."""
        if step.part == 0 and step.step in self.begins:
            self._label(step, self.begins.index(step.step))
        known = (self.labelled >= 0).nonzero().squeeze(1).cpu()  # (m,)
        if not len(known):
            return step.logits.sum() * 0.0
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + step.step)
        drawn = torch.randint(len(known), (step.batch,), generator=generator)  # as many as the source has
        places = step.share(known[drawn])
        _, logits = step.forward(self.target.augmented(places, step.step))  # (n, classes)
        loss = cross_entropy(logits.float(), self.labelled[places.to(logits.device)])
        self.measured = loss.detach()
        return step.settings["weight"] * loss

    def _label(self, step: MethodStep, number: int) -> None:
        """Label the target's images anew, in round `number` from 0."""
        parts = torch.arange(len(self.target)).tensor_split(max(1, len(self.target) // AT_ONCE))
        if step.settings["own_statistics"]:
            with torch.no_grad():
                for places in parts:
                    step.forward(self.target.plain(places))
        logits = torch.cat([step.predict(self.target.plain(some))[1].float() for some in parts])
        surety, classes = logits.softmax(1).max(1)  # (N,)
        if step.settings["choose"] == "by threshold":
            kept = surety >= step.settings["threshold"]
        else:
            kept = surest(surety, classes, step.settings["share"] * (number + 1) / len(self.counts))
        self.labelled.copy_(torch.where(kept, classes, -1))
        self.counts[number] = kept.sum()


def surest(surety: Tensor, classes: Tensor, share: float) -> Tensor:
    """Say which images are among the surest of their class: bool (N,).

    Parameters
    ----------
    surety, classes : Tensor
        (N,), how probable the class of each is, and which it is.
    share : float
        Of the images of each class, rounded up, so that each that was named at all has one.

    Examples
    --------
    >>> surest(torch.tensor([0.9, 0.6, 0.7, 0.8]), torch.tensor([0, 0, 1, 0]), 0.5)
    tensor([ True, False,  True,  True])
    """
    kept = torch.zeros(len(classes), dtype=torch.bool, device=classes.device)
    for one in classes.unique():
        places = (classes == one).nonzero().squeeze(1)
        count = max(1, math.ceil(round(len(places) * share, 6)))
        kept[places[surety[places].argsort(descending=True, stable=True)[:count]]] = True
    return kept
