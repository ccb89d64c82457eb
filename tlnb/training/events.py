"""What a training tells as it goes. Monitors, checkpoints and meters only listen."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from tlnb.training.steering import Steered

if TYPE_CHECKING:
    from torch import nn

    from tlnb.training.assess import Outputs
    from tlnb.training.run import Run


@dataclass(frozen=True)
class EpochRecord:
    """One epoch's means. Losses are cross-entropies in nats; accuracy and AUC lie in [0, 1], None where undefined."""

    epoch: int
    train_loss: float
    valid_loss: float | None
    valid_accuracy: float | None
    valid_auc: float | None
    seconds: float
    images_per_second: float

    @classmethod
    def of(
        cls,
        epoch: int,
        losses: Sequence[float],
        sizes: Sequence[int],
        valid: Mapping[str, float],
        seconds: float,
        seen: int,
    ) -> EpochRecord:
        """Make it from the losses of an epoch's steps, the images in each, and what its validation gave.

        `seconds` and `seen` are those of its steps and images in this process: a training that goes on has done fewer.
        """
        return cls(
            epoch=epoch,
            train_loss=sum(loss * n for loss, n in zip(losses, sizes, strict=True)) / sum(sizes),
            valid_loss=valid.get("loss"),
            valid_accuracy=valid.get("accuracy"),
            valid_auc=valid.get("auc"),
            seconds=seconds,
            images_per_second=seen / seconds,
        )


@dataclass(frozen=True)
class Started:
    """Before the first step: how long the run is, what trains at its start, what was done before, if it is resumed.

    Each group's state (see `LayerPlan`) is the one at this start; `Thawed` and `Steered` events tell of what follows.
    Whoever keeps the event does not keep the model.
    """

    kind: ClassVar[str] = "started"
    steps: int
    epochs: int
    groups: tuple[str, ...]
    trainable: tuple[str, ...]
    network: weakref.ref[nn.Module] = field(repr=False, compare=False)
    done: int = 0
    states: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    losses: tuple[float, ...] = field(default=(), repr=False)  # of the steps done before
    history: tuple[EpochRecord, ...] = field(default=(), repr=False)  # of the epochs that ended before
    steered: tuple[Steered, ...] = field(default=(), repr=False)  # by hand, in those steps
    measured: tuple[float, ...] = field(default=(), repr=False)  # by a method, in those steps

    @property
    def model(self) -> nn.Module | None:
        """The copy that trains, to look at between two steps; None once nobody holds it any more."""
        return self.network()


@dataclass(frozen=True)
class StepDone:
    """After each optimiser step (counted from 1): its loss, its number of images, each group's rate in it.

    With a method, also what that measured.
    """

    kind: ClassVar[str] = "step"
    step: int
    loss: float
    images: int
    rates: Mapping[str, float] = field(repr=False)
    measured: float | None = None


@dataclass(frozen=True)
class Thawed:
    """Groups that begin to train with the next step."""

    kind: ClassVar[str] = "thawed"
    step: int
    groups: tuple[str, ...]


@dataclass(frozen=True)
class EpochDone:
    """After each epoch (counted from 1) and its validation.

    Whoever keeps the event does not keep what the model said of each validation image.
    """

    kind: ClassVar[str] = "epoch"
    record: EpochRecord
    said: weakref.ref[Outputs] | None = field(default=None, repr=False, compare=False)

    @property
    def outputs(self) -> Outputs | None:
        """Labels and logits of the validation images; None without any, and once the next epoch has ended."""
        return None if self.said is None else self.said()


@dataclass(frozen=True)
class Stopping:
    """The run was asked to stop, and does so after this step."""

    kind: ClassVar[str] = "stopping"
    step: int


@dataclass(frozen=True)
class Finished:
    """The end, with the result."""

    kind: ClassVar[str] = "finished"
    run: Run


Event = Started | StepDone | Thawed | EpochDone | Steered | Stopping | Finished
