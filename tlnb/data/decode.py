"""One image, in whatever form it comes, to uint8 pixels of one size. Aspect ratio is never distorted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tlnb.core.errors import DataError, did_you_mean
from tlnb.data.cards import printable
from tlnb.data.colours import other_profile, to_standard, upright
from tlnb.data.opening import MANY_PIXELS, check_pixels, draft, open_image, read_file, reason_of, sparing

if TYPE_CHECKING:
    from PIL import Image

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos")
_LARGE = 90_000_000  # pixels of a resized image; one so long and thin is resized in its centre only


def decode_image(
    source: Any, resize: int, crop: int | None = None, interpolation: str = "bicubic", channels: int = 3
) -> torch.Tensor:
    """Decode one image as `load_data` does: resize the shorter side with antialiasing, crop the centre.

    Turned upright by its EXIF orientation; 16 bits scaled to 8; CMYK and palettes made RGB, a colour profile
    made sRGB; transparency laid on white; the first frame of an animation. An image of more than 40 megapixels
    is made smaller while it is read.

    Parameters
    ----------
    source : path, bytes, PIL image, ndarray (H, W) or (H, W, C), or tensor (C, H, W)
        The image. Arrays and tensors are uint8 with 1, 3 or 4 channels; uint16 if there is but one.
    resize : int
        Length of the shorter side, in pixels, before the crop.
    crop : int, optional
        Side of the square that is cut from the centre, at most `resize`, which it is if not given.
    interpolation : {"bicubic", "bilinear", "lanczos", "nearest"}
        How pixels are interpolated.
    channels : {1, 3}
        Grey or RGB.

    Returns
    -------
    torch.Tensor
        uint8 (channels, crop, crop).

    Raises
    ------
    DataError
        Not an image that can be read whole, or sizes that do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> wide = np.zeros((20, 60), np.uint8)
    >>> decode_image(wide, resize=10, channels=1).shape
    torch.Size([1, 10, 10])
    """
    crop = resize if crop is None else crop
    check_sizes(resize, crop, interpolation)
    if channels not in (1, 3):
        raise DataError(f"channels={channels!r}: pass 1 (grey) or 3 (RGB).")
    try:
        return torch.from_numpy(read_pixels(source, resize, crop, interpolation, channels))
    except (DataError, OSError, MemoryError) as error:
        name = printable(source) if isinstance(source, (str, Path)) else f"what was passed ({type(source).__name__})"
        raise DataError(f"{name} cannot be used: {reason_of(error)}.") from error


def read_pixels(source: Any, resize: int, crop: int, interpolation: str, channels: int) -> np.ndarray:
    """Do the work of :func:`decode_image`.

    Returns
    -------
    ndarray
        uint8 (channels, crop, crop).

    Raises
    ------
    DataError
        It is damaged, or no image; the error says only the reason.
    OSError, MemoryError
        This machine failed, now, and may not the next time.
    """
    if isinstance(source, (str, Path)):
        source = read_file(Path(source))
    try:
        image = open_image(source)
        with sparing(image.width * image.height > MANY_PIXELS):
            return _pixels(image, source is not image, int(resize), int(crop), interpolation, channels)
    except (DataError, MemoryError):
        raise
    except Exception as error:  # damaged bytes can make Pillow raise anything: they are one bad file
        raise DataError(str(error) or type(error).__name__) from error


def _pixels(image: Image.Image, own: bool, resize: int, crop: int, interpolation: str, channels: int) -> np.ndarray:
    from PIL import Image

    if own and image.width * image.height > MANY_PIXELS:
        draft(image, resize)
        check_pixels(image.size)
    width, height = image.size
    if not (width and height):
        raise DataError("it has no pixels")
    profile, resample = other_profile(image), Image.Resampling[interpolation.upper()]
    image = upright(image, resize, bool(profile))
    if channels == 1 and not profile:
        image = image.convert("L")
    width, height = image.size
    # The longer side is rounded down as torchvision's Resize does, so that both give the same pixels.
    scaled = int(resize * width / min(width, height)), int(resize * height / min(width, height))
    left, top = (round((side - crop) / 2) for side in scaled)
    if max(scaled) * resize > _LARGE:
        across, down = width / scaled[0], height / scaled[1]
        box = (left * across, top * down, (left + crop) * across, (top + crop) * down)
        image = image.resize((crop, crop), resample, box)
    else:
        if scaled != image.size:
            image = image.resize(scaled, resample)
        image = image.crop((left, top, left + crop, top + crop))
    pixels = np.array(to_standard(image, profile, channels))
    return np.ascontiguousarray(pixels.reshape(crop, crop, channels).transpose(2, 0, 1))


def check_sizes(resize: int, crop: int, interpolation: str) -> None:
    """Raise a DataError where an image cannot be resized and cropped like this."""
    if interpolation not in INTERPOLATIONS:
        raise DataError(
            f"unknown interpolation {interpolation!r}: pass one of {', '.join(INTERPOLATIONS)}."
            f"{did_you_mean(str(interpolation), INTERPOLATIONS)}"
        )
    for name, value in (("resize", resize), ("crop", crop)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise DataError(f"{name}={value!r}: pass a whole number of pixels, at least 1.")
    if crop > resize:
        raise DataError(f"crop={crop} does not fit into resize={resize}: pass a crop that is no larger.")
