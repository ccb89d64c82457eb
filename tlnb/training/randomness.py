"""A random stream of a training's own, so that the same call gives the same losses whatever runs between two steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from tlnb.core.random_lock import RANDOM_LOCK


class RandomStream:
    """torch's global generators, as this stream left them, for the length of a ``with`` block.

    Dropout and stochastic depth draw from the global generators; a stream swaps its own state in and the outside's
    back, so neither disturbs the other. Streams of several threads take turns (`tlnb.core.random_lock`); only what
    another thread draws from the global generators by itself, while a block is under way, comes from this stream.

    Parameters
    ----------
    seed : int
        Where the stream starts.
    device : torch.device
        A CUDA device's generator is swapped as well.

    Attributes
    ----------
    state : tuple of torch.Tensor
        uint8; where the stream stands, one tensor a generator. Assign it to go back there.

    Examples
    --------
    >>> stream = RandomStream(0, torch.device("cpu"))
    >>> before = torch.get_rng_state()
    >>> with stream.active():
    ...     first = torch.rand(1)
    >>> bool((torch.get_rng_state() == before).all())
    True
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self._device = device
        with self._restored():
            torch.manual_seed(seed)
            self.state = self._read()

    @contextmanager
    def active(self) -> Iterator[None]:
        """Draw from this stream inside the block."""
        with self._restored():
            self._write(self.state)
            try:
                yield
            finally:
                self.state = self._read()

    def _read(self) -> tuple[torch.Tensor, ...]:
        cuda = (torch.cuda.get_rng_state(self._device),) if self._device.type == "cuda" else ()
        return (torch.get_rng_state(), *cuda)

    def _write(self, state: tuple[torch.Tensor, ...]) -> None:
        torch.set_rng_state(state[0])
        if len(state) > 1:
            torch.cuda.set_rng_state(state[1], self._device)

    @contextmanager
    def _restored(self) -> Iterator[None]:
        with RANDOM_LOCK:
            outside = self._read()
            try:
                yield
            finally:
                self._write(outside)
