"""The speed of training steps: measured once, and its parts make up the whole."""

import copy
import statistics
import time

import pytest
import torch
from torch import nn

import tlnb
from tlnb.training import measure_speed

SIZE = 32


def test_the_speed_is_measured_once_for_a_network_size_and_device():
    model = tlnb.create_model("test_resnet", 2, weights="random")
    speed = measure_speed(model, 48, 2, device="cpu")
    assert measure_speed(copy.deepcopy(model), 48, 2, device="cpu") is speed
    assert measure_speed(model, 32, 2, device="cpu") is not speed
    assert tuple(speed.groups) == tuple(group.name for group in tlnb.layer_groups(model))
    assert all(seconds.forward > 0 and seconds.backward > 0 for seconds in speed.groups.values())
    assert "ms an image of 48 px" in repr(speed)
    with pytest.raises(ValueError, match=r"batch=1: .* needs two"):
        measure_speed(model, 48, 1)


def test_the_parts_of_a_measured_step_make_up_the_whole():
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.ReLU(inplace=True), nn.Conv2d(8, 8, 3), nn.Flatten(), nn.Linear(6272, 2)
    )
    own, images = copy.deepcopy(model), torch.rand(8, 3, SIZE, SIZE)
    speed = measure_speed(model, SIZE, 8, device="cpu")
    whole = []
    for _ in range(9):
        start = time.perf_counter()
        own(images).sum().backward()
        whole.append(time.perf_counter() - start)
    parts = 8 * sum(speed.seconds_an_image(dict.fromkeys(speed.groups, 1.0)))
    assert min(whole) / 3 < parts < 10 * statistics.median(whole)  # other load comes and goes
