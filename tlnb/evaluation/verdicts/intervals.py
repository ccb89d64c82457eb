"""Intervals over seeds: how far a mean of a few runs can be trusted (Student, "The Probable Error of a Mean", 1908)."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from tlnb.core.errors import TlnbError


@dataclass(frozen=True)
class Interval:
    """A mean with its confidence interval, and from how many scores it comes."""

    mean: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}], n = {self.n}"


def mean_interval(scores: Sequence[float], level: float = 0.95) -> Interval:
    """Return the mean of scores, one a seed, with its t interval.

    Parameters
    ----------
    scores : sequence of float
        Two or more, one from each seed.
    level : float
        Confidence, in (0, 1).

    Returns
    -------
    Interval
        ``mean ± t * s / sqrt(n)``, with s the standard deviation and t Student's quantile for n - 1 degrees of freedom.

    Raises
    ------
    TlnbError
        For fewer than two scores, or scores that are not finite: an interval would be made up.

    Examples
    --------
    >>> print(mean_interval([0.90, 0.88, 0.92]))
    0.900 [0.850, 0.950], n = 3
    """
    values = [float(score) for score in scores]
    if len(values) < 2:
        raise TlnbError(f"An interval needs two scores or more, and there are {len(values)}: run more seeds.")
    if not all(map(math.isfinite, values)):
        raise TlnbError(f"The scores {values} are not all finite; find the run that failed before averaging.")
    n = len(values)
    mean = math.fsum(values) / n
    deviation = math.sqrt(math.fsum((x - mean) ** 2 for x in values) / (n - 1))
    half = t_quantile(n, level) * deviation / math.sqrt(n)
    return Interval(mean, mean - half, mean + half, n)


@functools.cache
def t_quantile(n: int, level: float = 0.95) -> float:
    """Return how many standard errors the interval of a mean of `n` scores reaches to either side.

    Examples
    --------
    >>> round(t_quantile(3), 2), round(t_quantile(5), 2)
    (4.3, 2.78)
    """
    from scipy.stats import t

    return float(t.ppf(0.5 + level / 2, n - 1))


def paired_interval(scores: Sequence[float], baseline: Sequence[float], level: float = 0.95) -> Interval:
    """Return the mean difference of two conditions that share their seeds, with its t interval.

    Pairing takes out what both have in common, an easy split say, and so narrows the interval.

    Parameters
    ----------
    scores, baseline : sequence of float
        One a seed, in the same order of seeds.
    level : float
        Confidence, in (0, 1).

    Raises
    ------
    TlnbError
        If the two are not equally long.

    Examples
    --------
    >>> print(paired_interval([0.90, 0.88, 0.92], [0.80, 0.79, 0.81]))
    0.100 [0.075, 0.125], n = 3
    """
    if len(scores) != len(baseline):
        raise TlnbError(
            f"{len(scores)} scores against {len(baseline)}: a paired difference needs the same seeds in both."
        )
    return mean_interval([a - b for a, b in zip(scores, baseline, strict=True)], level)
