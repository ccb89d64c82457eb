"""Exercises of lesson 3.2."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from tlnb.course.answering import call_answer, shown
from tlnb.course.checks import Exercise


def _number(value: Any, what: str) -> tuple[float, str | None]:
    """Read a number off an answer; say what is wrong with one that is none."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return math.nan, f"{what} your function returns {shown(value)}; a number is asked for."
    return found, None if math.isfinite(found) else f"{what} your function returns {found}."


def _warm_cosine(answer: Any) -> str | None:
    steps, warmup = 20, 5
    shares = []
    for step in range(steps):
        share, wrong = _number(call_answer(answer, step, steps, warmup).returned, f"For step {step} of {steps}")
        if wrong:
            return wrong
        shares.append(share)
    if max(shares) > 1 + 1e-6 or min(shares) < -1e-6:
        return f"A share lies between 0 and 1; yours goes from {min(shares):.3g} to {max(shares):.3g}."
    rise, fall = shares[:warmup], shares[warmup:]
    if any(later <= earlier for earlier, later in pairwise(rise)):
        return f"In the first {warmup} steps the rate should rise, from step to step."
    if not math.isclose(rise[1] - rise[0], rise[-1] - rise[-2], abs_tol=1e-6):
        return "The warm-up is a straight line: it rises by the same in each step."
    if not math.isclose(rise[1] - rise[0], 1 / warmup, abs_tol=1e-6):
        return f"A warm-up of {warmup} steps climbs a fifth of the peak in each; yours climbs {rise[1] - rise[0]:.3g}."
    if not math.isclose(fall[0], 1, abs_tol=1e-6):
        return f"When the warm-up is over, in step {warmup}, the rate is at its peak: 1. Yours is {fall[0]:.3g}."
    for place, share in enumerate(fall):
        wanted = (1 + math.cos(math.pi * place / len(fall))) / 2
        if not math.isclose(share, wanted, abs_tol=1e-6):
            return (
                f"The warm-up is right. In step {warmup + place} the share is {share:.3g}, not yet half a cosine over "
                "the steps that are left."
            )
    share, wrong = _number(call_answer(answer, 0, 10, 0).returned, "Without a warm-up, in step 0,")
    return wrong or (None if math.isclose(share, 1, abs_tol=1e-6) else "Without a warm-up, step 0 is at the peak.")


def _trust_ratio(answer: Any) -> str | None:
    import torch

    def ask(weight: torch.Tensor, gradient: torch.Tensor, decay: float, what: str) -> tuple[float, str | None]:
        return _number(call_answer(answer, weight, gradient, decay).returned, what)

    generator = torch.Generator().manual_seed(0)
    weight, gradient = (torch.randn(4, 3, generator=generator) * scale for scale in (2.0, 0.1))
    found, wrong = ask(weight, gradient, 0.0, "For a layer without weight decay")
    if wrong:
        return wrong
    length, slope = float(weight.norm()), float(gradient.norm())
    if math.isclose(found, slope / length, rel_tol=1e-4):
        return "Upside down: where the gradient is small for its weights, the layer may take a larger step."
    if not math.isclose(found, length / slope, rel_tol=1e-4):
        return f"Without decay it is {length / slope:.3g} for this layer; yours is {found:.3g}."
    found, wrong = ask(weight, gradient, 0.1, "With weight decay")
    if wrong:
        return wrong
    if not math.isclose(found, length / (slope + 0.1 * length), rel_tol=1e-4):
        return "Without decay it is right. With it, the step is longer by the decay of the weights: who pays for that?"
    for what, arguments in {
        "For a layer whose weights are all zero": (torch.zeros(3), torch.ones(3)),
        "For a layer without any gradient": (torch.ones(3), torch.zeros(3)),
    }.items():
        found, wrong = ask(*arguments, 0.0, what)
        if wrong or not math.isclose(found, 1, rel_tol=1e-6):
            return wrong or f"{what} there is nothing to compare: the ratio should be 1, and yours is {found:.3g}."
    return None


_COSINE = """def share_of_peak(step, steps, warmup):
    if step < warmup:
        return step / warmup
    return (1 + np.cos(np.pi * (step - warmup) / (steps - warmup))) / 2
"""

_RATIO = """def trust_ratio(weight, gradient, decay):
    length, slope = weight.norm(), gradient.norm()
    if length == 0 or slope == 0:
        return 1.0
    return float(length / (slope + decay * length))
"""

EXERCISES = (
    Exercise(
        "3.2.a",
        _warm_cosine,
        hints=(
            "Two cases: before the end of the warm-up, a straight line; after it, half a cosine, which begins at 1.",
            "Half a cosine over n steps is (1 + cos(pi * t / n)) / 2, where t counts from 0. What are t and n here?",
        ),
        solution=_COSINE,
        wrong=(
            "def share_of_peak(step, steps, warmup):\n    return (1 + np.cos(np.pi * step / steps)) / 2\n",
            _COSINE.replace("(step - warmup) / (steps - warmup)", "step / steps"),
            _COSINE.replace("return step / warmup", "return 0.5"),
            _COSINE.replace("return step / warmup", "return (step / warmup) ** 2"),
            _COSINE.replace(") / 2", ")"),
            "def share_of_peak(step, steps, warmup):\n    return str(step)\n",
        ),
        setup="import numpy as np",
    ),
    Exercise(
        "3.2.b",
        _trust_ratio,
        hints=(
            "The ratio compares two lengths: that of the weights, and that of the step that is due to them.",
            "weight.norm() is the one. The other has two parts, the gradient's and that of the decay. And what if one "
            "of them is zero?",
        ),
        solution=_RATIO,
        wrong=(
            "def trust_ratio(weight, gradient, decay):\n    return float(gradient.norm() / weight.norm())\n",
            "def trust_ratio(weight, gradient, decay):\n    return float(weight.norm() / gradient.norm())\n",
            "def trust_ratio(weight, gradient, decay):\n"
            "    return float(weight.norm() / (gradient.norm() + decay * weight.norm()))\n",
            "def trust_ratio(weight, gradient, decay):\n    return float(weight.abs().sum() / gradient.abs().sum())\n",
        ),
        setup="import torch",
    ),
)
