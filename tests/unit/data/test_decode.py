"""One image, in whatever form it comes, becomes the pixels that one sees."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from tlnb.core.errors import DataError
from tlnb.data import decode_image

RED, GREY = (200, 30, 40), 120


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def plain(mode: str, colour, size=(12, 10)) -> Image.Image:
    return Image.new(mode, size, colour)


def middle(pixels: torch.Tensor) -> list[int]:
    return pixels[:, pixels.shape[1] // 2, pixels.shape[2] // 2].tolist()


def test_a_file_becomes_channels_first_bytes(tmp_path):
    plain("RGB", RED).save(tmp_path / "red.png")
    pixels = decode_image(tmp_path / "red.png", 8)
    assert (pixels.dtype, tuple(pixels.shape)) == (torch.uint8, (3, 8, 8))
    assert middle(pixels) == list(RED)


def test_a_wide_image_keeps_its_aspect_ratio():
    wide = np.zeros((60, 240), np.uint8)
    yy, xx = np.mgrid[:60, :240]
    wide[(yy - 30) ** 2 + (xx - 120) ** 2 < 20**2] = 255  # a disc in the centre
    disc = decode_image(wide, 30, channels=1)[0] > 127
    assert disc.any(0).sum() == disc.any(1).sum() == 20  # still round, half as large


@pytest.mark.parametrize("size", [(300, 300), (213, 160), (97, 331), (31, 30)])
@pytest.mark.parametrize(("resize", "crop"), [(32, 32), (37, 32), (64, 49)])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_pixels_are_those_of_torchvisions_resize_and_crop(size, resize, crop, interpolation):
    from torchvision.transforms import v2

    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), np.uint8))
    mode = v2.InterpolationMode(interpolation)
    theirs = v2.Compose([v2.Resize(resize, mode), v2.CenterCrop(crop), v2.PILToTensor()])(noise)
    assert torch.equal(decode_image(noise, resize, crop, interpolation), theirs)


def test_an_image_is_turned_upright_by_its_exif_orientation():
    image = plain("RGB", (255, 255, 255), (20, 20))
    image.paste(RED, (0, 0, 20, 4))  # a red bar on top, as stored
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise for viewing: the bar is on the right
    pixels = decode_image(encoded(image, "PNG", exif=exif), 20)
    assert pixels[:, 10, 18].tolist() == list(RED)
    assert pixels[:, 1, 5].tolist() == [255, 255, 255]


def test_sixteen_bits_are_scaled_to_eight():
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    expected = np.rint(ramp / 257).astype(np.uint8)
    from_file = decode_image(encoded(Image.fromarray(ramp)), 16, channels=1)
    assert np.array_equal(from_file[0], expected)
    assert np.array_equal(decode_image(ramp, 16, channels=1)[0], expected)


def test_floats_in_a_tiff_are_scaled_and_others_refused():
    half = Image.fromarray(np.full((8, 8), 0.5, np.float32))
    assert middle(decode_image(encoded(half, "TIFF"), 8, channels=1)) == [128]
    with pytest.raises(DataError, match=r"outside \[0, 255\]"):
        decode_image(encoded(Image.fromarray(np.full((8, 8), 900, np.float32)), "TIFF"), 8)


@pytest.mark.parametrize(
    ("image", "kind", "expected"),
    [
        (plain("CMYK", (0, 255, 255, 0)), "TIFF", [255, 0, 0]),
        (plain("RGB", RED).quantize(4), "PNG", list(RED)),
        (plain("L", GREY), "PNG", [GREY] * 3),
        (plain("1", 1), "PNG", [255] * 3),
        (plain("RGBA", (*RED, 255)), "PNG", list(RED)),
        (plain("RGBA", (*RED, 0)), "PNG", [255] * 3),
        (plain("RGBA", (0, 0, 0, 128)), "WEBP", [127] * 3),
        (plain("LA", (GREY, 0)), "PNG", [255] * 3),
    ],
    ids=["cmyk", "palette", "grey", "bits", "opaque", "transparent", "half", "grey transparent"],
)
def test_every_kind_of_pixel_becomes_what_one_sees_on_white(image, kind, expected):
    options = {"lossless": True} if kind == "WEBP" else {}
    assert middle(decode_image(encoded(image, kind, **options), 8)) == expected


def test_a_transparent_palette_lies_on_white():
    image = plain("RGB", RED).quantize(4)
    data = encoded(image, "PNG", transparency=image.getpixel((0, 0)))
    assert middle(decode_image(data, 8)) == [255] * 3


def test_an_animation_gives_its_first_frame():
    frames = [plain("RGB", RED), plain("RGB", (0, 0, 255))]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert middle(decode_image(data, 8)) == list(RED)


def test_arrays_tensors_and_pil_images_are_the_same_image():
    array = np.random.default_rng(0).integers(0, 256, (15, 20, 3), np.uint8)
    from_file = decode_image(encoded(Image.fromarray(array)), 9)
    for source in (array, Image.fromarray(array), torch.from_numpy(array).permute(2, 0, 1)):
        assert torch.equal(decode_image(source, 9), from_file)


def test_grey_is_luminance_and_one_channel():
    assert middle(decode_image(plain("RGB", (255, 0, 0)), 8, channels=1)) == [76]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (np.zeros((4, 4)), r"float64 are no image.*255 \* array"),
        (np.zeros((0, 4), np.uint8), "no image"),
        (np.zeros((4, 4, 2), np.uint8), "no image"),
        (torch.zeros(4, 4, dtype=torch.uint8), "no image: pass"),
        (Image.new("RGB", (0, 5)), "no pixels"),
        (b"", "the file is empty"),
        (b"GIF, or is it?", "not an image in a known format"),
        ("nowhere.png", "nowhere.png cannot be used"),
    ],
)
def test_what_is_no_image_is_said(source, message):
    with pytest.raises(DataError, match=message):
        decode_image(source, 8)


def test_a_truncated_file_is_refused_not_filled_up(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    for kind in ("PNG", "JPEG"):
        data = encoded(Image.fromarray(noise), kind)
        (tmp_path / "half").write_bytes(data[: len(data) // 2])
        with pytest.raises(DataError, match="half cannot be used"):
            decode_image(tmp_path / "half", 8)


def test_an_image_like_a_thread_gives_its_centre_and_does_not_fill_the_memory():
    thread = np.random.default_rng(0).integers(0, 256, (2, 60_000), np.uint8)
    centre = decode_image(thread[:, 29_900:30_100], 160, channels=1)
    assert (decode_image(thread, 160, channels=1).int() - centre.int()).abs().max() <= 1


def plainly(image: Image.Image, resize: int, channels: int) -> np.ndarray:
    """Do what decoding does to an ordinary image, step by step, at full size."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        image = Image.fromarray(np.rint(np.asarray(image) / 257).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("L" if image.mode in ("1", "L") else "RGB").convert("L" if channels == 1 else "RGB")
    short = min(image.size)
    image = image.resize([int(resize * side / short) for side in image.size], Image.Resampling.BICUBIC)
    left, top = (round((side - resize) / 2) for side in image.size)
    return np.array(image.crop((left, top, left + resize, top + resize)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP", "turned", "alpha", "bits", "CMYK", "16"])
@pytest.mark.parametrize("channels", [1, 3])
def test_ordinary_images_give_the_pixels_that_are_stored_everywhere(kind, channels):
    # Stored pixels and records of lessons depend on them: where this fails, raise store._DECODER.
    noise = Image.fromarray(np.random.default_rng(3).integers(0, 256, (70, 53, 3), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 5
    if kind == "turned":
        data = encoded(noise, "JPEG", exif=exif)
    elif kind == "alpha":
        noise.putalpha(noise.convert("L"))
        data = encoded(noise)
    elif kind in ("bits", "CMYK"):
        data = encoded(noise.convert({"bits": "1"}.get(kind, kind)), "TIFF")
    elif kind == "16":
        data = encoded(Image.fromarray(np.arange(70 * 53, dtype=np.uint16).reshape(70, 53) * 17))
    else:
        data = encoded(noise, kind)
    pixels = decode_image(data, 31, channels=channels).permute(1, 2, 0).squeeze().numpy()
    assert np.array_equal(pixels, plainly(Image.open(io.BytesIO(data)), 31, channels))


def test_a_picture_with_damaged_exif_is_not_lost():
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = encoded(plain("RGB", RED, (16, 16)), "JPEG", exif=exif)
    at = whole.index(b"Exif") + 6
    damaged = whole[:at] + b"\xff" * 20 + whole[at + 20 :]
    assert middle(decode_image(damaged, 8)) == pytest.approx(list(RED), abs=2)


def test_a_scan_in_which_zero_is_white_is_not_a_negative():
    tifffile = pytest.importorskip("tifffile")
    for dtype, white in ((np.uint8, 255), (np.uint16, 65535)):
        file = io.BytesIO()
        tifffile.imwrite(file, np.full((9, 9), white // 5, dtype), photometric="miniswhite")
        assert middle(decode_image(file.getvalue(), 8, channels=1)) == [204]


@pytest.mark.parametrize(
    "options",
    [{"compression": "zlib"}, {"tile": (32, 32)}, {"byteorder": ">"}, {"bigtiff": True}, {"planarconfig": "separate"}],
    ids=str,
)
def test_a_microscopes_sixteen_bits_in_three_channels_are_scaled(options):
    tifffile = pytest.importorskip("tifffile")
    pixels = np.empty((64, 64, 3), np.uint16)
    pixels[:] = (51400, 7710, 10280)  # RED x 257
    planes = pixels.transpose(2, 0, 1) if "planarconfig" in options else pixels
    file = io.BytesIO()
    tifffile.imwrite(file, planes, photometric="rgb", **options)
    assert middle(decode_image(file.getvalue(), 8)) == list(RED)


def test_a_tiff_of_a_rare_kind_says_that_it_is_one():
    tifffile = pytest.importorskip("tifffile")
    file = io.BytesIO()
    tifffile.imwrite(file, np.zeros((5, 8, 8), np.uint8), photometric="minisblack", planarconfig="separate")
    with pytest.raises(DataError, match=r"damaged TIFF file, or one of a rare kind"):
        decode_image(file.getvalue(), 8)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"resize": 8, "crop": 9}, "crop=9 does not fit into resize=8"),
        ({"resize": 0}, "resize=0"),
        ({"resize": 8.0}, "resize=8.0"),
        ({"resize": 8, "interpolation": "bicubik"}, 'Did you mean "bicubic"'),
        ({"resize": 8, "channels": 2}, "channels=2"),
    ],
)
def test_sizes_that_make_no_sense_are_said(options, message):
    with pytest.raises(DataError, match=message):
        decode_image(np.zeros((8, 8), np.uint8), **options)


def test_a_phones_two_pictures_in_one_jpeg_give_the_first():
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    first, second = Image.fromarray(noise), plain("RGB", RED, (40, 40))
    data = encoded(first, "MPO", save_all=True, append_images=[second], quality=95)
    assert torch.equal(decode_image(data, 40), decode_image(encoded(first, "JPEG", quality=95), 40))
