"""Several trainings with one call: heads alone on the same images together, everything else one after the other."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn

from tlnb.backbones import head_module, layer_groups, model_card
from tlnb.core.allocator import raise_allocator_thresholds, return_memory
from tlnb.core.devices import resolve_device
from tlnb.core.errors import TlnbError
from tlnb.core.memory_use import MemoryUse, MemoryWatch
from tlnb.core.progress import Progress
from tlnb.training.batches import Batches
from tlnb.training.complaints import check_fit
from tlnb.training.devices import resolve_precision
from tlnb.training.fit import fit
from tlnb.training.heads.features import HeadFeatures
from tlnb.training.heads.jobs import HeadJob, why_alone
from tlnb.training.heads.runs import run_of
from tlnb.training.heads.together import train_together
from tlnb.training.recipe import Recipe
from tlnb.training.run import Run

if TYPE_CHECKING:
    from tlnb.data import ImageData

log = logging.getLogger("tlnb")

TOGETHER_BYTES = 256 * 2**20  # of weights, gradients and batches that are held at once; more heads go in turns


def fit_many(
    model: nn.Module, trainings: Iterable[tuple[ImageData, Recipe]], *, device: str = "auto", progress: bool = True
) -> Iterator[Run]:
    """Fine-tune copies of a model, and yield a run for each pair of images and recipe, in their order.

    Each run is what `fit` gives for it, to rounding. Where only the head trains, on images of one set (whatever its
    splits), what the frozen body says of each image is computed once, and the heads train side by side: seeds, folds,
    learning rates, penalties, schedules and batch sizes in one batched product a step. Twenty of them take little more
    time than one. What cannot train that way trains by itself: more than the head, augmentation, dropout, timm's
    optimisers, ``store="off"`` or ``"views"``.

    Parameters
    ----------
    model : nn.Module
        As for `fit`; not changed.
    trainings : iterable of (ImageData, Recipe)
        What to train on, and how.
    device : str
        As for `fit`.
    progress : bool
        Whether to show a line of progress.

    Yields
    ------
    Run
        One for each pair, made when it is asked for: a run holds a whole model, so let go of those that you have
        measured. Where heads trained together, ``run.cost`` has each one's share of the seconds, and the first run
        has what was computed for all.

    Raises
    ------
    TlnbError
        At once, if the model does not fit some images; else what `fit` raises, when its run is asked for.

    Examples
    --------
    >>> import tlnb, torch
    >>> pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    >>> images = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> model = tlnb.create_model("resnet10t", images, weights="random")
    >>> recipes = [tlnb.Recipe(epochs=2, learning_rate=rate, seed=seed) for rate in (1e-3, 1e-2) for seed in range(5)]
    >>> pairs = [(images.resplit(seed=recipe.seed), recipe) for recipe in recipes]
    >>> accuracies = [run.metrics["accuracy"] for run in tlnb.fit_many(model, pairs, progress=False)]
    >>> len(accuracies)
    10
    """
    listed = list(trainings)
    for images, _ in listed:
        check_fit(model, images)
    return _runs(model, listed, device, progress)


def _runs(
    model: nn.Module, trainings: Sequence[tuple[ImageData, Recipe]], device: str, progress: bool
) -> Iterator[Run]:
    groups = _groups(model, trainings, resolve_device(device))
    with Progress(len(trainings), "Training", progress) as bar:

        def trained(place: int, images: ImageData, recipe: Recipe) -> Run:
            run = groups[place].run(place) if place in groups else None
            if run is None:
                run = fit(model, images, recipe, device=device, progress=False)
            bar.update()
            return run

        for place, (images, recipe) in enumerate(trainings):
            yield trained(place, images, recipe)  # no name here: it would keep the run while the next one trains


class _Group:
    """Heads that train together, when the first of them is asked for."""

    def __init__(self, model: nn.Module, device: torch.device) -> None:
        self._model, self._device = model, device
        self._waiting: dict[int, tuple[ImageData, Recipe, Batches]] = {}
        self._jobs: dict[int, HeadJob] = {}
        self._features: HeadFeatures | None = None
        self._choices: dict[str, str] = {}
        self._memory: MemoryUse | None = None
        self._filled = False

    def add(self, place: int, images: ImageData, recipe: Recipe, batches: Batches) -> None:
        self._waiting[place] = images, recipe, batches

    def run(self, place: int) -> Run | None:
        """Return the run of one of them; None if it has to be trained by itself."""
        if place in self._waiting:
            self._train()
        job = self._jobs.pop(place, None)
        if job is None or job.stopped == "failed" or self._features is None:
            return None
        first, self._filled = not self._filled, True
        return run_of(job, self._features, self._choices, self._memory, first)

    def _train(self) -> None:
        """Train as many of those that wait as are held at once."""
        watch = MemoryWatch(self._device)
        _, (images, recipe, batches) = next(iter(self._waiting.items()))
        precision = resolve_precision(recipe.precision, self._device)
        if self._features is None:
            self._choices.update(device=str(self._device), precision=precision)
            if self._device.type == "cpu":
                self._choices["allocator"] = raise_allocator_thresholds()
            self._features = HeadFeatures(self._model, images, recipe, batches, precision, self._choices)
        if not self._features.usable:
            self._waiting.clear()
            return
        size = sum(parameter.nbytes for parameter in head_module(self._model).parameters())
        held = 0
        for place, (images, recipe, batches) in list(self._waiting.items()):
            held += 6 * size + recipe.batch_size * (size // len(images.classes))
            if self._jobs and held > TOGETHER_BYTES:
                break
            del self._waiting[place]
            self._jobs[place] = HeadJob(self._model, self._features.plan, images, recipe, batches)
        log.info("%d heads train together.", len(self._jobs))
        self._choices["heads together"] = str(len(self._jobs))
        train_together(list(self._jobs.values()), self._features, watch.sample)
        self._memory = watch.use()
        if self._device.type == "cpu":
            return_memory()


def _groups(model: nn.Module, trainings: Sequence[tuple[ImageData, Recipe]], device: torch.device) -> dict[int, _Group]:
    """Return which trainings go together: place to group; one that has no other has none."""
    names, head = tuple(group.name for group in layer_groups(model)), head_module(model)
    groups: dict[str, _Group] = {}
    members: dict[str, list[int]] = {}
    for place, (images, recipe) in enumerate(trainings):
        try:
            reason = why_alone(names, head, recipe, device)
            if reason is None:
                batches = Batches(images, model_card(model), recipe, device)
                precision = resolve_precision(recipe.precision, device)
                key = repr((batches.key, images.classes, recipe.optimizer, recipe.store_precision, precision))
                groups.setdefault(key, _Group(model, device)).add(place, images, recipe, batches)
                members.setdefault(key, []).append(place)
        except TlnbError as error:
            reason = str(error)  # `fit` will say so when it comes to it
        if reason is not None:
            log.debug("Training %d goes by itself: %s.", place + 1, reason)
    return {place: groups[key] for key, places in members.items() if len(places) > 1 for place in places}
