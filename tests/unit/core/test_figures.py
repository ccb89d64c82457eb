from __future__ import annotations

import io
import itertools
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from PIL import Image

from tlnb.core.figures import COLOURS, CYCLE, DOTS_PER_INCH, Figure, apart, figure, label_end

# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
# 2009: severity 1.0, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
}


def seen_as(colour: str, vision: str) -> np.ndarray:
    from skimage.color import rgb2lab

    rgb = np.asarray(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.asarray(VISION[vision]) @ linear, 0, 1)
    rgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return rgb2lab(rgb[None, None])[0, 0]


@pytest.mark.parametrize("vision", VISION)
def test_any_two_meanings_look_different(vision):
    for one, other in itertools.combinations(COLOURS.values(), 2):
        distance = np.linalg.norm(seen_as(one, vision) - seen_as(other, vision))
        assert distance > 12, f"{one} and {other}: {distance:.0f}"


def image_of(made: Figure) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(made.png())).convert("RGBA"))


def test_the_ground_is_white_and_opaque():
    made, _ = figure()
    corner = image_of(made)[0, 0]
    assert corner.tolist() == [255, 255, 255, 255]


def test_a_figure_of_full_width_is_about_700_pixels_wide():
    assert 690 <= image_of(figure()[0]).shape[1] <= 800


def test_equal_figures_give_equal_bytes():
    def draw() -> bytes:
        made, axes = figure()
        axes.plot([1, 3, 2])
        return made.png()

    assert draw() == draw()


def test_lines_and_letters_are_stored_small_and_look_the_same():
    made, axes = figure()
    for rising in range(len(CYCLE)):
        axes.plot([rising, 2 * rising, rising + 3], label=f"line {rising}")
    axes.legend()
    plain = io.BytesIO()
    made.savefig(plain, format="png", dpi=DOTS_PER_INCH)
    as_drawn = np.asarray(Image.open(plain).convert("RGBA")).astype(int)
    assert np.abs(image_of(made).astype(int) - as_drawn).max() <= 12
    assert len(made.png()) < 0.6 * len(plain.getvalue())


def test_a_photograph_keeps_every_colour():
    made, axes = figure()
    axes.imshow(np.random.default_rng(0).random((60, 120, 3)))
    made.set_layout_engine("none")  # which moves axes of a fixed shape at each drawing
    plain = io.BytesIO()
    made.savefig(plain, format="png", dpi=DOTS_PER_INCH)
    assert np.array_equal(image_of(made), np.asarray(Image.open(plain).convert("RGBA")))


def test_all_text_is_at_least_nine_points():
    made, axes = figure()
    axes.plot([0, 1], [0, 1])
    axes.set(title="Title", xlabel="epoch", ylabel="loss")
    label_end(axes, 1, 1, "end", COLOURS["valid"])
    made.png()
    texts = [*axes.texts, axes.title, axes.xaxis.label, *axes.get_xticklabels(), *axes.get_yticklabels()]
    assert min(text.get_fontsize() for text in texts) >= 9


def test_a_label_at_the_end_of_a_line_stays_inside_the_picture():
    made, axes = figure()
    axes.plot([0, 1], [0, 1])
    label_end(axes, 1, 1, "a rather long name", COLOURS["valid"])
    picture = image_of(made)
    assert (picture[:, -3:] == 255).all()


def test_lines_take_the_palette_in_order():
    _, axes = figure()
    lines = [axes.plot([0, 1])[0] for _ in range(2)]
    assert [line.get_color() for line in lines] == list(CYCLE[:2])


def test_figures_drawn_in_threads_do_not_mix():
    pictures = {}

    def draw(i: int) -> None:
        made, axes = figure(3, 2)
        axes.plot(range(i + 2))
        pictures[i] = made.png()

    alone = {}
    for i in range(6):
        draw(i)
        alone[i] = pictures[i]
    workers = [threading.Thread(target=draw, args=(i,)) for i in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert pictures == alone


def test_drawing_never_loads_pyplot():
    code = "import sys; from tlnb.core.figures import figure; figure()[0].png(); print(sorted(sys.modules))"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert "'tlnb.core.figures'" in loaded and "'matplotlib.pyplot'" not in loaded


def test_a_cell_shows_the_figure_as_a_picture():
    from IPython.core.formatters import DisplayFormatter

    bundle, _ = DisplayFormatter().format(figure()[0])
    assert bundle["image/png"] and " at 0x" not in bundle["text/plain"]


@given(st.lists(st.floats(-100, 100), max_size=12), st.floats(0.5, 20))
def test_labels_are_moved_apart_and_keep_their_order(places, gap):
    moved = apart(places, gap)
    order = np.argsort(places, kind="stable")
    assert len(moved) == len(places) and (np.diff(moved[order]) >= gap - 1e-6).all()
    if len(places) < 2 or np.diff(np.sort(places)).min() >= gap:
        assert moved.tolist() == pytest.approx(places)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=12), st.floats(-50, 50))
def test_no_label_is_below_the_floor(places, floor):
    moved = apart(places, 3.0, floor)
    assert moved.min() >= floor and (np.diff(np.sort(moved)) >= 3 - 1e-6).all()
