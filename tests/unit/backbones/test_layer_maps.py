"""Maps of any layer of any network, their change, and their means."""

from __future__ import annotations

import copy
import threading

import pytest
import torch
from torch import nn
from torchvision.models import swin_t, vgg11, vit_b_16

import tlnb
from tlnb.backbones import layer_maps, layer_means, map_changes, map_layers, twin_of
from tlnb.core.errors import ModelError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TLNB_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def model():
    return tlnb.create_model("resnet10t", 3, weights="random")


@pytest.fixture
def pixels():
    return torch.randint(0, 256, (5, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


NETWORKS = {
    "resnet10t": lambda: tlnb.create_model("resnet10t", 2, weights="random"),
    "lite0": lambda: tlnb.create_model("tf_efficientnet_lite0", 2, weights="random"),
    "convnext": lambda: tlnb.create_model("test_convnext", 2, weights="random"),
    "vit": lambda: tlnb.create_model("test_vit", 2, weights="random"),
    "vgg": lambda: vgg11(num_classes=2),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_that_is_listed_with_a_shape_gives_such_maps(name):
    model = NETWORKS[name]().eval()
    size = {"vit": 160, "vgg": 224}.get(name, 64)
    image = torch.randint(0, 256, (1, 3, size, size), dtype=torch.uint8)
    listed = map_layers(model, size)
    with_maps = [layer for layer in listed if layer.shape]
    for layer in with_maps[:: max(1, len(with_maps) // 6)] + with_maps[-1:]:
        assert tuple(layer_maps(model, image, layer.module).shape[1:]) == layer.shape, layer
    assert all(layer.reason for layer in listed if not layer.shape) and listed[-1].reason


@pytest.mark.parametrize("make", [vit_b_16, swin_t])
def test_tokens_of_torchvisions_transformers_are_maps(make):
    ends = [layer for layer in map_layers(make(num_classes=2), 224) if layer.kind == "output"]
    assert len(ends) > 3 and all(layer.shape and layer.shape[1] == layer.shape[2] <= 56 for layer in ends)


def test_maps_are_what_a_hook_finds(model, pixels):
    found = []
    hook = model.layer2.register_forward_hook(lambda _m, _i, given: found.append(given.clone()))
    with torch.no_grad():
        copy.deepcopy(model)  # hooks are the model's own affair
        model.eval()(tlnb.model_card(model).preprocessing.normalise(pixels))
    hook.remove()
    torch.testing.assert_close(layer_maps(model, pixels, "stage2"), found[0])


def test_a_layer_without_maps_says_so(model, pixels):
    with pytest.raises(ModelError, match="gives one vector an image"):
        layer_maps(model, pixels, "fc")
    with pytest.raises(ModelError, match="Did you mean"):
        layer_maps(model, pixels, "layer9")


def test_change_is_by_map_and_of_the_layers_strength():
    before = torch.zeros(2, 3, 4, 4)
    before[:, 0] = 3.0
    after = before.clone()
    after[:, 2] = 1.0
    after[0, 0] = 2.0
    changes = map_changes(before, after)
    strength = (9 / 3) ** 0.5
    assert changes.tolist() == pytest.approx([0.5**0.5 / strength, 0, 1 / strength])
    with pytest.raises(ModelError, match="one architecture"):
        map_changes(before, after[:, :2])


def test_means_are_means_of_maps_and_computed_once(model, pixels):
    seen = []
    means = layer_means(model, pixels, ["stage1", "fc", "layer1"], on_batch=lambda *done: seen.append(done))
    torch.testing.assert_close(means["stage1"], layer_maps(model, pixels, "stage1").mean((2, 3)))
    assert torch.equal(means["stage1"], means["layer1"]) and means["fc"].shape == (5, 3)
    assert seen == [(5, 5)]
    again = layer_means(model, pixels, ["stage1", "fc"], on_batch=lambda *done: seen.append(done))
    assert torch.equal(again["stage1"], means["stage1"]) and len(seen) == 1


def test_a_pass_that_is_stopped_goes_on_where_it_was(model):
    pixels = torch.randint(0, 256, (80, 3, 32, 32), dtype=torch.uint8)
    seen = []

    def stop(done, of):
        seen.append((done, of))
        if len(seen) == 1:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        layer_means(model, pixels, ["stage2"], on_batch=stop)
    layer_means(model, pixels, ["stage2"], on_batch=stop)
    assert seen == [(32, 80), (32, 48), (48, 48)]


def test_a_twin_shares_weights_and_nothing_else(model, pixels):
    calls = []
    model.train()
    hook = model.layer1.register_forward_hook(lambda *_: calls.append(1))
    twin = twin_of(model)
    hook.remove()
    twin.eval()
    assert all(one is other for one, other in zip(model.parameters(), twin.parameters(), strict=True))
    assert all(one is other for one, other in zip(model.buffers(), twin.buffers(), strict=True))
    assert model.training and not any(module in set(model.modules()) for module in twin.modules())
    model.eval()
    assert torch.equal(layer_maps(twin, pixels, "layer3"), layer_maps(model, pixels, "layer3"))


def test_twins_compute_in_two_threads_at_once(model, pixels):
    twins = [twin_of(model) for _ in range(2)]
    layers = ["layer1", "layer3"]
    wanted = {layer: layer_maps(model, pixels, layer) for layer in layers}
    wrong = []

    def compute(twin, layer):
        wrong.extend(1 for _ in range(20) if not torch.equal(layer_maps(twin, pixels, layer), wanted[layer]))

    threads = [threading.Thread(target=compute, args=pair) for pair in zip(twins, layers, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_layer_that_is_passed_by_is_refused():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.spare, self.head = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3), nn.Linear(4, 2)

        def forward(self, images):
            return self.head(self.conv(images).mean((2, 3)))

    with pytest.raises(ModelError, match="does not call 'spare'"):
        layer_maps(Own(), torch.zeros(1, 3, 8, 8, dtype=torch.uint8), "spare")
