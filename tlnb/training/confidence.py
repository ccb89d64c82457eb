"""How sure a network still is of images that augmentation has changed, and when a strength has gone too far.

A heuristic: the network is a witness, not the judge. Whether a changed image is still what its label says, only who
knows the images can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import torch

# As shares of what a network knows of the untouched images: its mean confidence above chance.
HARD, TOO_FAR = 0.25, 0.5
_KNOWS = 0.2  # of the way from chance to certainty; below it, there is no opinion to lose


def label_agreement(logits: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Return how far a network's answer and a label agree, float32 ``(n,)`` in [0, 1]: the overlap of the two.

    For a plain label that is the probability of its class. Where mixup or CutMix share it out, it is 1 only for an
    answer in the same shares, as it should be, and not for one that is sure of either class.

    Parameters
    ----------
    logits : torch.Tensor
        float ``(n, classes)``, before the softmax.
    shares : torch.Tensor
        float32 ``(n, classes)``; each row sums to 1.

    Examples
    --------
    >>> answers = torch.tensor([[0.9, 0.1], [0.9, 0.1]]).log()
    >>> label_agreement(answers, torch.tensor([[1.0, 0.0], [0.4, 0.6]])).round(decimals=2)
    tensor([0.9000, 0.5000])
    """
    return torch.minimum(logits.float().softmax(1), shares).sum(1)


@dataclass(frozen=True)
class ConfidenceFall:
    """What augmentation does to a network's confidence in some images' own classes, and what follows from it.

    The rule: the mean confidence in the untouched images lies so far above chance (one over the number of classes); a
    share of that is lost. More than a half is ``"too far"``, more than a quarter ``"hard"``, else it is ``"fine"``. A
    network that is less than a fifth of the way from chance to certainty has ``"no opinion"``, and gives no warning.
    Neither is there one where labels are mixed: to share its answer is what mixup or CutMix have yet to teach it.

    Parameters
    ----------
    before, after : sequence of float
        `label_agreement` of each image, untouched and changed.
    classes : int
        How many there are, at least 2.
    mixed : bool
        Whether labels are mixed.

    Examples
    --------
    >>> fall = ConfidenceFall((0.95, 0.87), (0.5, 0.26), classes=2)
    >>> fall.verdict, round(fall.lost, 2)
    ('too far', 1.29)
    >>> fall.says
    "Gone too far: the model's own mean confidence fell from .91 to .38. Would you still know these images?"
    """

    before: Sequence[float]
    after: Sequence[float]
    classes: int
    mixed: bool = False

    @property
    def means(self) -> tuple[float, float]:
        """The mean confidence, untouched and changed."""
        return fmean(self.before), fmean(self.after)

    @property
    def lost(self) -> float:
        """The share of the confidence above chance that is lost; above 1 where guessing does better, 0 if it rose."""
        chance, (before, after) = 1 / self.classes, self.means
        return max(0.0, before - after) / max(before - chance, 1e-6)

    @property
    def verdict(self) -> str:
        """One of ``"no opinion"``, ``"mixed"``, ``"fine"``, ``"hard"``, ``"too far"``."""
        chance = 1 / self.classes
        if self.means[0] - chance < _KNOWS * (1 - chance):
            return "no opinion"
        if self.mixed:
            return "mixed"
        return "too far" if self.lost > TOO_FAR else "hard" if self.lost > HARD else "fine"

    @property
    def says(self) -> str:
        """The verdict in a sentence."""
        before, after = map(short, self.means)
        fell = f"the model's own mean confidence fell from {before} to {after}"
        if self.verdict == "no opinion":
            return (
                f"The model has no opinion yet: its mean confidence in the right class of the untouched images is "
                f"{before}, and guessing gives {short(1 / self.classes)}."
            )
        if self.verdict == "mixed":
            return (
                f"Labels are mixed, and the model's answers agree with their shares by {after} on average ({before} "
                "untouched): to share its answer is what mixing teaches."
            )
        if self.verdict == "too far":
            return f"Gone too far: {fell}. Would you still know these images?"
        if self.verdict == "hard":
            return f"It is getting hard: {fell}."
        if before == after:
            return f"The model's mean confidence in the right class is {after}, as in the untouched images."
        return f"The model still knows these images: its mean confidence is {after}, and {before} untouched."


def short(share: float) -> str:
    """Write a share in two digits.

    Examples
    --------
    >>> short(0.912), short(0.996), short(0.0)
    ('.91', '1.00', '.00')
    """
    return f"{share:.2f}".removeprefix("0")
