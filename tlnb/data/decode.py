"""One image, in whatever form it comes, to uint8 pixels of one size. Aspect ratio is never distorted."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tlnb.core.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from PIL import Image

# Pillow reads more, some of it through outside programs (EPS by Ghostscript): no image is worth that.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos")
_GREY_MODES = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N")


def decode_image(
    source: Any, resize: int, crop: int | None = None, interpolation: str = "bicubic", channels: int = 3
) -> torch.Tensor:
    """Decode one image as `load_data` does: resize the shorter side with antialiasing, crop the centre.

    Turned upright by its EXIF orientation; 16 bits scaled to 8; CMYK and palettes made RGB; transparency
    laid on white; the first frame of an animation.

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
    except DataError as error:
        name = str(source) if isinstance(source, (str, Path)) else f"this {type(source).__name__}"
        raise DataError(f"{name} cannot be used: {error}.") from error


def read_pixels(source: Any, resize: int, crop: int, interpolation: str, channels: int) -> np.ndarray:
    """Do the work of :func:`decode_image`; its errors say only the reason.

    Returns
    -------
    ndarray
        uint8 (channels, crop, crop).
    """
    from PIL import Image

    try:
        image = _upright(open_image(source)).convert("L" if channels == 1 else "RGB")
    except (DataError, MemoryError):
        raise
    except Exception as error:  # damaged bytes can make Pillow raise anything: they are one bad file
        raise DataError(str(error) or type(error).__name__) from error
    width, height = image.size
    if not (width and height):
        raise DataError("it has no pixels")
    # The longer side is rounded down as torchvision's Resize does, so that both give the same pixels.
    scaled = int(resize * width / min(width, height)), int(resize * height / min(width, height))
    if max(scaled) * resize > (Image.MAX_IMAGE_PIXELS or 1 << 27):
        raise DataError(f"{width} x {height} is too long and thin to resize to {resize} pixels")
    if scaled != image.size:
        image = image.resize(scaled, Image.Resampling[interpolation.upper()])
    left, top = (round((side - crop) / 2) for side in scaled)
    pixels = np.array(image.crop((left, top, left + crop, top + crop)))
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


def open_image(source: Any) -> Image.Image:
    """Open an image without decoding it.

    Parameters
    ----------
    source : path, bytes, PIL image, ndarray or tensor
        As in :func:`decode_image`.

    Returns
    -------
    PIL.Image.Image
        In its own mode.

    Raises
    ------
    DataError
        Not a file of a known format, or an array of another kind.
    """
    from PIL import Image, UnidentifiedImageError

    if isinstance(source, Image.Image):
        return source
    if isinstance(source, torch.Tensor):
        if source.ndim != 3:
            raise DataError(f"a tensor of shape {tuple(source.shape)} is no image: pass (C, H, W)")
        source = source.detach().cpu().permute(1, 2, 0).numpy()
    if isinstance(source, np.ndarray):
        return _from_array(source)
    try:
        # Read at once, so that no file stays open and the pixels are those of the bytes that were there.
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
        if not data:
            raise DataError("the file is empty")
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise DataError(f"not an image in a known format ({', '.join(FORMATS)})") from None


def count_channels(image: Image.Image) -> int:
    """Say whether an image is grey (1) or coloured (3), by its mode."""
    return 1 if image.mode in _GREY_MODES else 3


def _from_array(array: np.ndarray) -> Image.Image:
    from PIL import Image

    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    grey = array.ndim == 2
    if array.size and (array.dtype == np.uint8 and (grey or (array.ndim == 3 and array.shape[2] in (3, 4)))):
        return Image.fromarray(np.ascontiguousarray(array))
    if array.size and grey and array.dtype == np.uint16:
        return Image.fromarray(_to_eight_bits(array))
    raise DataError(
        f"shape {array.shape} and type {array.dtype} are no image: pass uint8 (H, W) or (H, W, 3); values "
        "in [0, 1] become uint8 by (255 * array).round().astype('uint8')"
    )


def _upright(image: Image.Image) -> Image.Image:
    """Decode the first frame; turn it upright; bring it to L or RGB."""
    from PIL import Image, ImageOps

    image.load()
    image = ImageOps.exif_transpose(image)
    grey = count_channels(image) == 1
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return Image.fromarray(_to_eight_bits(np.asarray(image)))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("L" if grey else "RGB")


def _to_eight_bits(values: np.ndarray) -> np.ndarray:
    """Scale 16-bit whole numbers, and floats in [0, 1] or [0, 255], to uint8."""
    if np.issubdtype(values.dtype, np.floating):
        if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 255):
            raise DataError("floating-point pixels outside [0, 255]: scale them and save 8 or 16 bits")
        scale = 255.0 if values.max() <= 1 else 1.0
    else:
        if values.min() < 0 or values.max() > 65535:
            raise DataError("32-bit pixels outside [0, 65535]: scale them and save 8 or 16 bits")
        scale = 1 / 257  # 65535 -> 255
    return np.rint(values.astype(np.float64) * scale).astype(np.uint8)
