"""Evidence: every raw score of an experiment by metric, condition and seed; what a claim is judged by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tlnb.core.errors import TlnbError, did_you_mean
from tlnb.core.tables import Table
from tlnb.evaluation.verdicts.intervals import Interval, mean_interval, paired_interval
from tlnb.evaluation.verdicts.metrics import find_metric
from tlnb.evaluation.verdicts.resampling import Scored, difference_noise
from tlnb.evaluation.verdicts.rule import Noise

if TYPE_CHECKING:
    from tlnb.core.figures import Figure


@dataclass(frozen=True, repr=False)
class Evidence(Table):
    """Raw scores, paired by seed.

    Attributes
    ----------
    values : dict
        Metric to condition to scores, one a seed.
    seeds : tuple of int
        The seeds, in the order of the scores.
    seconds : float
        How long the experiment took.
    """

    values: dict[str, dict[str, tuple[float, ...]]]
    seeds: tuple[int, ...]
    seconds: float = 0.0
    samples: dict[tuple[str, str], tuple[Scored, ...]] = field(default_factory=dict)

    @classmethod
    def from_scores(cls, values: Mapping[str, Mapping[str, Sequence[float]]], seconds: float = 0.0) -> Evidence:
        """Make evidence from scores that are there already: metric to condition to scores, one a seed from 0.

        Raises
        ------
        TlnbError
            If conditions differ in their number of seeds, or a metric is unknown.

        Examples
        --------
        >>> Evidence.from_scores({"auc": {"a": [0.8, 0.9], "b": [0.6, 0.7]}})
        condition                          AUC
        a          0.850 [0.215, 1.485], n = 2
        b          0.650 [0.015, 1.285], n = 2
        """
        plain = {
            metric: {condition: tuple(map(float, scores)) for condition, scores in by_condition.items()}
            for metric, by_condition in values.items()
        }
        counts = {len(scores) for by_condition in plain.values() for scores in by_condition.values()}
        if len(counts) != 1:
            raise TlnbError(f"The conditions have {sorted(counts)} scores; every one needs a score for every seed.")
        for metric in plain:
            find_metric(metric)
        return cls(plain, tuple(range(counts.pop())), seconds)

    @classmethod
    def from_trials(
        cls, trials: Mapping[str, Sequence[Mapping[str, Any]]], seeds: Iterable[int], seconds: float
    ) -> Evidence:
        """Make evidence from what trials returned: condition to metrics by seed."""
        names = [set(result) for results in trials.values() for result in results]
        if any(found != names[0] for found in names):
            raise TlnbError(f"The trials gave different metrics: {sorted(map(sorted, names))}.")
        metrics = list(next(iter(trials.values()))[0])
        values = {m: {c: [float(r[m]) for r in results] for c, results in trials.items()} for m in metrics}
        made = cls.from_scores(values)
        samples = {
            (m, c): tuple(r[m] for r in results)
            for m in metrics
            for c, results in trials.items()
            if all(isinstance(r[m], Scored) for r in results)
        }
        return cls(made.values, tuple(seeds), seconds, samples)

    @property
    def metrics(self) -> tuple[str, ...]:
        """What was measured."""
        return tuple(self.values)

    @property
    def conditions(self) -> tuple[str, ...]:
        """What was compared."""
        return tuple(dict.fromkeys(c for by_condition in self.values.values() for c in by_condition))

    def scores(self, metric: str) -> dict[str, tuple[float, ...]]:
        """Return condition to scores, one a seed."""
        if metric not in self.values:
            raise TlnbError(
                f"{metric!r} was not measured; {', '.join(self.values)} were.{did_you_mean(metric, self.values)}"
            )
        return self.values[metric]

    def pick(self, metric: str, named: Mapping[str, tuple[str, str]]) -> Evidence:
        """Return some of the scores under names of their own, so that two metrics of one condition can be compared.

        Parameters
        ----------
        metric : str
            What the scores are called together.
        named : mapping of str to (str, str)
            New condition to the (metric, condition) that it comes from.

        Examples
        --------
        >>> moved = Evidence.from_scores({"distance: top": {"a": [3, 4]}, "distance: stem": {"a": [1, 2]}})
        >>> top, stem = ("distance: top", "a"), ("distance: stem", "a")
        >>> moved.pick("distance", {"top": top, "stem": stem}).scores("distance")
        {'top': (3.0, 4.0), 'stem': (1.0, 2.0)}
        """
        find_metric(metric)
        values = {metric: {new: self._of(*old) for new, old in named.items()}}
        samples = {(metric, new): self.samples[old] for new, old in named.items() if old in self.samples}
        return Evidence(values, self.seeds, self.seconds, samples)

    def join(self, other: Evidence) -> Evidence:
        """Return what both measured, with the conditions of both.

        Raises
        ------
        TlnbError
            If the seeds differ, a condition is in both, or they have no metric in common.
        """
        common = [metric for metric in self.values if metric in other.values]
        double = set(self.conditions) & set(other.conditions)
        if self.seeds != other.seeds or double or not common:
            raise TlnbError(
                f"Evidence joins over the same seeds and metrics, and different conditions; here are seeds "
                f"{self.seeds} and {other.seeds}, metrics in common {common}, conditions in both {sorted(double)}."
            )
        values = {metric: {**self.values[metric], **other.values[metric]} for metric in common}
        samples = {key: kept for key, kept in {**self.samples, **other.samples}.items() if key[0] in common}
        return Evidence(values, self.seeds, self.seconds + other.seconds, samples)

    def has(self, metric: str, *conditions: str) -> bool:
        """Say whether a metric was measured under these conditions."""
        return metric in self.values and all(condition in self.values[metric] for condition in conditions)

    def rows(self) -> list[dict[str, Any]]:
        """Return the tidy table: one row for each metric, condition and seed."""
        return [
            {"metric": metric, "condition": condition, "seed": seed, "score": score}
            for metric, by_condition in self.values.items()
            for condition, scores in by_condition.items()
            for seed, score in zip(self.seeds, scores, strict=True)
        ]

    def interval(self, metric: str, condition: str) -> Interval:
        """Return a condition's mean with its 95 % interval over seeds."""
        return mean_interval(self._of(metric, condition))

    def difference(self, metric: str, condition: str, baseline: str) -> Interval:
        """Return the mean paired difference of two conditions with its 95 % interval over seeds."""
        return paired_interval(self._of(metric, condition), self._of(metric, baseline))

    def noise(self, metric: str, condition: str, baseline: str) -> Noise:
        """Return what the choice of test images does to a difference; nothing where scores do not remember them."""
        keys = [(metric, condition), (metric, baseline)]
        if not all(key in self.samples for key in keys):
            return Noise()
        return difference_noise(*(self.samples[key] for key in keys))

    def plot(self, metric: str, title: str, chance: float | None = None) -> Figure:
        """Draw all scores of one metric, best at the top: a dot a seed, and each condition's mean with its interval."""
        from tlnb.evaluation.figures.plots import plot_scores

        kind, seeds = find_metric(metric), f"{len(self.seeds)} seeds"
        note = f"less is better, {seeds}" if kind.less_is_better else seeds
        label = f"{kind.label} on test images ({note})"
        return plot_scores(self.scores(metric), label, title, chance, kind.less_is_better)

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows: mean and interval of each condition by metric."""
        labels = [
            f"{find_metric(m).label}{m[m.index(':') :]}" if ":" in m else find_metric(m).label for m in self.values
        ]
        rows = [
            [c, *(str(self.interval(m, c)) if c in self.values[m] else "" for m in self.values)]
            for c in self.conditions
        ]
        return ["condition", *labels], rows

    def _of(self, metric: str, condition: str) -> tuple[float, ...]:
        there = self.scores(metric)
        if condition not in there:
            raise TlnbError(f"{condition!r} was not run; {', '.join(there)} were.{did_you_mean(condition, there)}")
        return there[condition]
