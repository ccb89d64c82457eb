"""The gradient reversal layer: forward nothing happens, backward the gradient changes its sign.

Ganin & Lempitsky, "Unsupervised Domain Adaptation by Backpropagation", 2015.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.autograd.function import once_differentiable


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, features: torch.Tensor, weight: float) -> torch.Tensor:
        ctx.weight = weight
        return features.view_as(features)  # a tensor of its own: autograd lets none be its own gradient's maker

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        return -ctx.weight * gradient, None


def reverse_gradient(features: torch.Tensor, weight: float = 1.0) -> torch.Tensor:
    r"""Return features as they are, whose gradient comes back times ``-weight``.

    Forward :math:`R(x) = x`, backward :math:`dR/dx = -\lambda I`. What comes behind this layer learns as usual; what
    lies before it learns the opposite. Behind it a classifier learns to tell two domains apart, and the network before
    it to make that impossible.

    Parameters
    ----------
    features : torch.Tensor
        Of any shape.
    weight : float
        :math:`\lambda`, at least 0; at 0 nothing comes back.

    Returns
    -------
    torch.Tensor
        The same numbers, of the same shape.

    Examples
    --------
    >>> features = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> (reverse_gradient(features, 0.5) * torch.tensor([3.0, 4.0])).sum().backward()
    >>> features.grad
    tensor([-1.5000, -2.0000])
    """
    reversed_: torch.Tensor = _Reversal.apply(features, weight)
    return reversed_


def reversal_schedule(progress: float) -> float:
    r"""Return the paper's share of the reversal weight: 0 at the start of a training, near 1 at its end.

    .. math:: \lambda_p = \frac{2}{1 + e^{-10 p}} - 1

    So the classifier of domains, which knows nothing yet, does not disturb the first steps.

    Parameters
    ----------
    progress : float
        :math:`p`, the share of the steps that are done, in [0, 1].

    Examples
    --------
    >>> [round(reversal_schedule(p), 3) for p in (0.0, 0.1, 0.5, 1.0)]
    [0.0, 0.462, 0.987, 1.0]
    """
    return 2 / (1 + math.exp(-10 * progress)) - 1
