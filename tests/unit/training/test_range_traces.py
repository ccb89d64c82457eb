"""The range test leaves no trace, however it ends, in whatever folder, and however many go on at once."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from range_cases import BUSY, SGD, Small, at_training_step, everything_about, in_use, same, sweep_of

import tlnb
from tlnb.training import Recipe


@pytest.fixture
def model():
    return Small()


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


def test_nothing_is_drawn_where_frozen_layers_are_stored(monkeypatch):
    from tlnb.training.store import keeper

    monkeypatch.setattr(keeper, "FOLDING_PAYS", 0.0)  # as for many images
    pixels = torch.randint(0, 256, (60, 3, 64, 64), dtype=torch.uint8)
    images = tlnb.ImageData.from_tensors(pixels, torch.arange(60) % 2, ["even", "odd"])
    model = tlnb.create_model("tf_efficientnet_lite0", images, weights="random")
    recipe = Recipe(trainable=1, batch_size=12, store="exact")
    for train in (lambda: sweep_of(model, images, recipe), lambda: tlnb.fit(model, images, recipe, progress=False)):
        before, drawn = everything_about(model), torch.get_rng_state()
        train()
        assert same(before, everything_about(model))
        assert torch.equal(torch.get_rng_state(), drawn)


def test_a_training_afterwards_is_the_same_as_without(model, images):
    recipe = BUSY.with_(epochs=1, patience=None)
    alone = tlnb.fit(model, images, recipe, progress=False).losses
    sweep_of(model, images, recipe)
    assert tlnb.fit(model, images, recipe, progress=False).losses == alone


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
from range_cases import Small, sweep_of
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
