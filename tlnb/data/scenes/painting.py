"""One scene: a window of a photograph, drawings pasted into it by their alpha, then light and noise over all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tlnb.data.scenes.division import Supply
from tlnb.data.scenes.domain import Domain, expose

SMALLEST, LARGEST = 0.18, 0.5  # side of a drawing, as a share of the scene's
TILT = 30.0  # degrees that a drawing is turned by at most, either way
LEAST_SEEN = 0.35  # of an object, else it is not pasted: what is annotated can be recognised, and all is annotated
_TRIES = 12  # places that are tried for an object before it is left out


@dataclass(frozen=True)
class Materials:
    """What scenes of one part are painted from.

    Parameters
    ----------
    photographs : sequence of PIL.Image.Image
        Backgrounds, RGB.
    sheets : dict of str to ndarray
        Style -> uint8 (849, 4, 64, 64).
    supply : Supply
        Which drawings.
    """

    photographs: Sequence[Image.Image]
    sheets: dict[str, np.ndarray]
    supply: Supply


@dataclass(frozen=True)
class Painted:
    """A scene with what is in it.

    Parameters
    ----------
    image : ndarray
        uint8 (3, S, S).
    numbers : ndarray
        uint8 (S, S): which object each pixel shows, from 1; 0 for none.
    photograph : int
        Which is behind.
    objects : list of tuple
        Of each object: its class from 0, row in the `EmojiTable`, which of the part's styles, and its pixels if
        nothing covered it and no border cut it.
    """

    image: np.ndarray
    numbers: np.ndarray
    photograph: int
    objects: list[tuple[int, int, int, int]]


def paint(
    materials: Materials, size: int, objects: tuple[int, int], domain: Domain, key: tuple[int, int, int]
) -> Painted:
    """Paint one scene; it depends on its arguments alone.

    Parameters
    ----------
    materials : Materials
        What it is made of.
    size : int
        Its side, in pixels.
    objects : tuple of int
        The fewest and the most that are pasted; one that would hide another is left out.
    domain : Domain
        Light and noise.
    key : tuple of int
        Seed, part and number of the scene.
    """
    places = np.random.RandomState([*key, 1])  # numpy promises to keep its stream
    behind = int(places.randint(len(materials.photographs)))
    canvas = _window(materials.photographs[behind], size, places)
    numbers = np.zeros((size, size), np.uint8)
    pasted: list[tuple[int, int, int, int]] = []
    for number in range(int(places.randint(objects[0], objects[1] + 1))):
        draw = np.random.RandomState([*key, 2, number])  # of its own: it does not change with what was left out
        kind, row, style = _choose(materials.supply, draw)
        rgba = _turned(materials.sheets[materials.supply.styles[style]][row], size, draw)
        area = int((rgba[..., 3] >= 128).sum())
        whole = [object_area for *_, object_area in pasted] + [area]
        if _paste(canvas, numbers, rgba, whole, draw):
            pasted.append((kind, row, style, area))
    image = _expose(canvas, domain, np.random.RandomState([*key, 4]))
    return Painted(np.ascontiguousarray(image.transpose(2, 0, 1)), numbers, behind, pasted)


def _window(photograph: Image.Image, size: int, draw: np.random.RandomState) -> np.ndarray:
    """Cut a square at a random place and scale, mirrored or not. -> float32 (size, size, 3) in [0, 255]."""
    scale, across, down, mirrored = draw.random_sample(4).tolist()
    side = min(photograph.size) * (0.45 + 0.55 * scale)
    left, top = across * (photograph.width - side), down * (photograph.height - side)
    box = (left, top, left + side, top + side)
    cut = np.asarray(photograph.resize((size, size), Image.Resampling.BICUBIC, box=box), np.float32)
    return cut[:, ::-1].copy() if mirrored < 0.5 else cut.copy()


def _choose(supply: Supply, draw: np.random.RandomState) -> tuple[int, int, int]:
    """Draw a class, one of its emoji, and a style."""
    first, second, third = draw.random_sample(3).tolist()
    kind = int(first * len(supply.emoji))
    members = supply.emoji[kind]
    return kind, int(members[int(second * len(members))]), int(third * len(supply.styles))


def _turned(rgba: np.ndarray, size: int, draw: np.random.RandomState) -> np.ndarray:
    """Scale, mirror and turn a drawing. uint8 (4, 64, 64) -> float32 (h, w, 4) in [0, 255]."""
    scale, angle, mirrored, gain = draw.random_sample(4).tolist()
    side = max(4, round(size * SMALLEST * (LARGEST / SMALLEST) ** scale))
    drawing = rgba.transpose(1, 2, 0)[:, :: -1 if mirrored < 0.5 else 1]
    # Pillow multiplies colour by alpha before it interpolates, and divides after: edges stay clean.
    image = Image.fromarray(np.ascontiguousarray(drawing)).resize((side, side), Image.Resampling.BICUBIC)
    image = image.rotate((2 * angle - 1) * TILT, Image.Resampling.BICUBIC, expand=True)
    turned = np.asarray(image, np.float32).copy()
    turned[..., :3] *= 0.75 + 0.4 * gain  # each object in a light of its own
    return turned


def _paste(
    canvas: np.ndarray, numbers: np.ndarray, rgba: np.ndarray, areas: list[int], draw: np.random.RandomState
) -> bool:
    """Lay a drawing on the canvas where it leaves enough to be seen of all; False where no such place was found.

    `areas` are the whole areas of the objects so far and of this one, which gets the next number.
    """
    size, (height, width) = len(numbers), rgba.shape[:2]
    solid = rgba[..., 3] >= 128
    if not solid.any():
        return False
    seen = np.bincount(numbers.ravel(), minlength=len(areas) + 1)
    needed = LEAST_SEEN * np.array([0, *areas])
    for centre_x, centre_y in (draw.random_sample((_TRIES, 2)) * size).tolist():
        left, top = round(centre_x - width / 2), round(centre_y - height / 2)
        part = np.s_[max(0, -top) : size - top, max(0, -left) : size - left]  # of the drawing, inside the canvas
        place = np.s_[max(0, top) : top + height, max(0, left) : left + width]
        below, inside = numbers[place], solid[part]
        after = seen - np.bincount(below[inside], minlength=len(needed))
        after[-1] = inside.sum()
        if (after < needed)[1:].any():
            continue
        alpha = rgba[part][..., 3:] / 255
        canvas[place] += alpha * (rgba[part][..., :3] - canvas[place])
        below[inside] = len(areas)
        return True
    return False


def _expose(canvas: np.ndarray, domain: Domain, draw: np.random.RandomState) -> np.ndarray:
    """Light the scene from one side, and add the camera's noise. -> uint8 (size, size, 3)."""
    size = len(canvas)
    level, slope, direction = draw.random_sample(3).tolist()
    line = np.linspace(-1, 1, size, dtype=np.float32)
    angle = 2 * np.pi * direction
    shade = 1 + 0.3 * slope * (np.cos(angle) * line[None, :] + np.sin(angle) * line[:, None])  # (size, size)
    lit = canvas * (shade * (0.85 + 0.3 * level)).astype(np.float32)[..., None]
    return expose(lit, domain, draw)
