"""Emoji as a named set: what is the class, what they are laid on, and who sees which drawing."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import torch

from tlnb.core.errors import DataError
from tlnb.data import emoji
from tlnb.data.catalogue import CATALOGUE, NamedSet
from tlnb.data.emoji import card, listing, reading
from tlnb.data.loading import load_data


@pytest.fixture(autouse=True)
def listed(monkeypatch):
    """Let `load_data` know them, whatever else the catalogue lists."""
    monkeypatch.setitem(CATALOGUE, "emoji", NamedSet(**card.entry()))


def load(**options):
    return load_data("emoji", size=options.pop("size", 16), progress=False, **options)


def values(part, column):
    return set(part.columns[column].tolist())


def test_there_are_849_things_in_49_sub_categories_and_five_groups():
    images = load()
    assert (len(images), len(images.classes), len(images.train)) == (849, 849, 849)
    assert len(values(images, "subcategory")) == 49
    assert values(images, "group") == {
        "Animals & Nature",
        "Food & Drink",
        "Travel & Places",
        "Activities",
        "Objects",
    }
    assert values(images, "style") == {"noto"}


def test_pixels_are_the_drawing_on_the_background():
    drawn = emoji.drawings("noto", categories="lock").rgba.astype(float)
    for name, colour in (("white", 255), ("black", 0), ("grey", 128)):
        images = load(size=64, categories="lock", background=name).images.numpy()
        alpha = drawn[:, 3:] / 255
        assert np.abs(images - (drawn[:, :3] * alpha + colour * (1 - alpha))).max() <= 0.5


def test_any_colour_may_lie_behind_them():
    images = load(categories="lock", background=(10, 200, 30))
    assert images.images[0, :, 0, 0].tolist() == [10, 200, 30]


def test_black_ink_is_seen_on_a_dark_background():
    on_white, on_black = (
        load(styles=["fluent_high_contrast", "openmoji_black"], background=name).images.float().mean((1, 2, 3))
        for name in ("white", "black")
    )
    assert (on_black > 3).all() and (on_white < 252).all()
    assert torch.allclose(255 - on_white, on_black, atol=2)


@pytest.mark.parametrize("colour", ["pink", (1, 2), (0, 0, 256), (0.5, 0, 0), (True, 0, 0)])
def test_what_is_no_colour_is_refused(colour):
    with pytest.raises(DataError, match="is no colour: pass white, black, grey, or red, green and blue"):
        load(background=colour)


@pytest.mark.parametrize(("task", "classes"), [("subcategory", 47), ("group", 5), ("style", 5)])
def test_the_class_may_be_something_else(task, classes):
    images = load(task=task, styles=None if task == "style" else ["noto", "twemoji"])
    assert len(images.classes) == classes
    assert [images.classes[label] for label in images.labels] == images.columns[task].tolist()
    for one, other in ((images.train, images.test), (images.train, images.valid), (images.valid, images.test)):
        assert not values(one, "name") & values(other, "name")
    for part in (images.train, images.valid, images.test):
        assert len(part.labels.unique()) == classes


def test_sub_categories_of_one_or_two_emoji_are_left_out_unless_named():
    assert {"hotel", "animal-amphibian"} & set(load(task="subcategory").classes) == set()
    named = load(task="subcategory", categories=["hotel", "lock"], test=0, valid=0)
    assert named.classes == ("hotel", "lock")
    with pytest.raises(DataError, match="too few"):
        load(task="subcategory", categories=["hotel", "lock"])


def test_categories_are_groups_or_sub_categories():
    images = load(categories=["Food & Drink", "lock"], task="subcategory")
    assert values(images, "group") == {"Food & Drink", "Objects"}
    assert sum(images.columns["subcategory"] == "lock") == 6


def test_one_family_is_all_to_train_on():
    images = load(styles=["fluent_3d", "fluent_flat", "fluent_high_contrast"], test=0.3)
    assert len(images.train) == len(images) == 3 * 849


def test_of_two_families_the_last_is_for_testing():
    images = load(styles=["fluent_3d", "noto", "fluent_flat"])
    assert values(images.train, "family") == {"fluent"} and values(images.test, "family") == {"noto"}
    assert len(images.valid) == 0


def test_of_all_families_one_is_for_validation():
    images = load(styles="all")
    assert values(images.train, "family") == {"noto", "twemoji"}
    assert values(images.valid, "family") == {"fluent"} and values(images.test, "family") == {"openmoji"}
    assert len(images) == 7 * 849


def test_a_family_is_kept_for_testing_by_name():
    images = load(styles=["noto", "twemoji", "openmoji"], test_family="noto")
    assert values(images.test, "family") == {"noto"} and len(images.valid) == 0
    assert values(images.train, "family") == {"twemoji", "openmoji"}


def test_a_new_style_can_be_asked_of_any_class(caplog):
    images = load(styles=["noto", "twemoji"], task="group", test_family="twemoji")
    assert values(images.test, "family") == {"twemoji"}
    assert values(images.train, "family") == values(images.valid, "family") == {"noto"}
    assert not values(images.train, "name") & values(images.valid, "name")
    assert "too good" not in caplog.text


def test_no_drawing_is_parted_whatever_is_asked():
    for task in ("object", "subcategory", "group", "style"):
        images = load(styles="all", task=task)
        parts = [values(part, "drawing") for part in (images.train, images.valid, images.test)]
        assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"test_family": "noto"}, "leaves nothing to train on: add a style of another family"),
        ({"styles": ["noto", "twemoji"], "test_family": "fluent"}, "is none of the styles' families: noto, twemoji"),
        ({"styles": "all", "test_family": "noto", "valid_family": "noto"}, "keep two different ones"),
        ({"task": "style", "test_family": "noto"}, "drop them for this task"),
        ({"task": "colour"}, "unknown task 'colour' for emoji: pass object, subcategory, group, style"),
        ({"styles": "notto"}, 'there is no style .notto. of emoji.*Did you mean "noto"'),
        ({"styles": []}, "names no style"),
        ({"categories": "locks"}, 'no sub-category .locks. of emoji. Did you mean "lock"'),
        ({"categories": []}, "leaves no emoji"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message):
    with pytest.raises(DataError, match=message):
        load(**options)


def test_other_drawings_or_another_background_are_another_set():
    keys = [
        load(categories="lock", styles=styles, background=background).key
        for styles in ("fluent_3d", "fluent_flat")
        for background in ("white", "black")
    ]
    assert len(set(keys)) == 4


def test_the_class_does_not_change_the_pixels_that_are_kept(fresh_cache):
    first, second = load(), load(task="group")
    assert torch.equal(first.images, second.images)
    assert len(list(fresh_cache.glob("images/*/meta.json"))) == 1


def test_other_sizes_are_drawn_anew_from_the_sheets():
    images = load(categories="lock")
    assert tuple(images.pixels(48, 32, "bilinear").shape) == (6, 3, 32, 32)


def test_the_card_names_whose_they_are():
    assert load().card.licence == "Apache-2.0"
    both = load(styles=["twemoji", "openmoji", "openmoji_black"]).card
    assert both.licence == "CC BY 4.0, CC BY-SA 4.0"
    assert "Twitter" in both.attribution and both.attribution.count("OpenMoji") == 1
    assert both.bytes == sum(len(reading.sheet_bytes(style)) for style in ("twemoji", "openmoji", "openmoji_black"))


@pytest.fixture
def damaged(tmp_path, monkeypatch):
    """Copy the package's files; the Noto sheet lacks its last byte."""
    for name in ("noto", "twemoji"):
        data = reading.sheet_bytes(name)
        file = tmp_path / emoji.read_table().sheets[name]["file"]
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data[:-1] if name == "noto" else data)
    monkeypatch.setattr(reading, "FOLDER", tmp_path)
    return tmp_path


def test_a_damaged_sheet_is_not_used(damaged, fresh_cache):
    assert len(load(styles="twemoji")) == 849
    with pytest.raises(DataError, match="is not the file that was published: run  pip install --force-reinstall"):
        load()
    with pytest.raises(DataError, match="is not the file that was published"):
        emoji.drawings("noto")


def test_a_missing_sheet_says_how_to_get_it(damaged):
    (damaged / "sheets" / "twemoji.webp").unlink()
    with pytest.raises(DataError, match=r"cannot be read .* run  pip install --force-reinstall"):
        emoji.drawings("twemoji")


def test_the_entry_takes_what_finding_takes():
    assert card.entry()["options"] == tuple(inspect.signature(listing.find_emoji).parameters)


def test_the_entry_says_the_same_as_the_set_itself():
    entry, images = CATALOGUE["emoji"], load()
    assert entry.here and entry.card() == images.card
    assert (entry.images, entry.classes) == (len(images), images.classes)
