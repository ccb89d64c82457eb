"""DANN: features in which two domains cannot be told apart, learnt against a classifier that tries to.

Ganin & Lempitsky, "Unsupervised Domain Adaptation by Backpropagation", 2015; Ganin et al., "Domain-Adversarial Training
of Neural Networks", 2016.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from tlnb.core.settings import Number
from tlnb.methods.reversal import reverse_gradient
from tlnb.methods.target import GUESSING, TargetMethod, schedule_setting, scheduled, target_features
from tlnb.training.method import MethodStep, MethodTraining

if TYPE_CHECKING:
    from tlnb.data import ImageData

SETTINGS = (
    Number(
        "reversal_weight",
        0.0,
        2.0,
        1.0,
        says="How strongly the body is driven to hide the domain from its classifier; at 0 it is not.",
    ),
    schedule_setting("reversal"),
    Number(
        "domain_weight",
        0.01,
        10.0,
        1.0,
        log=True,
        says="How much the loss of the domain classifier counts beside that of the classes.",
    ),
    Number(
        "hidden",
        8,
        1024,
        100,
        log=True,
        unit="units",
        whole=True,
        while_training=False,
        says="How wide the hidden layer of the domain classifier is.",
    ),
)


class DANN(TargetMethod):
    r"""Domain-adversarial training, for `tlnb.fit`: labelled images of one domain, unlabelled ones of another.

    To each step's cross-entropy of the labelled (source) images, a domain loss is added. A small classifier :math:`d`
    (D -> hidden -> 1) tells the domain of features :math:`f` (n, D), taken where the head takes them, of as many images
    of source and target:

    .. math:: L = L_{classes} + w \, \frac{1}{2n} \sum_{i} BCE(d(R_\lambda(f_i)), domain_i)

    :math:`R_\lambda` reverses the gradient (see `reverse_gradient`), so that :math:`d` learns to tell the domains
    apart while the body learns features in which it cannot; :math:`\lambda` is `reversal_weight`, times
    `reversal_schedule` of the progress where `schedule` is on.

    Source and target pass the network apart, so batch normalisation that trains takes each domain's own mean and
    variance: a shift that it removes need not be learnt. Both passes move the running statistics, the target's last, so
    what evaluates is normalised by a mix of both domains, at the usual momentum of 0.1 with 53 % of the target. The
    variance of the mix is that within the domains; how far their means are apart is not in it.

    Labels of the target are never read: choose by the validation images of the source, or by a few labelled ones.

    Parameters
    ----------
    target : ImageData
        The other domain, of the source's size; its training images are used.
    **settings
        ``reversal_weight``, ``schedule``, ``domain_weight``, ``hidden``; ``dann.settings`` holds them and tells what
        each does. All but the last can be steered while it trains: ``steering.set("reversal_weight", 0.5)``.

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
    >>> run = tlnb.fit(model, source, recipe, method=DANN(target, hidden=16), progress=False)
    >>> run.method.name, len(run.method.losses) == len(run.losses)
    ('DANN', True)
    """

    name = "DANN"
    declared = SETTINGS
    measures = "loss of the domain classifier (nats)"
    level = GUESSING

    def _loss(self, training: MethodTraining) -> nn.Module:
        return DomainLoss(training, self.target)


class DomainLoss(nn.Module):
    """What DANN adds to one training.

    Parameters
    ----------
    training : MethodTraining
        From the training loop.
    target : ImageData
        The other domain.
    """

    tlnb_methods: ClassVar[tuple[str, ...]] = ("adversarial adaptation", "gradient reversal layer")

    def __init__(self, training: MethodTraining, target: ImageData) -> None:
        super().__init__()
        hidden = training.settings["hidden"]
        self.classifier = nn.Sequential(nn.Linear(training.features, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        self.target, self.steps = training.unlabelled(target), training.steps

    def forward(self, step: MethodStep) -> Tensor:
        """Return the weighted domain loss of a pass, a scalar."""
        theirs = target_features(step, self.target)  # (m, D)
        weight = scheduled(step, "reversal_weight", self.steps)
        features = reverse_gradient(torch.cat([step.features, theirs]), weight)  # (n + m, D)
        domains = torch.cat([features.new_zeros(len(step.features)), features.new_ones(len(theirs))])
        logits = self.classifier(features).squeeze(1)  # (n + m, D) -> (n + m,)
        loss = binary_cross_entropy_with_logits(logits.float(), domains.float())
        self.measured = loss.detach()
        return step.settings["domain_weight"] * loss

    def tells(self, features: Tensor) -> Tensor:
        """Return the probability that each row of features, (N, D), is of the target: (N,)."""
        probability: Tensor = self.classifier(features).squeeze(1).sigmoid()
        return probability
