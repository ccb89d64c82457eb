"""Gives a training what its frozen layers say of images, from the store where that pays; the frontier follows thaws."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence

import torch

from tlnb.backbones import model_card
from tlnb.backbones.modes import evaluating
from tlnb.backbones.split import CannotSplitError, Capture, Halfway, SplitNetwork
from tlnb.backbones.split.capture import Compute
from tlnb.training.batches import Batches
from tlnb.training.devices import computed_in
from tlnb.training.layer_plan import LayerPlan
from tlnb.training.recipe import Recipe
from tlnb.training.store.choice import Reads, saved_seconds, seconds_of_one
from tlnb.training.store.cuts import known_cut
from tlnb.training.store.kept import KeptFrontier
from tlnb.training.store.use import StoreUse

log = logging.getLogger("tlnb")

STORED_AS = {"fp32": "float32", "fp16": "float16", "bf16": "int16"}  # numpy has no bfloat16: its 16 bits
PROBED = 4  # images that a cut is proved on
FOLDING_PAYS = 2.0  # seconds of computing: from there on a network with batch normalisation folded away pays
OFF = "off"


class FeatureKeeper:
    """What one training reads instead of computing it.

    A layer group counts if it is frozen, with all below it, and has never trained in this run: an average of the
    weights, or the best epoch's, then has the same frozen layers as the model now.

    Parameters
    ----------
    plan : LayerPlan
        Of the model that trains.
    batches : Batches
        The images.
    recipe : Recipe
        Gives `store` and what goes with it.
    steps : int
        Of the whole run.
    thaws : mapping of str to int or None
        Before which step each group thaws.
    precision, compute : str, callable
        Of the forward pass, and what does it.
    choices : dict of str to str
        Where what is chosen is noted.
    chosen : mapping of str to str
        What a run before had chosen, to choose it again.
    """

    def __init__(
        self,
        plan: LayerPlan,
        batches: Batches,
        recipe: Recipe,
        *,
        steps: int,
        thaws: Mapping[str, int | None],
        precision: str,
        compute: Compute,
        choices: dict[str, str],
        chosen: Mapping[str, str],
    ) -> None:
        self.plan, self.batches, self.recipe = plan, batches, recipe
        self._steps, self._thaws, self._precision = steps, thaws, precision
        self._compute = plan.model if precision == "fp32" else compute
        self._choices, self._chosen = choices, chosen
        self._seen: tuple[str, ...] | None = None
        self._upto: str | None = None
        self._kept: KeptFrontier | None = None
        self._costs: dict[str, tuple[float, int]] = {}
        self._uses: dict[str, StoreUse] = {}

    def settle(self, step: int) -> None:
        """Look where the frontier is before a step, and choose anew where it has moved.

        Parameters
        ----------
        step : int
            Steps done so far.
        """
        states = tuple(self.plan.states.values())
        if self.recipe.store == OFF or states == self._seen:
            return
        self._seen, groups = states, self.plan.untouched()
        upto = groups[-1] if groups else None
        if upto != self._upto:
            self._leave()
            self._upto = upto
            self._kept = self._choose(groups, step) if groups else None

    def training(self, epoch: int, order: Sequence[torch.Tensor], place: int) -> Halfway | None:
        """Return what frozen layers say of one of the batches of an epoch; None where all has to be computed.

        Parameters
        ----------
        epoch : int
            Which, from 0.
        order : sequence of torch.Tensor
            Its batches that are still to come, int64 places among the training images each.
        place : int
            Which of them.
        """
        if self._kept is None or self._kept.train is None:
            return None
        return self._kept.training(epoch, order, place)

    def evaluation(self, rows: torch.Tensor) -> Halfway | None:
        """Return it for images as they are, int64 rows of the data set."""
        return None if self._kept is None else self._kept.evaluation(rows)

    def used(self) -> tuple[StoreUse, ...]:
        """Return what was used, frontier by frontier."""
        uses = dict(self._uses)
        if self._kept is not None and self._upto is not None:
            now = self._kept.use(*self._costs[self._upto])
            uses[self._upto] = now.plus(uses[self._upto]) if self._upto in uses else now
        return tuple(uses.values())

    def load(self, uses: Iterable[StoreUse]) -> None:
        """Take over what the run had used before a stop."""
        self._uses = {use.upto: use for use in uses}

    def _leave(self) -> None:
        self._uses = {use.upto: use for use in self.used()}
        self._kept = None

    def _choose(self, groups: tuple[str, ...], step: int) -> KeptFrontier | None:
        upto = groups[-1]
        kept, reason = self._kept_if_it_pays(groups, step)
        if kept is None and self.recipe.store != "auto":
            log.warning("What is frozen up to %s is computed each time: %s.", upto, reason)
        self._choices[f"store up to {upto}"] = f"{OFF}: {reason}" if kept is None else reason
        return kept

    def _kept_if_it_pays(self, groups: tuple[str, ...], step: int) -> tuple[KeptFrontier | None, str]:
        """Return what is kept, and how; or None, and why not."""
        upto, model = groups[-1], self.plan.model
        before = self._chosen.get(f"store up to {upto}", "")
        if before.startswith(OFF):
            return None, before.removeprefix(f"{OFF}: ")
        ask = self.recipe.store == "auto" and not before
        train = self.batches.splits["train"]
        if len(train) < PROBED:
            return None, f"fewer than {PROBED} images"
        images, reads = self.batches.unchanged(train[:PROBED]), self._reads(groups, step)
        if ask and not self._pays(reads, seconds_of_one(f"{self._named()} whole", self._whole, images)):
            return None, f"it would save nothing over {reads.times:,} of {reads.images:,} images"
        try:
            cut, macs = known_cut(model, images, groups)
        except CannotSplitError as error:
            return None, str(error)
        each = seconds_of_one(f"{self._named()} {upto}", Capture(model, cut.points, self._compute), images)
        precision, compute = self._precision, self._compute
        if self.recipe.store_precision == "bf16" and precision == "fp32":
            precision, compute = "bf16", computed_in("bf16", model)
        dtype = STORED_AS["fp16" if self.recipe.store_precision == "fp16" else precision]
        if ask and not self._pays(reads, each, cut.numbers * (4 if dtype == "float32" else 2)):
            return None, f"it would save nothing over {reads.times:,} of {reads.images:,} images"
        self._costs[upto] = (each, macs)
        kept = KeptFrontier(SplitNetwork(model, cut), groups, self.batches, dtype, precision, compute)
        views = self.recipe.store_views if self.recipe.store == "views" else 0
        if not kept.open(not self.batches.random, views, fast=reads.images * each > FOLDING_PAYS):
            return None, "there is no room for it; see TLNB_CACHE_LIMIT"
        if dtype != STORED_AS[self._precision]:
            kept.compare(Capture(model, cut.points, self._compute)(images), images)
        use = kept.use(each, macs)
        what = "" if kept.train is not None else ", validation and test images only"
        return kept, f"{use.mode}, {use.place}{what}"

    def _pays(self, reads: Reads, each: float, bytes_of_one: int = 0) -> bool:
        return saved_seconds(reads, each, bytes_of_one) > 0

    def _reads(self, groups: tuple[str, ...], step: int) -> Reads:
        """Count what will be asked for until the frontier moves, as planned."""
        later = [at for name in groups if (at := self._thaws[name]) is not None and at > step]
        until, per_epoch = min([*later, self._steps]), self.batches.steps_per_epoch
        count = {name: len(rows) for name, rows in self.batches.splits.items()}
        reads = Reads(0, 0).plus(count["valid"], count["valid"] * (until // per_epoch - step // per_epoch))
        if not self.batches.random or self.recipe.store == "views":
            reads = reads.plus(count["train"], round((until - step) / per_epoch * count["train"]))
        return reads

    def _whole(self, images: torch.Tensor) -> None:
        with evaluating(self.plan.model), torch.no_grad():
            self._compute(images)

    def _named(self) -> str:
        return f"{model_card(self.plan.model).name} {self._precision} up to"
