"""From an opened image in any mode to upright grey or RGB pixels, and from its colour profile to sRGB."""

from __future__ import annotations

import io
import struct
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from tlnb.core.errors import DataError
from tlnb.data.opening import MANY_PIXELS, count_channels

if TYPE_CHECKING:
    from PIL import Image, ImageCms

_LAB = b"LAB"  # stands for the profile of CIELAB pixels, which need none of their own
_STRIP = 1 << 24  # pixels converted at a time
_SIXTEEN_TO_EIGHT = np.rint(np.arange(65536) / 257).astype(np.uint8)  # 65535 -> 255


def upright(image: Image.Image, wanted: int, profiled: bool) -> Image.Image:
    """Decode the first frame, turn it upright, and bring it to L or RGB.

    Parameters
    ----------
    image : PIL.Image.Image
        It is not changed, but for being decoded.
    wanted : int
        The shorter side that is needed. What is huge, and much larger, is made smaller at once by whole factors.
    profiled : bool
        A profile will be applied: CMYK and LAB stay as they are.
    """
    from PIL import Image

    image.load()
    turn = _turn(image)
    image = _smaller(image, wanted)
    if turn is not None:
        image = image.transpose(Image.Transpose[turn])
    grey = count_channels(image) == 1
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _smaller(_to_eight_bits(image), wanted)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    elif profiled and image.mode in ("CMYK", "LAB"):
        return image
    mode = "L" if grey else "RGB"
    return image if image.mode == mode else _smaller(image.convert(mode), wanted)


_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}


def _turn(image: Image.Image) -> str | None:
    """Say how an image has to be turned, by its EXIF or XMP."""
    try:
        return _TURNS.get(image.getexif().get(0x0112, 1))
    except Exception:  # damaged EXIF is no reason to lose a picture whose pixels are whole
        return None


def _smaller(image: Image.Image, wanted: int) -> Image.Image:
    """Average blocks of a huge image, to no less than four times what is wanted."""
    from PIL import Image

    factor = min(image.size) // (4 * wanted)
    mode = _AVERAGED_AS.get(image.mode)
    if factor < 2 or image.width * image.height <= MANY_PIXELS or mode is None:
        return image
    left, top = (side % factor // 2 for side in image.size)  # whole blocks, and the centre stays the centre
    size = (image.width // factor, image.height // factor)
    right, bottom = left + size[0] * factor, top + size[1] * factor
    if not mode:
        return image.reduce(factor, (left, top, right, bottom))
    if mode == "RGBA" and not image.has_transparency_data:
        mode = "RGB"
    small = Image.new(mode, size)
    rows = factor * max(1, _STRIP // (image.width * factor))
    for start in range(top, bottom, rows):  # converted as a whole it would take twice the memory
        strip = image.crop((left, start, right, min(start + rows, bottom))).convert(mode)
        small.paste(strip.reduce(factor), (0, (start - top) // factor))
    return small


# Modes whose pixels can be averaged as they are, and what others are made first.
_AVERAGED_AS = dict.fromkeys(("L", "RGB", "CMYK", "LAB", "YCbCr"), "")
_AVERAGED_AS |= {"P": "RGBA", "PA": "RGBA", "RGBA": "RGBA", "LA": "LA"}


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """Scale 16-bit whole numbers, and floats in [0, 1] or [0, 255], to grey of 8 bits."""
    from PIL import Image

    rows = max(1, _STRIP // max(1, image.width))
    tops = range(0, image.height, rows)

    def strip(top: int) -> np.ndarray:
        whole = rows >= image.height
        return np.asarray(image if whole else image.crop((0, top, image.width, min(top + rows, image.height))))

    floating = image.mode == "F"
    lows, highs = zip(*((values.min(), values.max()) for values in map(strip, tops)), strict=True)
    low, high = min(lows), max(highs)
    if floating and not all(0 <= value <= 255 for value in (*lows, *highs)):  # not so for NaN either
        raise DataError("floating-point pixels outside [0, 255]: scale them and save 8 or 16 bits")
    if not floating and not 0 <= low <= high <= 65535:
        raise DataError("32-bit pixels outside [0, 65535]: scale them and save 8 or 16 bits")
    scale = 255.0 if high <= 1 else 1.0
    eight = np.empty((image.height, image.width), np.uint8)
    for top in tops:
        values = strip(top)
        if floating:
            eight[top : top + rows] = np.rint(values.astype(np.float64) * scale)
        else:
            eight[top : top + rows] = _SIXTEEN_TO_EIGHT[values.astype(np.uint16)]
    if not floating and getattr(image, "tag_v2", {}).get(262) == 0:  # a scanner's TIFF in which 0 is white
        eight = 255 - eight
    return Image.fromarray(eight)


def other_profile(image: Image.Image) -> bytes:
    """Give the colour profile that has to be applied to an image; empty where its colours are sRGB's already."""
    if image.mode == "LAB":
        return image.info.get("icc_profile") or _LAB
    profile = image.info.get("icc_profile")
    return profile if isinstance(profile, bytes) and not _is_standard(profile) else b""


def to_standard(image: Image.Image, profile: bytes, channels: int) -> Image.Image:
    """Turn colours of a profile into those of sRGB, and bring the image to L or RGB."""
    transform = _transform(profile, image.mode) if profile else None
    if transform is not None:
        image = transform.apply(image)
    mode = "L" if channels == 1 else "RGB"
    return image if image.mode == mode else image.convert(mode)


@lru_cache(maxsize=64)
def _is_standard(profile: bytes) -> bool:
    """Whether a profile is sRGB's, or none that can be read."""
    from PIL import ImageCms

    try:
        name = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile.profile_description or ""
    except (OSError, ValueError, TypeError, struct.error):
        return True
    return name.strip().startswith("sRGB")


@lru_cache(maxsize=64)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Make what turns pixels of a mode and profile into sRGB; None where they do not belong together."""
    from PIL import ImageCms

    try:
        source = ImageCms.createProfile("LAB") if profile == _LAB else ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):  # a grey profile on RGB pixels: passed over
        return None
