"""The network's own opinion of images: how sure it is of their classes, untouched and changed."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from tlnb.backbones import head_module, model_card
from tlnb.backbones.heads import class_count
from tlnb.core.errors import TlnbError
from tlnb.training import Run
from tlnb.training.confidence import ConfidenceFall, label_agreement
from tlnb.training.seen import SeenImages

if TYPE_CHECKING:
    from torch import nn

UNTRAINED = "The model has no opinion yet: its head is untrained. Once it is trained, judge_by(run) asks it here."
_SURELY = 0.5  # of the way from chance to certainty: what a head that counts as new must reach to have been trained


class Judge:
    """A copy of a network, so that neither a training nor a preview disturbs the other.

    Parameters
    ----------
    trained : nn.Module or Run
        Whose opinion is asked.
    classes : tuple of str
        Of the images.
    seen : SeenImages
        Of which it is asked.

    Raises
    ------
    TlnbError
        If a run knows other classes.
    """

    def __init__(self, trained: nn.Module | Run, classes: Sequence[str], seen: SeenImages) -> None:
        if isinstance(trained, Run) and tuple(trained.classes) != tuple(classes):
            raise TlnbError(f"The run knows the classes {trained.classes}; these images have {tuple(classes)}.")
        network = trained.model if isinstance(trained, Run) else trained
        self._network, self._seen, self._classes = network, seen, len(classes)
        self._fits = class_count(head_module(network)) == len(classes)
        card = model_card(network)
        self._normalise = card.preprocessing.normalise
        self._new = not isinstance(trained, Run) and card.new_head
        self._own: nn.Module | None = None
        self._before: list[float] | None = None

    @property
    def known(self) -> bool:
        """Whether its opinion is worth waiting for: it has been asked, or its head is not a new one."""
        return self._before is not None or not self._new

    def silence(self) -> str:
        """Say why it has no opinion; nothing if it has one. Asks the network, once."""
        if not self._fits:
            return UNTRAINED
        fall = ConfidenceFall(self.before(), self.before(), self._classes)
        chance = 1 / self._classes
        if self._new and fall.means[0] < chance + _SURELY * (1 - chance):
            return UNTRAINED
        return fall.says if fall.verdict == "no opinion" else ""

    def before(self) -> list[float]:
        """Return the confidence in each untouched image's class."""
        if self._before is None:
            self._before = self.agreement(self._seen.untouched, self._seen.untouched_shares)
        return self._before

    def fall(self, pixels: torch.Tensor, shares: torch.Tensor) -> ConfidenceFall:
        """Compare all images as they are changed with the untouched ones."""
        mixed = bool((shares.max(1).values < 0.99).any())
        return ConfidenceFall(self.before(), self.agreement(pixels, shares), self._classes, mixed)

    def agreement(self, pixels: torch.Tensor, shares: torch.Tensor) -> list[float]:
        """Return how far the network agrees with the labels of some images: uint8 (n, C, H, W), (n, classes)."""
        if self._own is None:
            own = copy.deepcopy(self._network).eval().requires_grad_(False)
            self._own = own.to(memory_format=torch.channels_last)
        device = next(self._own.parameters()).device
        with torch.inference_mode():
            return label_agreement(self._own(self._normalise(pixels.to(device))).cpu(), shares).tolist()
