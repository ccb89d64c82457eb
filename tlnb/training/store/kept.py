"""The answers of frozen layers up to one frontier, as one training uses them: of images as they are, and of views."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch

from tlnb.backbones.split import Capture, Cut, Halfway, SplitNetwork
from tlnb.backbones.split.capture import Compute
from tlnb.backbones.stored import StoredFeatures, feature_key
from tlnb.backbones.stored.features import Images, stored_shape, to_array, to_tensor
from tlnb.core.cache import open_rows
from tlnb.training.batches import Batches
from tlnb.training.store.use import StoreUse

KIND = "features"


class KeptFrontier:
    """Stored features of one network up to one layer group.

    Parameters
    ----------
    split : SplitNetwork
        The network, cut there.
    groups : tuple of str
        The frozen layer groups below the cut.
    batches : Batches
        The images.
    dtype, precision : str
        What numbers are stored as, and what they are computed in.
    compute : callable
        Computes the network.
    """

    def __init__(
        self,
        split: SplitNetwork,
        groups: tuple[str, ...],
        batches: Batches,
        dtype: str,
        precision: str,
        compute: Compute,
    ) -> None:
        self.split, self.groups, self.batches = split, groups, batches
        self._dtype, self._precision = dtype, precision
        self._capture = Capture(split.model, split.cut.points, compute)
        self.plain: StoredFeatures | None = None
        self.train: StoredFeatures | None = None
        self._views, self._fast = 0, False
        self._trained = 0
        self._rounding: float | None = None

    def open(self, train: bool, views: int, fast: bool) -> bool:
        """Open the rows of the whole set, and, with views, those of each training image's; False without room.

        With `fast`, a copy of the network is made that computes less, which takes a moment and its bytes of memory.
        """
        self._fast = fast
        self.plain = self._open({}, len(self.batches.labels), self.batches.unchanged)
        self.train, self._views = self.plain if train and not views else None, views
        if views:
            n = len(self.batches.splits["train"])
            drawn = {
                "augmentation": [list(step) for step in self.batches.recipe.augmentation],
                "seed": self.batches.recipe.seed,
                "train": hashlib.sha256(self.batches.splits["train"].numpy().tobytes()).hexdigest(),
            }
            self.train = self._open(drawn, n * views, partial(_view, self.batches))
        return self.plain is not None and (self.train is not None or not views)

    def compare(self, exact: Sequence[torch.Tensor], images: torch.Tensor) -> None:
        """Note how far what is kept of a few images lies from what the training itself would compute of them."""
        kept = (to_tensor(to_array(values, self._dtype)) for values in self._capture(images))
        self._rounding = max(
            float((one - other.cpu()).abs().max() / other.abs().max().cpu().clamp_min(1e-12))
            for one, other in zip(kept, exact, strict=True)
        )

    def training(self, epoch: int, order: Sequence[torch.Tensor], place: int) -> Halfway:
        """Return the network halfway for one of the batches of an epoch, by its place in the order."""
        assert self.train is not None
        before = self.train.computed
        rows = self._training_rows(epoch, order[place])
        values = self.train.get(
            rows, lambda: self._training_rows(epoch, torch.cat([order[place][:0], *order[place + 1 :]]))
        )
        self._trained += len(rows) - (self.train.computed - before)
        return self._halfway(values)

    def evaluation(self, rows: torch.Tensor) -> Halfway:
        """Return it for images as they are, by row of the data set."""
        assert self.plain is not None
        return self._halfway(self.plain.get(rows))

    def use(self, each: float, macs: int) -> StoreUse:
        """Return what was used so far; `each` and `macs` are what the frozen part of one image takes."""
        stores = [store for store in dict.fromkeys((self.plain, self.train)) if store is not None]
        return StoreUse(
            upto=self.groups[-1],
            mode="views" if self._views else "exact",
            place="/".join(dict.fromkeys(store.rows.place for store in stores)),
            bytes=sum(store.rows.bytes for store in stores),
            computed=sum(store.computed for store in stores),
            read=sum(store.read for store in stores),
            trained=self._trained,
            seconds=sum(store.seconds for store in stores),
            each=each,
            macs=macs,
            rounding=self._rounding,
        )

    def _training_rows(self, epoch: int, places: torch.Tensor) -> torch.Tensor:
        """Return where training images, int64 places among them, are stored for an epoch."""
        if self._views:
            return places + len(self.batches.splits["train"]) * (epoch % self._views)
        return self.batches.splits["train"][places]

    def _halfway(self, values: tuple[torch.Tensor, ...]) -> Halfway:
        form = self.batches.memory_format
        laid = tuple(value.contiguous(memory_format=form) if value.ndim == 4 else value for value in values)
        return self.split.meet(laid, self.batches.size)

    def _open(self, drawn: dict[str, Any], count: int, images: Images) -> StoredFeatures | None:
        made = {**self.batches.key, **drawn}
        cut: Cut = self.split.cut
        key = feature_key(self.split.model, cut.points, self.groups, made, self._precision)
        rows = open_rows(KIND, key, count, [stored_shape(shape) for shape in cut.shapes], self._dtype)
        return None if rows is None else StoredFeatures(self._capture, rows, images, self._fast)


def _view(batches: Batches, rows: torch.Tensor) -> torch.Tensor:
    """Return augmented training images, float32 ``(n, 3, H, W)``, by row: view after view, in each all of them."""
    n = len(batches.splits["train"])
    views = rows // n
    drawn = [(views == view, int(view)) for view in views.unique()]
    parts = [batches.augmented(view, rows[those] % n)[0] for those, view in drawn]
    back = torch.cat([those.nonzero()[:, 0] for those, _ in drawn]).argsort()
    return torch.cat(parts)[back.to(parts[0].device)]
