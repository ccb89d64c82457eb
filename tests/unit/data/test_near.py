"""Copies are found however they were saved; images that only resemble each other are not."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from tlnb.data import decode_image, load_data
from tlnb.data.duplicates import Duplicate, groups_of
from tlnb.data.near import detail, near_pairs, small_copies

SIZE = 160


def small(*images: Image.Image) -> torch.Tensor:
    return small_copies(torch.stack([decode_image(image, SIZE) for image in images]))


def saved(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file)


def noisy(image: Image.Image) -> Image.Image:
    pixels = np.asarray(image) + np.random.default_rng(1).normal(0, 8, (*image.size[::-1], 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def photos():
    pytest.importorskip("skimage")
    return {file.stem: Image.open(file).convert("RGB") for file in load_data("photos", size=8, progress=False).files}


CHANGES = {
    "saved at quality 90": lambda image: saved(image, 90),
    "saved at quality 30": lambda image: saved(image, 30),
    "half as large": lambda image: image.resize([side // 2 for side in image.size]),
    "flatter": lambda image: ImageEnhance.Contrast(image).enhance(0.7),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.8),
    "noisy": noisy,
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket"])
def test_a_copy_is_found_however_it_was_saved(photos, name, change):
    others = [image for other, image in photos.items() if other != name]
    assert near_pairs(small(photos[name], *others, CHANGES[change](photos[name]))) == [(0, len(others) + 1)]


@pytest.mark.slow
def test_of_three_million_pairs_of_solar_cells_only_the_likest_neighbours_are_taken_for_copies():
    # Cells of one kind have the same bars, corners and shading: nothing that people have is harder to tell apart.
    pytest.importorskip("elpv_dataset")
    images = load_data("elpv", size=SIZE, progress=False)
    pairs = near_pairs(small_copies(images.images))
    assert 0 < len(pairs) < 150
    assert all(second - first < 60 for first, second in pairs)  # of one module, as far as is known


def drawing(colour: tuple[int, int, int], spot: bool = False) -> torch.Tensor:
    """Draw rings of a colour on a textured ground, perhaps with a spot. -> (3, 64, 64)."""
    yy, xx = np.mgrid[:64, :64]
    ground = np.random.default_rng(5).integers(60, 100, (64, 64, 1)).repeat(3, 2)
    ring = ((np.hypot(yy - 32, xx - 32) // 4) % 4 == 1)[..., None]
    pixels = np.where(ring, np.array(colour), ground)
    if spot:
        pixels[40:44, 20:24] = 20
    return torch.from_numpy(pixels.astype(np.uint8)).permute(2, 0, 1)


def test_one_spot_makes_two_images_of_two_that_are_else_equal():
    whole = drawing((180, 180, 180))
    assert near_pairs(torch.stack([whole, whole])) == [(0, 1)]
    assert near_pairs(torch.stack([whole, drawing((180, 180, 180), spot=True)])) == []


def test_a_red_light_is_no_copy_of_a_green_one():
    red, green = (200, 98, 98), (98, 150, 98)  # equally bright
    assert near_pairs(torch.stack([drawing(red), drawing(green)])) == []


def test_blank_images_are_no_copies_of_each_other():
    blank = torch.full((40, 3, 64, 64), 128, dtype=torch.uint8)
    blank += torch.randint(0, 2, blank.shape, generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    assert (detail(blank) < 0.5).all()
    assert near_pairs(blank) == []


def test_ten_thousand_images_are_compared_without_a_loop_over_pairs():
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (3000, 3, 64, 64), dtype=torch.uint8, generator=generator)
    images[2000:2050] = images[:50] // 2 + 60
    assert near_pairs(images) == [(row, 2000 + row) for row in range(50)]


def test_no_images_and_one_image_have_no_pairs():
    assert near_pairs(torch.zeros(0, 3, 64, 64, dtype=torch.uint8)) == []
    assert near_pairs(drawing((180, 0, 0))[None]) == []


@settings(max_examples=50)
@given(st.integers(2, 30), st.data())
def test_groups_hold_what_is_linked_and_nothing_else(count, data):
    pairs = data.draw(st.lists(st.tuples(*[st.integers(0, count - 1)] * 2).filter(lambda pair: pair[0] < pair[1])))
    groups = groups_of([Duplicate((), (), True, pair) for pair in pairs], count)
    reached = np.eye(count, dtype=bool)
    for first, second in pairs:
        reached[first, second] = reached[second, first] = True
    for _ in range(count):
        reached = reached @ reached
    assert (np.equal.outer(groups, groups) == reached).all()
