"""The range test: it trains as the recipe would, leaves no trace, suggests only what the curve bears."""

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import tlnb
from tlnb.backbones.heads import random_state
from tlnb.core.errors import DataError, ModelError, NonFiniteLossError, RecipeError
from tlnb.core.used import snapshot, used_since
from tlnb.training import Recipe
from tlnb.training.optimisation import group_rates
from tlnb.training.range_suggestions import MovingAverage, longest_fall, suggest
from tlnb.training.range_test import find_rates

BUSY = Recipe(
    trainable=1,
    rate_ratio=0.3,
    layer_decay=0.5,
    batch_size=8,
    dropout=0.3,
    schedule="one_cycle",
    augmentation=(("flip", 0.5), ("colour_jitter", 0.5)),
    label_smoothing=0.1,
    class_weights="balanced",
    clip_norm=1.0,
    patience=1,
)
SGD = Recipe(trainable="all", optimizer="sgd", learning_rate=0.05, batch_size=12)
WHOLE = BUSY.with_(trainable="all", augmentation=(), dropout=0.0, batch_size=12)
finite = st.floats(0.01, 10)


class Small(nn.Module):
    """Two stages with batch normalisation, dropout and a head: quick, and all that could leave a trace."""

    def __init__(self):
        super().__init__()
        with random_state(0):
            self.stem = nn.Sequential(nn.Conv2d(3, 8, 5, 4), nn.BatchNorm2d(8), nn.ReLU())
            self.stage = nn.Sequential(nn.Conv2d(8, 16, 3), nn.BatchNorm2d(16), nn.ReLU())
            self.drop, self.head = nn.Dropout(0.1), nn.Linear(16, 2)

    def forward(self, images):
        return self.head(self.drop(self.stage(self.stem(images)).mean((2, 3))))


@pytest.fixture
def model():
    return Small()


def sweep_of(model, images, recipe=BUSY, steps=12, **options):
    return find_rates(model, images, recipe, steps=steps, progress=False, **options)


def everything_about(model):
    return {
        "tensors": {name: tensor.clone() for name, tensor in model.state_dict().items()},
        "grads": {name: None if p.grad is None else p.grad.clone() for name, p in model.named_parameters()},
        "learns": [p.requires_grad for p in model.parameters()],
        "identities": [id(t) for t in (*model.parameters(), *model.buffers())],
        "modes": [module.training for module in model.modules()],
        "hooks": [(len(m._forward_pre_hooks), len(m._forward_hooks), len(m._backward_hooks)) for m in model.modules()],
        "layout": [(t.stride(), t.dtype, t.device) for t in model.state_dict().values()],
        "torch": torch.get_rng_state(),
        "numpy": [np.asarray(part) for part in np.random.get_state()],  # noqa: NPY002  that is what is to stay
        "python": random.getstate(),
        "folder": sorted(path.name for path in Path.cwd().iterdir()),
        "interrupt": signal.getsignal(signal.SIGINT),
    }


def same(before, after):
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(same(before[key], after[key]) for key in before)
    if isinstance(before, list):
        return len(before) == len(after) and all(map(same, before, after))
    if isinstance(before, torch.Tensor):
        return torch.equal(before, after)
    if isinstance(before, np.ndarray):
        return np.array_equal(before, after)
    return before == after


def in_use(model, images):
    """Put a model into a state that a careless range test would lose: half frozen, gradients, mixed modes."""
    model.train()
    model(images.images[:4].float()).sum().backward()
    first, second = list(model.children())[:2]
    first.eval().requires_grad_(False)
    second[0].requires_grad_(False) if isinstance(second, nn.Sequential) else second.eval()
    return model


def at_training_step(model, step, do):
    """Have something happen in the forward pass of one step of training."""
    seen = []

    def look(module, _inputs):
        seen.append(module.training)
        if module.training and sum(seen) == step:
            do()

    model.register_forward_pre_hook(look)


@pytest.mark.parametrize("preset", ["probe", "full", "scratch"])
def test_nothing_is_changed(images, preset):
    model = tlnb.create_model("resnet10t", images, weights="random")
    before = everything_about(in_use(model, images))
    sweep_of(model, images, Recipe.preset(preset, batch_size=12, augmentation=[("colour_jitter", 1)]))
    assert same(before, everything_about(model))


def test_nothing_is_changed_by_a_sweep_that_diverges(model, images):
    before = everything_about(in_use(model, images))
    assert sweep_of(model, images, SGD, highest=1e30).stopped == "diverged"
    assert same(before, everything_about(model))


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("step", [1, 5])
def test_nothing_is_changed_by_a_sweep_that_breaks_off_in_the_middle_of_a_step(model, images, error, step):
    def fail():
        torch.rand(3)
        raise error("in the middle")

    at_training_step(in_use(model, images), step, fail)
    before = everything_about(model)
    with pytest.raises(error, match="in the middle"):
        sweep_of(model, images)
    assert same(before, everything_about(model))


