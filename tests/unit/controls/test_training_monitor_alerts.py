"""Alerts, of made-up histories and of real runs that go wrong on purpose."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import tlnb
from tlnb.controls import TrainingMonitor
from tlnb.controls.monitor import alerts
from tlnb.controls.monitor.alerts import LossPoint
from tlnb.training import EpochRecord

HEALTHY = LossPoint(0.7, 0.05, 20)


def epochs(train, valid):
    pairs = enumerate(zip(train, valid, strict=True), 1)
    return [EpochRecord(n, t, v, None, None, 1.0, 1.0) for n, (t, v) in pairs]


@pytest.mark.parametrize(
    ("train", "valid"),
    [
        ([0.5, 0.4, 0.3], [0.6, 0.5, 0.4]),  # all is well
        ([0.5, 0.4, 0.3], [0.4, 0.5, 0.45]),  # it rose once
        ([0.3, 0.4, 0.5], [0.4, 0.5, 0.6]),  # the training loss rises as well: that is no overfitting
        ([0.5, 0.4, 0.3], [0.400, 0.401, 0.402]),  # by less than counts
        ([5e-3, 4e-3, 3e-3], [1e-4, 2e-4, 3e-4]),  # both are next to nothing
        ([0.5], [0.4]),
        ([0.5, 0.4, 0.3], [None, None, None]),
        ([], []),
    ],
)
def test_what_is_no_overfitting_gives_no_alert(train, valid):
    assert alerts.overfitting(epochs(train, valid)) is None


def test_overfitting_names_the_epochs_the_losses_and_the_epoch_to_take():
    found = alerts.overfitting(epochs([0.5, 0.3, 0.2, 0.1], [0.6, 0.4, 0.5, 0.6]))
    assert "for 2 epochs" in found.text and "0.400 to 0.600" in found.text
    assert "epoch 2" in found.todo and "patience=2" in found.todo


def test_a_loss_beyond_its_start_and_its_noise_diverges():
    assert "1.500" in alerts.divergence(0.7, HEALTHY, LossPoint(1.5, 0.2, 20)).text
    noisy = LossPoint(0.7, 0.5, 20)
    assert alerts.divergence(0.7, noisy, LossPoint(1.5, 0.5, 20)) is None  # its noise is as large
    low = LossPoint(0.01, 0.001, 20)
    assert alerts.divergence(0.02, low, LossPoint(0.25, 0.1, 20)) is None  # resumed: small losses are noise
    assert alerts.divergence(0.7, low, LossPoint(0.3, 0.1, 20)) is None  # a bump after a good start


def test_a_loss_that_has_moved_beyond_its_noise_is_not_stuck():
    same, lower, thrown = LossPoint(0.69, 0.05, 20), LossPoint(0.5, 0.05, 20), LossPoint(0.7, 0.9, 20)
    assert alerts.stuck(HEALTHY, same, same, 60) is not None
    assert alerts.stuck(HEALTHY, lower, lower, 60) is None
    assert alerts.stuck(HEALTHY, lower, thrown, 60) is None  # it had moved, before a thaw threw it back
    learnt = LossPoint(0.004, 0.002, 20)
    assert alerts.stuck(LossPoint(0.04, 0.14, 20), learnt, learnt, 60) is None  # nothing is left to learn


def test_a_group_that_hardly_moves_is_idle_and_the_end_of_a_schedule_is_not():
    ratios = [{"stem": 1e-7, "head": 1e-3}] * 3
    found = alerts.idle(ratios, [{"stem": 1e-8, "head": 1e-3}] * 3)
    assert found.groups == ("stem",) and "Freeze it" in found.todo
    ended = [{"head": 1e-3}] * 3 + [{"head": 1e-7}] * 3
    assert alerts.idle(ended, [{"head": 1e-3}] * 3 + [{"head": 1e-7}] * 3) is None
    assert alerts.idle(ratios[:2], [{"stem": 1e-8, "head": 1e-3}] * 2) is None and alerts.idle([], []) is None


def test_every_alert_says_what_to_do():
    made = [
        alerts.overfitting(epochs([0.5, 0.3, 0.2], [0.4, 0.5, 0.6])),
        alerts.divergence(0.7, HEALTHY, LossPoint(2.0, 0.1, 20)),
        alerts.stuck(HEALTHY, HEALTHY, HEALTHY, 60),
        alerts.idle([{"stem": 0.0}] * 3, [{"stem": 1e-9}] * 3),
        alerts.moving_statistics({"stem": ["a", "b", "c", "d"]}),
    ]
    assert [alert.kind for alert in made] == ["overfitting", "divergence", "stuck", "idle", "statistics"]
    assert all(alert.todo.endswith(".") and len(alert.text) < 300 for alert in made)


# Real runs.


def kinds(model, images, recipe):
    monitor = TrainingMonitor(model, images, recipe, device="cpu", name="alerts")
    monitor.start()
    monitor.run.result(120)
    return {alert.kind: alert for alert in monitor.alerts}


def noise(n=64):
    generator = torch.Generator().manual_seed(1)
    pixels = torch.randint(0, 256, (n, 3, 32, 32), dtype=torch.uint8, generator=generator)
    return tlnb.ImageData.from_tensors(pixels, torch.arange(n) % 2, ["heads", "tails"], valid=0.4, test=0.1)


def test_a_healthy_run_gives_no_alert(small_model, bright_images):
    assert kinds(small_model, bright_images, tlnb.Recipe(epochs=4, batch_size=8)) == {}


@pytest.mark.slow
def test_learning_noise_by_heart_is_called_overfitting(small_model):
    recipe = tlnb.Recipe(epochs=8, batch_size=8, trainable="all", learning_rate=3e-4, schedule="constant")
    assert "overfitting" in kinds(small_model, noise(), recipe)


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.5, 5.0])
def test_a_rate_that_is_far_too_high_is_called_divergence(small_model, bright_images, rate):
    recipe = tlnb.Recipe(epochs=10, batch_size=8, trainable="all", learning_rate=rate, schedule="constant")
    assert "divergence" in kinds(small_model, bright_images, recipe)


def test_a_rate_that_is_far_too_low_is_called_so_by_weights_and_by_loss(small_model, bright_images):
    recipe = tlnb.Recipe(epochs=60, batch_size=8, learning_rate=1e-9, schedule="constant", weight_decay=0)
    found = kinds(small_model, bright_images, recipe)
    assert {"idle", "stuck"} <= set(found) and found["idle"].groups == ("head",)


class AlwaysMoving(nn.BatchNorm2d):
    """What some libraries have: it counts on whatever mode it is in."""

    def forward(self, x):
        with torch.no_grad():
            self.running_mean.mul_(0.9).add_(x.mean((0, 2, 3)), alpha=0.1)
        return super().forward(x)


def test_a_frozen_block_whose_statistics_move_is_told_by_its_buffers(bright_images):
    model = nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 8, 3, stride=4), AlwaysMoving(8), nn.ReLU()),
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        nn.Linear(8, 2),
    )
    found = kinds(model, bright_images, tlnb.Recipe(epochs=2, batch_size=8, store="off"))
    assert "running_mean" in found["statistics"].text and found["statistics"].groups == ("stem",)
    model[0][1] = nn.BatchNorm2d(8)
    assert "statistics" not in kinds(model, bright_images, tlnb.Recipe(epochs=2, batch_size=8, store="off"))


def test_a_block_that_thawed_may_move_its_statistics_and_a_frozen_one_may_not(bright_images):
    from tlnb.backbones import layer_groups
    from tlnb.controls.monitor.statistics import FrozenStatistics

    model = nn.Sequential(nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)), nn.Flatten(), nn.LazyLinear(2))
    model(torch.rand(2, 3, 8, 8))
    watched = FrozenStatistics(model, layer_groups(model))
    watched.hold(["stem"])
    watched.let_go(["stem"])
    model(torch.rand(2, 3, 8, 8))
    assert watched.moved() == {}
    watched.hold(["stem"])  # from here on
    assert watched.moved() == {}
    model(torch.rand(2, 3, 8, 8))
    assert set(watched.moved()) == {"stem"}
