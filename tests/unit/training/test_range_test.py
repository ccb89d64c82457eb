"""The range test: it trains as the recipe would, keeps ratios, and suggests only what the curve bears."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from range_cases import BUSY, SGD, WHOLE, Shallow, Small, sweep_of

import tlnb
from tlnb.core.errors import DataError, ModelError, NonFiniteLossError, RecipeError
from tlnb.core.used import snapshot, used_since
from tlnb.training import Recipe
from tlnb.training.optimisation import group_rates


@pytest.fixture
def model():
    return Small()


def test_a_sweep_at_one_rate_is_the_training_itself(model, images):
    sweep = sweep_of(model.eval(), images, lowest=1, highest=1 + 1e-12, steps=13)
    plain = BUSY.with_(schedule="constant", epochs=3, patience=None)
    run = tlnb.fit(model, images, plain, progress=False)
    assert len(run.losses) > 13 > len(run.losses) / 3  # so that it went on into further epochs
    assert sweep.losses.tolist() == pytest.approx(run.losses[:13], rel=1e-3)


def test_frozen_layers_are_computed_once_for_the_sweep_and_the_training_after_it(images, fresh_cache, computed):
    model = tlnb.create_model("resnet10t", images, weights="random")
    recipe = Recipe(trainable=1, batch_size=8, optimizer="sgd", learning_rate=1e-3, store="exact")
    sweep = sweep_of(model, images, recipe, steps=20)
    assert sum(computed) == len(images.train)
    without = sweep_of(model, images, recipe.with_(store="off"), steps=20)
    assert sweep.losses.tolist() == pytest.approx(without.losses.tolist(), rel=2e-3)
    tlnb.fit(model, images, recipe, progress=False)
    assert sum(computed) == len(images)


def test_the_same_call_gives_the_same_curve_and_another_seed_another(model, images):
    first = sweep_of(model, images)
    torch.manual_seed(5)
    assert np.array_equal(sweep_of(model, images).losses, first.losses)
    assert not np.array_equal(sweep_of(model, images, BUSY.with_(seed=1)).losses, first.losses)


def test_the_recipes_schedule_has_no_say(model, images):
    changed = BUSY.with_(schedule="step", schedule_options={"every": 1}, warmup_epochs=1, epochs=3, patience=None)
    assert np.array_equal(sweep_of(model, images).losses, sweep_of(model, images, changed).losses)


def test_groups_keep_their_ratios_at_every_step_and_frozen_ones_have_no_rate(model, images):
    sweep = sweep_of(model, images, lowest=0.01, highest=10, steps=13)
    peaks = group_rates(BUSY, sweep.groups)
    assert sweep.multipliers == pytest.approx(np.geomspace(0.01, 10, 13)[: len(sweep)])
    for name, rates in zip(sweep.groups, sweep.rates.T, strict=True):
        expected = sweep.multipliers * peaks[name] if name in sweep.groups[1:] else 0 * sweep.multipliers
        assert rates == pytest.approx(expected)


def test_groups_that_thaw_later_are_frozen_in_it_and_named(model, images):
    sweep = sweep_of(model, images, Recipe.preset("gradual", thaw=[(1, 1), (2, ["stem"])]))
    assert (sweep.rates[:, :-1] == 0).all() and (sweep.rates[:, -1] > 0).all()
    assert any("stem (epoch 2)" in note and f"{sweep.groups[-2]} (epoch 1)" in note for note in sweep.notes)


def test_a_suggestion_is_a_recipe_whose_groups_keep_their_ratios(model, images):
    sweep = sweep_of(model, images, WHOLE, steps=60)
    chosen = sweep.recipe("valley")
    (valley,) = (s for s in sweep.suggestions if s.name == "valley")
    assert sweep.given == WHOLE and chosen.diff(sweep.given) == {
        "learning_rate": (valley.learning_rate, sweep.given.learning_rate)
    }
    rates, before = (group_rates(r, sweep.groups) for r in (chosen, sweep.given))
    assert [rates[g] / before[g] for g in sweep.groups] == pytest.approx([valley.multiplier] * len(sweep.groups))
    with pytest.raises(RecipeError, match='Did you mean "valley"'):
        sweep.recipe("valey")


def test_it_shows_itself_as_table_text_and_figure(model, images):
    sweep = sweep_of(model, images, WHOLE, steps=60)
    assert "valley" in repr(sweep) and "lowest group's" in repr(sweep) and "first to try" in repr(sweep)
    assert "<table" in sweep._repr_html_() and "first to try" in sweep._repr_html_()
    (axes,) = sweep.plot().axes
    marked = {text.get_text() for text in axes.texts}
    assert {f"{s.name} {s.learning_rate:.2g}" for s in sweep.suggestions} <= marked and axes.get_xscale() == "log"
    assert sweep.plot().png() == sweep.plot().png()


def test_what_ran_is_noted(model, images):
    before = snapshot()
    sweep_of(model, images)
    assert "LR range test" in used_since(before)["method"]


def test_it_stops_where_the_loss_diverges(model, images):
    sweep = sweep_of(model, images, SGD, steps=60, highest=1e9)
    assert sweep.stopped == "diverged" and len(sweep) < 60 and np.isfinite(sweep.losses).all()
    assert sweep.diverged_at is not None and sweep.diverged_at >= sweep.multipliers[-1]
    assert (sweep.smoothed[:-1] <= 4 * np.minimum.accumulate(sweep.smoothed)[:-1]).all()
    assert "diverged" in {text.get_text() for text in sweep.plot().axes[0].texts}


class Explosive(Shallow):
    """Logits that pass the largest float once the weights are long."""

    def forward(self, images):
        return super().forward(images) * self.head.weight.square().sum().exp()


def test_a_loss_that_becomes_infinite_or_not_a_number_ends_the_sweep_as_diverged(coloured):
    model = Explosive()
    torch.nn.init.zeros_(model.head.weight)
    sweep = sweep_of(model, coloured, SGD, steps=10, lowest=1e-8, highest=1e46)  # from a stroll to a leap
    assert sweep.stopped == "diverged" and np.isfinite(sweep.losses).all()
    assert sweep.diverged_at > sweep.multipliers[-1]  # that step's loss is none to draw


def test_a_sweep_that_diverges_at_once_says_so_and_suggests_nothing(model, images):
    sweep = sweep_of(model, images, SGD, lowest=1e9, highest=1e30, steps=30)
    assert sweep.stopped == "diverged" and sweep.suggestions == ()
    assert any("sweep from lower" in note for note in sweep.notes) and "sweep from lower" in repr(sweep)
    with pytest.raises(RecipeError, match="sweep from lower"):
        sweep.recipe("valley")
    assert sweep.plot().png().startswith(b"\x89PNG")


def test_a_sweep_too_low_to_move_anything_suggests_nothing(model, images):
    sweep = sweep_of(model, images, SGD, lowest=1e-9, highest=1e-8, steps=40)
    assert sweep.stopped == "finished" and sweep.suggestions == () and "did not fall clearly" in repr(sweep)


def test_a_loss_that_is_not_finite_before_any_step_is_no_matter_of_rates(model, images):
    with torch.no_grad():
        model.stem[0].weight.fill_(torch.nan)
    with pytest.raises(NonFiniteLossError, match="weights or the images"):
        sweep_of(model, images, SGD)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"steps": 9}, "steps=9 .* at least 10"),
        ({"steps": 20.0}, "steps=20.0"),
        ({"steps": True}, "steps=True"),
        ({"lowest": 0}, "lowest=0 "),
        ({"lowest": -1}, "lowest=-1"),
        ({"lowest": float("nan")}, "lowest=nan"),
        ({"highest": float("inf")}, "highest=inf"),
        ({"highest": "1"}, "highest='1'"),
        ({"lowest": 2.0, "highest": 2.0}, "lowest=2.0 is not below highest=2.0"),
        ({"smoothing": 1.0}, "smoothing=1.0"),
        ({"smoothing": None}, "smoothing=None"),
    ],
)
def test_a_sweep_that_makes_no_sense_is_refused(model, images, options, says):
    with pytest.raises(RecipeError, match=says):
        sweep_of(model, images, **options)


def test_images_and_models_that_cannot_train_are_refused_as_by_fit(model, images):
    with pytest.raises(ModelError, match="5 outputs"):
        sweep_of(tlnb.create_model("resnet10t", 5, weights="random"), images)
    splits = dataclasses.replace(images.splits, train=images.splits.train[:0])
    with pytest.raises(DataError, match="no training images"):
        sweep_of(model, dataclasses.replace(images, splits=splits))
    with pytest.raises(RecipeError, match="stage9"):
        sweep_of(model, images, BUSY.with_(trainable=["stage9"]))


@pytest.fixture(scope="module")
def coloured():
    """Two classes that differ in colour, one batch an epoch: the gradient has no noise."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(32) % 2
    tint = torch.tensor([[200.0, 90.0, 60.0], [60.0, 90.0, 200.0]])[labels][:, :, None, None]
    pixels = (tint + 40 * torch.rand(32, 3, 8, 8, generator=generator)).to(torch.uint8)
    return tlnb.ImageData.from_tensors(pixels, labels, ["red", "blue"], test=0, valid=0)


