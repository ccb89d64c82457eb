"""Devices: the best there is, or an error that says what there is."""

import pytest
import torch

from tlnb.core.devices import resolve_device
from tlnb.core.errors import DeviceError


def test_auto_is_the_best_there_is():
    expected = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert resolve_device("auto").type == expected


@pytest.mark.parametrize("device", ["cuda:99", "xpu", "meta"])
def test_a_device_that_is_not_there_is_an_error_that_says_what_is(device):
    with pytest.raises(DeviceError, match=rf"{device}.* is not here; this machine has cpu"):
        resolve_device(device)


def test_an_unknown_device_is_an_error_that_says_what_can_be_written():
    with pytest.raises(DeviceError, match='Use "auto", "cpu"'):
        resolve_device("gpu")
