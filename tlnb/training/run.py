"""What a training leaves: the model, how it went, what it cost, and what to do with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from tlnb.backbones import model_card
from tlnb.core.errors import TlnbError
from tlnb.core.tables import Table
from tlnb.training.events import EpochRecord
from tlnb.training.metering.cost import RunCost
from tlnb.training.recipe import Recipe
from tlnb.training.steering import Steered

if TYPE_CHECKING:
    from tlnb.core.figures import Figure
    from tlnb.data import ImageData
    from tlnb.training.assess import TestOutputs
    from tlnb.training.method_at_work import MethodRecord


@dataclass(frozen=True, repr=False)
class Prediction(Table):
    """A class for one image, with every class's probability, in [0, 1], the largest first."""

    label: str
    probabilities: Mapping[str, float]

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows."""
        return ["class", "probability"], [[name, f"{p:.3f}"] for name, p in self.probabilities.items()]


@dataclass(frozen=True, repr=False)
class Run(Table):
    """The result of `tlnb.fit`.

    Attributes
    ----------
    model : nn.Module
        The trained model, in evaluation mode; plain PyTorch, on the device of the training.
    recipe : Recipe
        How it was trained.
    history : tuple of EpochRecord
        One an epoch.
    losses : tuple of float
        The training loss of each step, in nats.
    metrics : dict
        Loss, accuracy and, for two classes, AUC on the test images; empty if the run was stopped before its end.
    cost : RunCost
        Seconds, images, throughput, and the choices made by measuring.
    stopped : {"finished", "early", "stopped"}
        Whether it came to its end, early stopping ended it, or you did.
    best_epoch : int or None
        With early stopping, the epoch whose weights ``model`` has.
    outputs : TestOutputs or None
        Rows, labels and logits of the test images, from the pass that gave `metrics`; None without that pass.
    used : mapping of str to tuple of str
        What really took part, by kind: ``"model"``, ``"data"``, ``"method"``, ``"transform"``.
    steering : tuple of Steered
        What was done by hand while it ran; ``Steering(run.steering)`` does it again.
    checkpoints : Path or None
        The folder of its checkpoints, if it kept any.
    method : MethodRecord or None
        Of a training with a method: its name, settings in the end, the losses that it added, and its module.
    """

    model: nn.Module
    recipe: Recipe
    classes: tuple[str, ...]
    size: int
    channels: int
    history: tuple[EpochRecord, ...]
    losses: tuple[float, ...]
    metrics: Mapping[str, float]
    cost: RunCost
    stopped: str
    best_epoch: int | None
    outputs: TestOutputs | None
    used: Mapping[str, tuple[str, ...]]
    steering: tuple[Steered, ...] = ()
    checkpoints: Path | None = None
    method: MethodRecord | None = None

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows: a row an epoch, then the test."""

        def told(value: float | None) -> str:
            return "" if value is None else f"{value:.3f}"

        rows = [
            [str(r.epoch), told(r.train_loss), told(r.valid_loss), told(r.valid_accuracy), told(r.valid_auc)]
            for r in self.history
        ]
        if self.metrics:
            rows.append(["test", "", *(told(self.metrics.get(name)) for name in ("loss", "accuracy", "auc"))])
        shown = 5 if any(row[-1] for row in rows) else 4  # only two classes have an AUC
        return ["epoch", "train loss", "loss", "accuracy", "AUC"][:shown], [row[:shown] for row in rows]

    def plot(self) -> Figure:
        """Draw loss and accuracy (or AUC) by epoch."""
        from tlnb.training.plots import plot_history

        return plot_history(self)

    def evaluate(
        self,
        images: ImageData,
        split: str = "valid",
        *,
        views: int = 1,
        view_steps: Iterable[tuple[str, float]] | None = None,
        corruption: tuple[str, int] | None = None,
        seed: int = 0,
    ) -> dict[str, float]:
        """Return loss, accuracy and, for two classes, AUC of the model on a split of some images.

        Parameters
        ----------
        images : ImageData
            With the same classes, at the size that the model was trained at.
        split : {"train", "valid", "test"}
            Which images.
        views : int
            Test-time augmentation: the mean probability over so many views of each image counts. The first is the
            image itself, the second its mirror image.
        view_steps : sequence of (str, float), optional
            What views are drawn from, as a recipe's augmentation; mirroring and mild crops if not given.
        corruption : (str, int), optional
            How images are made worse before: a name in `tlnb.data.augmentation.CORRUPTIONS` and a severity, 1 to 5.
        seed : int
            What views and corruption are drawn from; equal seeds give equal pixels.

        Raises
        ------
        TlnbError
            If the images have other classes, or there are no such views or corruption.
        """
        from tlnb.data.augmentation import check_view_steps
        from tlnb.data.augmentation.views import VIEW_STEPS
        from tlnb.training.assess import Showing, assess
        from tlnb.training.batches import Batches

        if tuple(images.classes) != self.classes:
            raise TlnbError(f"The run knows the classes {self.classes}; these images have {tuple(images.classes)}.")
        device = next(self.model.parameters()).device
        steps = check_view_steps(VIEW_STEPS if view_steps is None else view_steps, views)
        batches = Batches(images, model_card(self.model), self.recipe, device)
        return assess(self.model, batches, split, showing=Showing(views, steps, corruption, seed))

    def predict(self, image: Any) -> Prediction:
        """Classify one image as the model was trained to see it.

        Parameters
        ----------
        image : path, PIL image, or uint8 array or tensor
            A file, or pixels in [0, 255]: array ``(H, W)`` or ``(H, W, C)``, tensor ``(C, H, W)``.

        Returns
        -------
        Prediction
            The likeliest class, and every class's probability.
        """
        from tlnb.data import decode_image

        card = model_card(self.model)
        resize = card.preprocessing.resize_for(self.size)
        pixels = decode_image(image, resize, self.size, card.preprocessing.interpolation, self.channels)
        device = next(self.model.parameters()).device
        with torch.inference_mode():
            logits = self.model(card.preprocessing.normalise(pixels[None].to(device)))[0].float().cpu()
        chances = dict(zip(self.classes, logits.softmax(0).tolist(), strict=True))
        ranked = dict(sorted(chances.items(), key=lambda pair: -pair[1]))
        return Prediction(next(iter(ranked)), ranked)

    def export(self, format: str, path: str | Path) -> Path:
        """Write the model with its preprocessing to a file that runs without tlnb.

        Parameters
        ----------
        format : {"onnx"}
            The file takes uint8 images ``(N, C, H, W)`` of the training's size and gives logits ``(N, classes)``.
        path : str or Path
            Where to.
        """
        from tlnb.training.export import export_onnx

        if format != "onnx":
            raise TlnbError(f'format={format!r} cannot be written; there is "onnx".')
        return export_onnx(self, Path(path))
