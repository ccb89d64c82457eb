"""What a model says of a split: logits and metrics, with nothing drawn and nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import nn

from tlnb.backbones import evaluating
from tlnb.core.metrics import classification_metrics
from tlnb.training.batches import Batches
from tlnb.training.memory import in_parts


@dataclass(frozen=True, eq=False)
class TestOutputs:
    """What a run's model said of each test image, on the CPU: what evidence is resampled from.

    Attributes
    ----------
    indices : torch.Tensor
        int64 (n,), rows of the whole data set.
    labels : torch.Tensor
        int64 (n,), the classes that are true.
    logits : torch.Tensor
        float32 (n, C), outputs before the softmax.
    """

    __test__: ClassVar[bool] = False  # pytest takes every Test… that it meets for tests

    indices: torch.Tensor = field(repr=False)
    labels: torch.Tensor = field(repr=False)
    logits: torch.Tensor = field(repr=False)


def logits_of(
    model: nn.Module,
    batches: Batches,
    split: str,
    forward: Callable[[torch.Tensor], torch.Tensor] | None = None,
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
    """
    with evaluating(model), torch.inference_mode():
        compute = forward or model
        pairs = [(labels, in_parts(compute, images).float().cpu()) for images, labels in batches.evaluation(split)]
    return torch.cat([labels for labels, _ in pairs]), torch.cat([logits for _, logits in pairs])


def assess(
    model: nn.Module,
    batches: Batches,
    split: str,
    forward: Callable[[torch.Tensor], torch.Tensor] | None = None,
) -> dict[str, float]:
    """Return loss, accuracy and, for two classes, AUC on a split; empty if the split is."""
    if len(batches.splits[split]) == 0:
        return {}
    labels, logits = logits_of(model, batches, split, forward)
    return classification_metrics(labels, logits)


def outputs_on_test(
    model: nn.Module, batches: Batches, forward: Callable[[torch.Tensor], torch.Tensor] | None = None
) -> TestOutputs | None:
    """Return what a model says of the test images; None if there are none. For the rest see `logits_of`."""
    indices = batches.splits["test"]
    if len(indices) == 0:
        return None
    return TestOutputs(indices.clone(), *logits_of(model, batches, "test", forward))
