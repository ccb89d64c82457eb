"""What the preview computes in its thread: tiles first, then what the model says of them, then the filmstrip."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import torch

from tlnb.controls.augmenting.judge import Judge
from tlnb.controls.augmenting.newest import NewestWins
from tlnb.controls.augmenting.pictures import LARGE, TILE, encoded
from tlnb.controls.augmenting.pipeline import Steps
from tlnb.core.random_lock import RANDOM_LOCK
from tlnb.data.augmentation import AUGMENTATIONS
from tlnb.training import Recipe
from tlnb.training.seen import SeenImages, mixing_steps

STRENGTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)  # of the filmstrip
_CHUNKS = (1, 4, 12)  # where messages with tiles end: the first one comes alone, and so at once
_SLOWEST = 1.0  # seconds to wait for a page to have had the tiles before, so that a slow line has no queue
_PATIENCE = 0.2  # seconds: a render that has taken longer is given up for a newer one
Tell = Callable[[dict[str, Any], list[bytes]], None]


@dataclass(frozen=True)
class Wish:
    """What is to be seen.

    Attributes
    ----------
    recipe : Recipe
        Gives the steps, and what is drawn.
    epoch : int
        Whose draws, from 0.
    chosen : int
        The image that is looked at.
    focus : str
        The step of the filmstrip; empty for none.
    judge : Judge
        Whose opinion is asked.
    views : int
        How many views have opened so far: a new one has seen nothing yet.
    """

    recipe: Recipe
    epoch: int
    chosen: int
    focus: str
    judge: Judge
    views: int

    def drawn(self, steps: Steps) -> Hashable:
        """Return all that the pixels go by."""
        recipe = self.recipe
        at_work = tuple(step for step in steps if step[1] > 0)
        views = recipe.store_views if recipe.store == "views" else 0
        beside = recipe.batch_size if any(AUGMENTATIONS[name].mixes for name, _ in at_work) else 0
        return at_work, recipe.seed, self.epoch, views, beside, self.views


class Rendering:
    """Computes what is wished for and tells the page; what it has told already, it does not tell again.

    Parameters
    ----------
    seen : SeenImages
        The images.
    tell : callable
        Sends a message and its bytes to the page.
    """

    def __init__(self, seen: SeenImages, tell: Tell) -> None:
        self._shown, self._tell = seen, tell
        self._sent: dict[str, Hashable] = {}
        self._number = 0  # of the tiles that were told last
        self._costs: deque[tuple[tuple[str, ...], float]] = deque(maxlen=9)  # steps at work, and seconds an image
        self._arrived: threading.Event | None = None  # that a page has them; None until one says so at all
        self._tiles = seen.untouched, seen.untouched_shares
        self._worker: NewestWins[Wish] = NewestWins(self._render, self._failed)
        self.want, self.wait = self._worker.want, self._worker.wait

    def arrived(self, number: int) -> None:
        """Hear from a page that it has all tiles of a number."""
        if self._arrived is None:
            self._arrived = threading.Event()
        if number >= self._number:
            self._arrived.set()

    def close(self) -> None:
        """End the thread."""
        self._worker.close()

    def _render(self, wish: Wish) -> None:
        for part in (self._render_tiles, self._render_untouched, self._render_opinion, self._render_strip):
            if not part(wish) or self._worker.newer:
                return

    def _failed(self, error: Exception) -> None:
        self._sent.clear()
        self._tell({"kind": "error", "text": f"The images could not be shown: {error}"}, [])

    def _new(self, name: str, key: Hashable) -> bool:
        new = self._sent.get(name) != key
        self._sent[name] = key
        return new

    def _render_tiles(self, wish: Wish) -> bool:
        if self._arrived is not None:
            self._arrived.wait(_SLOWEST)
            if self._worker.newer:
                return False
        if not self._new("tiles", (wish.drawn(wish.recipe.augmentation), self._large(wish))):
            return True
        self._number += 1
        if self._arrived is not None:
            self._arrived.clear()
        with RANDOM_LOCK:  # once, and not for each part: a training holds it for a step at a time
            tiles = self._told_tiles(wish)
        if tiles is None:
            self._sent.pop("tiles", None)
            return False
        self._tiles = tiles
        return True

    def _told_tiles(self, wish: Wish) -> tuple[torch.Tensor, torch.Tensor] | None:
        """Tell the tiles, the first one alone, and return them; None where a newer wish has come meanwhile."""
        begun, spent, count, done, parts = time.perf_counter(), 0.0, len(self._shown), 0, []
        for end in (*(end for end in _CHUNKS if end < count), count):
            which = range(done, end)
            start = time.perf_counter()
            parts.append(self._shown.by(wish.recipe, wish.epoch, which))
            spent += time.perf_counter() - start
            pixels, shares = parts[-1]
            tiles = {"number": self._number, "first": done, "labels": [labels_of(row) for row in shares]}
            self._tell({"kind": "tiles", **tiles}, self._encoded(pixels, which, wish))
            done = end
            if self._worker.newer and time.perf_counter() - begun > _PATIENCE:
                return None
        self._tell_cost(wish.recipe, spent / (count * (1 + mixing_steps(wish.recipe))))
        return torch.cat([pixels for pixels, _ in parts]), torch.cat([shares for _, shares in parts])

    def _tell_cost(self, recipe: Recipe, seconds: float) -> None:
        """Tell what an image costs: the median of the last renders by these steps, for others use this machine too."""
        names = tuple(name for name, strength in recipe.augmentation if strength > 0)
        self._costs.append((names, seconds))
        each = median(seconds for own, seconds in self._costs if own == names)
        self._tell({"kind": "cost", "milliseconds": round(1e3 * each, 3)}, [])

    def _render_untouched(self, wish: Wish) -> bool:
        if self._new("untouched", (wish.views, self._large(wish))):
            which = range(len(self._shown))
            labels = [labels_of(row) for row in self._shown.untouched_shares]
            self._tell({"kind": "untouched", "labels": labels}, self._encoded(self._shown.untouched, which, wish))
        return True

    def _render_opinion(self, wish: Wish) -> bool:
        if not self._new("opinion", (self._number, wish.judge, wish.views)):
            return True
        said: dict[str, Any] = {"kind": "opinion", "number": self._number}
        silence = wish.judge.silence()
        if silence:
            self._tell({**said, "says": silence, "verdict": "no opinion", "before": [], "after": []}, [])
        else:
            fall = wish.judge.fall(*self._tiles)
            told = {"before": two_digits(fall.before), "after": two_digits(fall.after)}
            self._tell({**said, "says": fall.says, "verdict": fall.verdict, **told}, [])
        return True

    def _render_strip(self, wish: Wish) -> bool:
        others = tuple((name, 1.0 if name == wish.focus else own) for name, own in wish.recipe.augmentation)
        key = (wish.drawn(others), wish.chosen, wish.focus, wish.judge)
        if not wish.focus or not self._new("strip", key):
            return True
        frames = []
        for strength in STRENGTHS:
            recipe = along(wish.recipe, wish.focus, strength)
            frames.append(self._shown.by(recipe, self._epoch(wish), [wish.chosen]))
            if self._worker.newer:
                self._sent.pop("strip", None)
                return False
        pixels, shares = (torch.cat(parts) for parts in zip(*frames, strict=True))
        sure = [] if wish.judge.silence() else two_digits(wish.judge.agreement(pixels, shares))
        strip = {"name": wish.focus, "image": wish.chosen, "strengths": STRENGTHS, "confidence": sure}
        self._tell({"kind": "strip", **strip}, [encoded(frame, TILE) for frame in pixels])
        return True

    def _epoch(self, wish: Wish) -> int:
        return wish.epoch % wish.recipe.store_views if wish.recipe.store == "views" else wish.epoch

    def _large(self, wish: Wish) -> int:
        return wish.chosen if self._shown.untouched.shape[-1] > TILE else -1

    def _encoded(self, pixels: torch.Tensor, which: Sequence[int], wish: Wish) -> list[bytes]:
        sides = [LARGE if place == wish.chosen else TILE for place in which]
        return [encoded(picture, side) for picture, side in zip(pixels, sides, strict=True)]


def along(recipe: Recipe, name: str, strength: float) -> Recipe:
    """Return a recipe with another strength of one step, for pixels alone: what it stores would not fit strength 0."""
    steps = tuple((own, strength if own == name else before) for own, before in recipe.augmentation)
    return replace(recipe, augmentation=steps, store="off")


def labels_of(shares: torch.Tensor) -> list[tuple[int, float]]:
    """Return the classes of a label with their shares, the largest first, as many as are seen.

    Examples
    --------
    >>> labels_of(torch.tensor([0.25, 0.0, 0.75]))
    [(2, 0.75), (0, 0.25)]
    """
    largest = shares.topk(min(3, len(shares)))
    pairs = zip(largest.indices.tolist(), largest.values.tolist(), strict=True)
    return [(label, round(share, 3)) for label, share in pairs if share >= 0.01]


def two_digits(shares: Sequence[float]) -> list[float]:
    """Round shares as they are shown."""
    return [round(share, 2) for share in shares]
