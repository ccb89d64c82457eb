"""Which random numbers an image gets: they follow the seed, the epoch, the image's row and the step's name alone.

So neither the batch size, nor a resumed training, nor another step before it changes them. torchvision's transforms
draw from torch's global generator; here it is seeded for each image and step, and afterwards it is as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from zlib import crc32

import torch

from tlnb.core.random_lock import RANDOM_LOCK


def in_turn(name: str, seed: int, epoch: int, rows: Iterable[int]) -> Iterator[int]:
    """Yield the place of each image in the batch, with torch's generator seeded for this step of this image."""
    for place, row in enumerate(rows):
        # The CPU's generator alone, and 32 bits: it takes no more.
        torch.default_generator.manual_seed(crc32(f"{name} {seed} {epoch} {row}".encode()))
        yield place


@contextmanager
def generator_kept() -> Iterator[None]:
    """Give torch's CPU generator back, after the block, in the state that it was in.

    Examples
    --------
    >>> before = torch.get_rng_state()
    >>> with generator_kept():
    ...     numbers = [torch.rand(()).item() for _ in in_turn("flip", 0, 0, [7, 8, 7])]
    >>> numbers[0] == numbers[2] != numbers[1]
    True
    >>> bool((torch.get_rng_state() == before).all())
    True
    """
    with RANDOM_LOCK:  # a training in another thread shall not draw from these seeds
        state = torch.get_rng_state()
        try:
            yield
        finally:
            torch.set_rng_state(state)
