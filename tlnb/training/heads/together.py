"""The trainings of many heads, step by step side by side, until each has come to its end."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Hashable, Sequence

import torch
from torch.nn.utils.rnn import pad_sequence

from tlnb.core.errors import DataError
from tlnb.core.metrics import classification_metrics
from tlnb.training.assess import TestOutputs
from tlnb.training.devices import autocast
from tlnb.training.heads.features import AT_ONCE, HeadFeatures
from tlnb.training.heads.jobs import HeadJob, Order
from tlnb.training.heads.stack import HeadStack, logits_of_heads
from tlnb.training.schedules import RateClock


def train_together(jobs: Sequence[HeadJob], features: HeadFeatures, after_step: Callable[[], object]) -> None:
    """Train heads to their ends, each as `fit` would.

    Parameters
    ----------
    jobs : sequence of HeadJob
        With one optimiser's name and one set of images, whatever its splits; changed.
    features : HeadFeatures
        Of the network that all share.
    after_step : callable
        Called now and then.
    """
    Together(jobs, features).run(after_step)


class Together:
    """Heads that train side by side.

    Parameters
    ----------
    jobs, features : sequence of HeadJob, HeadFeatures
        As for `train_together`.
    """

    def __init__(self, jobs: Sequence[HeadJob], features: HeadFeatures) -> None:
        orders: dict[Hashable, Order] = {}
        clocks: dict[Hashable, RateClock] = {}
        self._orders: dict[HeadJob, Order] = {}
        self._clocks: dict[HeadJob, RateClock] = {}
        for job in jobs:
            order, clock = job.order_key, job.clock_key
            self._orders[job] = orders[order] = orders.get(order) or Order(job.batches)
            self._clocks[job] = clocks[clock] = clocks.get(clock) or job.new_clock()
        # Those that see the same batches stand side by side: their logits are one product.
        ranks = {order: rank for rank, order in enumerate(orders.values())}
        self._live = sorted(jobs, key=lambda job: ranks[self._orders[job]])
        self._features, self._device = features, jobs[0].batches.device
        weights = torch.stack([_class_weights(job) for job in self._live]).to(self._device)
        recipes = [job.recipe for job in self._live]
        self._stack = HeadStack([job.head for job in self._live], recipes, weights, features.precision)
        start = time.perf_counter()
        features.hold([job.batches.splits[name] for job in jobs for name in ("train", "valid", "test")])
        self._share(start, "loading_seconds")

    def run(self, after_step: Callable[[], object]) -> None:
        """Train until none is left."""
        step = 0
        while self._live:
            self._step(step)
            step += 1
            self._after_epoch([job for job in self._live if step % job.per_epoch == 0 and job.stopped == "running"])
            for job in self._live:
                if step == job.steps and job.stopped == "running":
                    job.stopped = "finished"
            self._leave()
            after_step()

    def _step(self, step: int) -> None:
        start = time.perf_counter()
        each = Counter(self._orders[job] for job in self._live)
        # Where not as many heads see each batch, every head gets a batch of its own.
        together = list(each) if len(set(each.values())) == 1 else [self._orders[job] for job in self._live]
        rows = [order.rows(step) for order in together]
        lengths = [len(some) for some in rows]
        padded = pad_sequence(rows, batch_first=True)
        each_labels = [order.batches.labels[some] for order, some in zip(together, rows, strict=True)]
        labels = pad_sequence(each_labels, batch_first=True)
        counted = None
        if min(lengths) < max(lengths):
            counted = (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]).to(self._device)
        batch = self._features.at(padded)
        self._share(start, "loading_seconds")
        start = time.perf_counter()
        losses = self._stack.step(batch, labels.to(self._device), counted, *self._rates())
        for job, loss in zip(self._live, losses.tolist(), strict=True):
            job.losses.append(loss)
            if not math.isfinite(loss):
                job.stopped = "failed"
        for clock in {id(self._clocks[job]): self._clocks[job] for job in self._live}.values():
            clock.step()
        self._share(start, "seconds")

    def _rates(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return rate and momentum of each head in the step to come."""
        now: dict[RateClock, tuple[float, float | None]] = {}
        rates, momenta = [], []
        for job in self._live:
            clock = self._clocks[job]
            if clock not in now:
                now[clock] = clock.factor, clock.momentum
            factor, momentum = now[clock]
            job.factors.append(factor)
            rates.append(job.rates[job.head_group] * factor)
            momenta.append(job.recipe.momentum if momentum is None else momentum)
        made = torch.tensor([rates, momenta], dtype=torch.float32).to(self._device)
        return made[0], made[1]

    def _after_epoch(self, ended: Sequence[HeadJob]) -> None:
        if not ended:
            return
        start = time.perf_counter()
        self._take(ended)
        for job, logits in logits_of_jobs(ended, "valid", self._features).items():
            labels = job.batches.labels[job.batches.splits["valid"]]
            try:
                job.end_epoch(classification_metrics(labels, logits) if len(labels) else {})
                self._clocks[job].after_epoch(getattr(job.history[-1], f"valid_{job.recipe.monitor}"))
            except DataError:
                job.stopped = "failed"
        for job in ended:
            job.validation_seconds += (time.perf_counter() - start) / len(ended)

    def _leave(self) -> None:
        """Let those go that have come to their ends, with their weights."""
        gone = [job for job in self._live if job.stopped != "running"]
        if not gone:
            return
        whole = [job for job in gone if job.stopped != "failed"]
        self._take(whole)
        for job in whole:
            job.end()
        for job, logits in logits_of_jobs(whole, "test", self._features).items():
            rows = job.batches.splits["test"]
            job.outputs = TestOutputs(rows.clone(), job.batches.labels[rows], logits) if len(rows) else None
        kept = [place for place, job in enumerate(self._live) if job.stopped == "running"]
        self._live = [self._live[place] for place in kept]
        self._stack.keep(torch.tensor(kept, dtype=torch.int64, device=self._device))

    def _take(self, jobs: Sequence[HeadJob]) -> None:
        """Give jobs their heads as they are now, for validation and for good."""
        weight, bias = self._stack.validated
        places = {job: place for place, job in enumerate(self._live)}
        with torch.no_grad():
            for job in jobs:
                job.head.weight.copy_(weight[places[job]])
                job.head.bias.copy_(bias[places[job]])

    def _share(self, start: float, what: str) -> None:
        """Count to each its share of the time since a start."""
        each = (time.perf_counter() - start) / len(self._live)
        for job in self._live:
            setattr(job, what, getattr(job, what) + each)


def logits_of_jobs(jobs: Sequence[HeadJob], split: str, features: HeadFeatures) -> dict[HeadJob, torch.Tensor]:
    """Return each job's logits of its images of a split, float32 (n, C), on the CPU, in the split's order."""
    alike: dict[bytes, list[HeadJob]] = {}
    for job in jobs:
        alike.setdefault(job.batches.splits[split].numpy().tobytes(), []).append(job)
    found: dict[HeadJob, torch.Tensor] = {}
    with torch.inference_mode():
        for some in alike.values():
            weight = torch.stack([job.head.weight for job in some])
            bias = torch.stack([job.head.bias for job in some])
            parts = []
            for rows in some[0].batches.splits[split].split(AT_ONCE):
                with autocast(features.precision, weight.device):
                    parts.append(logits_of_heads(features.at(rows)[None], weight, bias).float().cpu())  # (K, n, C)
            found.update(zip(some, torch.cat(parts, 1), strict=True))
    return found


def _class_weights(job: HeadJob) -> torch.Tensor:
    balanced = job.recipe.class_weights == "balanced"
    return job.images.class_weights() if balanced else torch.ones(len(job.images.classes))
