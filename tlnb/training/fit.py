"""The two ways to train: `fit` blocks and shows progress, `train` hands out events. The same session serves both."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

from torch import nn

from tlnb.core.errors import CheckpointError
from tlnb.core.progress import Progress
from tlnb.training.checkpoints.saving import Checkpoints
from tlnb.training.events import EpochDone, EpochRecord, Event, Finished, Started, StepDone
from tlnb.training.interrupts import interrupt_sets
from tlnb.training.method import Method
from tlnb.training.recipe import Recipe
from tlnb.training.run import Run
from tlnb.training.session import Session
from tlnb.training.steering import Steering

if TYPE_CHECKING:
    from tlnb.data import ImageData


def train(
    model: nn.Module,
    images: ImageData,
    recipe: Recipe,
    *,
    device: str = "auto",
    stop: threading.Event | None = None,
    steering: Steering | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_seconds: float = 300.0,
    resume: bool = False,
    energy: bool | str = False,
    method: Method | None = None,
) -> Generator[Event, None, None]:
    """Fine-tune a copy of a model, and yield an event for everything that happens.

    Parameters
    ----------
    model, images, recipe, device, stop, steering, checkpoint, checkpoint_seconds, resume, energy, method
        As for `fit`.

    Yields
    ------
    Started, StepDone, Thawed, Steered, EpochDone, Stopping, Finished
        See `tlnb.training.events`. The last is `Finished`, with the run. Closing the iterator ends the training.

    Examples
    --------
    >>> import tlnb, torch
    >>> pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    >>> images = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> model = tlnb.create_model("resnet10t", images, weights="random")
    >>> kinds = [event.kind for event in tlnb.train(model, images, tlnb.Recipe(epochs=1, batch_size=12))]
    >>> kinds
    ['started', 'step', 'step', 'epoch', 'finished']
    """
    if checkpoint is None:
        if resume:
            raise CheckpointError('resume=True goes on from a folder: say which, checkpoint="runs/mine".')
        yield from Session(model, images, recipe, device, stop, steering, energy=energy, method=method).events()
        return
    checkpoints = Checkpoints(checkpoint, checkpoint_seconds, resume)
    with checkpoints.session(model, images, recipe, device, stop, steering, energy, method) as session:
        for event in session.events():
            checkpoints.after(event, session)
            yield event


def fit(
    model: nn.Module,
    images: ImageData,
    recipe: Recipe,
    *,
    device: str = "auto",
    progress: bool = True,
    on_event: Callable[[Event], None] | None = None,
    stop: threading.Event | None = None,
    steering: Steering | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_seconds: float = 300.0,
    resume: bool = False,
    energy: bool | str = False,
    method: Method | None = None,
) -> Run:
    """Fine-tune a copy of a model on the training images and return the run.

    Nothing that is given is changed: the result is ``run.model``. The same call gives the same losses. Validation
    images are seen after each epoch, the test images once, at the end, and neither is ever augmented.

    Parameters
    ----------
    model : nn.Module
        A classifier, from `tlnb.create_model` or your own, with as many outputs as the images have classes.
    images : ImageData
        From `tlnb.load_data`.
    recipe : Recipe
        How to train.
    device : str
        ``"auto"`` (a CUDA GPU, else Apple's, else the CPU), or a torch device.
    progress : bool
        Whether to show a line of progress.
    on_event : callable, optional
        Called with each event, in this thread.
    stop : threading.Event, optional
        Set it from another thread to end the run after the step under way. Ctrl-C (or the notebook's stop button)
        does the same; a second one stops at once.
    steering : Steering, optional
        To thaw, freeze, scale rates, pause, step, go on or stop from another thread (`tlnb.training.start` trains in
        one); what was done is kept in ``run.steering``.
    checkpoint : str or Path, optional
        A folder for checkpoints of this training: one after each epoch and when it is stopped, the last two kept
        (safetensors and JSON, no pickle). They hold all that the training depends on, so that power may fail.
    checkpoint_seconds : float
        Within a long epoch, a checkpoint after so many seconds as well; 0 for one after each step.
    resume : bool
        Go on from the last checkpoint in that folder, to the same losses as without the break; begin there if there
        is none. A training that has ended is not done again: its run is returned.
    energy : bool or str
        Whether ``run.cost`` tells the energy too: True, or a country's three letters (``"FRA"``), for which it gives
        grams of CO2 as well. Metered by codecarbon (``pip install "tlnb[energy]"``); where a machine has no counter
        it is an estimate, and called one. Off, as the first start takes two seconds.
    method : Method, optional
        What adds to the loss, as ``tlnb.methods.DANN(target)``; left as it is. The losses of the run and of its history
        stay those of the labelled images alone; what the method added is in ``run.method``.

    Returns
    -------
    Run
        The trained model, in evaluation mode, with its history, metrics and cost.

    Raises
    ------
    ModelError
        If the head does not fit the classes.
    NonFiniteLossError
        If the loss becomes infinite or not a number; the error names step, group and rate.
    RecipeError
        If the recipe names groups that the model does not have.
    DeviceError
        If the device is not there.
    SettingError
        If the steering sets what the method does not have.
    CheckpointError
        If the folder cannot be written, or holds another training, or one that `resume` does not ask for.
    MemoryLimitError
        If not even two images at a time fit into memory. While more of them do, a batch that does not fit is computed
        in parts, and a warning says so.

    Examples
    --------
    >>> import tlnb, torch
    >>> pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    >>> images = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> model = tlnb.create_model("resnet10t", images, weights="random")
    >>> run = tlnb.fit(model, images, tlnb.Recipe(epochs=2), progress=False)
    >>> len(run.history), run.stopped
    (2, 'finished')
    """
    stop = stop or threading.Event()
    events = train(
        model,
        images,
        recipe,
        device=device,
        stop=stop,
        steering=steering,
        checkpoint=checkpoint,
        checkpoint_seconds=checkpoint_seconds,
        resume=resume,
        energy=energy,
        method=method,
    )
    # Closed whatever happens, so that the checkpoints' folder is free again.
    with closing(events), interrupt_sets(stop), ExitStack() as shown:
        for event in events:
            if isinstance(event, Started):
                bar = shown.enter_context(Progress(event.steps, "Training", enabled=progress, done=event.done))
            elif isinstance(event, StepDone):
                bar.update(note=bar.note)
            elif isinstance(event, EpochDone):
                bar.update(0, note=_told(event.record, recipe))
            elif isinstance(event, Finished):
                run = event.run
            if on_event is not None:
                on_event(event)
        if run.stopped != "finished":
            bar.close(f"{bar.note} · stopped after {run.cost.steps} of {bar.total} steps")
    return run


def _told(record: EpochRecord, recipe: Recipe) -> str:
    parts = [f"epoch {record.epoch}/{recipe.epochs}", f"train loss {record.train_loss:.3f}"]
    named = (
        ("valid loss", record.valid_loss),
        ("accuracy", record.valid_accuracy),
        ("AUC", record.valid_auc),
    )
    return " · ".join([*parts, *(f"{name} {value:.3f}" for name, value in named if value is not None)])
