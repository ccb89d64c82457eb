"""Exercises of lesson 4.3."""

from __future__ import annotations

from typing import Any

from tlnb.course.answering import call_answer, shown
from tlnb.course.checks import Exercise


def _reversed(answer: Any) -> str | None:
    import torch

    features = torch.tensor([[1.0, -2.0, 3.0], [0.5, 0.0, -4.0]], requires_grad=True)
    slope = torch.tensor([[2.0, -1.0, 0.5], [1.0, 3.0, -2.0]])
    gradients: list[torch.Tensor] = []
    for weight in (0.5, 2.0):
        called = call_answer(answer, features, weight)
        came, given = called.returned, called.arguments[0]
        if not isinstance(came, torch.Tensor) or came.shape != features.shape:
            return f"Forward gives the features as they are, of the same shape; yours gives {shown(came)}."
        if not torch.allclose(came, features):
            return "Forward should change no number: the reversal is a matter of the way back alone."
        if not came.requires_grad:
            return "The result carries no gradient: nothing before it would learn anything."
        (came * slope).sum().backward()
        gradients.append(torch.zeros_like(slope) if given.grad is None else given.grad)
    return _judge_gradient(gradients[0], gradients[1], slope)


def _judge_gradient(half: Any, double: Any, slope: Any) -> str | None:
    import torch

    if torch.allclose(half, slope):
        return "The gradient comes back as it went in: neither its sign nor its size has changed."
    if torch.allclose(half, 0.5 * slope):
        return "The size is right, the sign is not: it should come back with the opposite one."
    if torch.allclose(half, -slope):
        return "The sign is right. The size should be `weight` times that of the gradient that came."
    if not torch.allclose(half, -0.5 * slope):
        return "The gradient that comes back is not -weight times the one that went in."
    if not torch.allclose(double, -2.0 * slope):
        return "It works for one weight, and keeps that one: use the weight of each call."
    return None


def _discrepancy(answer: Any) -> str | None:
    import torch

    generator = torch.Generator().manual_seed(0)
    first, second = torch.randn(6, 3, generator=generator), torch.randn(9, 3, generator=generator) + 1
    found = call_answer(answer, first, second, 4.0).returned
    if not isinstance(found, (torch.Tensor, float)) or (isinstance(found, torch.Tensor) and found.numel() != 1):
        return f"One number is asked for; your function returns {shown(found)}."

    def mean(a: torch.Tensor, b: torch.Tensor) -> float:
        return float(torch.exp(-torch.cdist(a, b).square() / 4.0).mean())

    own, theirs, across = mean(first, first), mean(second, second), mean(first, second)
    value = float(found)
    if abs(value - (own + theirs - 2 * across)) < 1e-4:
        return None
    if abs(value - (own + theirs - across)) < 1e-4:
        return "Almost: the pairs across the samples count twice, once as (x, y) and once as (y, x)."
    if abs(value - (2 * across - own - theirs)) < 1e-4:
        return "The sign is turned round. Pairs within a sample are the more alike, so they come with a plus."
    if value > 0 and abs(value**2 - (own + theirs - 2 * across)) < 1e-4:
        return "That is the discrepancy itself; its square is asked for."
    if abs(float(call_answer(answer, first, first, 4.0).returned)) > 1e-4:
        return "Of a sample from itself the discrepancy should be 0. Look at the three means and their signs."
    return "Not yet. The kernel is exp(-d² / width), d² the squared distance of two rows; each mean is over all pairs."


_REVERSAL = """def reverse(features, weight):
    class Reversal(torch.autograd.Function):
        @staticmethod
        def forward(ctx, rows):
            return rows.view_as(rows)

        @staticmethod
        def backward(ctx, gradient):
            return -weight * gradient

    return Reversal.apply(features)
"""

_MMD = """def squared_discrepancy(first, second, width):
    def alike(a, b):
        return torch.exp(-torch.cdist(a, b).square() / width).mean()

    return alike(first, first) + alike(second, second) - 2 * alike(first, second)
"""

EXERCISES = (
    Exercise(
        "4.3.a",
        _reversed,
        hints=(
            "Inside `reverse`, write a class that inherits from torch.autograd.Function, with the static methods "
            "forward(ctx, rows) and backward(ctx, gradient), and return what its .apply gives.",
            "forward returns rows.view_as(rows): the numbers as they are. backward is given the gradient that comes "
            "from behind, and returns what shall go on to the front.",
        ),
        solution=_REVERSAL,
        wrong=(
            _REVERSAL.replace("-weight * gradient", "weight * gradient"),
            _REVERSAL.replace("-weight * gradient", "-gradient"),
            _REVERSAL.replace("-weight * gradient", "gradient"),
            _REVERSAL.replace("-weight * gradient", "-0.5 * gradient"),
            _REVERSAL.replace("apply(features)", "apply(features.detach())"),
            "def reverse(features, weight):\n    return -weight * features\n",
            "def reverse(features, weight):\n    return -weight\n",
        ),
        setup="import torch",
    ),
    Exercise(
        "4.3.b",
        _discrepancy,
        hints=(
            "torch.cdist(a, b) gives the distances of all rows of a from all rows of b. Write the mean of the kernel "
            "over them once, as a function, and use it three times.",
            "alike(first, first) + alike(second, second) - 2 * alike(first, second)",
        ),
        solution=_MMD,
        wrong=(
            _MMD.replace("- 2 * alike", "- alike"),
            _MMD.replace(
                "alike(first, first) + alike(second, second) - 2 * alike(first, second)",
                "2 * alike(first, second) - alike(first, first) - alike(second, second)",
            ),
            _MMD.replace(".square()", ""),
            _MMD.replace(".mean()", ".sum()"),
            "def squared_discrepancy(first, second, width):\n"
            "    return (first.mean(0) - second.mean(0)).square().sum()\n",
            "def squared_discrepancy(first, second, width):\n    return torch.cdist(first, second)\n",
        ),
        setup="import torch",
    ),
)
