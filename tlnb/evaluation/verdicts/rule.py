"""The one rule that makes a verdict from scores. Nobody tunes it, and no verdict is ever typed in.

A claim says that one condition scores higher than another, lower, or the same. Both ran with the same seeds, so each
seed gives one difference; their mean has a 95 % t interval (Student, 1908). With the smallest effect that counts:

- ``holds``: the interval lies wholly beyond that effect, in the direction claimed;
- ``does_not_hold``: it lies wholly short of it;
- ``undecided``: neither.

Sameness holds if the interval lies within that effect on both sides (Schuirmann, "A comparison of the two one-sided
tests procedure", 1987). If nothing differs in truth, ``holds`` comes by chance in at most 2.5 % of all cases.

Three seeds can agree by luck. So the variance between seeds is never taken to be smaller than the one that the choice
of test images brings by itself, where that is known; and differences that do not vary at all decide nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tlnb.core.errors import TlnbError
from tlnb.evaluation.verdicts.intervals import t_quantile
from tlnb.evaluation.verdicts.metrics import check_scores, find_metric

HOLDS, DOES_NOT_HOLD, UNDECIDED = "holds", "does_not_hold", "undecided"
DIRECTIONS = ("higher", "lower", "equal")
FALSE_RATE = 0.025  # of "holds" where nothing differs: half of what a 95 % interval leaves out
LEAST_SEEDS = {"quick": 3, "full": 5}
_ROUNDING = 1e-9  # differences closer than this are one number, computed twice


@dataclass(frozen=True)
class Noise:
    """What the choice of test images alone does to a difference, found by resampling them.

    Attributes
    ----------
    by_seed : tuple of float
        Standard deviation of each seed's difference, where each seed has test images of its own.
    shared : float or None
        Standard deviation of the mean difference, where all seeds share their test images: more seeds do not reduce it.
    """

    by_seed: tuple[float, ...] = ()
    shared: float | None = None


@dataclass(frozen=True)
class Finding:
    """What the rule says of one comparison.

    Attributes
    ----------
    verdict : {"holds", "does_not_hold", "undecided"}
        See the module.
    effect, low, high : float
        Mean paired difference with its 95 % interval, positive in the direction claimed (condition minus baseline for
        ``"equal"``); sizes as a share of the baseline's mean.
    smallest : float
        The smallest effect that counts.
    seeds : int
        How many pairs.
    direction : {"higher", "lower", "equal"}
        What was claimed.
    reason : str
        Why it is undecided, where not for the interval alone.
    """

    verdict: str
    effect: float
    low: float
    high: float
    smallest: float
    seeds: int
    direction: str
    reason: str = ""

    @property
    def margin(self) -> float:
        """How far the interval lies beyond what counts, in smallest effects; negative where it does not."""
        reach = self.smallest - max(-self.low, self.high) if self.direction == "equal" else self.low - self.smallest
        return reach / self.smallest


def judge(
    scores: Sequence[float],
    baseline: Sequence[float],
    metric: str,
    direction: str,
    *,
    noise: Noise | None = None,
    least: int = 3,
) -> Finding:
    """Judge one comparison.

    Parameters
    ----------
    scores, baseline : sequence of float
        One a seed, the same seeds in the same order.
    metric : str
        See `tlnb.evaluation.verdicts.metrics`; it sets the smallest effect that counts.
    direction : {"higher", "lower", "equal"}
        What is claimed of `scores` against `baseline`.
    noise : Noise, optional
        What the test images bring.
    least : int
        With fewer seeds nothing is decided.

    Raises
    ------
    TlnbError
        If the scores do not pair, are fewer than two, lie outside the metric's range, or a size's baseline is zero.

    Examples
    --------
    >>> judge([0.90, 0.88, 0.92], [0.80, 0.79, 0.81], "auc", "higher").verdict
    'holds'
    >>> judge([0.9, 0.9, 0.9], [0.8, 0.8, 0.8], "auc", "higher").verdict  # three times the same proves nothing
    'undecided'
    """
    if direction not in DIRECTIONS:
        raise TlnbError(f"direction={direction!r} is not one of {', '.join(DIRECTIONS)}.")
    differences = _differences(scores, baseline, metric)
    if direction == "lower":
        differences = [-d for d in differences]
    n = len(differences)
    effect = math.fsum(differences) / n
    between = math.fsum((d - effect) ** 2 for d in differences) / (n - 1)
    within = math.fsum(sd**2 for sd in noise.by_seed) / n if noise and noise.by_seed else 0.0
    shared = (noise.shared or 0.0) ** 2 if noise else 0.0
    error = math.sqrt(max(between, within) / n + shared)
    half = t_quantile(n) * error
    low, high = effect - half, effect + half
    smallest = find_metric(metric).smallest
    if n < least:
        verdict, reason = UNDECIDED, f"{n} seeds; at least {least} are needed"
    elif error <= _ROUNDING:
        verdict, reason = UNDECIDED, "the difference is the same with every seed, so nothing says how far to trust it"
    else:
        verdict, reason = _verdict(low, high, smallest, direction), ""
    return Finding(verdict, effect, low, high, smallest, n, direction, reason)


def weakest(findings: Sequence[Finding]) -> Finding:
    """Return the finding that a claim of several parts stands by: the worst verdict, then the least margin.

    A claim holds if every part holds; that makes chance no more likely to say so (Berger, "Multiparameter hypothesis
    testing and acceptance sampling", 1982).

    Raises
    ------
    TlnbError
        If there is no finding.
    """
    if not findings:
        raise TlnbError("A claim needs at least one comparison.")
    order = (DOES_NOT_HOLD, UNDECIDED, HOLDS)
    return min(findings, key=lambda f: (order.index(f.verdict), f.margin))


def _differences(scores: Sequence[float], baseline: Sequence[float], metric: str) -> list[float]:
    if len(scores) != len(baseline) or len(scores) < 2:
        raise TlnbError(
            f"{len(scores)} scores against {len(baseline)}: the rule needs two pairs or more, the same seeds in both."
        )
    check_scores(metric, [*scores, *baseline])
    differences = [float(a) - float(b) for a, b in zip(scores, baseline, strict=True)]
    if find_metric(metric).kind == "score":
        return differences
    scale = math.fsum(baseline) / len(baseline)
    if scale <= 0:
        raise TlnbError(f"The baseline's mean of {metric!r} is {scale:g}: no share of it can be taken.")
    return [d / scale for d in differences]


def _verdict(low: float, high: float, smallest: float, direction: str) -> str:
    if direction == "equal":
        inside, outside = -smallest < low and high < smallest, low > smallest or high < -smallest
    else:
        inside, outside = low > smallest, high < smallest
    return HOLDS if inside else DOES_NOT_HOLD if outside else UNDECIDED
