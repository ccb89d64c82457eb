"""The trial that most experiments are: fine-tune on a split that the seed draws, and measure the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tlnb.core.errors import TlnbError
from tlnb.evaluation.experiments.experiment import Scores
from tlnb.evaluation.verdicts.resampling import scored

if TYPE_CHECKING:
    from torch import nn

    from tlnb.data import ImageData
    from tlnb.training import Recipe, Run
    from tlnb.training.method import Method

    Condition = Recipe | tuple[Recipe, Method | None]


class FitTrial:
    """A trial for `Experiment` whose conditions are recipes, or pairs of a recipe and a method.

    It says what is done instead of doing it, so the experiment can train many at once: where recipes train the head
    alone, all of them, with all seeds, train in one batched product (`tlnb.fit_many`), to the same results. What has a
    method, as ``(recipe, tlnb.methods.DANN(target))``, trains by itself, with ``tlnb.fit(..., method=...)``; None in
    its place is no method. One run is held at a time.

    Parameters
    ----------
    model : nn.Module
        What each training starts from; never changed.
    images : ImageData
        What it trains on.
    measure : callable, optional
        ``measure(run, images)`` returns numbers by name, as a trial does; accuracy and, for two classes, AUC on the
        test images if not given. It gets the images as they were split. `target_scores` measures on another domain.
    split : callable, optional
        ``split(images, seed)`` returns the images of a seed; ``images.resplit(seed=seed)`` if not given.
    device : str
        As for `tlnb.fit`.

    Examples
    --------
    >>> import tlnb, torch
    >>> from tlnb.evaluation import Experiment
    >>> pixels = torch.randint(0, 256, (60, 3, 32, 32), dtype=torch.uint8)
    >>> images = tlnb.ImageData.from_tensors(pixels, torch.arange(60) % 2, ["even", "odd"])
    >>> model = tlnb.create_model("resnet10t", images, weights="random")
    >>> recipes = {"slow": tlnb.Recipe(epochs=2, learning_rate=1e-4), "fast": tlnb.Recipe(epochs=2, learning_rate=1e-2)}
    >>> evidence = Experiment(recipes, FitTrial(model, images)).run(seeds=3, progress=False)
    >>> evidence.metrics, evidence.conditions, evidence.seeds
    (('accuracy', 'auc'), ('slow', 'fast'), (0, 1, 2))

    With a method, measured on the domain that it adapts to:

    >>> from tlnb.evaluation import target_scores
    >>> target = tlnb.ImageData.from_tensors(255 - pixels, torch.arange(60) % 2, ["even", "odd"])
    >>> recipe = tlnb.Recipe(trainable="all", epochs=1)
    >>> conditions = {"source alone": recipe, "DANN": (recipe, tlnb.methods.DANN(target))}
    >>> trial = FitTrial(model, images, lambda run, split: target_scores(run.model, target))
    >>> Experiment(conditions, trial).run(seeds=2, progress=False).conditions
    ('source alone', 'DANN')
    """

    def __init__(
        self,
        model: nn.Module,
        images: ImageData,
        measure: Callable[[Run, ImageData], Scores] | None = None,
        *,
        split: Callable[[ImageData, int], ImageData] | None = None,
        device: str = "auto",
    ) -> None:
        self.model, self.images, self.device = model, images, device
        self.measure, self.split = measure or scores_on_test, split or _by_seed

    def __call__(self, condition: Condition, seed: int) -> Scores:
        """Train under one condition with one seed, and measure."""
        return next(self.together([(condition, seed)]))

    def together(self, trials: Sequence[tuple[Condition, int]]) -> Iterator[Scores]:
        """Yield the numbers of each condition with its seed, in this order.

        Raises
        ------
        TlnbError
            If a condition is neither a recipe nor a pair of a recipe and a method.
        """
        from tlnb.training import fit, fit_many

        work = [(*_parted(condition), seed) for condition, seed in trials]
        parts = {seed: self.split(self.images, seed) for seed in dict.fromkeys(seed for *_, seed in work)}
        plain = [(parts[seed], recipe.with_(seed=seed)) for recipe, method, seed in work if method is None]
        runs = fit_many(self.model, plain, device=self.device, progress=False)

        def run(recipe: Recipe, method: Method | None, seed: int) -> Run:
            if method is None:
                return next(runs)
            given = (self.model, parts[seed], recipe.with_(seed=seed))
            return fit(*given, method=method, device=self.device, progress=False)

        for recipe, method, seed in work:
            # No name for the run: it would keep model, method and their images while the next one trains.
            yield self.measure(run(recipe, method, seed), parts[seed])


def scores_on_test(run: Run, images: ImageData) -> dict[str, Any]:
    """Return a run's scores on its test images, with what each image contributed: accuracy, and AUC of two classes."""
    return {name: scored(name, run.outputs) for name in ("accuracy", "auc") if name in run.metrics}


def _parted(condition: Any) -> tuple[Recipe, Method | None]:
    from tlnb.training import Recipe

    recipe, method = condition if isinstance(condition, tuple) and len(condition) == 2 else (condition, None)
    if not isinstance(recipe, Recipe):
        raise TlnbError(
            f"The condition {condition!r} is neither a Recipe nor a pair of a Recipe and a method: give recipe, or "
            "(recipe, tlnb.methods.DANN(target))."
        )
    return recipe, method


def _by_seed(images: ImageData, seed: int) -> ImageData:
    return images.resplit(seed=seed)
