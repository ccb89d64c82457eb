"""Checkpoints: a training that was broken off goes on as if it had not been, and nothing that was good is lost."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
import torch
from kill_runs import RECIPES as RECIPES_TO_KILL
from kill_runs import kill_and_resume, server

import tlnb
from tlnb.core.errors import CheckpointError
from tlnb.training import Recipe, Steered, Steering

FULL = Recipe.preset("full", epochs=3, batch_size=12, learning_rate=3e-3, warmup_epochs=0)
GRADUAL = Recipe.preset("gradual", epochs=4, thaw=[(1, 1), (2.5, "all")], batch_size=12)


def quiet_fit(*args, **options):
    return tlnb.fit(*args, progress=False, **options)


def after(steps):
    """Return a stop that is set once so many steps are done."""

    class After(threading.Event):
        asked = 0

        def is_set(self):
            self.asked += 1
            return self.asked >= steps

    return After()


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def assert_same(run, whole):
    assert run.losses == whole.losses and run.metrics == whole.metrics and run.best_epoch == whole.best_epoch
    assert [r.valid_loss for r in run.history] == [r.valid_loss for r in whole.history]
    assert [r.train_loss for r in run.history] == [r.train_loss for r in whole.history]
    assert run.used == whole.used and run.stopped == whole.stopped
    ours, theirs = run.model.state_dict(), whole.model.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


RECIPES = {
    "AdamW, cosine": FULL,
    "SGD with momentum, one cycle": FULL.with_(optimizer="sgd", schedule="one_cycle", weight_decay=0.1),
    "a gradual thaw": GRADUAL,
    "augmentation, smoothing, weights, clipping": FULL.with_(
        augmentation=[("flip", 0.5), ("colour_jitter", 0.5)],
        label_smoothing=0.1,
        class_weights="balanced",
        clip_norm=1.0,
    ),
    "early stopping": FULL.with_(patience=2),
    "fixed statistics, warm-up, bf16": FULL.with_(fixed_statistics=True, warmup_epochs=1, precision="bf16"),
    "fixed statistics of some groups, a thaw": GRADUAL.with_(fixed_statistics=["stage3", "stem"]),
    "L2-SP, an average of the weights, dropout": FULL.with_(decay_to="pretrained", ema_decay=0.9, dropout=0.3),
    "LAMB, stochastic depth, restarts": FULL.with_(optimizer="lamb", drop_path=0.2, schedule="restarts"),
    "a plateau": FULL.with_(schedule="plateau", schedule_options={"patience": 0, "factor": 0.5}),
    "from scratch": Recipe.preset("scratch", epochs=3, batch_size=12, warmup_epochs=0.5),
}


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_run_that_was_stopped_goes_on_to_the_same_losses(model, images, tmp_path, recipe):
    whole = quiet_fit(model, images, recipe)
    steps = len(whole.losses)
    for done in (1, steps // 2, steps - 1):
        folder = tmp_path / str(done)
        broken = quiet_fit(model, images, recipe, checkpoint=folder, stop=after(done))
        assert broken.stopped == "stopped" and len(broken.losses) == done
        torch.manual_seed(done)  # another process would have another state of its generators
        assert_same(quiet_fit(model, images, recipe, checkpoint=folder, resume=True), whole)


def test_stochastic_depth_goes_on_where_it_was(images, tmp_path):
    model = tlnb.create_model("tf_efficientnet_lite0", images, weights="random")
    recipe = FULL.with_(epochs=1)
    quiet_fit(model, images, recipe, checkpoint=tmp_path, stop=after(1))
    assert_same(quiet_fit(model, images, recipe, checkpoint=tmp_path, resume=True), quiet_fit(model, images, recipe))


def test_checkpoints_change_no_loss_and_break_nothing_off_may_be_asked_for_again(model, images, tmp_path):
    whole = quiet_fit(model, images, GRADUAL)
    assert_same(quiet_fit(model, images, GRADUAL, checkpoint=tmp_path, checkpoint_seconds=0, resume=True), whole)
    kinds = [e.kind for e in tlnb.train(model, images, GRADUAL, checkpoint=tmp_path, resume=True)]
    assert kinds == ["started", "finished"]  # it had ended: the same run comes back, and is not done again
    assert_same(quiet_fit(model, images, GRADUAL, checkpoint=tmp_path, resume=True), whole)


def test_what_had_thawed_stays_thawed_and_what_was_frozen_frozen(model, images, tmp_path):
    per_epoch = len(quiet_fit(model, images, GRADUAL.with_(epochs=1, thaw=())).losses)
    quiet_fit(model, images, GRADUAL, checkpoint=tmp_path, stop=after(per_epoch + 1))
    started, *events = tlnb.train(model, images, GRADUAL, checkpoint=tmp_path, resume=True)
    assert started.done == per_epoch + 1 and started.trainable == started.groups[-2:]
    thaws = [(e.step, e.groups) for e in events if e.kind == "thawed"]
    assert thaws == [(round(2.5 * per_epoch) + 1, started.groups[:-2])]


def test_only_the_last_two_are_kept_and_only_files_of_ours_are_touched(model, images, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "checkpoint-of-mine.json").write_text("{}")
    (tmp_path / ".checkpoint-000009.json.abc.part").write_text("what a killed process left")
    quiet_fit(model, images, FULL, checkpoint=tmp_path)
    numbered = ["checkpoint-000003.json", "checkpoint-000003.safetensors"]
    numbered += ["checkpoint-000004.json", "checkpoint-000004.safetensors"]
    assert files(tmp_path) == sorted(["checkpoint.lock", "checkpoint-of-mine.json", "notes.txt", *numbered])


def test_within_an_epoch_one_is_written_every_so_many_seconds(model, images, tmp_path):
    for event in tlnb.train(model, images, FULL, checkpoint=tmp_path, checkpoint_seconds=0):
        if event.kind == "step":
            latest = max(tmp_path.glob("checkpoint-*.json"))
            assert json.loads(latest.read_text())["step"] == event.step
    with pytest.raises(CheckpointError, match="checkpoint_seconds=-1"):
        quiet_fit(model, images, FULL, checkpoint=tmp_path / "other", checkpoint_seconds=-1)


def test_what_was_chosen_by_measuring_is_chosen_again(model, images, tmp_path, monkeypatch):
    first = quiet_fit(model, images, FULL, checkpoint=tmp_path, stop=after(2))
    other = {"channels_last": "contiguous", "contiguous": "channels_last"}[first.cost.choices["memory_format"]]
    monkeypatch.setattr("tlnb.training.session.choose_memory_format", lambda *_: other)
    again = quiet_fit(model, images, FULL, checkpoint=tmp_path, resume=True)
    assert again.cost.choices["memory_format"] == first.cost.choices["memory_format"]


def test_a_folder_with_a_training_is_not_overwritten(model, images, tmp_path):
    quiet_fit(model, images, FULL, checkpoint=tmp_path, stop=after(2))
    before = files(tmp_path)
    with pytest.raises(CheckpointError, match=r"step 2 of \d+.*resume=True"):
        quiet_fit(model, images, FULL, checkpoint=tmp_path)
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m, i, r: (m, i, r.with_(epochs=9, seed=1)), "epochs=3 where yours has 9, seed=0 where yours has 1"),
        (lambda m, i, r: (m, i.resplit(seed=5), r), "images, their size or their splits"),
        (lambda m, i, r: (tlnb.create_model("resnet18", i, weights="random"), i, r), "network is 'resnet10t'"),
        (lambda m, i, r: (tlnb.create_model("resnet10t", i, weights="random", seed=3), i, r), "other weights"),
    ],
)
def test_another_trainings_checkpoint_is_refused_and_left_as_it_is(model, images, tmp_path, change, says):
    quiet_fit(model, images, FULL, checkpoint=tmp_path, stop=after(2))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(CheckpointError, match=says):
        quiet_fit(*change(model, images, FULL), checkpoint=tmp_path, resume=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def damage(path, how):
    content = path.read_bytes()
    if how == "cut off":
        path.write_bytes(content[: len(content) // 2])
    elif how == "a bit flipped":
        path.write_bytes(content[:-9] + bytes([content[-9] ^ 4]) + content[-8:])
    elif how == "empty":
        path.write_bytes(b"")
    else:
        path.unlink()


@pytest.mark.parametrize("how", ["cut off", "a bit flipped", "empty", "gone"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(model, images, tmp_path, caplog, how):
    whole = quiet_fit(model, images, FULL)
    quiet_fit(model, images, FULL, checkpoint=tmp_path, stop=after(len(whole.losses) - 1))
    latest = max(tmp_path.glob("checkpoint-*.safetensors"))
    damage(latest, how)
    left = files(tmp_path)
    assert_same(quiet_fit(model, images, FULL, checkpoint=tmp_path, resume=True), whole)
    assert f"{latest.stem}.json" in caplog.text and "going on from the one before" in caplog.text and left


@pytest.mark.parametrize("ending", ["json", "safetensors"])
def test_where_all_are_damaged_one_error_says_so_and_nothing_is_changed(model, images, tmp_path, ending):
    quiet_fit(model, images, FULL, checkpoint=tmp_path, stop=after(5))
    for path in tmp_path.glob(f"checkpoint-*.{ending}"):
        damage(path, "cut off")
    before = files(tmp_path)
    with pytest.raises(CheckpointError, match=r"No checkpoint in .* is whole.*remove this one"):
        quiet_fit(model, images, FULL, checkpoint=tmp_path, resume=True)
    assert files(tmp_path) == before


@pytest.mark.parametrize("other", [1, 3])
def test_a_newer_versions_checkpoint_says_so(other, model, images, tmp_path):
    quiet_fit(model, images, FULL, checkpoint=tmp_path, stop=after(2))
    for path in tmp_path.glob("checkpoint-*.json"):
        path.write_text(json.dumps({**json.loads(path.read_text()), "format": other}))
    with pytest.raises(CheckpointError, match=rf"format {other}.*the version that wrote it"):
        quiet_fit(model, images, FULL, checkpoint=tmp_path, resume=True)


def test_resume_needs_a_folder_and_begins_where_nothing_is(model, images, tmp_path):
    with pytest.raises(CheckpointError, match='checkpoint="runs/mine"'):
        quiet_fit(model, images, FULL, resume=True)
    run = quiet_fit(model, images, FULL, checkpoint=tmp_path / "new" / "folder", resume=True)
    assert run.stopped == "finished" and files(tmp_path / "new" / "folder")


def test_two_trainings_do_not_share_a_folder(model, images, tmp_path):
    first = tlnb.train(model, images, FULL, checkpoint=tmp_path)
    next(first)
    with pytest.raises(CheckpointError, match="Another training"):
        quiet_fit(model, images, FULL, checkpoint=tmp_path, resume=True)
    first.close()
    assert quiet_fit(model, images, FULL, checkpoint=tmp_path, resume=True).stopped == "finished"


def test_a_folder_that_cannot_be_made_is_one_clear_error(model, images, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CheckpointError, match=r"No checkpoint can be written to .*folder of your own"):
        quiet_fit(model, images, FULL, checkpoint=tmp_path / "file" / "runs")


def test_checkpoints_hold_nothing_that_runs(model, images, tmp_path):
    quiet_fit(model, images, FULL, checkpoint=tmp_path, stop=after(2))
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".safetensors", ".lock"}
    plain = json.loads(max(tmp_path.glob("*.json")).read_text())
    assert plain["plan"]["groups"]["head"] == "trains" and plain["choices"]["device"] == "cpu"


NO_ROOM = """
import resource, signal, sys, logging
import torch
import tlnb
logging.basicConfig(format="%(message)s")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
pixels = torch.randint(0, 256, (48, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
images = tlnb.ImageData.from_tensors(pixels, torch.arange(48) % 2, ["even", "odd"])
model = tlnb.create_model("resnet10t", images, weights="random")
recipe = tlnb.Recipe(trainable="all", epochs=3, batch_size=12)

def limit(event):
    if event.kind == sys.argv[2]:  # from now on the disk takes a megabyte a file
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))

