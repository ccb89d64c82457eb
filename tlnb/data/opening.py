"""From a path, bytes, array or tensor to an opened image, none of whose pixels is decoded yet.

What would hang or fill the memory is refused here, before it can: pipes, devices, files and images of absurd size.
"""

from __future__ import annotations

import importlib
import io
import math
import stat
import struct
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tlnb.core.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

# Pillow reads more, some of it through outside programs (EPS by Ghostscript): no image is worth that.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
GREY_MODES = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N")

MOST_BYTES = 1 << 30  # of a file; it is held in memory as a whole
MOST_PIXELS = 150_000_000  # held in memory at once, four bytes each; a page at 1200 dpi has 140 million
_MOST_PIXELS_OF_JPEG = 1_000_000_000  # libjpeg makes them smaller while it reads, so few are ever held
_MOST_PIXELS_OF_WEBP = 50_000_000  # its decoder holds two frames, and hands out a third
MANY_PIXELS = 40_000_000  # from here on memory matters: one at a time, and made smaller as early as can be
_MANY_BYTES = 1 << 26

_ONE_AT_A_TIME = threading.RLock()  # a large file may hold a large image


@contextmanager
def sparing(large: bool) -> Iterator[None]:
    """Let only one thread at a time work on something large, so that memory holds one, not one for each core.

    Pillow's own warning of large images, which it still gives for TIFF, is not shown.
    """
    if not large:
        yield
        return
    from PIL import Image

    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


def read_file(path: Path) -> bytes:
    """Read a file whole, if it is one, and of a size that an image has.

    Raises
    ------
    DataError
        A pipe, socket, device or folder, or too large; the error says only the reason.
    OSError
        It cannot be read.
    """
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        # Opening a pipe waits for someone who writes: possibly for ever.
        raise DataError(f"it is {_kind(about.st_mode)}, no file")
    if about.st_size > MOST_BYTES:
        raise DataError(f"the file is too large ({about.st_size / 1e9:.1f} GB, at most {MOST_BYTES / 1e9:.1f} GB)")
    return path.read_bytes()


def is_large(path: Path) -> bool:
    """Whether a file is to be read while no other large one is."""
    try:
        return path.stat().st_size > _MANY_BYTES
    except OSError:
        return False


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
        Not a file of a known format, an array of another kind, or more pixels than memory should hold. The error
        says only the reason.
    """
    from PIL import Image

    if isinstance(source, Image.Image):
        return source
    if isinstance(source, torch.Tensor):
        if source.ndim != 3:
            raise DataError(f"a tensor of shape {tuple(source.shape)} is no image: pass (C, H, W)")
        if source.dtype not in (torch.uint8, torch.uint16):
            raise DataError(f"a tensor of {source.dtype} is no image: pass torch.uint8")
        source = source.detach().cpu().permute(1, 2, 0).numpy()
    if isinstance(source, np.ndarray):
        return _from_array(source)
    # Read at once, so that no file stays open and the pixels are those of the bytes that were there.
    data = bytes(source) if isinstance(source, (bytes, bytearray, memoryview)) else read_file(Path(source))
    if not data:
        raise DataError("the file is empty")
    image = _identify(data)
    check_pixels(image.size, _most_pixels(image))
    return image


def check_pixels(size: tuple[int, int], most: int = MOST_PIXELS) -> None:
    """Raise a DataError where an image has more pixels than memory should hold."""
    width, height = size
    if width * height > most:
        raise DataError(
            f"{width} x {height} are {width * height / 1e6:,.0f} megapixels, at most {most / 1e6:,.0f} are decoded: "
            "save it smaller, or cut it into tiles"
        )


def _most_pixels(image: Image.Image) -> int:
    if image.format == "WEBP":
        return _MOST_PIXELS_OF_WEBP
    # A progressive one is held whole, as coefficients, until its last scan.
    shrinks = image.format in ("JPEG", "MPO") and not image.info.get("progressive")
    return _MOST_PIXELS_OF_JPEG if shrinks else MOST_PIXELS


def draft(image: Image.Image, wanted: int) -> None:
    """Have a JPEG decoded at 1/2, 1/4 or 1/8 of its size, as long as its shorter side is four times what is wanted."""
    if image.format in ("JPEG", "MPO"):
        scale = 4 * wanted / min(image.size)
        image.draft(image.mode, (max(1, math.ceil(image.width * scale)), max(1, math.ceil(image.height * scale))))


def reason_of(error: BaseException) -> str:
    """Say what an error means for a file, in a few words."""
    if isinstance(error, MemoryError):
        return "there is not enough memory to decode it"
    return (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__


def count_channels(image: Image.Image) -> int:
    """Say whether an image is grey (1) or coloured (3), by its mode."""
    return 1 if image.mode in GREY_MODES else 3


@cache
def _openers() -> tuple[tuple[Callable[..., Any], Callable[[bytes], object] | None], ...]:
    """Give what Pillow opens each format with, and what tells it by the first bytes."""
    from PIL import Image

    for name in FORMATS:
        importlib.import_module(f"PIL.{_PLUGINS.get(name, name.capitalize())}ImagePlugin")
    return tuple(Image.OPEN[name] for name in FORMATS)


_PLUGINS = {"WEBP": "WebP"}


def _identify(data: bytes) -> Image.Image:
    """Do what ``Image.open`` does, less its limit on pixels: phones take larger pictures, and ours comes after."""
    for name, (make, accepts) in zip(FORMATS, _openers(), strict=True):
        if accepts is None or accepts(data[:16]) is not True:  # a string says that Pillow was built without
            continue
        try:
            return make(io.BytesIO(data), "")
        except (SyntaxError, IndexError, TypeError, struct.error) as error:
            raise DataError(f"a damaged {name} file, or one of a rare kind ({reason_of(error)})") from error
    raise DataError(f"not an image in a known format ({', '.join(FORMATS)})")


def _from_array(array: np.ndarray) -> Image.Image:
    from PIL import Image

    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    grey = array.ndim == 2
    if array.size and (array.dtype == np.uint8 and (grey or (array.ndim == 3 and array.shape[2] in (3, 4)))):
        return Image.fromarray(np.ascontiguousarray(array))
    if array.size and grey and array.dtype.kind == "u" and array.dtype.itemsize == 2:  # in any byte order
        return Image.fromarray(np.ascontiguousarray(array.astype(np.uint16)))
    raise DataError(
        f"shape {array.shape} and type {array.dtype} are no image: pass uint8 (H, W) or (H, W, 3); values "
        "in [0, 1] become uint8 by (255 * array).round().astype('uint8')"
    )


def _kind(mode: int) -> str:
    """Name what lies where a file was looked for."""
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")
