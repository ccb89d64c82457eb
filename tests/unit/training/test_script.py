"""The stand-alone script: no tlnb in it, and the same losses."""

import runpy
import sys

import pytest
import torch

import tlnb
import tlnb.methods
from tlnb.core.errors import RecipeError
from tlnb.training import Recipe
from tlnb.training.script.rates import prefixes
from tlnb.training.script.writing import write_script

AUGMENTED = [("random_resized_crop", 0.3), ("flip", 0.5), ("rotation", 0.2)]
# Statistics fixed: on maps of one pixel, normalising by small batches turns rounding into percents.
EVEN = Recipe(trainable="all", fixed_statistics=True, epochs=2, batch_size=16, optimizer="sgd", learning_rate=1e-3)
CASES = {
    "probe": ("tf_efficientnet_lite0", Recipe.preset("probe", epochs=2)),
    "gradual, augmented": (
        "tf_efficientnet_lite0",
        # SGD: AdamW's first steps after a thaw are the gradient's sign, which turns rounding into percents
        Recipe.preset(
            "gradual",
            epochs=3,
            thaw=[(1, 2), (2, "all")],
            augmentation=AUGMENTED,
            batch_size=16,
            optimizer="sgd",
        ),
    ),
    "sgd, one cycle, everything": (
        "tf_efficientnet_lite0",
        Recipe.preset(
            "full",
            epochs=2,
            optimizer="sgd",
            schedule="one_cycle",
            clip_norm=1.0,
            label_smoothing=0.1,
            class_weights="balanced",
            fixed_statistics=True,
            learning_rate=0.01,
            batch_size=16,
        ),
    ),
    "rates of its own": (
        "tf_efficientnet_lite0",
        Recipe(
            trainable="from stage5",
            epochs=1,
            batch_size=12,
            optimizer="sgd",
            learning_rate=0.02,
            rate_ratio=0.5,
            rate_factors={"stage5": 0.01, "stage7": 0.2, "head": 1.5},
        ),
    ),
    # Statistics fixed: on maps of one pixel, normalising by small batches turns rounding into percents.
    "normalisation only": (
        "tf_efficientnet_lite0",
        Recipe(trainable="all", parameters="norms", fixed_statistics=True, epochs=1, batch_size=12, optimizer="sgd"),
    ),
    "normalisation only, thawed": (
        "tf_efficientnet_lite0",
        Recipe(thaw=[(1, 2)], parameters="norms", fixed_statistics=True, epochs=2, batch_size=12, optimizer="sgd"),
    ),
    # The late ones, whose maps have one pixel.
    "fixed statistics of some groups": (
        "tf_efficientnet_lite0",
        EVEN.with_(
            trainable="from stage2",
            thaw=[(1, "all")],
            fixed_statistics=["head", "stage7", "stage6", "stage5", "stage4", "stage3"],
        ),
    ),
    "L2-SP apart from the gradient, an average of the weights, restarts": (
        "tf_efficientnet_lite0",
        EVEN.with_(
            optimizer="adamw",
            weight_decay=5.0,
            decay_to="pretrained",
            ema_decay=0.7,
            schedule="restarts",
            warmup_epochs=0.5,
            patience=1,
        ),
    ),
    "L2-SP in the gradient, a plateau": (
        "tf_efficientnet_lite0",
        EVEN.with_(
            optimizer="rmsprop",
            weight_decay=0.5,
            decay_to="pretrained",
            learning_rate=1e-4,
            schedule="plateau",
            schedule_options={"patience": 0},
            epochs=3,
        ),
    ),
    "LAMB, dropout, stochastic depth": (
        "tf_efficientnet_lite0",
        EVEN.with_(optimizer="lamb", dropout=0.3, drop_path=0.2, schedule="polynomial", warmup_epochs=0.5),
    ),
    "mixed images, noise, triangles": (
        "tf_efficientnet_lite0",
        EVEN.with_(
            augmentation=[("sensor_noise", 0.5), ("jpeg", 0.5), ("mixup", 0.4)],
            schedule="triangular",
            label_smoothing=0.1,
        ),
    ),
    "views that come again": (
        "tf_efficientnet_lite0",
        EVEN.with_(
            trainable="from stage6",
            augmentation=[("flip", 0.5), ("colour_jitter", 0.5)],
            store="views",
            store_views=2,
            epochs=3,
        ),
    ),
    "scratch, early stopping": (
        "resnet10t",
        Recipe.preset("scratch", epochs=4, patience=1, monitor="auc", seed=3, batch_size=16, learning_rate=1e-4),
    ),
    "tlnb's own from scratch": (
        "small_cnn",
        Recipe.preset("scratch", epochs=2, optimizer="sgd", learning_rate=1e-3, batch_size=18, patience=1),
    ),
    "torchvision from scratch": (
        "torchvision/resnet18",
        # Two even batches: normalising four maps of one pixel turns rounding into percents.
        Recipe.preset(
            "scratch",
            epochs=1,
            warmup_epochs=0,
            schedule="constant",
            optimizer="sgd",
            learning_rate=2e-4,
            batch_size=18,
        ),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_script_gives_the_losses_of_fit(case, images, tmp_path, monkeypatch, capsys):
    name, recipe = CASES[case]
    model = tlnb.create_model(name, images, weights="random" if recipe.weights == "random" else "auto")
    run = tlnb.fit(model, images, recipe, device="cpu", progress=False)
    card = tlnb.model_card(model)
    crop = {"resize": card.preprocessing.resize_for(images.size), "crop": images.size}
    images.save(tmp_path / "data.safetensors", **crop, interpolation=card.preprocessing.interpolation)
    script = tmp_path / "script.py"
    script.write_text(write_script(recipe, model, images, run.cost.choices["memory_format"]))
    assert "tlnb." not in script.read_text().split('"""')[2]

    monkeypatch.setattr(sys, "argv", ["script.py", str(tmp_path / "data.safetensors")])
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with torch.random.fork_rng():
        result = runpy.run_path(str(script))
    assert result["losses"] == pytest.approx(list(run.losses), rel=2e-3, abs=2e-4)
    assert f"epoch {len(run.history)}" in capsys.readouterr().out
    result["model"].eval()
    theirs, ours = result["model"].state_dict(), run.model.state_dict()
    assert theirs.keys() == ours.keys()
    began = model.state_dict()
    assert moved_statistics(began, theirs) == moved_statistics(began, ours)
    if case == "fixed statistics of some groups":
        assert {key.partition("running_")[0][:8] for key in moved_statistics(began, ours)} == {
            "bn1.",
            "blocks.0",
            "blocks.1",
        }


def moved_statistics(before, after):
    """Names of the running statistics that are not as they were."""
    return {key for key in after if "running_" in key and not torch.equal(before[key], after[key])}


def test_the_script_is_short_and_well_formed(images):
    model = tlnb.create_model("tf_efficientnet_lite0", images)
    text = Recipe.preset("last_stage").to_code(model, images)
    assert len(text.splitlines()) < 150
    assert "\n\n\n\n" not in text and "{%" not in text
    compile(text, "script.py", "exec")


@pytest.mark.parametrize(
    ("make", "recipe", "says"),
    [
        (
            lambda images: torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3, 2)),
            Recipe(),
            "create_model did not make",
        ),
        (lambda images: tlnb.create_model("resnet10t", images, weights="random"), Recipe(), "scratch"),
        (lambda images: tlnb.create_model("tf_efficientnet_lite0", images), Recipe(precision="fp16"), "fp16"),
        (lambda images: tlnb.create_model("tf_efficientnet_lite0", images), Recipe(store_precision="fp16"), "rounded"),
        (lambda images: tlnb.create_model("tf_efficientnet_lite0", images), Recipe(store_precision="bf16"), "rounded"),
        (
            lambda images: tlnb.create_model("tf_efficientnet_lite0", images),
            Recipe.preset("gradual", optimizer="lamb"),
            "lamb counts the steps of frozen groups",
        ),
        (
            lambda images: tlnb.create_model("tf_efficientnet_lite0", images),
            Recipe(class_weights="balanced", augmentation=[("mixup", 0.4)]),
            "labels that are mixed",
        ),
        (
            lambda images: tlnb.methods.add_low_rank(tlnb.create_model("tf_efficientnet_lite0", images)),
            Recipe(trainable="all", parameters="added"),
            "what a method added",
        ),
        (
            lambda images: tlnb.create_model("tf_efficientnet_lite0", images),
            Recipe(trainable="all", parameters="added"),
            "what a method added",
        ),
    ],
)
def test_what_a_script_cannot_show_is_refused_by_name(make, recipe, says, images):
    with pytest.raises(RecipeError, match=says):
        recipe.to_code(make(images), images)


def test_a_trained_model_is_refused(images):
    model = tlnb.create_model("tf_efficientnet_lite0", images)
    run = tlnb.fit(model, images, Recipe.preset("probe", epochs=1), progress=False)
    with pytest.raises(RecipeError, match=r"not run\.model"):
        Recipe().to_code(run.model, images)


def test_prefixes_cover_a_group_and_nothing_else():
    everything = ["a.0.w", "a.0.b", "a.1.w", "a.10.w", "c"]
    assert prefixes(["a.0.w", "a.0.b"], everything) == ("a.0.",)
    assert prefixes(["a.1.w", "c"], everything) == ("a.1.", "c")


@pytest.mark.parametrize("name", ["torchvision/mobilenet_v2", "mobilenetv2_100"])
def test_a_script_for_weights_that_come_with_tlnb_fetches_their_original(name, images):
    script = write_script(Recipe.preset("probe"), tlnb.create_model(name, images), images, "contiguous")
    compile(script, "script.py", "exec")
    assert "IMAGENET1K_V1" in script and "import tlnb" not in script
