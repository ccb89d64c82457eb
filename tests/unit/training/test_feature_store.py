"""What frozen layers say is computed once: the same losses as without, at every frontier, and never the wrong ones."""

import copy
import dataclasses

import pytest
import torch
from architectures import batch, make

import tlnb
from tlnb.core.errors import RecipeError
from tlnb.training import Recipe, Steering
from tlnb.training.store import cuts

EIGHT = (
    "timm/resnet18",
    "timm/vgg11_bn",
    "timm/densenet121",
    "timm/mobilenetv3_small_050",
    "timm/tf_efficientnet_lite0",
    "timm/convnextv2_atto",
    "timm/vit_tiny_patch16_224",
    "torchvision/shufflenet_v2_x0_5",
)
# SGD: AdamW divides by the size of gradients, which makes rounding of the smallest of them a step of full length.
LAST = Recipe(trainable=1, epochs=3, batch_size=8, learning_rate=1e-3, optimizer="sgd", seed=1)
FLIPPED = LAST.with_(augmentation=[("flip", 0.5), ("colour_jitter", 0.5)])


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TLNB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def quiet_fit(model, images, recipe, **options):
    return tlnb.fit(model, images, recipe, progress=False, **options)


def alike(run, other):
    torch.testing.assert_close(torch.tensor(run.losses), torch.tensor(other.losses), rtol=2e-3, atol=2e-4)
    torch.testing.assert_close(run.outputs.logits, other.outputs.logits, rtol=1e-2, atol=2e-3)
    for one, two in zip(run.history, other.history, strict=True):
        assert one.valid_loss == pytest.approx(two.valid_loss, rel=5e-3)


def images_for(name, n=40):
    pixels, _ = batch(name, n)
    pixels = (pixels * 40 + 128).clamp(0, 255).to(torch.uint8)
    return tlnb.ImageData.from_tensors(pixels, torch.arange(n) % 3, ["a", "b", "c"], test=0.2, valid=0.2)


@pytest.mark.parametrize("name", EIGHT)
def test_losses_are_those_without(name):
    images, model = images_for(name), make(name)
    for trainable in ("head", 1):
        # Statistics fixed: on maps of one pixel, normalising by small batches turns rounding into percents.
        recipe = LAST.with_(trainable=trainable, epochs=2, fixed_statistics=True)
        kept = quiet_fit(model, images, recipe.with_(store="exact"))
        alike(kept, quiet_fit(model, images, recipe.with_(store="off")))
        (use,) = kept.cost.store
        assert use.read > use.computed == len(images)


@pytest.mark.parametrize(
    "changes",
    [
        {"trainable": "head", "thaw": ((1.0, 1), (2.0, 2)), "store": "exact"},
        {"thaw": ((1.5, "all"),)},
        {"patience": 1, "learning_rate": 0.3},
        {"ema_decay": 0.9},
        {"dropout": 0.3, "trainable": "head"},
        {"fixed_statistics": True, "optimizer": "adamw", "clip_norm": 1.0},
        {"fixed_statistics": ["stage3"], "thaw": ((1.0, 3),)},
        {"decay_to": "pretrained", "class_weights": "balanced", "label_smoothing": 0.1},
        {"precision": "bf16"},
    ],
    ids=lambda changes: ", ".join(changes),
)
def test_whatever_else_the_recipe_asks_for(model, images, changes):
    recipe = LAST.with_(store="exact").with_(**changes)
    kept, without = quiet_fit(model, images, recipe), quiet_fit(model, images, recipe.with_(store="off"))
    assert kept.cost.store
    if recipe.precision == "fp32" or recipe.precision == "auto":
        alike(kept, without)
    else:
        assert kept.losses == pytest.approx(without.losses, abs=0.05)


def test_the_frontier_moves_down_with_a_gradual_thaw(model, images):
    recipe = LAST.with_(trainable="head", thaw=((1.0, 1), (2.0, 2)), store="exact")
    run = quiet_fit(model, images, recipe)
    names = [group.name for group in tlnb.layer_groups(model)]
    assert [use.upto for use in run.cost.store] == [names[-2], names[-3], names[-4]]


