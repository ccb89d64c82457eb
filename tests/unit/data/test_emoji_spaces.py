"""What emoji mean, as vectors."""

from __future__ import annotations

import numpy as np
import pytest

from tlnb.core.errors import DataError
from tlnb.data.emoji import attributes, embeddings, read_table, reading


@pytest.mark.parametrize("of", ["name", "keywords"])
def test_embeddings_are_as_long_as_one(of):
    found = embeddings(of)
    assert found.shape == (849, 384) and found.dtype == np.float32
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("of", ["name", "keywords"])
def test_what_is_alike_in_meaning_is_near(of):
    """The nearest other emoji is of the same group far more often than a random one (0.24)."""
    likeness = embeddings(of) @ embeddings(of).T
    np.fill_diagonal(likeness, -1)
    groups = read_table().groups
    assert (groups[likeness.argmax(1)] == groups).mean() > 0.7


def test_names_and_keywords_are_not_the_same_space():
    assert 0.3 < (embeddings("name") * embeddings("keywords")).sum(1).mean() < 0.95


def test_an_unknown_space_is_refused():
    with pytest.raises(DataError, match="no embeddings of 'names': pass name or keywords"):
        embeddings("names")


def test_damaged_embeddings_are_not_used(tmp_path, monkeypatch):
    (tmp_path / "embeddings.safetensors").write_bytes(b"damaged")
    monkeypatch.setattr(reading, "FOLDER", tmp_path)
    with pytest.raises(DataError, match="is not the file that was published"):
        embeddings()


def test_attributes_say_group_sub_category_and_keywords():
    plain, table = attributes(), read_table()
    assert plain.values.shape == (849, len(plain.names)) and len(set(plain.names)) == len(plain.names)
    assert len(plain.of("group").names) == 5 and len(plain.of("subcategory").names) == 49
    assert (plain.of("group").values.sum(1) == 1).all() and (plain.of("subcategory").values.sum(1) == 1).all()
    row = table.names.tolist().index("hammer")
    has = {name for name, value in zip(plain.names, plain.values[row], strict=True) if value}
    assert {"group: Objects", "subcategory: tool", "keyword: tool"} <= has


def test_keywords_of_few_emoji_are_left_out():
    assert attributes(5).of("keyword").values.sum(0).min() >= 5
    every = attributes(1).of("keyword")
    assert [int(count) for count in every.values.sum(1)] == [len(words) for words in read_table().keywords]


def test_what_are_no_attributes_is_refused():
    with pytest.raises(DataError, match="pass a number of emoji"):
        attributes(0)
    with pytest.raises(DataError, match="no attributes of the kind 'colour'"):
        attributes().of("colour")
