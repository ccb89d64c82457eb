"""What a training costs: counted as on paper and as in real steps, and metered without disturbing it."""

import json
import mmap
import subprocess
import sys
import threading
import time

import pytest
import torch
from safetensors.torch import save_model
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import tlnb
from tlnb.core.memory_use import MemoryWatch, peak_resident_bytes, resident_bytes
from tlnb.training import Recipe, Steered, Steering
from tlnb.training.checkpoints.saving import Checkpoints
from tlnb.training.checkpoints.state import load_state, read_state
from tlnb.training.events import StepDone
from tlnb.training.metering.cost import RunCost, weights_bytes
from tlnb.training.metering.meter import CostMeter
from tlnb.training.metering.work import TrainingWork, learning_pattern, macs_per_image
from tlnb.training.session import Session

FULL = Recipe.preset("full", epochs=1, batch_size=12)


def metered(session, meter=None):
    """Train to the end, and return what it cost."""
    meter = meter or CostMeter(session)
    for _ in meter.listen(session.events()):
        pass
    return meter.cost()


class Tiny(nn.Module):
    """A convolution, a depthwise one and a head: small enough for paper."""

    def __init__(self, channels=4, classes=2):
        super().__init__()
        self.first = nn.Conv2d(3, channels, 3, padding=1)
        self.depthwise = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.head = nn.Linear(channels, classes)

    def forward(self, images):  # (N, 3, H, W) -> (N, classes)
        return self.head(self.depthwise(self.first(images)).mean((2, 3)))


# Of one image of 8 x 8 pixels: outputs x (inputs x area of the filter)
FIRST, DEPTHWISE, HEAD = 64 * 4 * 3 * 9, 64 * 4 * 9, 4 * 2


@pytest.mark.parametrize(
    ("learn", "backward"),
    [
        (["first", "depthwise", "head"], FIRST + 2 * DEPTHWISE + 2 * HEAD),  # images need no gradient
        (["depthwise", "head"], DEPTHWISE + 2 * HEAD),
        (["head"], HEAD),
        (["first"], FIRST + DEPTHWISE + HEAD),  # through the others only towards the input
        ([], 0),
    ],
)
def test_operations_are_as_on_paper_whatever_learns(learn, backward):
    model = Tiny()
    for name, module in model.named_children():
        module.requires_grad_(name in learn)
    assert macs_per_image(model, (3, 8, 8)) == (FIRST + DEPTHWISE + HEAD, backward)


def test_counting_changes_nothing():
    model = Tiny().eval()
    model.first.requires_grad_(False)
    macs_per_image(model, (3, 8, 8), "1" * 6)
    assert not model.training and not model.first.weight.requires_grad and model.head.weight.requires_grad
    assert all(p.grad is None and p.device.type == "cpu" for p in model.parameters())


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe.preset("probe", epochs=1, batch_size=12),
        Recipe.preset("last_stage", epochs=1, batch_size=12),
        FULL,
        Recipe.preset("gradual", epochs=3, thaw=[(1, 1), (2, "all")], batch_size=12),
        FULL.with_(parameters="norms"),
    ],
    ids=["probe", "last_stage", "full", "gradual", "norms"],
)
def test_operations_are_those_of_the_real_steps_through_thaws_and_steering(model, images, recipe):
    steering = Steering([Steered(2, "freeze", ("stem",)), Steered(3, "thaw", ("stage3",))])
    session = Session(model, images, recipe, "cpu", steering=steering)
    real, step = [], session.stepper.step

    def counted(*batch):
        with FlopCounterMode(display=False) as counter:
            result = step(*batch)
        real.append(counter.get_total_flops())
        return result

    session.stepper.step = counted
    cost = metered(session)
    assert len(real) == cost.steps and cost.macs == pytest.approx(sum(real) / 2, rel=0.01)


def test_pytorchs_counter_is_mended_for_depthwise_layers():
    layer, images = nn.Conv2d(16, 16, 3, padding=1, groups=16), torch.rand(1, 16, 8, 8)
    with FlopCounterMode(display=False) as counter:
        layer(images).sum().backward()
    once = 64 * 16 * 9
    assert sum(macs_per_image(layer, (16, 8, 8))) == 2 * once
    assert counter.get_total_flops() / 2 >= 2 * once  # today 17 times; once it is right, ours can go


