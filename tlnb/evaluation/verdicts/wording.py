"""Verdicts and effects in words and numbers, the same on cards, in reports and on the command line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tlnb.evaluation.verdicts.metrics import OF_BASELINE, find_metric, tell_metric

# verdict -> (words, sign, colour that reads on white and on black)
VERDICTS: dict[str, tuple[str, str, str]] = {
    "holds": ("holds", "✓", "#009E73"),
    "does_not_hold": ("does not hold", "✗", "#D55E00"),
    "undecided": ("undecided", "?", "#8A8A8A"),
    "demonstrated": ("demonstrated", "✓", "#009E73"),
    "cited": ("cited", "“", "#0072B2"),
    "not_run": ("not run", "–", "#8A8A8A"),
}
OBSERVED_COLOUR = "#0072B2"
_DIRECTIONS = {
    "higher": "is higher than",
    "lower": "is lower than",
    "equal": "is the same as",
    None: "minus",
}


def verdict_colour(verdict: str | None) -> str:
    """Return the colour of a verdict, or of what was observed without one."""
    return OBSERVED_COLOUR if verdict is None else VERDICTS[verdict][2]


def tell_interval(effect: float, low: float, high: float, unit: str = "") -> str:
    """Write an effect with its interval, in no more digits than the interval earns.

    Parameters
    ----------
    effect, low, high : float
        As the rule gives them.
    unit : str
        ``"of the baseline"`` is written in per cent.

    Examples
    --------
    >>> tell_interval(0.0312, 0.0101, 0.0523, "AUC")
    '+0.03 [+0.01, +0.05]'
    >>> tell_interval(-0.256, -0.301, -0.211, "of the baseline")
    '-26 % [-30 %, -21 %]'
    """
    factor, ending = (100, " %") if unit == OF_BASELINE else (1, "")
    values = [value * factor for value in (effect, low, high)]
    half = max((values[2] - values[1]) / 2, 1e-12)
    digits = -math.floor(math.log10(half))  # one digit of the half-width, two where it begins with 1
    digits = max(0, min(6, digits + (half * 10**digits < 2)))
    middle, left, right = (f"{value:+.{digits}f}{ending}" for value in values)
    return f"{middle} [{left}, {right}]"


def tell_test(test: Mapping[str, Any]) -> str:
    """Write a comparison as a sentence: what was claimed of what, or what was only observed.

    Examples
    --------
    >>> tell_test({"metric": "auc", "condition": "deep", "baseline": "shallow", "direction": "higher"})
    'AUC: “deep” is higher than “shallow”'
    >>> tell_test({"metric": "auc", "condition": "deep", "baseline": "shallow", "direction": None})
    'AUC: “deep” minus “shallow”'
    >>> tell_test({"metric": "distance: stem", "condition": "a", "baseline": "b", "direction": "lower"})
    'distance (stem): “a” is lower than “b”, as a share of “b”'
    """
    metric = test["metric"]
    share = f", as a share of “{test['baseline']}”" if find_metric(metric).kind == "size" else ""
    between = _DIRECTIONS[test["direction"]]
    return f"{tell_metric(metric)}: “{test['condition']}” {between} “{test['baseline']}”{share}"


def tell_result(found: Mapping[str, Any]) -> str:
    """Write sign, verdict and interval of a comparison or a claim: what both keep under the same names."""
    parts = []
    if found["verdict"] is not None:
        words, sign, _ = VERDICTS[found["verdict"]]
        parts.append(f"{sign} {words}")
    if found["effect"] is not None:
        parts.append(tell_interval(found["effect"], found["low"], found["high"], found["unit"]))
    reason = f" ({found['reason']})" if found.get("reason") else ""
    return f"{'  '.join(parts)}{reason}"


def tell_where(entry: Mapping[str, Any]) -> str:
    """Write how a claim's evidence was made: profile, device, number of seeds."""
    seeds = f", {entry['seeds']} seeds" if entry["seeds"] else ""
    return f"{entry['profile']}, {entry['device']}{seeds}"


def tell_evidence(entry: Mapping[str, Any]) -> list[str]:
    """Write what a verdict rests on, a line each: comparisons, checks, a source or a reason."""
    evidence = entry["evidence"]
    lines = [f"{tell_test(test)}: {tell_result(test)}" for test in evidence.get("tests", ())]
    lines += [f"{name}: {_told(value)}" for name, value in evidence.get("numbers", {}).items()]
    lines += [f"{'✓' if passed else '✗'} {what}" for what, passed in evidence.get("checks", {}).items()]
    lines += [evidence[key] for key in ("source", "reason") if key in evidence]
    return lines


def _told(value: object) -> str:
    """Write a number with six digits: more say nothing."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