if sys.argv[2] == "before":
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
run = tlnb.fit(model, images, recipe, progress=False, checkpoint=sys.argv[1], on_event=limit)
print(run.stopped, len(run.history))
"""


def without_room(folder, when):
    environment = {**os.environ, "TLNB_PROGRESS": "0"}
    command = [sys.executable, "-c", NO_ROOM, str(folder), when]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="limits of files are POSIX's")
def test_a_disk_without_room_is_told_before_the_first_step(tmp_path):
    done = without_room(tmp_path, "before")
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1 and "CheckpointError: No checkpoint can be written" in last and str(tmp_path) in last
    assert files(tmp_path) == ["checkpoint.lock"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="limits of files are POSIX's")
def test_a_disk_that_fills_up_costs_neither_the_training_nor_the_last_good_checkpoint(tmp_path):
    done = without_room(tmp_path, "epoch")
    assert done.returncode == 0 and done.stdout.split() == ["finished", "3"]
    assert done.stderr.count("The training goes on; the last good checkpoint is kept.") == 2
    assert files(tmp_path)[-3:] == ["checkpoint-000002.json", "checkpoint-000002.safetensors", "checkpoint.lock"]
    assert not list(tmp_path.glob(".*part"))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX only")
@pytest.mark.parametrize("name", RECIPES_TO_KILL)
def test_killed_at_random_moments_it_ends_with_the_losses_of_a_run_that_nobody_disturbed(name, tmp_path):
    counts = kill_and_resume(server(), RECIPES_TO_KILL[name], kills=10, seed=7, folder=tmp_path)
    assert counts["killed"] == 10 and counts["while writing"] > 0
    assert counts["same"] == counts["ended"] > 0


def test_a_pause_has_a_checkpoint_with_what_was_done_in_it(model, images, tmp_path):
    last = [group.name for group in tlnb.layer_groups(model)][-2]
    at = {"pause": lambda s: (s.thaw(last), s.scale_rate(0.5)), "scale_rate": lambda s: s.go_on()}
    steering, whole = Steering(), Steering([Steered(5, "thaw", (last,)), Steered(5, "scale_rate", (), 0.5)])
    training = tlnb.train(model, images, FULL, steering=steering, checkpoint=tmp_path, checkpoint_seconds=1e9)
    for event in training:
        if event.kind == "step" and event.step == 4:
            steering.pause()
        if event.kind == "steered":
            at.get(event.action, lambda _: None)(steering)
            if event.action == "go_on":
                break  # as if it had been killed
    training.close()
    run = tlnb.fit(model, images, FULL, progress=False, checkpoint=tmp_path, resume=True)
    assert [event.action for event in run.steering] == ["pause", "thaw", "scale_rate"]
    assert run.losses == tlnb.fit(model, images, FULL, progress=False, steering=whole).losses
