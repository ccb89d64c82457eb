"""Values at points of a network for the images of a set: computed where they are missing, read where they are not."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import numpy as np
import torch

from tlnb.backbones.split import Capture, folded
from tlnb.core.cache import Rows

log = logging.getLogger("tlnb")

AT_ONCE = 32  # images that are computed together; on a CPU more are slower
ROUND = 8  # fewer are filled up to a multiple: kernels are made, and kept in memory, for each size of a batch
SPOT = 4  # stored images that are computed again before any is believed
CLOSE = {"float32": 1e-3, "float16": 2e-2, "int16": 5e-2}  # of the largest value, by what is stored

Images = Callable[[torch.Tensor], torch.Tensor]


class StoredFeatures:
    """Values at points of a network, by image.

    Parameters
    ----------
    capture : Capture
        Computes them.
    rows : Rows
        Where they are kept; a row an image.
    images : callable
        int64 (n,) rows -> their images, float32 (n, 3, H, W), normalised, on the network's device.
    fast : bool
        Whether batch normalisation may be folded away while they are computed: for fp32, where that is but rounding.

    Attributes
    ----------
    computed, read : int
        Images so far.
    seconds : float
        Spent on computing and keeping them.
    """

    def __init__(self, capture: Capture, rows: Rows, images: Images, fast: bool = True) -> None:
        self._own, self._folds = capture, fast
        self._fast: Capture | None = None
        self.rows, self._images = rows, images
        self._device = next(capture.model.parameters()).device
        self.computed = self.read = 0
        self.seconds = 0.0
        self._look_at_some()

    def missing(self, rows: torch.Tensor) -> torch.Tensor:
        """Return those rows that would have to be computed."""
        return torch.from_numpy(self.rows.missing(rows.numpy()))

    def get(self, rows: torch.Tensor, next_rows: Callable[[], torch.Tensor] | None = None) -> tuple[torch.Tensor, ...]:
        """Return the values of images, computing what is missing.

        Parameters
        ----------
        rows : torch.Tensor
            int64 (n,).
        next_rows : callable, optional
            Gives the rows that will be asked for next, in their order: what is missing is computed in company.

        Returns
        -------
        tuple of torch.Tensor
            float32 ``(n, ...)`` at each point, on the network's device; maps in channels_last.
        """
        wanted = rows.numpy()
        missing = self.rows.missing(wanted)
        while len(missing):
            self._compute(missing, next_rows)
            missing = self.rows.missing(wanted)
        self.read += len(wanted)
        return tuple(to_tensor(array).to(self._device, non_blocking=True) for array in self.rows.get(wanted))

    def fill(self, rows: torch.Tensor) -> None:
        """Compute those rows, int64 (n,), that are missing; the others are not read."""
        missing = self.rows.missing(rows.numpy())
        while len(missing):
            self._compute(missing, None)
            missing = self.rows.missing(missing)

    def _compute(self, missing: np.ndarray, next_rows: Callable[[], torch.Tensor] | None) -> None:
        """Compute some of the missing rows, and of those that come next as many as fill a batch."""
        start = time.perf_counter()
        if len(missing) < AT_ONCE and next_rows is not None:
            ahead = next_rows().numpy()[: 8 * AT_ONCE]
            missing = np.concatenate([missing, self.rows.missing(ahead[~np.isin(ahead, missing)])])
        with self.rows.alone():
            rows = self.rows.missing(missing[:AT_ONCE])  # another process may have made some while this one waited
            if len(rows):
                images = filled_up(self._images(torch.from_numpy(rows)), ROUND)
                values = self._capture(images)(images)
                self.rows.put(rows, [to_array(tensor[: len(rows)], self.rows.dtype) for tensor in values])
                self.computed += len(rows)
        self.seconds += time.perf_counter() - start

    def _capture(self, images: torch.Tensor) -> Capture:
        if self._fast is None:
            own = self._own
            plain = own.compute is own.model and self._folds
            lean = folded(own.model, own.points, images[:SPOT]) if plain else own.model
            self._fast = own if lean is own.model else own.of(lean)
        return self._fast

    def _look_at_some(self) -> None:
        """Compute a few stored rows again: a key cannot see that somebody has written a network's code anew."""
        rows = self.rows.filled(SPOT)
        if not len(rows):
            return
        found = self.rows.get(rows)
        images = filled_up(self._images(torch.from_numpy(rows)), SPOT)
        now = [to_array(tensor[: len(rows)], self.rows.dtype) for tensor in self._own(images)]
        if all(_close(to_tensor(a), to_tensor(b), CLOSE[self.rows.dtype]) for a, b in zip(found, now, strict=True)):
            return
        log.warning("What was stored of this network's answers is not what it answers now: it is computed again.")
        with self.rows.alone():
            self.rows.clear()


def filled_up(images: torch.Tensor, to: int) -> torch.Tensor:
    """Repeat the last image until there is a multiple of so many.

    Examples
    --------
    >>> filled_up(torch.zeros(5, 3, 2, 2), 4).shape
    torch.Size([8, 3, 2, 2])
    """
    more = -len(images) % to
    form = torch.channels_last if images.is_contiguous(memory_format=torch.channels_last) else torch.contiguous_format
    return torch.cat([images, images[-1:].expand(more, -1, -1, -1)]).contiguous(memory_format=form) if more else images


def to_array(values: torch.Tensor, dtype: str) -> np.ndarray:
    """Turn values into what is stored: maps with their channels last, bfloat16 as 16 bits."""
    values = values.permute(0, 2, 3, 1) if values.ndim == 4 else values  # (N, C, H, W) -> (N, H, W, C)
    if dtype == "int16":
        return values.to(torch.bfloat16).contiguous().view(torch.int16).cpu().numpy()
    return values.to(torch.float16 if dtype == "float16" else torch.float32).contiguous().cpu().numpy()


def to_tensor(array: np.ndarray) -> torch.Tensor:
    """Turn it back, into float32; maps come in channels_last."""
    values = torch.from_numpy(array)
    values = values.view(torch.bfloat16) if array.dtype == np.int16 else values
    values = values.float()
    return values.permute(0, 3, 1, 2) if values.ndim == 4 else values


def stored_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape in which one image's values are stored."""
    return (*shape[1:], shape[0]) if len(shape) == 3 else shape


def _close(one: torch.Tensor, other: torch.Tensor, share: float) -> bool:
    return float((one - other).abs().max()) <= share * max(float(other.abs().max()), 1e-6)