def test_what_a_hand_thaws_is_no_longer_read_from_the_store(model, images):
    names = [group.name for group in tlnb.layer_groups(model)]
    losses = {}
    for store in ("exact", "off"):
        steering = Steering()
        events = tlnb.train(model, images, LAST.with_(trainable="head", store=store), steering=steering)
        for event in events:
            if event.kind == "step" and event.step == 3:
                steering.thaw(names[-2])
            if event.kind == "step" and event.step == 7:
                steering.freeze(names[-2])  # it has trained: what is stored of it would be another network's
        losses[store] = event.run.losses
        if store == "exact":
            assert [use.upto for use in event.run.cost.store] == [names[-2], names[-3]]
    assert losses["exact"] == pytest.approx(losses["off"], rel=2e-3)


def test_a_run_that_was_stopped_goes_on_to_the_same_losses(model, images, tmp_path):
    recipe = LAST.with_(trainable="head", thaw=((2.0, 1),), store="exact")
    whole = quiet_fit(model, images, recipe)
    for stop_after in (2, 7):
        folder = tmp_path / str(stop_after)
        for event in tlnb.train(model, images, recipe, checkpoint=folder, checkpoint_seconds=0):
            if event.kind == "step" and event.step == stop_after:
                break
        again = quiet_fit(model, images, recipe, checkpoint=folder, resume=True)
        assert again.losses == whole.losses
        assert [use.upto for use in again.cost.store] == [use.upto for use in whole.cost.store]
        assert again.cost.macs == whole.cost.macs or stop_after  # what was computed twice is told


def test_what_was_chosen_is_chosen_again(model, images, tmp_path, monkeypatch):
    recipe = LAST.with_(trainable="head")
    monkeypatch.setattr("tlnb.training.store.keeper.saved_seconds", lambda *_: 1.0)
    for event in tlnb.train(model, images, recipe, checkpoint=tmp_path, checkpoint_seconds=0):
        if event.kind == "step" and event.step == 2:
            break
    monkeypatch.setattr("tlnb.training.store.keeper.saved_seconds", lambda *_: -1.0)
    assert quiet_fit(model, images, recipe, checkpoint=tmp_path, resume=True).cost.store
    assert not quiet_fit(model, images, recipe).cost.store


def test_a_second_run_computes_nothing(model, images, computed):
    recipe = LAST.with_(store="exact")
    first = quiet_fit(model, images, recipe)
    assert sum(computed) == len(images)
    again = quiet_fit(model, images, recipe)
    assert sum(computed) == len(images) and again.losses == first.losses


def test_seeds_folds_heads_and_rates_share_one_store(model, images, computed):
    recipe = LAST.with_(store="exact")
    quiet_fit(model, images, recipe)
    before = sum(computed)
    quiet_fit(model, images, recipe.with_(seed=5, learning_rate=1e-2, optimizer="adamw"))
    quiet_fit(model, images.resplit(seed=3), recipe)
    quiet_fit(model, images.few(5), recipe)
    assert sum(computed) == before


def other_pixels(images):
    pixels = images.images.clone()
    pixels[:, :, 0, 0] += 1
    return tlnb.ImageData.from_tensors(pixels, images.labels, images.classes, test=0.2, valid=0.2)


def other_size(images):
    return dataclasses.replace(images, size=images.size - 8)


def other_weights(model):
    with torch.no_grad():
        model.conv1[0].weight[0, 0, 0, 0] += 0.1


def other_statistics(model):
    model.bn1.running_mean += 0.1


def other_epsilon(model):
    model.bn1.eps = 0.1


def other_normalisation(model):
    card = model.tlnb_card
    preprocessing = dataclasses.replace(card.preprocessing, mean=(0.4, 0.4, 0.4))
    model.tlnb_card = dataclasses.replace(card, preprocessing=preprocessing)


def other_interpolation(model):
    card = model.tlnb_card
    preprocessing = dataclasses.replace(card.preprocessing, interpolation="nearest", crop=0.8)
    model.tlnb_card = dataclasses.replace(card, preprocessing=preprocessing)


