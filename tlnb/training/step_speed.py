"""How long the parts of a training step take here, measured once: each layer group, forward and backward."""

from __future__ import annotations

import copy
import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from tlnb.backbones.fingerprint import settings_of
from tlnb.core.allocator import raise_allocator_thresholds, return_memory
from tlnb.core.devices import resolve_device
from tlnb.core.tables import Table
from tlnb.training.devices import autocast, resolve_precision
from tlnb.training.group_clock import ROUNDS, GroupClock
from tlnb.training.layer_plan import release
from tlnb.training.randomness import RandomStream
from tlnb.training.speed import FORMATS, choose_memory_format

_measured: dict[str, StepSpeed] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class GroupSeconds:
    """What one layer group takes for one image.

    Attributes
    ----------
    frozen : float
        Seconds of its forward pass in evaluation mode, where nothing learns.
    forward, backward : float
        Seconds in training mode, where everything learns.
    """

    frozen: float
    forward: float
    backward: float


@dataclass(frozen=True, repr=False)
class StepSpeed(Table):
    """Measured seconds of a network's steps. Shows itself as a table.

    Attributes
    ----------
    groups : mapping of str to GroupSeconds
        Of each layer group, input to head.
    size, batch, rounds : int
        Side of the images in pixels, how many made a batch, and how many batches were measured.
    device, precision, memory_format : str
        How it was computed: as `tlnb.fit` would.
    """

    groups: Mapping[str, GroupSeconds]
    size: int
    batch: int
    rounds: int
    device: str
    precision: str
    memory_format: str

    def seconds_an_image(self, learns: Mapping[str, float]) -> tuple[float, float]:
        """Estimate a training step, for each image of it.

        What is frozen computes forward as in evaluation. Backward, half of a group's time is for the gradients of its
        weights, and counts by the share of them that learns; half is for those of its input, and counts from the lowest
        group that learns upwards.

        Parameters
        ----------
        learns : mapping of str to float
            Layer groups of which anything learns, to the share of their weights that does.

        Returns
        -------
        forward : float
            Seconds of the forward pass.
        backward : float
            Seconds of the backward pass.

        Examples
        --------
        >>> even = GroupSeconds(frozen=1.0, forward=2.0, backward=4.0)
        >>> speed = StepSpeed({"stem": even, "stage1": even, "head": even}, 64, 8, 3, "cpu", "fp32", "contiguous")
        >>> speed.seconds_an_image({"head": 1.0}), speed.seconds_an_image({"stage1": 1.0})
        ((4.0, 4.0), (4.0, 6.0))
        """
        forward = backward = 0.0
        reached = False
        for name, seconds in self.groups.items():
            reached = reached or name in learns
            forward += seconds.forward if name in learns else seconds.frozen
            backward += seconds.backward * (0.5 + 0.5 * learns.get(name, 0.0)) if reached else 0.0
        return forward, backward

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows: milliseconds an image."""
        rows = [
            [name, *(f"{1e3 * seconds:.2f}" for seconds in (s.frozen, s.forward, s.backward))]
            for name, s in self.groups.items()
        ]
        return [f"ms an image of {self.size} px, {self.device}", "frozen", "forward", "backward"], rows


def measure_speed(
    model: nn.Module, size: int, batch: int = 8, *, device: str = "auto", precision: str = "auto"
) -> StepSpeed:
    """Measure a copy of a network in a few training steps on noise; remembered in this process.

    It takes about ten steps' time when it is first asked for: seconds. Neither the model nor random numbers change.
    What else the machine computes meanwhile makes it slower, as it would a training.

    Parameters
    ----------
    model : nn.Module
        A classifier of images with three channels.
    size, batch : int
        Side of the images in pixels, and how many at a time, at least 2: more take more memory, and tell more of large
        batches.
    device : str
        As for `tlnb.fit`.
    precision : {"auto", "fp32", "bf16", "fp16"}
        As in a recipe.

    Raises
    ------
    ValueError
        If there is less than one pixel, or fewer than two images.
    DeviceError
        If the device is not there.

    Examples
    --------
    >>> import tlnb
    >>> speed = measure_speed(tlnb.create_model("test_resnet", 2, weights="random"), 32, batch=2, device="cpu")
    >>> speed.device, [seconds.backward > 0 for seconds in speed.groups.values()][-1]
    ('cpu', True)
    """
    if size < 1 or batch < 2:
        raise ValueError(
            f"size={size}, batch={batch}: images have a side of at least 1 pixel, and batch normalisation needs two of "
            "them."
        )
    where = resolve_device(device)
    precision = resolve_precision(precision, where)
    about = [*settings_of(model), f"{size} {batch} {where} {precision} {torch.get_num_threads()}"]
    key = hashlib.sha256("\n".join(about).encode()).hexdigest()
    with _lock:
        if key not in _measured:
            _measured[key] = _measure(copy.deepcopy(model), size, batch, where, precision)
            if where.type == "cpu":
                return_memory()
        return _measured[key]


def _measure(own: nn.Module, size: int, batch: int, device: torch.device, precision: str) -> StepSpeed:
    release(own)
    own.to(device).requires_grad_(True)
    if device.type == "cpu":
        raise_allocator_thresholds()  # as a training does: it decides a third of its speed
    noise = torch.randn(batch, 3, size, size, generator=torch.Generator().manual_seed(0))
    chosen = choose_memory_format(own, noise[:8].to(device))
    own.to(memory_format=FORMATS[chosen])
    images = noise.to(device).contiguous(memory_format=FORMATS[chosen])
    stream, clock = RandomStream(0, device), GroupClock(own, device)

    def pass_over(train: bool) -> None:
        own.train(train)
        with stream.active(), torch.set_grad_enabled(train):
            clock.begin()
            with autocast(precision, device):
                logits = own(images)
            clock.turn()
            if train:
                loss = cross_entropy(logits.float(), torch.zeros(batch, dtype=torch.int64, device=device))
                own.zero_grad(set_to_none=True)
                loss.backward()
            clock.end()

    frozen, _ = clock.medians(lambda: pass_over(False))
    forward, backward = clock.medians(lambda: pass_over(True))
    groups = {
        name: GroupSeconds(frozen[name] / batch, forward[name] / batch, backward[name] / batch) for name in clock.names
    }
    return StepSpeed(groups, size, batch, ROUNDS, str(device), precision, chosen)
