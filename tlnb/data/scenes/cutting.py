"""Objects cut out of scenes, one an image: what a classifier learns from where the domain alone shall move."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import torch
from PIL import Image

from tlnb.core.errors import DataError
from tlnb.data.annotated import boxes_around
from tlnb.data.cards import DataCard
from tlnb.data.emoji import read_table
from tlnb.data.images import ImageData
from tlnb.data.listing import Made
from tlnb.data.making import pillow_maker
from tlnb.data.parallel import parallel
from tlnb.data.plan import SplitPlan
from tlnb.data.scenes.scenes import ScenePart, Scenes
from tlnb.data.scenes.settings import check_whole
from tlnb.data.splits import NAMES
from tlnb.data.store import MadeStore

_VERSION = 1  # raise it when other windows are cut, so that stored pixels are made anew


def cut_objects(scenes: Scenes, *, size: int = 64, margin: float = 0.15) -> ImageData:
    """Cut every object out of its scene: labelled images for `tlnb.fit`.

    Each image is a square window around what is seen of one object, with what is behind and beside it, resized. Windows
    follow the outlines, and these do not change with light and noise: scenes of the same `seed` and styles in two
    domains give the same images in the same order, of which the domain alone differs.

    Parts are those of the scenes, so they share neither photograph nor drawing, and `resplit` changes nothing; draw
    other training images by ``images.few(per_class, seed)``, or load scenes of another seed.

    Parameters
    ----------
    scenes : Scenes
        From `load_scenes`.
    size : int
        Height and width of the images in pixels, 16 to 512.
    margin : float
        How much is seen around an object, as a share of its longer side, 0 to 1.

    Returns
    -------
    ImageData
        Classes are those of the scenes; columns are ``scene``, ``emoji``, ``style`` and ``share``, how much of the
        object is seen.

    Raises
    ------
    DataError
        Numbers that make no sense, or a class without an object in a part.

    Examples
    --------
    >>> from tlnb.data.scenes import load_scenes
    >>> scenes = load_scenes(train=30, valid=20, test=20, size=96)
    >>> cut_objects(scenes, size=32).classes == scenes.classes
    True
    """
    size = check_whole("size", size, 16, 512)
    if isinstance(margin, bool) or not isinstance(margin, (int, float)) or not 0 <= margin <= 1:
        raise DataError(f"margin={margin!r}: pass a number from 0 to 1.")
    parts = {name: scenes.part(name) for name in NAMES}
    labels = np.concatenate([part.objects["label"] - 1 for part in parts.values()]).astype(np.int64)
    given = np.repeat(NAMES, [len(part.objects["label"]) for part in parts.values()])
    for name, part in parts.items():
        missing = set(range(1, 1 + len(scenes.classes))) - set(part.objects["label"].tolist())
        if missing and len(part):
            raise DataError(f"no {scenes.classes[min(missing) - 1]!r} in the {name} scenes: load more of them.")
    sheets = [read_table().sheets[style]["sha256"] for style in scenes.domain.styles]
    key = {
        "set": "objects of scenes",
        "scenes": scenes.card.sha256,
        "sheets": sheets,
        "margin": float(margin),
        "maker": pillow_maker(_VERSION),
    }
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()

    def make(resize: int, crop: int, interpolation: str, progress: bool) -> np.ndarray:
        return np.concatenate([_cut(part, margin, resize, crop, interpolation) for part in parts.values()])

    columns = {
        "scene": np.array([f"{name} {row}" for name, part in parts.items() for row in _scene_of(part).tolist()]),
        "emoji": read_table().names[np.concatenate([part.objects["emoji"] for part in parts.values()])],
        "style": np.concatenate([part.objects["style"] for part in parts.values()]),
        "share": np.concatenate([part.objects["share"] for part in parts.values()]),
    }
    plan = SplitPlan(0, 0.25, 0.15, "auto", given, "scene")
    made = Made(key, make, scenes.card.bytes, digest)
    return ImageData(
        size=size,
        labels=torch.from_numpy(labels),
        classes=scenes.classes,
        columns=columns,
        splits=plan.draw(labels, columns, scenes.classes),
        plan=plan,
        card=_card(scenes.card, digest),
        problems=(),
        store=MadeStore(made),
    )


def _card(card: DataCard, digest: str) -> DataCard:
    return DataCard(
        name=card.name,
        title="Objects of synthetic scenes: emoji on photographs, cut out with what is around them",
        licence=card.licence,
        source=card.source,
        bytes=card.bytes,
        sha256=digest,
        citation=card.citation,
        attribution=card.attribution,
        notes=card.notes,
    )


def _scene_of(part: ScenePart) -> np.ndarray:
    """Give the row of each object's scene. -> int64 (m,)."""
    return np.repeat(np.arange(len(part)), np.diff(part.starts))


def _cut(part: ScenePart, margin: float, resize: int, crop: int, interpolation: str) -> np.ndarray:
    """Cut the m objects of one part. -> uint8 (m, 3, crop, crop)."""
    scene = _scene_of(part)
    out = np.empty((len(scene), 3, crop, crop), np.uint8)
    method = getattr(Image.Resampling, interpolation.upper())
    first = (resize - crop) // 2

    def cut_one(row: int) -> None:
        number = row - int(part.starts[scene[row]]) + 1
        box = boxes_around(np.equal(part.numbers[scene[row]].numpy(), number)[None])[0]
        image = Image.fromarray(part.images[scene[row]].permute(1, 2, 0).numpy())
        resized = image.resize((resize, resize), method, box=_window(box, margin, image.width))
        pixels = np.asarray(resized)[first : first + crop, first : first + crop]
        out[row] = pixels.transpose(2, 0, 1)

    parallel(cut_one, range(len(scene)), "Cutting objects", False)
    return out


def _window(box: np.ndarray, margin: float, side: int) -> tuple[float, float, float, float]:
    """Give a square around a box, inside a scene of this side."""
    left, top, right, bottom = box.tolist()
    width = min(side, max(right - left, bottom - top) * (1 + 2 * margin))
    x, y = (min(max(0.0, (low + high - width) / 2), side - width) for low, high in ((left, right), (top, bottom)))
    return x, y, x + width, y + width