def test_a_frozen_body_costs_less_than_a_body_that_trains(model, images):
    probe, full = (
        metered(Session(model, images, Recipe.preset(name, epochs=1, batch_size=12), "cpu"))
        for name in ("probe", "full")
    )
    assert probe.images == full.images and 2.9 < full.macs / probe.macs < 3


def test_what_is_done_to_the_model_later_does_not_change_the_count():
    model = Tiny()
    work = TrainingWork.of(model, (3, 8, 8), {learning_pattern(list(model.parameters())): 10})
    model.head = nn.Linear(4, 1000)
    assert work.macs == 10 * (2 * FIRST + 3 * DEPTHWISE + 3 * HEAD)


def test_a_network_that_looks_at_its_values_has_no_count_and_still_a_table(images):
    class Looks(Tiny):
        def forward(self, images):
            return super().forward(images) * (1 if images.mean().item() > 0 else -1)

    cost = metered(Session(Looks(), images, FULL, "cpu"))
    assert cost.macs is None and "multiply-adds" not in repr(cost) and "weights on disk" in repr(cost)


def test_throughput_is_images_by_seconds_and_what_listeners_do_is_not_counted(model, images):
    session = Session(model, images, FULL, "cpu")
    meter, slept, begun = CostMeter(session), 0.0, time.perf_counter()
    for _ in meter.listen(session.events()):
        time.sleep(0.05)
        slept += 0.05
    cost, passed = meter.cost(), time.perf_counter() - begun
    assert cost.images == len(images.train) and cost.steps == session.steps
    assert cost.images_per_second == pytest.approx(cost.images / cost.seconds)
    assert 0 < cost.seconds + cost.loading_seconds + cost.validation_seconds < passed - slept


def test_validation_and_the_making_of_batches_have_seconds_of_their_own(images):
    class Slow(Tiny):
        def forward(self, images):
            time.sleep(0 if self.training else 0.05)
            return super().forward(images)

    session = Session(Slow(), images, FULL, "cpu")
    meter, make = CostMeter(session), session.batches.batch

    def slowly(epoch, places):
        time.sleep(0.05)
        return make(epoch, places)

    session.batches.batch = slowly
    begun = time.perf_counter()
    cost = metered(session, meter)
    passed = time.perf_counter() - begun
    assert cost.validation_seconds > 0.05 and cost.loading_seconds > 0.05 * cost.steps
    assert cost.seconds + cost.loading_seconds + cost.validation_seconds <= passed  # each second is in one of them


def test_a_pause_is_not_counted(model, images):
    steering = Steering()
    session = Session(model, images, FULL, "cpu", steering=steering)
    meter = CostMeter(session)
    for event in meter.listen(session.events()):
        if event.kind == "step" and event.step == 1:
            steering.pause()
        if event.kind == "steered" and event.action == "pause":
            threading.Timer(2.0, steering.go_on).start()
    cost = meter.cost()
    assert [event.action for event in session.steered] == ["pause", "go_on"] and cost.loading_seconds < 1.6


def test_metering_takes_less_than_a_hundredth_of_a_step(model, images):
    session = Session(model, images, FULL, "cpu")
    meter = CostMeter(session)
    step = metered(session, meter).seconds / session.steps
    heard = StepDone(1, 0.5, 12, {})
    taken = []
    for _ in range(200):
        begun = time.perf_counter()
        meter._goes_on()
        meter._hear(heard)
        taken.append(time.perf_counter() - begun)
    assert sorted(taken)[100] < 0.01 * step


def test_metering_does_not_change_the_losses(model, images):
    plain = tlnb.fit(model, images, FULL, progress=False).losses
    session = Session(model, images, FULL, "cpu")
    metered(session)
    assert tuple(session.losses) == plain


def test_closing_it_ends_the_training(model, images):
    inner = Session(model, images, FULL, "cpu")
    events = inner.events()
    heard = CostMeter(inner).listen(events)
    next(heard)
    heard.close()
    assert next(events, None) is None


