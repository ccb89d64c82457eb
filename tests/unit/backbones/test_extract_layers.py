"""What any layers say of images: in one pass, once, and resumed where it broke off."""

import numpy as np
import pytest
import torch

import tlnb
from tlnb.backbones.stored import StoredFeatures
from tlnb.core.cache import CacheFullError
from tlnb.core.errors import ModelError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TLNB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def model():
    return tlnb.create_model("resnet10t", 3, weights="random").eval()


@pytest.fixture
def pixels():
    return torch.randint(0, 256, (70, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def as_hooked(model, pixels, layer):
    found = []
    hook = model.get_submodule(layer).register_forward_hook(lambda _m, _i, given: found.append(given.clone()))
    with torch.no_grad():
        model.eval()(tlnb.model_card(model).preprocessing.normalise(pixels))
    hook.remove()
    return found[0]


def test_layers_give_what_a_hook_finds(model, pixels):
    layers = ["layer3", "conv1", "fc", "layer1.0.bn1"]
    found = tlnb.extract_layers(model, pixels, layers)
    assert list(found) == layers
    for layer, array in found.items():
        wanted = as_hooked(model, pixels, layer)
        torch.testing.assert_close(torch.from_numpy(array.copy()), wanted, rtol=1e-3, atol=1e-3)


def test_a_group_is_its_last_module(model, pixels):
    found = tlnb.extract_layers(model, pixels[:4], ["stage2", "layer2"])
    assert np.array_equal(found["stage2"], found["layer2"])


def test_the_second_time_nothing_is_computed(model, pixels, computed):
    first = tlnb.extract_layers(model, pixels, ["layer2"])["layer2"].copy()
    assert sum(computed) == len(pixels)
    assert np.array_equal(tlnb.extract_layers(model, pixels, ["layer2"])["layer2"], first)
    assert sum(computed) == len(pixels)


@pytest.mark.parametrize("change", ["pixels", "weights", "precision"])
def test_other_pixels_weights_or_precision_are_computed_anew(model, pixels, computed, change):
    tlnb.extract_layers(model, pixels, ["layer2"])
    if change == "pixels":
        pixels[0, 0, 0, 0] += 1
    if change == "weights":
        with torch.no_grad():
            model.conv1[0].weight[0, 0, 0, 0] += 0.1
    tlnb.extract_layers(model, pixels, ["layer2"], precision="fp16" if change == "precision" else "fp32")
    assert sum(computed) == 2 * len(pixels)


def test_what_was_broken_off_goes_on(model, pixels, computed, monkeypatch):
    own = StoredFeatures.fill
    calls = []

    def breaks(self, rows):
        calls.append(len(rows))
        if len(calls) == 2:
            raise KeyboardInterrupt
        own(self, rows)

    with monkeypatch.context() as patch:
        patch.setattr(StoredFeatures, "fill", breaks)
        with pytest.raises(KeyboardInterrupt):
            tlnb.extract_layers(model, pixels, ["layer2"])
    assert sum(computed) == calls[0]
    tlnb.extract_layers(model, pixels, ["layer2"])
    assert sum(computed) == len(pixels)


def test_it_is_in_a_file_and_not_in_memory(model, pixels):
    found = tlnb.extract_layers(model, pixels, ["layer2"])["layer2"]
    base = found
    while base.base is not None and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 0


def test_the_model_is_as_it_was(model, pixels):
    model.train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    tlnb.extract_layers(model, pixels, ["layer2"])
    assert model.training and all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


@pytest.mark.parametrize(
    ("layers", "says"),
    [(["layer9"], 'Did you mean "layer'), (["stage9"], "has no layer"), ([""], "has no layer")],
)
def test_a_layer_that_is_not_there_is_named(model, pixels, layers, says):
    with pytest.raises(ModelError, match=says):
        tlnb.extract_layers(model, pixels, layers)


def test_a_layer_that_is_never_called_is_told(model, pixels):
    model.spare = torch.nn.Linear(3, 3)
    with pytest.raises(ModelError, match="does not call 'spare'"):
        tlnb.extract_layers(model, pixels, ["spare"])


def test_without_room_it_says_how_much_is_wanted(model, pixels, monkeypatch):
    monkeypatch.setenv("TLNB_CACHE_LIMIT", "1kB")
    monkeypatch.setattr("tlnb.core.cache.rows.MEMORY_BYTES", 1000)
    with pytest.raises(CacheFullError, match="GB"):
        tlnb.extract_layers(model, pixels, ["layer2"])
