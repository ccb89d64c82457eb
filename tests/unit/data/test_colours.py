"""Colours of a profile become those of sRGB; without one, and with sRGB's own, they stay as they are."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from tlnb.data import decode_image, load_data

STANDARD = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# sRGB with red and blue exchanged, under another name.
EXCHANGED = (
    STANDARD.replace(b"rXYZ", b"tmp.", 1)
    .replace(b"bXYZ", b"rXYZ", 1)
    .replace(b"tmp.", b"bXYZ", 1)
    .replace("sRGB".encode("utf-16-be"), "bgrs".encode("utf-16-be"))
)


def profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Write an ICC profile (version 2) by hand."""
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"mine\0" + bytes(78), **tags}
    place, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        table += struct.pack(">4sII", name, place + len(body), len(content))
        body += content
    illuminant = struct.pack(">iii", 63190, 65536, 54061)
    header = struct.pack(
        ">I4sI4s4s4s12s4s28s12s",
        place + len(body),
        b"",
        0x02400000,
        kind,
        space,
        connection,
        b"",
        b"acsp",
        b"",
        illuminant,
    )
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def linear_grey() -> bytes:
    white = b"XYZ " + bytes(4) + struct.pack(">iii", 63190, 65536, 54061)
    return profile(b"mntr", b"GRAY", b"XYZ ", {b"wtpt": white, b"kTRC": b"curv" + bytes(4) + struct.pack(">I", 0)})


def ink_that_prints_red() -> bytes:
    """Make a CMYK profile in which cyan looks red."""
    straight = bytes(range(256))
    corners = bytearray()
    for corner in range(16):  # cyan changes slowest, black fastest
        light = (138, 208, 195) if corner & 8 else (255, 128, 128)  # L, a and b
        corners += bytes((0, 128, 128) if corner & 1 else light)
    matrix = struct.pack(">9i", *(65536 * (place % 4 == 0) for place in range(9)))
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + matrix + straight * 4 + bytes(corners) + straight * 3
    return profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table})


def encoded(image: Image.Image, kind: str, icc: bytes | None, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, icc_profile=icc, **options)
    return file.getvalue()


def middle(data: bytes, channels: int = 3) -> list[int]:
    return decode_image(data, 8, channels=channels)[:, 4, 4].tolist()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG", "WEBP"])
def test_a_profile_is_applied_in_every_format(kind):
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "JPEG" else {}
    data = encoded(Image.new("RGB", (16, 12), (200, 30, 40)), kind, EXCHANGED, **options)
    assert middle(data) == pytest.approx([40, 30, 200], abs=3)


def test_srgbs_own_profile_changes_nothing():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8))
    assert (decode_image(encoded(noise, "PNG", STANDARD), 9) == decode_image(encoded(noise, "PNG", None), 9)).all()


@pytest.mark.parametrize("mode", ["P", "RGBA"])
def test_palettes_and_transparent_images_have_their_profile_applied_too(mode):
    image = Image.new("RGB", (16, 12), (200, 30, 40))
    image = image.quantize(4) if mode == "P" else image.convert(mode)
    assert middle(encoded(image, "PNG", EXCHANGED)) == pytest.approx([40, 30, 200], abs=1)


def test_white_behind_transparency_is_white_in_any_profile():
    assert middle(encoded(Image.new("RGBA", (16, 12), (9, 9, 9, 0)), "PNG", EXCHANGED)) == [255] * 3


def test_a_linear_grey_becomes_as_light_as_it_looks():
    data = encoded(Image.new("L", (16, 12), 55), "PNG", linear_grey())
    assert middle(data, channels=1) == pytest.approx([128], abs=2)  # 55 / 255 = 0.216 of the light
    assert middle(data) == pytest.approx([128] * 3, abs=2)


def test_the_ink_of_a_profile_is_printed_not_guessed():
    cyan = Image.new("CMYK", (16, 12), (255, 0, 0, 0))
    assert middle(encoded(cyan, "TIFF", None)) == [0, 255, 255]
    red, green, blue = middle(encoded(cyan, "TIFF", ink_that_prints_red()))
    assert red > 240 and max(green, blue) < 30


def test_cielab_pixels_become_colours():
    lab = ImageCms.createProfile("LAB")
    image = ImageCms.profileToProfile(
        Image.new("RGB", (16, 12), (200, 30, 40)), ImageCms.createProfile("sRGB"), lab, outputMode="LAB"
    )
    assert middle(encoded(image, "TIFF", None)) == pytest.approx([200, 30, 40], abs=4)


@pytest.mark.parametrize("icc", [b"no profile at all", linear_grey(), EXCHANGED[:200]], ids=["text", "grey", "cut off"])
def test_a_profile_that_cannot_be_applied_is_passed_over(icc):
    assert middle(encoded(Image.new("RGB", (16, 12), (200, 30, 40)), "PNG", icc)) == [200, 30, 40]


def test_stored_pixels_of_folders_without_profiles_stay_and_others_have_a_name_of_their_own(make_folder, fresh_cache):
    folder = make_folder()
    load_data(folder, size=8, progress=False)
    plain = set(fresh_cache.glob("images/*/meta.json"))
    assert all('"decoder": "1 with Pillow' in file.read_text() for file in plain)
    (folder / "red" / "red00.png").write_bytes(encoded(Image.new("RGB", (24, 20), (200, 30, 40)), "PNG", EXCHANGED))
    images = load_data(folder, size=8, progress=False)
    (other,) = set(fresh_cache.glob("images/*/meta.json")) - plain
    assert '"decoder": "2 with Pillow' in other.read_text()
    row = [file.name for file in images.files].index("red00.png")
    assert images.images[row, :, 4, 4].tolist() == pytest.approx([40, 30, 200], abs=1)
