"""Heads side by side: their weights in one tensor, their logits in one product, their losses and steps at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from tlnb.training.devices import autocast
from tlnb.training.heads.updates import StackedOptimizer
from tlnb.training.recipe import Recipe


class HeadStack:
    """K heads of the same shape, that train on features of the same network.

    Parameters
    ----------
    heads : sequence of nn.Linear
        As they start; copied.
    recipes : sequence of Recipe
        How each trains: one optimiser's name for all, and whatever else for each.
    class_weights : torch.Tensor
        float32 (K, C): what each class counts in each loss.
    precision : {"fp32", "bf16"}
        Of the products.
    """

    def __init__(
        self, heads: Sequence[nn.Linear], recipes: Sequence[Recipe], class_weights: torch.Tensor, precision: str
    ) -> None:
        def by_head(values: Sequence[float]) -> torch.Tensor:
            return torch.tensor(values, dtype=torch.float32, device=class_weights.device)

        weight = torch.stack([head.weight.detach() for head in heads])  # (K, C, D)
        bias = torch.stack([head.bias.detach() for head in heads])  # (K, C)
        decays = by_head([recipe.weight_decay for recipe in recipes])
        self._optimizer = StackedOptimizer(recipes[0].optimizer, [weight, bias], [decays, torch.zeros_like(decays)])
        self._class_weights, self._precision = class_weights, precision
        self._smoothing = by_head([recipe.label_smoothing for recipe in recipes])
        self._clip = by_head([recipe.clip_norm or torch.inf for recipe in recipes])
        self._kept = by_head([recipe.ema_decay or 0.0 for recipe in recipes])
        averages = any(recipe.ema_decay for recipe in recipes)
        self._averages = [weight.clone(), bias.clone()] if averages else []
        self._done = 0

    def step(
        self,
        features: torch.Tensor,
        labels: torch.Tensor,
        counted: torch.Tensor | None,
        rates: torch.Tensor,
        momenta: torch.Tensor,
    ) -> torch.Tensor:
        """Take one step with every head, each on a batch of its own or of several heads.

        Parameters
        ----------
        features : torch.Tensor
            float32 (S, B, D): S batches, each for K / S heads that stand next to each other.
        labels : torch.Tensor
            int64 (S, B).
        counted : torch.Tensor, optional
            bool (S, B): False for what only fills a shorter batch up.
        rates, momenta : torch.Tensor
            float32 (K,).

        Returns
        -------
        torch.Tensor
            float32 (K,), each head's loss before the step, in nats.
        """
        weight, bias = (tensor.detach().requires_grad_() for tensor in self._optimizer.parameters)
        with autocast(self._precision, features.device):
            logits = logits_of_heads(features, weight, bias)
        losses = self._losses(logits.float(), labels, counted)
        gradients = list(torch.autograd.grad(losses.sum(), [weight, bias]))
        self._clipped(gradients)
        self._optimizer.step(gradients, rates, momenta)
        self._done += 1
        if self._averages:
            decays = self._kept.clamp(max=(1 + self._done) / (10 + self._done))
            for average, parameter in zip(self._averages, self._optimizer.parameters, strict=True):
                average.lerp_(parameter, 1 - decays.view((-1,) + (1,) * (average.ndim - 1)))
        return losses.detach()

    @property
    def validated(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Weights (K, C, D) and biases (K, C) that are validated and kept: the averages where a recipe asks for one."""
        weight, bias = self._averages or self._optimizer.parameters
        return weight, bias

    def keep(self, chosen: torch.Tensor) -> None:
        """Go on with some of the heads, int64 places among them."""
        self._optimizer.keep(chosen)
        self._averages = [average[chosen] for average in self._averages]
        for name in ("_class_weights", "_smoothing", "_clip", "_kept"):
            setattr(self, name, getattr(self, name)[chosen])

    def _losses(self, logits: torch.Tensor, labels: torch.Tensor, counted: torch.Tensor | None) -> torch.Tensor:
        """Return each head's cross-entropy, as `torch.nn.functional.cross_entropy` has it: (K, B, C) -> (K,)."""
        heads, classes = len(logits), logits.shape[-1]
        labels = labels.repeat_interleave(heads // len(labels), 0)  # (S, B) -> (K, B)
        chances = logits.log_softmax(-1) * self._class_weights[:, None, :]
        count = self._class_weights.gather(1, labels)
        own, spread = chances.gather(2, labels[..., None])[..., 0], chances.sum(-1)  # (K, B)
        if counted is not None:
            counted = counted.repeat_interleave(heads // len(counted), 0)
            count, own, spread = (values * counted for values in (count, own, spread))
        mixed = (1 - self._smoothing) * own.sum(1) + self._smoothing / classes * spread.sum(1)
        return -mixed / count.sum(1)

    def _clipped(self, gradients: list[torch.Tensor]) -> None:
        if bool(torch.isinf(self._clip).all()):
            return
        norms = torch.stack([gradient.flatten(1).norm(dim=1) for gradient in gradients]).norm(dim=0)
        share = (self._clip / (norms + 1e-6)).clamp(max=1.0)  # as torch.nn.utils.clip_grad_norm_
        for gradient in gradients:
            gradient *= share.view((-1,) + (1,) * (gradient.ndim - 1))


def logits_of_heads(features: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Return the logits of K heads on S batches, each for K / S heads that stand next to each other.

    Parameters
    ----------
    features, weight, bias : torch.Tensor
        float32 (S, B, D), (K, C, D), (K, C).

    Returns
    -------
    torch.Tensor
        float32 (K, B, C).

    Examples
    --------
    >>> logits_of_heads(torch.ones(2, 5, 4), torch.ones(6, 3, 4), torch.zeros(6, 3)).shape
    torch.Size([6, 5, 3])
    """
    batches, (heads, classes, numbers) = len(features), weight.shape
    side_by_side = weight.reshape(batches, heads // batches * classes, numbers)
    logits = torch.bmm(features, side_by_side.transpose(1, 2))  # (S, B, K / S * C)
    logits = logits.unflatten(-1, (heads // batches, classes)).transpose(1, 2).flatten(0, 1)
    return logits + bias[:, None, :]
