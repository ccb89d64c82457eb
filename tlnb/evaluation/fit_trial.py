"""The trial that most experiments are: fine-tune on a split that the seed draws, and measure the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tlnb.evaluation.experiment import Scores
from tlnb.evaluation.resampling import scored

if TYPE_CHECKING:
    from torch import nn

    from tlnb.data import ImageData
    from tlnb.training import Recipe, Run


class FitTrial:
    """A trial for `Experiment` whose conditions are recipes.

    It says what is done instead of doing it, so the experiment can train many at once: where recipes train the head
    alone, all of them, with all seeds, train in one batched product (`tlnb.fit_many`), to the same results.

    Parameters
    ----------
    model : nn.Module
        What each training starts from; never changed.
    images : ImageData
        What it trains on.
    measure : callable, optional
        ``measure(run, images)`` returns numbers by name, as a trial does; accuracy and, for two classes, AUC on the
        test images if not given. It gets the images as they were split.
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

    def __call__(self, recipe: Recipe, seed: int) -> Scores:
        """Train one recipe with one seed, and measure."""
        return next(self.together([(recipe, seed)]))

    def together(self, trials: Sequence[tuple[Recipe, int]]) -> Iterator[Scores]:
        """Yield the numbers of each recipe with its seed, in this order."""
        from tlnb.training import fit_many

        parts = {seed: self.split(self.images, seed) for seed in dict.fromkeys(seed for _, seed in trials)}
        pairs = [(parts[seed], recipe.with_(seed=seed)) for recipe, seed in trials]
        runs = fit_many(self.model, pairs, device=self.device, progress=False)
        for (images, _), run in zip(pairs, runs, strict=True):
            yield self.measure(run, images)


def scores_on_test(run: Run, images: ImageData) -> dict[str, Any]:
    """Return a run's scores on its test images, with what each image contributed: accuracy, and AUC of two classes."""
    return {name: scored(name, run.outputs) for name in ("accuracy", "auc") if name in run.metrics}


def _by_seed(images: ImageData, seed: int) -> ImageData:
    return images.resplit(seed=seed)