def test_the_peak_holds_at_least_a_big_tensor_that_is_there():
    watch = MemoryWatch(torch.device("cpu"))
    with mmap.mmap(-1, 1 << 26) as fresh:  # not from the heap, which may have room left
        tensor = torch.frombuffer(fresh, dtype=torch.uint8).fill_(1)
        watch.sample()
        del tensor
    use = watch.use()
    assert use.bytes - use.before > 0.9 * (1 << 26) and use.of == "the whole process"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux for the peak")
def test_a_peak_between_two_looks_is_seen_once_and_then_said_to_be_a_bound():
    code = """
from types import SimpleNamespace
from tlnb.core.memory_use import MemoryWatch
for size in (1 << 27, 1 << 25):
    watch = MemoryWatch(SimpleNamespace(type="cpu"))
    ballast = bytearray(b"1") * size
    del ballast
    use = watch.use()
    print(use.bytes - use.before > 0.9 * size, use.at_least)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.split() == ["True", "False", "False", "True"]


def test_the_system_tells_what_this_process_holds():
    assert 50 << 20 < resident_bytes() <= peak_resident_bytes() * 1.01


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_the_peak_is_that_of_the_run_alone():
    device = torch.device("cuda:0")
    del_me = torch.empty(1 << 28, dtype=torch.uint8, device=device)
    del del_me
    watch = MemoryWatch(device)
    small = torch.empty(1 << 24, dtype=torch.uint8, device=device)
    del small
    use = watch.use()
    assert 1 << 24 <= use.bytes - use.before < 1 << 28 and not use.at_least and "cuda" in use.of


def test_bytes_of_the_weights_are_those_of_their_file(model, tmp_path):
    model.tied = model.fc  # two names, one memory: written once
    save_model(model, str(tmp_path / "weights.safetensors"))
    content = (tmp_path / "weights.safetensors").read_bytes()
    header = 8 + int.from_bytes(content[:8], "little")
    assert weights_bytes(model) == len(content) - header


def test_bytes_of_checkpoints_are_those_on_the_disk_and_of_nothing_else(model, images, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    checkpoints = Checkpoints(folder, 300, resume=False)
    with checkpoints.session(model, images, FULL, "cpu", None, None) as session:
        meter = CostMeter(session)
        for event in meter.listen(session.events()):
            checkpoints.after(event, session)
        cost = meter.cost()
    assert cost.checkpoint_bytes == sum(p.stat().st_size for p in folder.glob("checkpoint-*")) > cost.weights_bytes
    assert "checkpoints" in repr(cost)


def test_a_run_that_goes_on_costs_what_one_without_a_stop_does(model, images):
    recipe = Recipe.preset("gradual", epochs=2, thaw=[(1, "all")], batch_size=12)
    whole = metered(Session(model, images, recipe, "cpu"))
    first = Session(model, images, recipe, "cpu")
    meter = CostMeter(first)
    for event in meter.listen(first.events()):
        if event.kind == "step" and event.step == 2:
            break
    kept = json.loads(json.dumps(meter.state_dict()))
    second = Session(model, images, recipe, "cpu")
    load_state(second, *read_state(first))
    later = CostMeter(second)
    later.load_state_dict(kept)
    cost = metered(second, later)
    assert cost.macs == whole.macs and cost.images == whole.images
    assert cost.loading_seconds > kept["loading_seconds"] and cost.memory.bytes >= kept["memory"]["bytes"]


def test_a_cost_shows_itself_as_a_table():
    cost = RunCost(2.0, 100, 10, {"device": "cpu"}, weights_bytes=3 << 20)
    rows = [line.split() for line in repr(cost).splitlines()]
    assert rows[0] == ["cost", "100", "images", "10", "steps"]
    assert rows[1] == ["training", "steps", "2.0", "s", "50", "images/s"]
    assert "3.0 MiB" in repr(cost) and "energy" not in repr(cost) and "<table" in cost._repr_html_()
    assert RunCost(0.0, 0, 0, {}).images_per_second == 0
