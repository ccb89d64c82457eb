"""Experiments: conditions x seeds -> every raw score, paired."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from tlnb.core.errors import TlnbError
from tlnb.core.progress import Progress
from tlnb.evaluation.experiments.evidence import Evidence
from tlnb.evaluation.verdicts.resampling import Scored

log = logging.getLogger("tlnb")
Condition = TypeVar("Condition")
Scores = Mapping[str, "float | Scored"]


class Experiment(Generic[Condition]):
    """The same trial under several conditions.

    Parameters
    ----------
    conditions : mapping of str to anything
        What is compared, by name: recipes, mostly.
    trial : callable
        ``trial(condition, seed)`` runs once and returns its numbers by name (`tlnb.evaluation.verdicts.metrics` lists
        the names): a float, or a `scored` one, which remembers its test images. Everything random in it must follow the
        seed, so that conditions pair: ``images.resplit(seed=seed)``, ``recipe.with_(seed=seed)``. A trial that has a
        method ``together``, as `FitTrial` has, is given all its work at once, and may do parts of it together.

    Examples
    --------
    >>> experiment = Experiment({"short": 1.0, "long": 2.0}, lambda length, seed: {"seconds": length + 0.1 * seed})
    >>> evidence = experiment.run(seeds=3, progress=False)
    >>> evidence.scores("seconds")["long"]
    (2.0, 2.1, 2.2)
    """

    def __init__(
        self, conditions: Mapping[str, Condition], trial: Callable[[Condition, int], Mapping[str, Any]]
    ) -> None:
        if not conditions:
            raise TlnbError("An experiment needs at least one condition.")
        self.conditions, self.trial = dict(conditions), trial

    def run(self, seeds: int | Iterable[int], *, progress: bool = True) -> Evidence:
        """Run every condition with every seed.

        Seeds are the outer loop: what is stopped early has paired what it did.

        Parameters
        ----------
        seeds : int or iterable of int
            How many, from 0; or which.
        progress : bool
            Whether to show a line of progress.

        Returns
        -------
        Evidence
            Every raw score.

        Raises
        ------
        TlnbError
            If trials return different metrics.
        """
        chosen = tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)
        work = [(name, seed) for seed in chosen for name in self.conditions]
        trials: dict[str, list[Scores]] = {name: [] for name in self.conditions}
        started = time.perf_counter()
        with Progress(len(work), "Experiment", enabled=progress) as bar:
            results = self._results([(self.conditions[name], seed) for name, seed in work])
            for name, seed in work:
                try:
                    trials[name].append(dict(next(results)))
                except Exception:
                    log.error("The trial %r failed with seed %s.", name, seed)
                    raise
                bar.update(note=f"seed {seed}, {name}")
        return Evidence.from_trials(trials, chosen, time.perf_counter() - started)

    def _results(self, work: list[tuple[Condition, int]]) -> Iterator[Scores]:
        together: Callable[..., Iterable[Scores]] | None = getattr(self.trial, "together", None)
        return iter(together(work)) if together else (self.trial(condition, seed) for condition, seed in work)
