"""tlnb's own small network for digits, used as any other model."""

from __future__ import annotations

import pytest
import torch

import tlnb
from tlnb.backbones import cost_card, find_models, layer_groups
from tlnb.core.errors import ModelError, WeightsError
from tlnb.methods import DANN, adapt_statistics


@pytest.fixture
def model():
    return tlnb.create_model("small_cnn", 10, weights="random", seed=3)


@pytest.fixture
def digits():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(120) % 3
    pixels = torch.randint(0, 60, (120, 3, 28, 28), generator=generator)
    for row, label in enumerate(labels.tolist()):
        pixels[row, :, 9 * label : 9 * label + 8] += 180
    return tlnb.ImageData.from_tensors(pixels.to(torch.uint8), labels, ["top", "middle", "bottom"])


def test_its_card_says_whose_it_is_and_what_pixels_it_expects(model):
    card = model.tlnb_card
    assert (card.name, card.library, card.input_size) == ("small_cnn", "tlnb", 28)
    assert card.preprocessing.mean == card.preprocessing.std == (0.5, 0.5, 0.5)
    assert card.preprocessing.resize_for(28) == 28
    assert card.weights.source == "random"


def test_its_layer_groups_are_its_stages(model):
    names = {group.name: group.parameters for group in layer_groups(model)}
    assert list(names) == ["stem", "stage1", "stage2", "head"]
    assert {parameter.split(".")[0] for parameter in names["stage2"]} == {"stage2", "last"}
    assert names["head"] == ("head.weight", "head.bias")


@pytest.mark.parametrize("size", [24, 28, 32, 64])
def test_it_takes_images_of_many_sizes(model, size):
    assert model(torch.zeros(2, 3, size, size)).shape == (2, 10)


def test_images_that_are_too_small_are_refused_with_their_size(model):
    with pytest.raises(ModelError, match="20 x 20"):
        model(torch.zeros(2, 3, 20, 20))


def test_the_seed_decides_its_weights_and_leaves_the_global_state_alone(model):
    before = torch.get_rng_state()
    again, other = (tlnb.create_model("tlnb/small_cnn", 10, weights="random", seed=seed) for seed in (3, 4))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))
    assert not torch.equal(model.stem[0].weight, other.stem[0].weight)


def test_it_costs_little(model):
    card = cost_card(model, size=28, measure=False)
    assert card.parameters < 110_000
    assert card.macs < 5_000_000


def test_published_weights_are_refused_because_there_are_none():
    with pytest.raises(WeightsError, match='weights="random"'):
        tlnb.create_model("small_cnn", 10)
    with pytest.raises(WeightsError, match="publishes no weights"):
        tlnb.create_model("small_cnn", "imagenet")


def test_a_file_with_its_weights_is_read(model, tmp_path):
    from safetensors.torch import save_file

    save_file(model.state_dict(), tmp_path / "digits.safetensors")
    read = tlnb.create_model("small_cnn", 10, weights=tmp_path / "digits.safetensors")
    assert torch.equal(read.last[0].weight, model.last[0].weight)
    assert not read.tlnb_card.new_head


def test_it_is_in_the_list_of_models():
    (found,) = find_models("tlnb/small_cnn")
    assert (found.name, found.library, found.weights) == ("small_cnn", "tlnb", "")
    assert (
        found.parameters
        == cost_card(tlnb.create_model("small_cnn", 1000, weights="random"), 28, measure=False).parameters
    )


def test_it_learns_adapts_and_is_exported(digits, tmp_path):
    model = tlnb.create_model("small_cnn", digits, weights="random")
    recipe = tlnb.Recipe(trainable="all", epochs=3, batch_size=16, learning_rate=1e-2)
    run = tlnb.fit(model, digits, recipe, method=DANN(digits, hidden=16), progress=False)
    assert run.metrics["accuracy"] > 0.9
    adapted = adapt_statistics(run.model, digits)
    assert not torch.equal(adapted.stem[2].running_mean, run.model.stem[2].running_mean)
    assert run.export("onnx", tmp_path / "digits.onnx").exists()


def test_its_weights_are_drawn_from_the_seed_of_a_recipe_too(digits):
    model = tlnb.create_model("small_cnn", digits, weights="random")
    recipe = tlnb.Recipe(trainable="all", weights="random", epochs=1)
    first, second = (tlnb.fit(model, digits, recipe.with_(seed=seed), progress=False) for seed in (1, 2))
    assert first.losses[0] != second.losses[0]
