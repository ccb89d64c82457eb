"""Whatever bytes or arrays come: pixels of the size asked for, or a DataError; soon, and with little memory."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageCms

from tlnb.core.errors import DataError
from tlnb.data import decode_image

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(120)]


def whole_files() -> dict[str, bytes]:
    """Encode one small picture in every format, mode and compression that people have."""
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 70, 3), np.uint8))
    turned = picture.rotate(90)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a maker"
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    modes = {"grey": "L", "palette": "P", "bits": "1", "ink": "CMYK", "alpha": "RGBA"}
    made = {name: picture.convert(mode) for name, mode in modes.items()} | {"colour": picture}
    made["16 bits"] = Image.fromarray(np.arange(4200, dtype=np.uint16).reshape(60, 70) * 15)
    made["floats"] = Image.fromarray(np.linspace(0, 1, 4200, dtype=np.float32).reshape(60, 70))
    series = {"save_all": True, "append_images": [turned]}
    files = {}
    for kind, names, options in (
        ("PNG", ["colour", "grey", "palette", "16 bits", "alpha", "bits"], [{}, {"exif": exif}, series]),
        ("JPEG", ["colour", "grey", "ink"], [{}, {"exif": exif, "icc_profile": icc}, {"progressive": True}]),
        ("MPO", ["colour"], [series]),
        ("BMP", ["colour", "grey", "palette", "bits"], [{}]),
        ("GIF", ["colour", "grey", "palette"], [{}, series]),
        ("WEBP", ["colour", "alpha"], [{}, {"lossless": True, "exif": exif, "icc_profile": icc}, series]),
        ("TIFF", ["colour", "grey", "palette", "16 bits", "floats", "ink"], [{}, {"compression": "tiff_lzw"}]),
        ("TIFF", ["colour"], [{"compression": "jpeg"}, {"compression": "tiff_deflate"}, {"exif": exif}]),
        ("TIFF", ["bits"], [{"compression": "group4"}, {"compression": "packbits"}]),
        ("PPM", ["colour", "grey", "bits", "floats"], [{}]),
    ):
        for name in names:
            for option in options:
                file = io.BytesIO()
                made[name].save(file, kind, **option)
                files[f"{kind} {name} {sorted(option)}"] = file.getvalue()
    return files


FILES = whole_files()
MAGIC = (
    *(
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        b"BM",
        b"II*\0",
        b"MM\0*",
        b"II+\0",
        b"P6 ",
        b"P5 ",
        b"P1 ",
    ),
    *(b"P3 ", b"Pf ", b"Py ", b"RIFF\x10\0\0\0WEBPVP8 ", b"RIFF\x10\0\0\0WEBPVP8L", b"RIFF\x10\0\0\0WEBPVP8X"),
)


def is_decoded_or_refused(source, channels=3) -> bool:
    """Decode; say whether it could be; anything but pixels and a DataError fails the test."""
    try:
        pixels = decode_image(source, 8, channels=channels)
    except DataError as error:
        assert str(error).endswith(".") and "cannot be used" in str(error)
        return False
    assert pixels.dtype == torch.uint8 and tuple(pixels.shape) == (channels, 8, 8)
    return True


@pytest.mark.parametrize("name", FILES)
def test_whole_files_of_every_kind_are_decoded(name):
    assert is_decoded_or_refused(FILES[name], 1) and is_decoded_or_refused(FILES[name], 3)


@settings(max_examples=300)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_files_with_changed_bytes(name, data):
    damaged = bytearray(FILES[name])
    most = len(damaged) - 1
    places = st.one_of(st.integers(0, min(most, 64)), st.integers(0, min(most, 400)), st.integers(0, most))
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(places)] = data.draw(st.sampled_from([0, 255, 127, 128]) | st.integers(0, 255))
    is_decoded_or_refused(bytes(damaged), data.draw(st.sampled_from([1, 3])))


@settings(max_examples=200)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_files_with_a_number_that_is_far_too_large(name, data):
    damaged = bytearray(FILES[name])
    place = data.draw(st.integers(0, len(damaged) - 4))
    number = data.draw(st.sampled_from([0, 1, 0xFFFF, 50_000, 1_000_000, 0x7FFFFFFF, 0xFFFFFFFF]))
    damaged[place : place + 4] = number.to_bytes(4, data.draw(st.sampled_from(["little", "big"])))
    is_decoded_or_refused(bytes(damaged))


@settings(max_examples=150)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_files_that_are_cut_off_or_have_parts_again(name, data):
    whole = FILES[name]
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    is_decoded_or_refused(whole[:start] + whole[start:end] * data.draw(st.integers(0, 3)) + whole[end:])
    is_decoded_or_refused(whole[:start])


@settings(max_examples=300)
@given(st.sampled_from(MAGIC), st.binary(max_size=300))
def test_random_bytes_that_begin_like_an_image(magic, rest):
    is_decoded_or_refused(magic + rest)


@settings(max_examples=200)
@given(
    arrays.arrays(
        st.one_of(
            arrays.scalar_dtypes(), st.just(np.dtype("uint8")), st.just(np.dtype("uint16")), st.just(np.dtype("O"))
        ),
        arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9),
    ),
    st.sampled_from([1, 3]),
)
def test_arrays_of_any_shape_and_type(array, channels):
    decoded = is_decoded_or_refused(array, channels)
    image = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4))
    if array.dtype == np.uint8:
        assert decoded == (image and array.size > 0)
    elif not (array.dtype.kind == "u" and array.dtype.itemsize == 2):
        assert not decoded


@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros(3, 9, 9, dtype=torch.bfloat16),
        torch.zeros(3, 9, 9, device="meta", dtype=torch.uint8),
        torch.zeros(3, 9, 9, dtype=torch.uint8).to_sparse(),
        torch.zeros((), dtype=torch.uint8),
        torch.zeros(2, 9, 9, dtype=torch.uint8),
        torch.zeros(3, 0, 9, dtype=torch.uint8),
        torch.ones(3, 9, 9, requires_grad=True),
    ],
    ids=["bfloat16", "meta", "sparse", "no sides", "two channels", "empty", "gradient"],
)
def test_tensors_that_are_no_images(tensor):
    assert not is_decoded_or_refused(tensor)


def test_views_of_arrays_and_tensors_are_images_like_others():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    expected = decode_image(np.ascontiguousarray(pixels[::-1, ::2]), 8)
    assert torch.equal(decode_image(pixels[::-1, ::2], 8), expected)
    tensor = torch.from_numpy(pixels).flip(0).permute(2, 0, 1)[:, :, ::2]
    assert torch.equal(decode_image(tensor, 8), expected)
    big_endian = np.full((9, 9), 257 * 77, ">u2")
    assert (decode_image(big_endian, 8) == 77).all()


STORM = """
import random, resource, sys, warnings
sys.path.insert(0, sys.argv[1])
from test_decode_fuzz import FILES, is_decoded_or_refused
warnings.simplefilter("ignore")
is_decoded_or_refused(FILES["PNG colour []"])
pages = int(open("/proc/self/statm").read().split()[0])
most = pages * resource.getpagesize() + (2 << 30)  # what is mapped now, and two gigabytes
resource.setrlimit(resource.RLIMIT_AS, (most, most))
def peak():  # in GB; of this process, where ru_maxrss begins with that of the one that started it
    (line,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1e6
before, draw, names = peak(), random.Random(int(sys.argv[2])), sorted(FILES)
decoded = 0
for _ in range(4000):
    damaged = bytearray(FILES[draw.choice(names)])
    for _ in range(draw.randint(1, 5)):
        place = draw.randrange(min(len(damaged), draw.choice([40, 200, 10**9])))
        damaged[place] = draw.choice([0, 255, 128, draw.randrange(256)])
    decoded += is_decoded_or_refused(bytes(damaged))
print(decoded, peak() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on memory")
def test_thousands_of_damaged_files_stay_within_two_gigabytes(request):
    command = [sys.executable, "-c", STORM, str(request.path.parent), "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr[-2000:]
    decoded, grown = done.stdout.split()
    assert 400 < int(decoded) < 3600
    assert float(grown) < 1.0  # gigabytes: one image of the most pixels that are decoded, and no more
