"""Checkpoints of a training: written as it goes, and found again after a stop, a crash or a power cut."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from tlnb._version import __version__
from tlnb.core.errors import CheckpointError, RecipeError
from tlnb.training.checkpoints.files import CheckpointFiles
from tlnb.training.checkpoints.state import load_state, read_state
from tlnb.training.events import EpochDone, Event, Started, StepDone, Stopping
from tlnb.training.method import Method
from tlnb.training.recipe import Recipe
from tlnb.training.session import Session
from tlnb.training.steering import Steered, Steering

if TYPE_CHECKING:
    from tlnb.data import ImageData

log = logging.getLogger("tlnb")


class Checkpoints:
    """Writes a session's checkpoints; it listens to the events and changes nothing.

    Parameters
    ----------
    folder : str or Path
        Where they stand; one training, one folder.
    seconds : float
        Between two checkpoints within an epoch; each epoch's end has one anyway.
    resume : bool
        Whether to go on from what is there.
    """

    def __init__(self, folder: str | Path, seconds: float, resume: bool) -> None:
        if not seconds >= 0:
            raise CheckpointError(f"checkpoint_seconds={seconds!r}: give seconds, 0 (after each step) or more.")
        self.files, self.seconds, self.resume = CheckpointFiles(folder), seconds, resume
        self._identity: dict[str, Any] = {}
        self._saved_at = 0.0

    @contextmanager
    def session(
        self,
        model: nn.Module,
        images: ImageData,
        recipe: Recipe,
        device: str,
        stop: threading.Event | None,
        steering: Steering | None,
        energy: bool | str = False,
        method: Method | None = None,
    ) -> Iterator[Session]:
        """Make a session that begins, or goes on where the last checkpoint is; the folder is locked meanwhile.

        Raises
        ------
        CheckpointError
            If the folder cannot be used, or holds what shall not be gone on from, or cannot be.
        """
        with self.files.locked():
            found = self.files.latest()
            if found is not None and not self.resume:
                raise CheckpointError(
                    f"{self.files.folder} holds a training at step {found[0]['step']} of {found[0]['steps']}. To go on "
                    "with it pass resume=True; to keep it, give another folder; else remove this one."
                )
            chosen = found[0]["choices"] if found else None
            session = Session(model, images, recipe, device, stop, steering, chosen, energy, method)
            session.checkpoints = self.files.folder
            self._identity = identity(session)
            if found is not None:
                check_identity(found[0]["identity"], self._identity, self.files.folder)
                _warn_of_other_machine(found[0], session)
                load_state(session, *found)
                log.info("Going on from step %d of %d in %s.", session.step, session.steps, self.files.folder)
            yield session

    def after(self, event: Event, session: Session) -> None:
        """Write a checkpoint if the event calls for one.

        Raises
        ------
        CheckpointError
            If the first one cannot be written. Later ones that cannot are told in the log: the training goes on.
        """
        if isinstance(event, Started):
            self._saved_at = time.monotonic()
            if session.step == 0:  # a folder without room is told before the work, not after it
                self._save(session)
        elif (
            isinstance(event, (EpochDone, Stopping))
            or (isinstance(event, StepDone) and time.monotonic() - self._saved_at >= self.seconds)
            or (isinstance(event, Steered) and session.steering.paused)  # nobody knows for how long
        ):
            try:
                self._save(session)
            except CheckpointError as error:
                self._saved_at = time.monotonic()
                log.warning("%s The training goes on; the last good checkpoint is kept.", error)

    def _save(self, session: Session) -> None:
        plain, tensors = read_state(session)
        about = {
            "tlnb": __version__,
            "steps": session.steps,
            "identity": self._identity,
            "environment": _environment(session),
        }
        self.files.save({**about, **plain}, tensors)
        self._saved_at = time.monotonic()


def identity(session: Session) -> dict[str, Any]:
    """Return what makes a training this one and no other: recipe, images, splits, network, first weights, method."""
    images = session.images
    digest = hashlib.sha256(f"{images.key} {images.size}".encode())
    for indices in session.batches.splits.values():
        digest.update(indices.numpy().tobytes() + b"|")
    weights = hashlib.sha256()
    for name, tensor in sorted(session.model.state_dict().items()):
        weights.update(name.encode())
        weights.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    card = getattr(session.model, "tlnb_card", None)
    return {
        "recipe": session.recipe.to_toml(),
        "images": digest.hexdigest(),
        "network": card.name if card else type(session.model).__name__,
        "weights": weights.hexdigest(),
        "method": None if session.method is None else session.method.identity,
    }


def check_identity(found: Mapping[str, Any], own: Mapping[str, Any], folder: Path) -> None:
    """Raise an error that says in what a checkpoint's training is another one.

    Raises
    ------
    CheckpointError
        If it is.
    """
    differ = [name for name in own if found.get(name) != own[name]]
    if not differ:
        return
    told = {
        "network": f"its network is {found.get('network')!r}, yours {own['network']!r}",
        "weights": "it began from other weights",
        "images": "its images, their size or their splits are others",
        "recipe": _told_recipe(found.get("recipe", ""), own["recipe"]),
        "method": f"its method is {_told_method(found.get('method'))}, yours {_told_method(own['method'])}",
    }
    reasons = [told[name] for name in told if name in differ]
    if "network" in differ:
        reasons = reasons[:1]  # other weights go without saying
    raise CheckpointError(
        f"The checkpoint in {folder} is another training's: {'; '.join(reasons)}. Give the same model, images and "
        "recipe to go on with it, or another folder to begin anew."
    )


def _told_recipe(found: str, own: str) -> str:
    try:
        differ = Recipe.from_toml(found).diff(Recipe.from_toml(own))
    except RecipeError:
        return "its recipe cannot be read"
    return "its recipe has " + ", ".join(f"{name}={a!r} where yours has {b!r}" for name, (a, b) in differ.items())


def _told_method(method: Mapping[str, Any] | None) -> str:
    if method is None:
        return "none"
    settings = ", ".join(f"{name}={value!r}" for name, value in method["settings"].items())
    return f"{method['name']}({settings}) with images {''.join(key[:8] for key in method['images']) or 'of its own'}"


def _environment(session: Session) -> dict[str, str]:
    return {
        "torch": torch.__version__,
        "device": str(session.device),
        "threads": str(torch.get_num_threads()),
        "precision": session.choices["precision"],
    }


def _warn_of_other_machine(found: Mapping[str, Any], session: Session) -> None:
    """Say what may make the losses differ, in their last digits, from those of a run without a stop."""
    now, then = _environment(session), found.get("environment", {})
    differ = [f"{name} {then.get(name)} (now {now[name]})" for name in now if then.get(name) != now[name]]
    if differ:
        log.warning("The checkpoint was written with %s: losses may differ in rounding.", ", ".join(differ))