@settings(max_examples=6)
@given(power=st.integers(-6, 6))
def test_on_a_convex_problem_suggestions_shift_as_the_recipes_rate_does(coloured, power):
    plain = Recipe(trainable="all", optimizer="sgd", momentum=0.0, weight_decay=0.0, learning_rate=0.01, batch_size=32)
    scaled = plain.with_(learning_rate=plain.learning_rate * 2.0**power)
    low, high = 1e-2, 1e4
    one = sweep_of(Shallow(), coloured, plain, steps=50, lowest=low, highest=high)
    other = sweep_of(Shallow(), coloured, scaled, steps=50, lowest=low * 2.0**-power, highest=high * 2.0**-power)
    assert [s.name for s in one.suggestions] == [s.name for s in other.suggestions] and one.suggestions
    assert [s.multiplier for s in other.suggestions] == pytest.approx(
        [s.multiplier * 2.0**-power for s in one.suggestions], rel=1e-6
    )
    assert [s.learning_rate for s in other.suggestions] == pytest.approx([s.learning_rate for s in one.suggestions])


@pytest.mark.slow
def test_the_suggested_rate_trains_better_than_a_hundredth_and_a_hundred_times_of_it(images):
    model = tlnb.create_model("resnet10t", images, weights="random")
    ends = {times: [] for times in (0.01, 1.0, 100.0)}
    for seed in range(3):
        recipe = SGD.with_(seed=seed, epochs=4)
        chosen = sweep_of(model, images, recipe, steps=60, lowest=1e-4).recipe("valley")
        for times, losses in ends.items():
            losses.append(loss_after(model, images, chosen.with_(learning_rate=times * chosen.learning_rate)))
    means = {times: np.mean(losses) for times, losses in ends.items()}
    assert means[1.0] < min(means[0.01], means[100.0])


def test_a_loss_that_still_falls_at_the_end_asks_for_a_higher_sweep(coloured):
    recipe = Recipe(trainable="all", optimizer="sgd", momentum=0.0, learning_rate=0.01, batch_size=32)
    sweep = sweep_of(Shallow(), coloured, recipe, steps=50, lowest=1, highest=100, smoothing=0.5)
    assert any("still falling" in note for note in sweep.notes)


def loss_after(model, images, recipe):
    """Return the loss on the validation images at the end of a training; 1000 if it blew up."""
    try:
        return tlnb.fit(model, images, recipe, progress=False).history[-1].valid_loss
    except NonFiniteLossError:
        return 1e3