def test_a_training_afterwards_is_the_same_as_without(model, images):
    recipe = BUSY.with_(epochs=1, patience=None)
    alone = tlnb.fit(model, images, recipe, progress=False).losses
    sweep_of(model, images, recipe)
    assert tlnb.fit(model, images, recipe, progress=False).losses == alone


def test_a_sweep_at_one_rate_is_the_training_itself(model, images):
    sweep = sweep_of(model, images, lowest=1, highest=1 + 1e-12, steps=13)
    plain = BUSY.with_(schedule="constant", epochs=3, patience=None)
    run = tlnb.fit(model, images, plain, progress=False)
    assert len(run.losses) > 13 > len(run.losses) / 3  # so that it went on into further epochs
    assert sweep.losses.tolist() == pytest.approx(run.losses[:13], rel=1e-3)


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
    assert chosen.diff(sweep.given) == {"learning_rate": (valley.learning_rate, sweep.given.learning_rate)}
    rates, before = (group_rates(r, sweep.groups) for r in (chosen, sweep.given))
    assert [rates[g] / before[g] for g in sweep.groups] == pytest.approx([valley.multiplier] * len(sweep.groups))
    with pytest.raises(RecipeError, match='Did you mean "valley"'):
        sweep.recipe("vally")


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


def test_a_first_interrupt_ends_the_sweep_with_what_was_done(model, images):
    whole = sweep_of(model, images, steps=20)
    at_training_step(model, 4, lambda: os.kill(os.getpid(), signal.SIGINT))
    sweep = sweep_of(model, images, steps=20)
    assert sweep.stopped == "stopped" and np.array_equal(sweep.losses, whole.losses[:4])
    assert sweep.suggestions == () and any("stopped after 4 of 20" in note for note in sweep.notes)


def test_a_second_interrupt_is_an_ordinary_one(model, images):
    def twice():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    at_training_step(in_use(model, images), 4, twice)
    before = everything_about(model)
    with pytest.raises(KeyboardInterrupt):
        sweep_of(model, images)
    assert same(before, everything_about(model))


def test_another_thread_can_stop_it(model, images):
    stop = threading.Event()
    at_training_step(model, 3, stop.set)
    assert len(sweep_of(model, images, stop=stop)) == 3


def test_two_threads_at_once_find_what_one_alone_finds(model, images):
    recipe, found = BUSY.with_(augmentation=[("flip", 0.5)]), []
    alone = sweep_of(model, images, recipe, steps=25)
    threads = [
        threading.Thread(target=lambda: found.append(sweep_of(model, images, recipe, steps=25))) for _ in range(2)
    ]
    before = torch.get_rng_state()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert [sweep.losses.tolist() for sweep in found] == [alone.losses.tolist()] * 2
    assert torch.equal(before, torch.get_rng_state())


def test_no_file_is_made_even_where_none_can_be(model, images, tmp_path, monkeypatch):
    folders = [tmp_path / "here", tmp_path / "temporary"]
    for folder in folders:
        folder.mkdir()
        folder.chmod(0o555)
    monkeypatch.chdir(folders[0])
    monkeypatch.setattr(tempfile, "tempdir", str(folders[1]))
    assert len(sweep_of(model, images)) == 12
    assert [list(folder.iterdir()) for folder in folders] == [[], []]  # root may write there


CHILD = """
import json, os, sys
written = []
sys.addaudithook(lambda event, a: written.append(str(a[0])) if event == "open" and a[2] & (os.O_WRONLY | os.O_RDWR)
                 or event in ("os.mkdir", "os.rename") else None)
import torch
sys.path.insert(0, sys.argv[1])
torch.set_num_threads(int(sys.argv[2]))
from conftest import striped
import tlnb
from test_range_test import Small, sweep_of
images = tlnb.ImageData.from_tensors(*striped(), ["columns", "rows"], test=0.2, valid=0.2)
model = Small()
print("ready", flush=True)
sys.stdin.readline()
written.clear()
sweep = sweep_of(model, images)
print(json.dumps([sweep.losses.tolist(), sweep.recipe("valley").to_toml() if sweep.suggestions else "", written]))
"""


