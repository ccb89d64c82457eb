"""The drawings with alpha, the table of names, and the files that hold them."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from tlnb.data.emoji import STYLES, drawings, read_table
from tlnb.data.emoji.reading import lay_on
from tlnb.data.emoji.table import FOLDER

BYTES_OF_ALL = 12_000_000


@pytest.fixture(scope="module")
def every():
    return drawings("all")


def test_every_style_draws_every_emoji(every):
    assert every.rgba.shape == (7 * 849, 4, 64, 64) and every.rgba.dtype == np.uint8
    assert list(dict.fromkeys(every.styles.tolist())) == list(STYLES)
    assert (every.rgba[:, 3].reshape(len(every), -1).max(1) > 200).all()


def test_names_go_with_drawings(every):
    lion = every.names == "lion"
    assert set(every.codes[lion].tolist()) == {"1f981"} and lion.sum() == 7
    red, green, blue, alpha = np.moveaxis(every.rgba[lion & (every.styles == "noto")][0].astype(float), 0, -1).T
    seen = alpha > 200
    assert red[seen].mean() > green[seen].mean() > blue[seen].mean()


def test_what_is_not_seen_has_no_colour(every):
    hidden = every.rgba[:, 3] == 0
    assert not every.rgba[:, :3].max(1)[hidden].any()


def test_no_two_emoji_of_a_coloured_style_are_the_same(every):
    for style in ("noto", "twemoji", "fluent_3d", "fluent_flat", "openmoji"):
        found = every.rgba[every.styles == style]
        assert len({hashlib.sha256(one).digest() for one in found}) == 849


def test_styles_of_one_family_are_one_drawing(every):
    """Their outlines agree far better than those of two families."""

    def overlap(one, other):
        first, second = (every.rgba[every.styles == style, 3] > 127 for style in (one, other))
        return ((first & second).sum((1, 2)) / (first | second).sum((1, 2))).mean()

    assert overlap("fluent_3d", "fluent_flat") > 0.9 > overlap("noto", "fluent_flat")
    assert overlap("noto", "fluent_flat") > overlap("noto", "openmoji_black")


def test_categories_keep_their_order_and_names():
    found = drawings(["twemoji", "noto"], categories=["lock", "drink"])
    table = read_table()
    rows = np.isin(table.subcategories, ["lock", "drink"])
    assert found.names.tolist() == 2 * table.names[rows].tolist()
    assert found.styles.tolist() == ["twemoji"] * rows.sum() + ["noto"] * rows.sum()
    assert np.array_equal(found.rgba[: rows.sum()], drawings("twemoji").rgba[rows])


def test_drawings_are_the_callers_own():
    found = drawings("noto", categories="lock")
    found.rgba[:] = 0
    assert drawings("noto", categories="lock").rgba.any()


def test_laying_on_a_colour_rounds_to_the_nearest():
    values = np.arange(256, dtype=np.uint8)
    rgba = np.zeros((256, 4, 1, 256), np.uint8)
    rgba[:, :3] = values[:, None, None, None]
    rgba[:, 3] = values
    alpha = values / 255
    for below in (0, 77, 255):
        exact = values[:, None] * alpha + below * (1 - alpha)
        assert np.abs(lay_on(rgba, (below,) * 3)[:, 0, 0] - exact).max() <= 0.5


def test_every_emoji_has_a_name_of_its_own_and_keywords():
    table = read_table()
    assert len(set(table.names.tolist())) == len(set(table.codes.tolist())) == 849
    assert all(table.keywords)
    assert {len(set(table.groups[table.subcategories == name])) for name in table.subcategories} == {1}


def test_the_files_are_small_and_each_has_its_notice():
    files = [file for file in FOLDER.rglob("*") if file.is_file() and file.suffix not in (".py", ".pyc")]
    assert sum(file.stat().st_size for file in files) < BYTES_OF_ALL
    for folder in (FOLDER / "sheets", FOLDER / "openmoji"):
        notice = (folder / "NOTICE.md").read_text(encoding="utf-8")
        assert all(sheet.name in notice for sheet in folder.glob("*.webp"))
        named = {file.name for file in folder.glob("LICENSE-*")}
        assert named and all(name in notice for name in named)
    assert {file.stem for file in (FOLDER / "openmoji").glob("*.webp")} == {"openmoji", "openmoji_black"}
    assert set(json.loads((FOLDER / "emoji.json").read_text(encoding="utf-8"))["sheets"]) == set(STYLES)
