"""Names are earned: a method is noted once a step of training has shown it, and not before."""

import threading

import pytest
from torch import nn

import tlnb
from tlnb.core.used import snapshot, used_since
from tlnb.training import Recipe

ONE = Recipe(epochs=1, batch_size=12, schedule="constant", weight_decay=0)
ALL = ONE.with_(trainable="all")
DISCRIMINATIVE, LAYERWISE = "discriminative fine-tuning", "layer-wise learning rates"


def methods(model, images, recipe, **options):
    return set(tlnb.fit(model, images, recipe, progress=False, **options).used.get("method", ()))


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        (ONE, {"freezing", "frozen batch normalisation"}),
        (ONE.with_(trainable="all"), {"full fine-tuning"}),
        (ONE.with_(trainable="all", fixed_statistics=True), {"full fine-tuning", "frozen batch normalisation"}),
        (ALL.with_(fixed_statistics=["stage3"]), {"full fine-tuning", "frozen batch normalisation"}),
        (ALL.with_(fixed_statistics=["head"]), {"full fine-tuning"}),  # there is none in it
        (ONE.with_(trainable="all", rate_ratio=0.1), {"full fine-tuning", DISCRIMINATIVE}),
        (
            ONE.with_(trainable="all", layer_decay=0.5),
            {"full fine-tuning", DISCRIMINATIVE, LAYERWISE, "layer-wise decay"},
        ),
        (ONE.with_(trainable=2, layer_decay=0.5), {"freezing", "frozen batch normalisation", DISCRIMINATIVE}),
        (
            ONE.with_(trainable=3, rate_factors={"stage4": 0.5, "stage3": 0.2, "stage2": 0.1}),
            {"freezing", "frozen batch normalisation", DISCRIMINATIVE, LAYERWISE},
        ),
        (ONE.with_(trainable="all", weights="random"), {"training from scratch"}),
        (ALL.with_(schedule="cosine"), {"full fine-tuning", "cosine decay"}),
        (ALL.with_(schedule="cosine", warmup_epochs=0.3), {"full fine-tuning", "warm-up", "cosine decay"}),
        (ALL.with_(schedule="one_cycle"), {"full fine-tuning", "one-cycle"}),
        (ALL.with_(schedule="step", schedule_options={"every": 0.5}), {"full fine-tuning", "step decay"}),
        (ALL.with_(schedule="step"), {"full fine-tuning"}),  # it would fall after the last step
        (ALL.with_(optimizer="lars"), {"full fine-tuning", "LARS"}),
        (ALL.with_(weight_decay=0.1), {"full fine-tuning", "weight decay"}),
        (ALL.with_(weight_decay=0.1, decay_to="pretrained"), {"full fine-tuning", "weight decay (L2, L2-SP)"}),
        (ALL.with_(dropout=0.1, drop_path=0.1), {"full fine-tuning", "dropout", "stochastic depth"}),
    ],
)
def test_a_run_notes_the_methods_that_it_trained_with(recipe, expected, model, images):
    before = snapshot()
    assert methods(model, images, recipe) == expected
    assert set(used_since(before)["method"]) == expected


def test_a_network_without_batch_normalisation_froze_none(images):
    class Plain(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Conv2d(3, 4, 3)
            self.head = nn.Linear(4, 2)

        def forward(self, x):
            return self.head(self.stem(x).mean((2, 3)))

    assert methods(Plain(), images, ONE) == {"freezing"}


def test_progressive_unfreezing_needs_a_step_after_a_thaw(model, images):
    recipe = Recipe.preset("gradual", epochs=2, thaw=[(1, 1)], batch_size=12)
    stop = threading.Event()
    assert "progressive unfreezing" in methods(model, images, recipe)

    def stop_at_the_last_step_before(event):
        if event.kind == "step" and event.step == 3:
            stop.set()

    assert "progressive unfreezing" not in methods(
        model, images, recipe, on_event=stop_at_the_last_step_before, stop=stop
    )


def test_a_thaw_that_ends_with_everything_is_not_full_fine_tuning_from_the_start(model, images):
    recipe = Recipe.preset("gradual", epochs=2, thaw=[(1, "all")], batch_size=12)
    assert "full fine-tuning" not in methods(model, images, recipe)


def test_model_data_and_transforms_are_noted_with_the_first_step(model, images):
    recipe = ONE.with_(augmentation=[("flip", 0.5), ("colour_jitter", 0.2), ("rotation", 0.0)])
    before = snapshot()
    events = tlnb.train(model, images, recipe)
    next(events)
    assert used_since(before) == {}
    *_, last = events
    assert last.run.used == {
        "model": ("resnet10t",),
        "data": ("tensors",),
        "transform": ("flip", "colour jitter"),
        "method": ("freezing", "frozen batch normalisation"),
    }
    assert used_since(before) == {kind: list(names) for kind, names in last.run.used.items()}


def test_two_runs_do_not_share_their_notes(model, images):
    first = tlnb.fit(model, images, ONE.with_(trainable="all"), progress=False)
    second = tlnb.fit(model, images, ONE, progress=False)
    assert "freezing" not in first.used["method"] and "full fine-tuning" not in second.used["method"]