@pytest.mark.parametrize(
    "change",
    [other_weights, other_statistics, other_epsilon, other_normalisation, other_interpolation],
    ids=lambda change: change.__name__,
)
def test_another_network_or_transform_is_a_miss(model, images, computed, change):
    recipe = LAST.with_(store="exact", epochs=1)
    quiet_fit(model, images, recipe)
    other = copy.deepcopy(model)
    change(other)
    quiet_fit(other, images, recipe)
    assert sum(computed) == 2 * len(images)


@pytest.mark.parametrize("change", [other_pixels, other_size], ids=lambda change: change.__name__)
def test_other_images_or_another_size_are_a_miss(model, images, computed, change):
    recipe = LAST.with_(store="exact", epochs=1)
    quiet_fit(model, images, recipe)
    quiet_fit(model, change(images), recipe)
    assert sum(computed) == 2 * len(images)


@pytest.mark.parametrize("changes", [{"precision": "bf16"}, {"store_precision": "fp16"}, {"trainable": 2}])
def test_another_precision_or_frontier_is_a_miss(model, images, computed, changes):
    recipe = LAST.with_(store="exact", epochs=1)
    quiet_fit(model, images, recipe)
    quiet_fit(model, images, recipe.with_(**changes))
    assert sum(computed) == 2 * len(images)


def test_what_trains_above_the_frontier_is_no_miss(model, images, computed):
    recipe = LAST.with_(store="exact", epochs=1)
    quiet_fit(model, images, recipe)
    other = copy.deepcopy(model)
    with torch.no_grad():
        other.layer4[0].conv1.weight.add_(0.1)
    quiet_fit(other, images, recipe)
    assert sum(computed) == len(images)


def test_code_that_was_written_anew_is_seen(model, images, caplog):
    recipe = LAST.with_(store="exact", epochs=1)
    quiet_fit(model, images, recipe)
    other = copy.deepcopy(model)
    own = type(other.maxpool).forward
    other.maxpool.forward = lambda maps: own(other.maxpool, maps) * 0.5  # no weight and no setting says so
    cuts._found.clear()
    kept = quiet_fit(other, images, recipe)
    assert "computed again" in caplog.text
    alike(kept, quiet_fit(other, images, recipe.with_(store="off")))


@pytest.mark.parametrize(("precision", "rounding"), [("fp16", 1e-3), ("bf16", 3e-2)])
def test_half_the_bytes_give_nearly_the_same_losses_and_say_how_far_they_round(model, images, precision, rounding):
    full, half = (quiet_fit(model, images, LAST.with_(store="exact", store_precision=p)) for p in ("fp32", precision))
    (use,), (of_full,) = half.cost.store, full.cost.store
    assert use.bytes < 0.6 * of_full.bytes
    assert half.losses == pytest.approx(full.losses, rel=10 * rounding) and half.losses != full.losses
    assert of_full.rounding is None
    assert 0 < use.rounding < rounding
    assert "rounded by" in str(half.cost)
    assert "rounded by" in str(use)


def test_rounded_features_are_not_taken_for_exact_ones(model, images, computed):
    for precision in ("bf16", "fp16", "fp32"):
        before = sum(computed)
        quiet_fit(model, images, LAST.with_(store="exact", store_precision=precision))
        assert sum(computed) - before == len(images)


def test_validation_images_are_stored_where_training_images_are_augmented(model, images):
    recipe = FLIPPED.with_(epochs=6)
    kept = tlnb.fit(model, images, recipe, progress=False)
    without = quiet_fit(model, images, recipe.with_(store="off"))
    assert kept.losses == pytest.approx(without.losses, rel=2e-3)


