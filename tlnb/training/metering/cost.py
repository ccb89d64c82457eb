"""What a training cost, in one table: time, operations, memory, disk and, where it was asked for, energy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from tlnb.core.memory_use import MemoryUse
from tlnb.core.tables import Table
from tlnb.training.metering.energy import EnergyUse
from tlnb.training.metering.work import TrainingWork
from tlnb.training.store.use import StoreUse


@dataclass(frozen=True, repr=False)
class RunCost(Table):
    """What a run cost. Shows itself as a table.

    Attributes
    ----------
    seconds : float
        In training steps: forward, backward and update.
    images, steps : int
        Images trained on, each as often as it was seen, and steps of the optimiser.
    choices : mapping of str to str
        What was chosen by measuring.
    loading_seconds : float
        Making batches: choosing, augmenting, normalising and moving images, and computing what is kept of them.
    validation_seconds : float
        After epochs.
    weights_bytes : int
        Of the model as a safetensors file: parameters and the buffers that go with them.
    checkpoint_bytes : int or None
        On the disk at the end; None without checkpoints.
    memory : MemoryUse or None
        The peak, and whose it is; None where the system does not tell.
    energy : EnergyUse or None
        None unless it was asked for, and can be had.
    work : TrainingWork or None
        What `macs` counts, before what stored features spared is taken off.
    store : tuple of StoreUse
        What was kept of frozen layers' answers, frontier by frontier.
    """

    seconds: float
    images: int
    steps: int
    choices: Mapping[str, str]
    loading_seconds: float = 0.0
    validation_seconds: float = 0.0
    weights_bytes: int = 0
    checkpoint_bytes: int | None = None
    memory: MemoryUse | None = None
    energy: EnergyUse | None = None
    work: TrainingWork | None = None
    store: tuple[StoreUse, ...] = ()

    @property
    def images_per_second(self) -> float:
        """Throughput of the training steps; 0 before the first."""
        return self.images / self.seconds if self.seconds else 0.0

    @property
    def macs(self) -> int | None:
        """Multiplications with addition of all training steps, forward and backward; validation is not among them.

        Counted when first asked for, which takes tenths of a second; None for a network that cannot be followed
        without data. For the rule see `tlnb.training.metering.work`.
        """
        if self.work is None or self.work.macs is None:
            return None
        return self.work.macs - sum(use.spared_macs for use in self.store)

    @property
    def peak_bytes(self) -> int | None:
        """The most memory held at once; see `memory` for whose."""
        return self.memory.bytes if self.memory else None

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows; what is not known has none."""
        rows = [
            ["training steps", f"{self.seconds:.1f} s", f"{self.images_per_second:,.0f} images/s"],
            ["making batches", f"{self.loading_seconds:.1f} s", ""],
            ["validation", f"{self.validation_seconds:.1f} s", ""],
        ]
        if self.macs:
            each = f"{self.macs / self.images / 1e6:,.0f} million an image, forward and backward"
            rows.append(["multiply-adds", f"{self.macs / 1e9:,.3g} billion", each])
        for use in self.store:
            rounded = "" if use.rounding is None else f", rounded by {100 * use.rounding:.2g} %"
            spared = f"{use.bytes / 2**20:,.0f} MiB ({use.place}, {use.mode}{rounded})"
            spared += f"; saved about {use.saved_seconds:.1f} s"
            rows.append(["stored features", f"{use.seconds:.1f} s", f"up to {use.upto}: {spared}"])
        if self.memory:
            least = "at least " if self.memory.at_least else ""
            rows.append(["peak memory", f"{least}{_mib(self.memory.bytes)}", self.memory.of])
        rows.append(["weights on disk", _mib(self.weights_bytes), ""])
        if self.checkpoint_bytes is not None:
            rows.append(["checkpoints", _mib(self.checkpoint_bytes), ""])
        if self.energy:
            rows.append(["energy", f"{self.energy.joules:.3g} J = {self.energy.watt_hours:.2g} Wh", self.energy.how])
            if self.energy.grams_co2 is not None:
                said = f"estimate (mean electricity of {self.energy.country})"
                rows.append(["CO2", f"{self.energy.grams_co2:.2g} g", said])
        return ["cost", f"{self.images:,} images", f"{self.steps:,} steps"], rows


def weights_bytes(model: nn.Module) -> int:
    """Return the bytes of a model's weights in a file; what several names share counts once.

    Examples
    --------
    >>> weights_bytes(nn.Linear(3, 2))
    32
    """
    tensors = {(t.untyped_storage()._cdata, t.storage_offset(), t.shape): t for t in model.state_dict().values()}
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())


def folder_bytes(folder: str | Path) -> int:
    """Return the bytes of the checkpoints in a folder; other files do not count."""
    return sum(path.stat().st_size for path in Path(folder).glob("checkpoint-*.*"))


def _mib(count: int) -> str:
    return f"{count / 2**20:,.1f} MiB"
