"""tlnb, as its README has a user write it."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import numpy as np
import timm  # noqa: F401  tlnb loads it when it first makes a model; all others pay for it where importing is timed

import tlnb
from benchmarks.peers.task import BATCH, BETAS, CLASSES, MODEL, VIEWS, WEIGHT_DECAY, Data, Task, weights_file
from benchmarks.peers.watch import Watch
from tlnb.data.cards import DataCard
from tlnb.data.plan import SplitPlan
from tlnb.data.splits import Splits
from tlnb.data.store import TensorStore

# Names of tlnb are lazy: what a training needs is loaded here, where importing is timed.
_NEEDED = (tlnb.fit, tlnb.create_model, tlnb.ImageData)

TRAINABLE = {"all": "all", "head": "head", "last_stage": 1}
FIELDS = {field.name for field in dataclasses.fields(tlnb.Recipe)}


def train(task: Task, data: Data, watch: Watch) -> None:
    """Train with `tlnb.fit`."""
    images = image_data(data)
    model = tlnb.create_model(MODEL, CLASSES, weights=weights_file(task), crop=1.0)

    def listen(event: Any) -> None:
        if event.kind == "step":
            watch.step(event.loss)
        elif event.kind == "epoch":
            watch.scored(event.record.valid_auc)

    run = tlnb.fit(model, images, make_recipe(task), device="cpu", progress=False, on_event=listen)
    watch.notes["choices"] = dict(run.cost.choices)
    watch.notes["store"] = [dataclasses.asdict(use) for use in getattr(run.cost, "store", ())]


def make_recipe(task: Task) -> tlnb.Recipe:
    """Return the recipe that does what the task asks for."""
    augmentation = {"augmentation": (("random_resized_crop", 0.5), ("flip", 1.0))} if task.augment else {}
    views = {"store": "views", "store_views": VIEWS} if task.augment and stores() else {}
    return tlnb.Recipe(
        trainable=TRAINABLE[task.trainable],
        learning_rate=task.rate,
        rate_ratio=task.rate_ratio,
        optimizer="adamw",
        momentum=BETAS[0],
        weight_decay=WEIGHT_DECAY,
        schedule="constant",
        epochs=task.epochs,
        batch_size=BATCH,
        seed=task.seed,
        **augmentation,
        **views,
    )


def stores() -> bool:
    """Say whether this tlnb keeps what frozen layers say."""
    return "store" in FIELDS


def image_data(data: Data) -> tlnb.ImageData:
    """Return the tensors as tlnb's images, with the parts that they have; neither copied nor divided anew."""
    places = np.arange(len(data.labels))
    digest = hashlib.sha256(data.images.numpy().data).hexdigest()
    return tlnb.ImageData(
        size=data.size,
        labels=data.labels,
        classes=CLASSES,
        columns={},
        splits=Splits(places[: data.train], places[data.train :], places[:0]),
        plan=SplitPlan(seed=0, test=0.0, valid=0.0),
        card=DataCard("tensors", "Images made from tensors", "not stated", "memory", data.images.numel(), digest),
        problems=(),
        store=TensorStore(data.images),
    )