class TestViews:
    recipe = FLIPPED.with_(store="views", store_views=2, epochs=4)

    def test_the_first_epochs_are_those_of_augmentation_without(self, model, images):
        kept = quiet_fit(model, images, self.recipe.with_(epochs=2))
        alike(kept, quiet_fit(model, images, self.recipe.with_(epochs=2, store="off")))

    def test_then_the_views_come_again(self, model, images, computed):
        run = quiet_fit(model, images, self.recipe)
        n = {name: len(getattr(images, name)) for name in ("train", "valid", "test")}
        assert sum(computed) == 2 * n["train"] + n["valid"] + n["test"]
        (use,) = run.cost.store
        assert use.mode == "views" and use.read == 4 * n["train"] + 4 * n["valid"] + n["test"]

    def test_they_are_what_a_loop_with_so_many_draws_sees(self, model, images, monkeypatch):
        kept = quiet_fit(model, images, self.recipe)
        monkeypatch.setattr("tlnb.training.store.keeper.FeatureKeeper.settle", lambda *_: None)
        alike(kept, quiet_fit(model, images, self.recipe))

    def test_other_draws_are_a_miss(self, model, images, computed):
        quiet_fit(model, images, self.recipe.with_(epochs=2))
        for changes in ({"seed": 7}, {"augmentation": [("flip", 0.5), ("colour_jitter", 0.6)]}):
            before = sum(computed)
            quiet_fit(model, images, self.recipe.with_(epochs=2, **changes))
            assert sum(computed) == before + 2 * len(images.train)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"store": "exact", "augmentation": [("flip", 0.5)]}, 'store="views"'),
        ({"store": "views"}, "no augmentation"),
        ({"store": "views", "augmentation": [("flip", 0.5), ("mixup", 0.5)]}, "mixup"),
        ({"store": "exact", "trainable": "all"}, "freezes none"),
        ({"store": "exactly"}, 'Did you mean "exact"'),
        ({"store_views": 0}, "store_views=0"),
        ({"store_precision": "int8"}, "store_precision='int8'"),
    ],
)
def test_what_cannot_be_is_one_clear_error(changes, says):
    with pytest.raises(RecipeError, match=says):
        LAST.with_(**changes)


def test_small_runs_are_left_alone_and_say_so(model, images):
    run = quiet_fit(model, images, LAST.with_(epochs=1))
    (choice,) = (value for name, value in run.cost.choices.items() if name.startswith("store"))
    assert choice.startswith("off: it would save nothing") and not run.cost.store


def test_a_network_that_cannot_be_cut_trains_as_ever(images, caplog):
    class Skips(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.low, self.high = (
                torch.nn.Conv2d(3, 4, 3),
                torch.nn.Sequential(torch.nn.Conv2d(4, 4, 3), torch.nn.ReLU()),
            )
            self.fc = torch.nn.Linear(4, 2)

        def forward(self, pictures):
            return self.fc(self.high(self.low(pictures)).mean((2, 3))) + pictures.mean((1, 2, 3))[:, None]

    torch.manual_seed(0)
    run = quiet_fit(Skips(), images, LAST.with_(trainable="head", store="exact"))
    assert run.stopped == "finished" and not run.cost.store and "computed each time" in caplog.text


def test_operations_that_were_spared_are_not_counted(model, images):
    kept, without = (quiet_fit(model, images, LAST.with_(store=store)).cost for store in ("exact", "off"))
    (use,) = kept.store
    n = len(images.train)
    assert use.trained == 3 * n - n and kept.macs == without.macs - 2 * n * use.macs
    assert 0 < use.macs < without.macs / (3 * n)


def test_the_cost_says_what_was_kept_and_saved(model, images):
    cost = quiet_fit(model, images, LAST.with_(store="exact")).cost
    assert "stored features" in repr(cost) and "saved about" in repr(cost)
    (use,) = cost.store
    assert use.saved_seconds == pytest.approx(use.each * use.read - use.seconds) and use.seconds > 0


def test_a_model_is_not_kept_alive_by_its_store(images):
    import gc
    import weakref

    model = tlnb.create_model("resnet10t", images, weights="random")
    gc.collect()
    gc.disable()
    try:
        run = quiet_fit(model, images, LAST.with_(store="exact"))
        trained = weakref.ref(run.model)
        del run
        assert trained() is None
    finally:
        gc.enable()
