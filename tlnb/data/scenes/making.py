"""The scenes of one part: painted on all cores into the cache, opened from it afterwards."""

from __future__ import annotations

import io
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from tlnb.core.cache import cached_arrays, new_array
from tlnb.data import backgrounds
from tlnb.data.emoji import read_table
from tlnb.data.emoji.reading import read_sheet
from tlnb.data.making import pillow_maker
from tlnb.data.parallel import parallel
from tlnb.data.scenes.division import Supply
from tlnb.data.scenes.painting import Materials, Painted, paint
from tlnb.data.scenes.scenes import ScenePart
from tlnb.data.scenes.settings import Settings
from tlnb.data.splits import NAMES

_VERSION = 1  # raise it when other pixels are painted, so that stored ones are made anew


def open_part(name: str, count: int, settings: Settings, supply: Supply, photographs: dict[str, bytes]) -> ScenePart:
    """Open the scenes of one part from the cache, or paint them.

    Parameters
    ----------
    name : str
        Which part.
    count : int
        How many scenes.
    settings, supply : Settings, Supply
        What they look like, and what they are made from.
    photographs : dict of str to bytes
        Files, from `read_photographs`.
    """
    behind = backgrounds.OF_PART[name]
    sheets = read_table().sheets
    key = {
        "set": "scenes",
        "maker": pillow_maker(_VERSION),
        "part": name,
        "count": count,
        "settings": settings.plain(),
        "emoji": sha256(repr([rows.tolist() for rows in supply.emoji]).encode()).hexdigest(),
        "sheets": [sheets[style]["sha256"] for style in supply.styles],
        "photographs": [sha256(photographs[photo]).hexdigest() for photo in behind],
    }

    def make(folder: Path) -> dict[str, Any]:
        materials = Materials(
            photographs=[_decode(photographs[photo]) for photo in behind],
            sheets={style: read_sheet(style) for style in supply.styles},
            supply=supply,
        )
        _paint_all(folder, name, count, settings, materials)
        return {}

    arrays, _ = cached_arrays("scenes", key, make)
    labels, emoji, style, area, seen = arrays["objects"].T
    return ScenePart(
        images=torch.from_numpy(arrays["images"]),
        numbers=torch.from_numpy(arrays["numbers"]),
        classes=settings.classes,
        starts=arrays["starts"],
        objects={
            "label": labels,
            "emoji": emoji,
            "style": np.array(supply.styles or ("",))[style],
            "share": (seen / area).astype(np.float32),
        },
        photographs=np.array(behind)[arrays["behind"]],
    )


def _paint_all(folder: Path, name: str, count: int, settings: Settings, materials: Materials) -> None:
    """Write arrays: images, numbers, behind (n,), starts (n + 1,), objects (m, 5).

    Of an object: label, emoji, style, pixels of the whole, pixels that are seen.
    """
    images = new_array(folder / "images.npy", (count, 3, settings.size, settings.size), np.uint8)
    numbers = new_array(folder / "numbers.npy", (count, settings.size, settings.size), np.uint8)
    behind = np.zeros(count, np.int64)
    found: list[np.ndarray] = [np.zeros((0, 5), np.int64)] * count

    def paint_one(row: int) -> None:
        painted = paint(
            materials, settings.size, settings.objects, settings.domain, (settings.seed, NAMES.index(name), row)
        )
        images[row], numbers[row], behind[row] = painted.image, painted.numbers, painted.photograph
        found[row] = _table(painted)

    parallel(paint_one, range(count), "Painting scenes", False)
    images.flush()
    numbers.flush()
    np.save(folder / "behind.npy", behind)
    np.save(folder / "starts.npy", np.cumsum([0, *map(len, found)]))
    np.save(folder / "objects.npy", np.concatenate([np.zeros((0, 5), np.int64), *found]))


def _table(painted: Painted) -> np.ndarray:
    seen = np.bincount(painted.numbers.ravel(), minlength=len(painted.objects) + 1)[1:]
    rows = [
        (kind + 1, emoji, style, area, pixels)
        for (kind, emoji, style, area), pixels in zip(painted.objects, seen.tolist(), strict=True)
    ]
    return np.array(rows, np.int64).reshape(-1, 5)


def _decode(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")
