"""Frozen is frozen in whole runs: with every optimiser and precision, through a gradual thaw, a break and a resume."""

import shutil
import threading
from functools import cache, lru_cache

import pytest
import torch
from architectures import changed, keys_of, make, over_architectures, side, snapshot

import tlnb
from tlnb.backbones.membership import keeps_statistics
from tlnb.training import Recipe
from tlnb.training.initial import initial_model
from tlnb.training.session import Session

# All that could move a weight, or a statistic, by the way.
BUSY = Recipe(
    trainable="head",
    epochs=2,
    batch_size=8,
    learning_rate=0.01,
    momentum=0.9,
    weight_decay=0.1,
    schedule="one_cycle",
    clip_norm=1.0,
    label_smoothing=0.1,
    class_weights="balanced",
    augmentation=(("flip", 0.5),),
)
GRADUAL = BUSY.with_(epochs=3, learning_rate=0.003, thaw=((1, 1), (2, "all")))
over_optimizers = pytest.mark.parametrize("optimizer", ["sgd", "adamw", "rmsprop", "lars", "lamb"])


@cache
def images_of(size):
    pixels = torch.randint(0, 256, (24, 3, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return tlnb.ImageData.from_tensors(pixels, torch.arange(24) % 3, ["a", "b", "c"])


def start(name, recipe):
    """Return a network, images, and all that the network holds when a run of it begins."""
    model, images = make(name), images_of(side(name))
    return model, images, snapshot(initial_model(model, recipe, images.classes))


@over_architectures
@over_optimizers
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_frozen_body_comes_out_of_a_run_as_it_went_in(name, optimizer, precision):
    recipe = BUSY.with_(optimizer=optimizer, precision=precision)
    model, images, before = start(name, recipe)
    run = tlnb.fit(model, images, recipe, device="cpu", progress=False)
    moved = changed(before, run.model)
    # Not all of the head: where activations explode, clipping leaves its bias less than a rounding.
    assert moved and moved <= set(tlnb.layer_groups(model)[-1].parameters) and len(run.losses) == 4


@lru_cache(maxsize=2)
def gradual_run(name, optimizer):
    """Train with two thaws; return the run, at which step each group first moved, and what moved while frozen."""
    recipe = GRADUAL.with_(optimizer=optimizer)
    model, images, _ = start(name, recipe)
    session = Session(model, images, recipe, "cpu")
    before, frozen = snapshot(session.model), set(session.plan.names[:-1])
    first_moved, leaks = {}, set()
    for event in session.events():
        if event.kind == "thawed":
            frozen -= set(event.groups)
        elif event.kind == "step":
            moved = changed(before, session.model)
            leaks |= moved & keys_of(session.model, session.plan, frozen)
            for group in session.plan.names:
                if moved & {key for key, _ in session.plan.parameters(group)}:
                    first_moved.setdefault(group, event.step)
    return event.run, first_moved, leaks


@over_architectures
@over_optimizers
def test_a_gradual_thaw_moves_each_group_from_its_own_step_on(name, optimizer):
    run, first_moved, leaks = gradual_run(name, optimizer)
    *body, below_head, head = [group.name for group in tlnb.layer_groups(run.model)]
    per_epoch = len(run.losses) // 3
    assert first_moved == dict.fromkeys(body, 2 * per_epoch + 1) | {below_head: per_epoch + 1, head: 1}
    assert not leaks


@over_architectures
def test_a_run_with_fixed_statistics_moves_weights_everywhere_and_no_statistics(name):
    recipe = BUSY.with_(trainable="all", fixed_statistics=True, learning_rate=0.003)
    model, images, before = start(name, recipe)
    run = tlnb.fit(model, images, recipe, device="cpu", progress=False)
    moved = changed(before, run.model)
    assert all(moved & set(group.parameters) for group in tlnb.layer_groups(model))
    norms = [key for key, module in model.named_modules() if keeps_statistics(module)]
    assert not moved & {f"{key}.{own}" for key in norms for own in ("running_mean", "running_var")}


@over_architectures
def test_a_run_that_fixes_statistics_of_some_groups_moves_those_of_the_others(name):
    model, images, _ = start(name, BUSY)
    names = [group.name for group in tlnb.layer_groups(model)]
    fixed = names[:-1:2]  # every second one of the body
    recipe = BUSY.with_(trainable="all", fixed_statistics=fixed, learning_rate=0.003)
    session = Session(model, images, recipe, "cpu")
    before = snapshot(session.model)
    *_, end = session.events()
    moved = changed(before, end.run.model)
    statistics = {key for key in before if key.rpartition(".")[2] in ("running_mean", "running_var")}
    standing = keys_of(session.model, session.plan, fixed) & statistics
    following = keys_of(session.model, session.plan, set(names) - set(fixed)) & statistics
    assert not moved & standing and (moved & following or not following)
    assert all(moved & set(group.parameters) for group in tlnb.layer_groups(model))


@over_architectures
@over_optimizers
def test_a_run_that_is_broken_off_between_two_thaws_goes_on_as_it_was(name, optimizer, tmp_path):
    recipe = GRADUAL.with_(optimizer=optimizer)
    model, images, before = start(name, recipe)
    whole, *_ = gradual_run(name, optimizer)
    stop, done = threading.Event(), len(whole.losses) // 2  # the group below the head has thawed by then

    def break_off(event):
        if event.kind == "step" and event.step == done:
            stop.set()

    options = {"device": "cpu", "progress": False, "checkpoint": tmp_path / "run"}
    broken = tlnb.fit(model, images, recipe, stop=stop, on_event=break_off, **options)
    *frozen, below_head, _ = tlnb.layer_groups(model)
    moved = changed(before, broken.model)
    assert moved & set(below_head.parameters) and not moved & {key for group in frozen for key in group.parameters}
    resumed = tlnb.fit(model, images, recipe, resume=True, **options)
    assert resumed.losses == whole.losses and not changed(snapshot(whole.model), resumed.model)
    shutil.rmtree(tmp_path)  # pytest keeps such folders for three sessions, and this is half a gigabyte for some
