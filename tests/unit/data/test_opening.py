"""What would hang, or fill the memory, is refused with a reason; what is merely large is read with little memory."""

from __future__ import annotations

import io
import os
import socket
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlnb.core.errors import DataError
from tlnb.data import decode_image, load_data, opening

ON_POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows has no such files")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(side: int = 50_000) -> bytes:
    """Make a PNG of a few bytes that says it is huge."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")


def picture(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    """Draw a smooth picture of any size, cheaply."""
    small = np.random.default_rng(0).integers(0, 256, (9, 12, 3), np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BILINEAR).convert(mode)


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def test_a_decompression_bomb_is_refused_by_its_header():
    with pytest.raises(DataError, match=r"50000 x 50000 are 2,500 megapixels, at most 150 are decoded"):
        decode_image(bomb(), 8)


def test_a_bomb_among_good_images_is_a_problem_and_no_more(image_folder):
    (image_folder / "red" / "bomb.png").write_bytes(bomb())
    images = load_data(image_folder, size=8, progress=False)
    (problem,) = images.problems
    assert len(images) == 30 and problem.path.name == "bomb.png" and "megapixels" in problem.reason


@ON_POSIX
@pytest.mark.timeout(60)
def test_pipes_sockets_and_devices_called_images_are_problems_and_never_waited_for(image_folder, monkeypatch):
    folder = image_folder / "red"
    os.mkfifo(folder / "pipe.png")
    monkeypatch.chdir(folder)  # a socket's path has to be short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket.jpg")
    (folder / "device.png").symlink_to("/dev/zero")
    images = load_data(image_folder, size=8, progress=False)
    assert len(images) == 30
    assert {problem.path.name: problem.reason for problem in images.problems} == {
        "pipe.png": "it is a named pipe, no file",
        "socket.jpg": "it is a socket, no file",
        "device.png": "it is a device, no file",
    }
    with pytest.raises(DataError, match=r"pipe.png cannot be used: it is a named pipe"):
        decode_image(folder / "pipe.png", 8)


def test_a_folder_is_no_image(tmp_path):
    (tmp_path / "x.png").mkdir()
    with pytest.raises(DataError, match=r"x.png cannot be used: it is a folder, no file"):
        decode_image(tmp_path / "x.png", 8)


def test_a_film_called_an_image_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "film.png").open("wb") as file:
        file.truncate(opening.MOST_BYTES + 1)  # takes no room on the disk
    with pytest.raises(DataError, match=r"the file is too large \(1.1 GB, at most 1.1 GB\)"):
        decode_image(tmp_path / "film.png", 8)


def test_the_limit_on_pixels_is_ours_not_pillows(monkeypatch, recwarn):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # phones take pictures that Pillow's own limit refuses
    assert tuple(decode_image(encoded(picture((40, 30)), "PNG"), 8).shape) == (3, 8, 8)
    assert not recwarn.list


HUGE_SIZES = {"JPEG": (2000, 1400), "PNG": (2001, 1403), "TIFF": (1403, 2001)}
HUGE_MODES = {
    "JPEG": ["RGB", "L", "CMYK"],
    "PNG": ["RGB", "L", "P", "RGBA", "LA", "I;16"],
    "TIFF": ["RGB", "CMYK", "P"],
}


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in HUGE_MODES.items() for mode in modes])
def test_a_huge_image_gives_what_decoding_it_whole_gives(kind, mode, monkeypatch):
    size = HUGE_SIZES[kind]
    image = picture(size, "L" if mode == "I;16" else mode)
    if "A" in mode:
        image.putalpha(Image.linear_gradient("L").resize(size))
    elif mode == "I;16":
        image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
    data = encoded(image, kind)
    whole = decode_image(data, 40)
    monkeypatch.setattr("tlnb.data.decode.MANY_PIXELS", 100_000)
    monkeypatch.setattr("tlnb.data.colours.MANY_PIXELS", 100_000)
    monkeypatch.setattr("tlnb.data.colours._STRIP", 200_000)
    early = decode_image(data, 40)
    difference = (early.int() - whole.int()).abs()
    assert difference.max() <= 5 and difference.float().mean() < 1


def test_a_huge_picture_that_was_taken_sideways_is_upright(monkeypatch):
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(picture((2000, 1400)), "JPEG", exif=exif)
    whole = decode_image(data, 40)
    monkeypatch.setattr("tlnb.data.decode.MANY_PIXELS", 100_000)
    monkeypatch.setattr("tlnb.data.colours.MANY_PIXELS", 100_000)
    assert (decode_image(data, 40).int() - whole.int()).abs().max() <= 3


def test_a_picture_of_forty_megapixels_is_decoded_whole_as_ever():
    assert opening.MANY_PIXELS == 40_000_000


HUGE = """
import sys
import numpy as np
from tlnb.data import decode_image
decode_image(np.zeros((8, 8), np.uint8), 8)
def peak():  # in MB; of this process, where ru_maxrss begins with that of the one that started it
    (line,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
before = peak()
print(decode_image(sys.argv[1], 160).shape, peak() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(("kind", "megabytes"), [("JPEG", 100), ("PNG", 600)])
def test_a_phones_largest_picture_takes_little_memory(kind, megabytes, tmp_path):
    file = tmp_path / f"large.{kind.lower()}"
    options = {"compress_level": 1} if kind == "PNG" else {"quality": 50}
    picture((12_000, 9_000)).save(file, kind, **options)  # 108 megapixels: 432 MB once decoded
    done = subprocess.run([sys.executable, "-c", HUGE, str(file)], capture_output=True, text=True, check=True)
    shape, grown = done.stdout.rsplit(maxsplit=1)
    assert shape == "torch.Size([3, 160, 160])" and float(grown) < megabytes
    assert "Warning" not in done.stderr


def test_too_little_memory_for_one_image_is_a_problem_of_that_image(image_folder, fresh_cache, monkeypatch):
    from tlnb.data import store

    victim = (image_folder / "red" / "red03.png").read_bytes()
    whole = store.read_pixels

    def starved(data, *options):
        if data == victim:
            raise MemoryError
        return whole(data, *options)

    monkeypatch.setattr(store, "read_pixels", starved)
    images = load_data(image_folder, size=8, progress=False)
    assert len(images) == len(images.images) == 29
    assert [problem.reason for problem in images.problems] == ["there is not enough memory to decode it"]


def test_memory_that_is_short_only_while_others_decode_loses_nothing(image_folder, fresh_cache, monkeypatch):
    from tlnb.data import store

    whole, refused = store.read_pixels, []

    def starved_at_first(data, *options):
        if not refused:
            refused.append(data)
            raise MemoryError
        return whole(data, *options)

    monkeypatch.setattr(store, "read_pixels", starved_at_first)
    images = load_data(image_folder, size=8, progress=False)
    assert refused and len(images) == 30 and images.problems == ()


def test_paths_may_be_bytes_in_memory_of_any_kind():
    data = encoded(picture((12, 10)), "PNG")
    assert (decode_image(bytearray(data), 8) == decode_image(memoryview(data), 8)).all()


def test_a_missing_file_and_a_strange_source_say_what_they_are(tmp_path):
    with pytest.raises(DataError, match=r"gone.png cannot be used: No such file"):
        decode_image(Path(tmp_path / "gone.png"), 8)
    with pytest.raises(DataError, match=r"what was passed \(NoneType\) cannot be used"):
        decode_image(None, 8)
