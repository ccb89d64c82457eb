"""What a model says of a split: logits and metrics, with nothing drawn and nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import nn

from tlnb.backbones import evaluating
from tlnb.backbones.split import Halfway
from tlnb.core.metrics import classification_metrics
from tlnb.data.augmentation import corrupt, predict_with_views
from tlnb.data.augmentation.views import VIEW_STEPS
from tlnb.training.batches import Batches
from tlnb.training.memory import in_parts


@dataclass(frozen=True, eq=False)
class Outputs:
    """What a model said of each image of a split, on the CPU.

    Attributes
    ----------
    indices : torch.Tensor
        int64 (n,), rows of the whole data set.
    labels : torch.Tensor
        int64 (n,), the classes that are true.
    logits : torch.Tensor
        float32 (n, C), outputs before the softmax.
    """

    indices: torch.Tensor = field(repr=False)
    labels: torch.Tensor = field(repr=False)
    logits: torch.Tensor = field(repr=False)


@dataclass(frozen=True, eq=False)
class TestOutputs(Outputs):
    """What a run's model said of each test image: what evidence is resampled from."""

    __test__: ClassVar[bool] = False  # pytest takes every Test… that it meets for tests


Stored = Callable[[torch.Tensor], "Halfway | None"]
_LEAST = 1e-12  # a probability of 0 would be an infinite loss


@dataclass(frozen=True)
class Showing:
    """How images are shown to a model that is evaluated: as they are, unless something is asked for.

    Attributes
    ----------
    views : int
        Views of each image whose probabilities are averaged (test-time augmentation); 1 is the image itself.
    view_steps : sequence of (str, float)
        What views are drawn from, as `tlnb.data.augmentation.image_views` takes it.
    corruption : (str, int), optional
        A name in `tlnb.data.augmentation.CORRUPTIONS` and a severity from 1 to 5.
    seed : int
        What views and corruption are drawn from.
    """

    views: int = 1
    view_steps: tuple[tuple[str, float], ...] = VIEW_STEPS
    corruption: tuple[str, int] | None = None
    seed: int = 0


def logits_of(
    model: nn.Module,
    batches: Batches,
    split: str,
    forward: Callable[[torch.Tensor], torch.Tensor] | None = None,
    showing: Showing | None = None,
    stored: Stored | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return labels ``(N,)`` and float32 logits ``(N, classes)`` of a split, on the CPU.

    Parameters
    ----------
    model : nn.Module
        Put into evaluation mode for the pass; every module's mode is restored.
    batches : Batches
        Gives the images.
    split : {"train", "valid", "test"}
        Which of them.
    forward : callable, optional
        What computes the logits, when not the model itself (mixed precision).
    showing : Showing, optional
        Several views, or a corruption. Of several views the logits are the logarithms of the mean probabilities.
    stored : callable, optional
        int64 rows -> what is stored of them, or None: for images that are shown as they are.
    """
    shown, compute = showing or Showing(), forward or model

    def predict(pixels: torch.Tensor) -> torch.Tensor:
        return in_parts(compute, batches.ready(pixels)).float().cpu()

    found = []
    with evaluating(model), torch.inference_mode():
        for rows in batches.rows(split):
            halfway = stored(rows) if stored is not None and shown == Showing() else None
            if halfway is not None:
                found.append(in_parts(logits_from(compute), halfway).float().cpu())
                continue
            pixels = batches.pixels[rows]
            if shown.corruption is not None:
                pixels = corrupt(pixels, *shown.corruption, seed=shown.seed, rows=rows)
            if shown.views == 1:
                found.append(predict(pixels))
                continue
            chances = predict_with_views(predict, pixels, shown.views, shown.view_steps, seed=shown.seed, rows=rows)
            found.append(chances.clamp_min(_LEAST).log())
    return batches.labels[batches.splits[split]], torch.cat(found)


def logits_from(compute: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[torch.Tensor | Halfway], torch.Tensor]:
    """Return what gives logits of images, or of what is stored of them.

    Parameters
    ----------
    compute : callable
        Gives a network's logits of images, ``(N, 3, H, W) -> (N, classes)``.
    """

    def logits(batch: torch.Tensor | Halfway) -> torch.Tensor:
        return batch.split.logits(batch, compute) if isinstance(batch, Halfway) else compute(batch)

    return logits


def assess(
    model: nn.Module,
    batches: Batches,
    split: str,
    forward: Callable[[torch.Tensor], torch.Tensor] | None = None,
    showing: Showing | None = None,
    stored: Stored | None = None,
) -> dict[str, float]:
    """Return loss, accuracy and, for two classes, AUC on a split; empty if the split is."""
    if len(batches.splits[split]) == 0:
        return {}
    labels, logits = logits_of(model, batches, split, forward, showing, stored)
    return classification_metrics(labels, logits)


def outputs_on_valid(
    model: nn.Module,
    batches: Batches,
    forward: Callable[[torch.Tensor], torch.Tensor] | None = None,
    stored: Stored | None = None,
) -> Outputs | None:
    """Return what a model says of the validation images; None if there are none. For the rest see `logits_of`."""
    indices = batches.splits["valid"]
    if len(indices) == 0:
        return None
    return Outputs(indices, *logits_of(model, batches, "valid", forward, stored=stored))


def outputs_on_test(
    model: nn.Module,
    batches: Batches,
    forward: Callable[[torch.Tensor], torch.Tensor] | None = None,
    stored: Stored | None = None,
) -> TestOutputs | None:
    """Return what a model says of the test images; None if there are none. For the rest see `logits_of`."""
    indices = batches.splits["test"]
    if len(indices) == 0:
        return None
    return TestOutputs(indices.clone(), *logits_of(model, batches, "test", forward, stored=stored))
