"""The list of models: what is here, what a pattern finds, and that what it says is so."""

from __future__ import annotations

import json

import pytest

from tlnb.backbones import create_model
from tlnb.backbones.bundled import BUNDLED
from tlnb.backbones.catalogue import find_models, lessons_of, models_here
from tlnb.backbones.names import find_model
from tlnb.backbones.packaged import PACKAGED
from tlnb.core.errors import ModelError


def test_the_packaged_models_are_here():
    here = models_here()
    installed = [f"timm/{name}" for name, packaged in PACKAGED.items() if packaged.find()]
    assert [f"{model.library}/{model.name}" for model in here] == [*installed, *BUNDLED]
    assert {model.here for model in here} == {"package"}


@pytest.mark.parametrize("name", [*(f"timm/{name}" for name in PACKAGED), *BUNDLED])
def test_the_short_list_says_the_same_as_the_libraries(name):
    listed = next(model for model in models_here() if f"{model.library}/{model.name}" == name)
    (asked,) = (model for model in find_models(name) if f"{model.library}/{model.name}" == name)
    assert listed == asked and listed.here == "package"
    entry = find_model(name)
    assert (listed.licence, listed.input_size) == (entry.licence or "bsd-3-clause", entry.input_size)


def test_a_name_is_listed_with_the_tag_it_means():
    assert [model.name for model in find_models("timm/mobilenetv2_10?")] == ["mobilenetv2_100.tv_in1k"]
    assert [model.name for model in find_models("torchvision/mobilenet_v2")] == ["mobilenet_v2.IMAGENET1K_V1"]


def test_weights_of_a_package_that_were_fetched_as_well_are_listed_once(tmp_path):
    checkpoint = tmp_path / "torch" / "hub" / "checkpoints" / "mobilenet_v2-b0353104.pth"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_bytes(b"weights")
    here = [(model.name, model.here) for model in models_here() if model.library == "torchvision"]
    assert here == [("mobilenet_v2.IMAGENET1K_V1", "cache")]


def test_a_pattern_finds_names_in_both_libraries():
    found = {(model.library, model.name): model for model in find_models("resnet18")}
    assert {("timm", "resnet18"), ("timm", "seresnet18"), ("torchvision", "resnet18")} <= set(found)
    ours = found["timm", "resnet18"]
    assert (ours.parameters, ours.input_size, ours.licence) == (11_689_512, 224, "apache-2.0")
    assert ours.here == "" and ours.weights.endswith("timm/resnet18.a1_in1k")
    assert found["timm", "seresnet18"].weights == ""
    assert found["torchvision", "resnet18"].weights.startswith("https://download.pytorch.org/")


def test_a_pattern_with_a_dot_lists_each_set_of_weights():
    names = [model.name for model in find_models("timm/resnet18.*")]
    assert "resnet18.tv_in1k" in names and len(names) > 3
    names = [model.name for model in find_models("torchvision/resnet50.*")]
    assert names == ["resnet50.IMAGENET1K_V1", "resnet50.IMAGENET1K_V2"]
    assert find_model(f"torchvision/{names[0]}").input_size == 224


@pytest.mark.parametrize("name", ["timm/test_resnet", "torchvision/squeezenet1_1", "torchvision/regnet_y_400mf"])
def test_parameters_are_those_of_the_model_with_a_thousand_classes(name):
    (listed,) = (model for model in find_models(name) if model.name == name.partition("/")[2])
    model = create_model(name, 1000, weights="random")
    assert listed.parameters == sum(parameter.numel() for parameter in model.parameters())


def test_parameters_are_counted_once(fresh_cache):
    find_models("timm/test_resnet")
    (kept,) = fresh_cache.glob("models/parameters_*.json")
    counts = json.loads(kept.read_text(encoding="utf-8"))
    kept.write_text(json.dumps(dict.fromkeys(counts, 7)), encoding="utf-8")
    assert {model.parameters for model in find_models("timm/test_resnet")} == {7}


def test_weights_that_were_fetched_are_here(tmp_path):
    checkpoint = tmp_path / "torch" / "hub" / "checkpoints" / "resnet18-f37072fd.pth"
    snapshot = tmp_path / "hub" / "models--timm--test_resnet.r160_in1k" / "snapshots" / "abc" / "model.safetensors"
    for file in (checkpoint, snapshot):
        file.parent.mkdir(parents=True)
        file.write_bytes(b"weights")
    fetched = {model.name: model for model in models_here() if model.here == "cache"}
    assert {name: model.weights for name, model in fetched.items()} == {
        "test_resnet.r160_in1k": str(snapshot),
        "resnet18.IMAGENET1K_V1": str(checkpoint),
    }
    by_architecture = {(model.library, model.name): model.here for model in find_models("resnet18")}
    assert by_architecture["torchvision", "resnet18"] == "cache" and by_architecture["timm", "resnet18"] == ""


def test_families_lead_to_the_lessons_that_name_them():
    assert "2.1" in lessons_of("tf_mobilenetv3_large_100") and "10.3" in lessons_of("inception_v3")
    assert lessons_of("inception_next_tiny") == lessons_of("repvgg_a0") == ()


def test_a_pattern_that_fits_nothing_gets_the_near_names():
    with pytest.raises(ModelError, match="resnet18"):
        find_models("reznet18")
    with pytest.raises(ModelError, match="the only prefixes"):
        find_models("keras/resnet")
