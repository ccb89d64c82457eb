"""The run of one head that trained among many: the same things that `fit` leaves."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace

import torch

from tlnb.backbones import head_module
from tlnb.core.memory_use import MemoryUse
from tlnb.core.metrics import classification_metrics
from tlnb.training.heads.features import HeadFeatures
from tlnb.training.heads.jobs import HeadJob
from tlnb.training.layer_plan import release
from tlnb.training.metering.cost import RunCost, weights_bytes
from tlnb.training.metering.work import TrainingWork, learning_pattern
from tlnb.training.run import Run
from tlnb.training.store import StoreUse
from tlnb.training.used_in_run import UsedInRun


def run_of(
    job: HeadJob, features: HeadFeatures, choices: Mapping[str, str], memory: MemoryUse | None, first: bool
) -> Run:
    """Return what a training leaves, with a model of its own.

    Parameters
    ----------
    job : HeadJob
        That has come to its end.
    features : HeadFeatures
        Of the network that all shared.
    choices : mapping of str to str
        What was chosen by measuring.
    memory : MemoryUse, optional
        Of all that trained together.
    first : bool
        Whether what was computed for all counts for this one.
    """
    model = copy.deepcopy(features.model)
    with torch.no_grad():
        head_module(model).load_state_dict(job.head.state_dict())
    release(model)
    model.eval().requires_grad_(True)
    used = UsedInRun(features.plan, job.images, job.recipe)
    for factor in job.factors:
        used.after_step({name: rate * factor for name, rate in job.rates.items()})
    learned = learning_pattern(list(features.model.parameters()))
    shape = (3, job.batches.size, job.batches.size)
    cost = RunCost(
        seconds=job.seconds,
        images=job.images_seen,
        steps=len(job.losses),
        choices=dict(choices),
        loading_seconds=job.loading_seconds,
        validation_seconds=job.validation_seconds,
        weights_bytes=weights_bytes(model),
        memory=memory,
        work=TrainingWork(features.shapes, shape, {learned: job.images_seen}),
        store=(_use_of(job, features.use, first),),
    )
    return Run(
        model=model,
        recipe=job.recipe,
        classes=tuple(job.images.classes),
        size=job.images.size,
        channels=job.batches.pixels.shape[1],
        history=tuple(job.history),
        losses=tuple(job.losses),
        metrics=classification_metrics(job.outputs.labels, job.outputs.logits) if job.outputs else {},
        cost=cost,
        stopped=job.stopped,
        best_epoch=job.best.epoch if job.best else None,
        outputs=job.outputs,
        used=used.names(),
    )


def _use_of(job: HeadJob, use: StoreUse, first: bool) -> StoreUse:
    """Return one training's part of what was kept: what it asked for, and what the first computed for all."""
    splits = job.batches.splits
    read = job.images_seen + len(splits["valid"]) * len(job.history) + len(splits["test"])
    if first:
        return replace(use, read=read, trained=max(0, job.images_seen - use.computed))
    return replace(use, read=read, trained=job.images_seen, computed=0, seconds=0.0)
