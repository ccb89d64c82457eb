"""The explorer's Python half: what a page asks for, and what it is told; the test images are never among it."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import tlnb
from tlnb.backbones import class_activation, layer_maps, map_changes, receptive_fields
from tlnb.controls import FeatureExplorer
from tlnb.core.errors import DataError, ModelError, TlnbError

EVIL = '<img src=x onerror="window.hit=1">'


@pytest.fixture(scope="module")
def images():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(60) % 2
    pixels = torch.randint(0, 100, (60, 3, 32, 32), generator=generator) + 120 * labels[:, None, None, None]
    domain = np.array(["day", "night", "night"] * 20)
    columns = {"domain": domain, "number": np.arange(60)}
    return tlnb.ImageData.from_tensors(pixels.to(torch.uint8), labels, ["dark", EVIL], columns=columns)


@pytest.fixture(scope="module")
def before(images):
    return tlnb.create_model("resnet10t", images, weights="random")


@pytest.fixture(scope="module")
def after(before):
    other = copy.deepcopy(before)
    with torch.no_grad():
        other.layer2[0].conv2.weight[7] += 0.5
    return other


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TLNB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def explorer(after, before, images):
    return FeatureExplorer(after, images, before=before, layer="layer2.0.conv2")


@pytest.fixture
def heard(explorer, page):
    heard = page(explorer)
    heard.open()
    explorer._finding.wait(30)
    return heard


def bytes_of(heard, kind):
    return next(buffers for _, _, content, buffers in reversed(heard.heard) if content["kind"] == kind)


def test_a_view_is_told_what_can_be_chosen_and_sees_the_picture_and_its_maps(heard, images, after):
    choices = heard.of("choices")[0]
    assert choices["compared"] and choices["methods"][:2] == [["pca", "PCA"], ["tsne", "t-SNE"]]
    assert {layer["name"]: layer["maps"] for layer in choices["layers"]}["fc"] is False
    (pixels,) = bytes_of(heard, "image")
    row = int(images.valid.indices[0])
    preparing = tlnb.model_card(after).preprocessing
    prepared = images.pixels(preparing.resize_for(32), 32, preparing.interpolation)  # as a training sees them
    assert pixels == prepared[row].permute(1, 2, 0).contiguous().numpy().tobytes()
    maps = heard.of("maps")[0]
    sheets = [np.frombuffer(one, np.uint8).reshape(len(maps["numbers"]), -1) for one in bytes_of(heard, "maps")]
    assert len(sheets) == 2 and sheets[0].shape[1] == maps["height"] * maps["width"]
    both = np.concatenate(sheets, 1)  # each map now and before, on one scale
    assert (both.min(1) == 0).all() and (both.max(1) == 255).all()


def test_the_map_that_a_training_changed_ranks_first(heard, explorer, after, before):
    assert heard.of("maps")[-1]["numbers"][0] == 7 and "map 7 has changed most" in repr(explorer)
    pixels = explorer._look.shown.pixels[None]
    maps = [layer_maps(one, pixels, "layer2.0.conv2") for one in (before, after)]
    assert heard.of("maps")[-1]["values"][0] == f"{map_changes(*maps)[7]:.2g}"
    heard.do("order", name="number")
    assert heard.of("maps")[-1]["numbers"][:3] == [0, 1, 2] and heard.state["order"] == "number"


def test_one_map_comes_whole_with_what_it_was_before_on_one_scale(heard, explorer):
    heard.do("map", number=7)
    now, old = (np.frombuffer(one, np.uint8) for one in bytes_of(heard, "map"))
    shape = explorer._look.sheet.maps.shape[1:]
    assert len(now) == len(old) == shape[0] * shape[1]
    assert min(now.min(), old.min()) == 0 and max(now.max(), old.max()) == 255
    assert heard.state["map"] == 7 and "change" in heard.of("map")[-1]["says"]
    heard.do("map", number=None)
    assert heard.state["map"] is None
    heard.do("map", number=5000)
    assert "has no map 5000" in heard.of("error")[-1]["text"]


def test_another_layer_brings_its_maps_and_what_its_places_see(heard, after):
    heard.do("layer", name="stage3")
    assert heard.state["layer"] == "stage3" and heard.of("maps")[-1]["layer"] == "stage3"
    fields = heard.of("fields")[-1]
    boxes = np.frombuffer(bytes_of(heard, "fields")[0], "<i2").reshape(fields["height"], fields["width"], 4)
    assert np.array_equal(boxes, receptive_fields(after, ["layer3"], 32)["layer3"].boxes.numpy())
    heard.do("layer", name="fc")
    assert "gives one vector an image" in heard.of("error")[-1]["text"] and heard.state["layer"] == "stage3"


def test_a_sheet_of_many_maps_has_pages(heard):
    heard.do("layer", name="stage3")
    assert heard.state["pages"] == 4 and len(heard.of("maps")[-1]["numbers"]) == 64
    first = heard.of("maps")[-1]["numbers"]
    heard.do("page", page=3)
    assert heard.state["page"] == 3 and not set(first) & set(heard.of("maps")[-1]["numbers"])
    heard.do("page", page=70)
    assert heard.state["page"] == 3


def test_without_a_before_maps_are_ranked_by_strength(images, after, page):
    explorer = FeatureExplorer(after, images, layer="stage1")
    heard = page(explorer)
    heard.open()
    strengths = layer_maps(after, explorer._look.shown.pixels[None], "layer1")[0].abs().mean((1, 2))
    assert heard.of("maps")[-1]["numbers"][0] == int(strengths.argmax()) and heard.state["order"] == "mean"
    heard.do("order", name="change")
    assert "needs before" in heard.of("error")[-1]["text"]


def test_ones_own_picture_is_looked_at(heard, explorer, tmp_path):
    path = tmp_path / "mine.png"
    Image.new("RGB", (80, 50), (250, 10, 10)).save(path)
    explorer.show(path)
    assert heard.state["picture"] == {"title": "mine.png", "label": "", "row": None}
    assert bytes_of(heard, "image")[0][:3] == bytes([250, 10, 10])
    explorer.show(Image.new("RGB", (40, 40)))
    assert heard.state["picture"]["title"] == "your own picture"
    heard.do("step", by=1)
    assert heard.state["picture"]["row"] is not None


def test_the_test_images_are_not_looked_at(explorer, images, heard):
    row = int(images.test.indices[0])
    with pytest.raises(DataError, match="test image"):
        explorer.show(row)
    shown = set()
    for _ in range(len(images)):
        heard.do("step", by=1)
        shown.add(heard.state["picture"]["row"])
    assert shown == set(images.train.indices.tolist()) | set(images.valid.indices.tolist())


def test_a_class_activation_is_the_librarys_and_follows_picture_and_layer(heard, explorer, after):
    heard.do("activate", target=1)
    pixels = explorer._look.shown.pixels[None]
    heat = class_activation(after, pixels, 1, "layer2.0.conv2")[0][0]
    sent = np.frombuffer(bytes_of(heard, "heat")[0], np.uint8)
    assert np.array_equal(sent, (heat / heat.max() * 255).round().byte().numpy().ravel())
    assert heard.state["target"] == 1 and EVIL in heard.of("heat")[-1]["says"]
    heard.do("layer", name="stage1")
    assert len(bytes_of(heard, "heat")[0]) > len(sent) and len(heard.of("heat")) == 2
    heard.do("rest")
    heard.do("step", by=1)
    assert len(heard.of("heat")) == 2  # nobody asks for it now
    heard.do("activate", target=2)
    assert "no class 2" in heard.of("error")[-1]["text"]


def test_a_cover_changes_the_scores_while_it_is_drawn(heard):
    whole = heard.state["scores"]
    assert [score["covered"] for score in whole] == [None, None]
    heard.do("cover", mask="1" * 98 + "0" * 98, side=14)
    covered = heard.state["scores"]
    assert covered[0]["covered"] is not None and covered[0]["whole"] == whole[0]["whole"]
    assert heard.state["share"] == 0.5 and sum(score["covered"] for score in covered) == pytest.approx(1, abs=0.01)
    heard.do("cover", mask="0" * 196, side=14)
    assert heard.state["share"] == 0 and heard.state["scores"][0]["covered"] is None
    heard.do("cover", mask="01", side=14)
    assert "needs as many of 0 and 1" in heard.of("error")[-1]["text"]


def test_the_set_is_laid_out_before_and_after_in_a_thread(heard, explorer, images):
    heard.do("project", method="pca", layer="what the head gets")
    assert explorer.wait(60)
    points = heard.of("points")[-1]
    count = len(images.train) + len(images.valid)
    assert points["count"] == count and points["sets"] == 2 and "on the same axes" in points["says"]
    places, classes, _ = bytes_of(heard, "points")
    assert np.array_equal(np.frombuffer(places, "<f4").reshape(2, count, 2), np.stack(explorer.projection.points))
    rows = explorer._pictures.rows
    assert np.array_equal(np.frombuffer(classes, "<u2"), images.labels[rows].numpy())
    assert [one["name"] for one in points["colourings"]] == ["class", "domain"]
    assert not heard.state["projecting"]["running"] and heard.state["projecting"]["text"] == ""
    told = [state["state"]["projecting"]["text"] for state in heard.of("state")]
    assert any(text for text in told)


def test_features_of_a_layer_are_laid_out_too_and_what_fails_is_told(heard, explorer):
    heard.do("project", method="pca", layer="stage1")
    assert explorer.wait(60) and "PCA of stage1" in heard.of("points")[-1]["says"]
    heard.do("project", method="umap", layer="stage1")
    if explorer._projecting.wait(60) and explorer._projecting.error:
        assert "UMAP is not installed" in heard.state["projecting"]["error"]
        with pytest.raises(TlnbError, match="UMAP"):
            explorer.wait()
    heard.do("project", method="pca", layer="stage9")
    assert "no layer 'stage9'" in heard.of("error")[-1]["text"]


def test_work_that_is_stopped_counts_no_more(heard, explorer):
    heard.do("project", method="tsne", layer="what the head gets")
    heard.do("stop", what="project")
    assert not heard.state["projecting"]["running"]
    assert explorer.wait(60) and explorer.projection is None and heard.of("points") == []


def test_points_are_pointed_at_picked_and_caught(heard, explorer, images):
    rows = explorer._pictures.rows
    heard.do("thumb", place=3)
    thumb = heard.of("thumb")[-1]
    assert len(bytes_of(heard, "thumb")[0]) == thumb["size"] ** 2 * 3 and f"image {int(rows[3])}" in thumb["says"]
    heard.do("pick", place=3)
    assert heard.state["picture"]["row"] == int(rows[3])
    places = [i for i, row in enumerate(rows.tolist()) if images.labels[row] == 0]
    heard.do("catch", places=places)
    assert explorer.selected == tuple(rows[places].tolist())
    assert f"{len(places)} of {len(rows)} images are chosen: {len(places)} dark." == heard.of("caught")[-1]["says"]
    assert len(heard.of("caught")[-1]["places"]) <= 24
    heard.do("catch", places=[])
    assert explorer.selected == () and heard.of("caught")[-1]["says"] == "No point is chosen."
    heard.do("pick", place=4000)
    assert "Points are numbered" in heard.of("error")[-1]["text"]


@pytest.mark.slow
def test_each_layer_group_is_probed_on_images_that_are_not_for_testing(heard, explorer):
    heard.do("probe")
    assert explorer.wait(120)
    depth = heard.state["depth"]
    assert [one["when"] for one in depth["sets"]] == ["before", "after"] and depth["seeds"] == 5
    assert [row["group"] for row in depth["sets"][0]["rows"]] == ["stem", "stage1", "stage2", "stage3", "stage4"]
    assert all(0 <= row["low"] <= row["mean"] <= row["high"] for one in depth["sets"] for row in one["rows"])


def test_what_it_amounts_to_gives_the_same_maps_and_changes(explorer, after, before):
    space = {"model": copy.deepcopy(after), "before": copy.deepcopy(before)}
    space["images"] = tlnb.model_card(after).preprocessing.normalise(explorer._look.shown.pixels[None])
    exec(explorer._code(), space)
    torch.testing.assert_close(space["maps"][0], explorer._look.sheet.maps)
    torch.testing.assert_close(space["change"], explorer._look.sheet.changes)
    assert int(space["most_changed"][0]) == 7


def test_models_are_left_as_they_were(after, images, heard):
    training = copy.deepcopy(after).train()
    state = {name: value.clone() for name, value in training.state_dict().items()}
    explorer = FeatureExplorer(training, images)
    explorer._do_activate(0)
    explorer._do_cover("1" * 4, 2)
    explorer.project()
    explorer.wait(60)
    assert training.training and all(module.training for module in training.modules())
    assert all(torch.equal(value, state[name]) for name, value in training.state_dict().items())
    assert all(parameter.grad is None for parameter in training.parameters())


def test_a_run_is_taken_for_its_model(images, before):
    run = tlnb.fit(before, images, tlnb.Recipe(epochs=1, batch_size=16, trainable="all"), device="cpu", progress=False)
    explorer = FeatureExplorer(run, images, before=before)
    assert "has changed most" in repr(explorer)


def test_where_only_late_layers_were_trained_these_are_shown_first(images, before):
    other = copy.deepcopy(before)
    with torch.no_grad():
        other.layer3[0].bn2.weight.add_(1)
    explorer = FeatureExplorer(other, images, before=before)
    assert explorer._look.layer.name == "stage3" and "has changed most" in repr(explorer)
    explorer.choose(layer="stage1")
    assert "none has changed since before the training" in repr(explorer)


def test_another_architecture_is_refused(images, before):
    other = tlnb.create_model("test_efficientnet", images, weights="random")
    with pytest.raises(ModelError):
        FeatureExplorer(other, images, before=before)


def test_a_transformer_of_tokens_is_explored(page):
    pixels = torch.randint(0, 256, (20, 3, 160, 160), dtype=torch.uint8)
    images = tlnb.ImageData.from_tensors(pixels, torch.arange(20) % 2, ["a", "b"])
    heard = page(FeatureExplorer(tlnb.create_model("test_vit", images, weights="random"), images))
    heard.open()
    heard.control._finding.wait(30)
    assert heard.of("maps")[-1]["height"] == 10 and "sees the whole picture" in heard.of("fields")[-1]["says"]
    heard.do("activate", target=0)
    assert heard.of("heat")[-1]["height"] == 10


def test_a_network_of_ones_own_that_cannot_be_followed_says_so(images, page):
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.conv, self.last = nn.Conv2d(3, 4, 3, 2), nn.Conv2d(4, 8, 3, 2), nn.Conv2d(8, 8, 3)
            self.head = nn.Linear(8, 2)

        def forward(self, images):
            maps = self.conv(self.stem(images))
            return self.head((self.last(maps) if maps.sum().item() > -1e9 else maps).mean((2, 3)))

    heard = page(FeatureExplorer(Own(), images))
    heard.open()
    heard.control._finding.wait(30)
    assert heard.of("maps")[-1]["height"] == 7
    reasons = {layer["name"]: layer["title"] for layer in heard.of("choices")[0]["layers"]}
    assert "did not run" in reasons["last"]


def test_where_no_widget_is_alive_there_is_a_picture_and_a_sentence(explorer):
    plain = explorer._repr_mimebundle_()[0]
    explorer.project()
    explorer.wait(60)
    data, _ = explorer._repr_mimebundle_()
    assert data["image/png"][1:4] == b"PNG" and len(data["image/png"]) > len(plain["image/png"])
    assert data["text/plain"].startswith("FeatureExplorer: layer2.0.conv2 gives 128 maps of 4 × 4 for image ")
    assert len(json.dumps(explorer.get_state(), default=str)) < 3000