@pytest.mark.slow
def test_two_at_once_in_one_read_only_folder_find_what_one_alone_finds(model, images, tmp_path):
    alone = sweep_of(model, images)
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o555)
    here, threads = str(Path(__file__).resolve().parent), str(torch.get_num_threads())
    children = [
        subprocess.Popen(
            [sys.executable, "-B", "-c", CHILD, here, threads],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    assert [child.stdout.readline() for child in children] == ["ready\n"] * 2
    for child in children:  # both are ready: now at once
        child.stdin.write("go\n")
        child.stdin.flush()
    answers = [json.loads(child.communicate(timeout=300)[0]) for child in children]
    assert answers[0][:2] == answers[1][:2] and answers[0][0] == alone.losses.tolist()
    assert [path for answer in answers for path in answer[2] if path.startswith(str(folder))] == []
    assert list(folder.iterdir()) == []


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


class Shallow(nn.Module):
    """Three numbers an image, one layer: a convex problem."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.head = nn.Linear(3, 2)
        self.head.weight.data = torch.randn(2, 3, generator=generator)
        self.head.bias.data.zero_()

    def forward(self, images):
        return self.head(images.mean((2, 3)))


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


@given(
    losses=st.lists(st.floats(1e-3, 1e6), min_size=10, max_size=60),
    smoothing=st.floats(0, 0.98),
    low=st.floats(-6, 2),
    powers=st.floats(0.1, 8),
    missing=st.integers(0, 40),
)
def test_suggestions_lie_within_the_sweep_whatever_the_losses(losses, smoothing, low, powers, missing):
    multipliers, raw = np.geomspace(10**low, 10 ** (low + powers), len(losses)), np.array(losses)
    found, notes = suggest(multipliers, raw, smoothed(raw, smoothing), smoothing, len(losses) + missing)
    assert all(multipliers[0] <= value <= multipliers[-1] for value in found.values())
    assert found or notes


@given(scale=st.integers(-8, 8), times=st.integers(-20, 20), seed=st.integers(0, 99))
def test_neither_the_unit_of_the_loss_nor_that_of_the_rate_changes_what_is_read(scale, times, seed):
    multipliers, raw = valley_shaped(seed)
    plain, _ = suggest(multipliers, raw, smoothed(raw, 0.9), 0.9, len(raw))
    other = raw * 2.0**scale
    found, _ = suggest(multipliers * 2.0**times, other, smoothed(other, 0.9), 0.9, len(raw))
    assert plain and {name: value / 2.0**times for name, value in found.items()} == pytest.approx(plain)


@given(seed=st.integers(0, 999))
@settings(max_examples=30)
def test_on_a_clear_curve_every_suggestion_lies_on_its_slope(seed):
    multipliers, raw = valley_shaped(seed)
    found, _ = suggest(multipliers, raw, smoothed(raw, 0.9), 0.9, len(raw))
    assert set(found) == {"steepest", "valley", "tenth"}
    assert all(0.1 < value < 20 for value in found.values())  # it falls around 1, by half, and rises around 30


def test_noise_alone_suggests_nothing():
    fooled = 0
    for seed in range(200):
        raw = 0.7 + 0.1 * np.random.default_rng(seed).normal(size=100)
        fooled += bool(suggest(np.geomspace(1e-3, 1e2, 100), raw, smoothed(raw, 0.9), 0.9, 100)[0])
    assert fooled <= 10


def test_a_fall_that_barely_rises_above_the_noise_is_called_noisy():
    multipliers, clear = valley_shaped(0, noise=0.0)
    noisy = clear + 0.25 * np.random.default_rng(3).normal(size=100)
    found, notes = suggest(multipliers, noisy, smoothed(noisy, 0.9), 0.9, 100)
    assert found and any("noisy" in note for note in notes)


def test_a_loss_that_still_falls_at_the_end_asks_for_a_higher_sweep(coloured):
    recipe = Recipe(trainable="all", optimizer="sgd", momentum=0.0, learning_rate=0.01, batch_size=32)
    sweep = sweep_of(Shallow(), coloured, recipe, steps=50, lowest=1, highest=100, smoothing=0.5)
    assert any("still falling" in note for note in sweep.notes)


@given(values=st.lists(finite, min_size=1, max_size=30), smoothing=st.floats(0, 0.99))
def test_the_moving_average_is_the_weighted_mean_that_it_says(values, smoothing):
    average = MovingAverage(smoothing)
    for n in range(1, len(values) + 1):
        weights = smoothing ** np.arange(n)[::-1].astype(float)
        assert average.update(values[n - 1]) == pytest.approx(np.dot(weights, values[:n]) / weights.sum())


@given(values=st.lists(st.integers(0, 9), min_size=1, max_size=9))
def test_the_longest_fall_is_as_long_as_any_chain(values):
    def longest(rest, below):
        if not rest:
            return 0
        without = longest(rest[1:], below)
        return max(without, 1 + longest(rest[1:], rest[0])) if rest[0] < below else without

    first, last = longest_fall(np.array(values, float))
    inside = values[first : last + 1]
    assert longest(inside, 99) == longest(values, 99)
    assert len(inside) == 1 or inside[0] > inside[-1]


def loss_after(model, images, recipe):
    """Return the loss on the validation images at the end of a training; 1000 if it blew up."""
    try:
        return tlnb.fit(model, images, recipe, progress=False).history[-1].valid_loss
    except NonFiniteLossError:
        return 1e3


def valley_shaped(seed, noise=0.01):
    """Return multipliers, and a loss that falls by half around 1 and rises around 30, with noise."""
    multipliers = np.geomspace(1e-3, 1e2, 100)
    fall, rise = (1 / (1 + (multipliers / at) ** -power) for at, power in ((1, 2), (30, 4)))
    return multipliers, 0.7 - 0.5 * fall + 2 * rise + noise * np.random.default_rng(seed).normal(size=100)


def smoothed(losses, smoothing):
    average = MovingAverage(smoothing)
    return np.array([average.update(value) for value in losses.tolist()])
