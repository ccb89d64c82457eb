"""The machine as the panel tells it: by what shows of it, by the driver, and by torch in a process of its own."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tlnb.core.remembered import Remembered
from tlnb.course import host


@pytest.fixture
def fresh(monkeypatch):
    """Forget what earlier tests have found out."""
    for kept in (host.may_have_gpu, host._driver_says, host._cache_of):
        kept.cache_clear()
    monkeypatch.setattr(host, "_torch_says", Remembered(host._ask_torch, host._LONG))
    yield monkeypatch
    for kept in (host.may_have_gpu, host._driver_says, host._cache_of):
        kept.cache_clear()


@pytest.fixture
def driver(fresh, tmp_path):
    """Put a driver's own program on the path, as a machine with an NVIDIA GPU has it."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'Tesla T4'\n")
    program.chmod(0o755)
    fresh.setenv("PATH", str(program.parent), prepend=":")
    fresh.setattr(host, "version", lambda package: "2.6.0")
    return program


def test_where_no_gpu_shows_the_cpu_is_certain_and_torch_is_not_asked(fresh):
    fresh.setattr(host, "has_nvidia", lambda: False)
    fresh.setattr(host, "_torch_says", pytest.fail)
    if host.platform.system() == "Darwin" or any(Path("/dev", name).exists() for name in host._OTHER_GPUS):
        pytest.skip("this machine may have another GPU")
    told = host.device_state()
    assert (told["device"], told["tried"]) == ("cpu", True) and told["name"]


def test_a_torch_built_without_gpus_is_not_asked(driver, fresh):
    fresh.setattr(host, "version", lambda package: "2.6.0+cpu")
    fresh.setattr(host, "_torch_says", pytest.fail)
    assert host.device_state()["device"] == "cpu"


@pytest.mark.slow
def test_the_driver_counts_until_torch_has_answered(driver, fresh):
    first = host.device_state()
    assert (first["device"], first["name"], first["tried"]) == ("cuda", "Tesla T4", False)
    deadline = time.monotonic() + 120
    while not (told := host.device_state())["tried"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    import torch

    assert told["device"] == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("program", ["#!/bin/sh\nexit 9\n", "#!/bin/sh\n", "nonsense"])
def test_a_driver_that_tells_nothing_leaves_the_cpu(driver, fresh, program):
    driver.write_text(program)
    fresh.setattr(host, "_torch_says", lambda: None)
    told = host.device_state()
    assert (told["device"], told["tried"]) == ("cpu", False)


@pytest.mark.parametrize(
    ("found", "device"),
    [
        ({"kind": "cuda", "name": "Tesla T4", "bytes": 1}, "cuda"),
        ({"kind": "mps", "name": "Apple's GPU"}, "mps"),
        ({"kind": "cuda", "name": "Tesla K80", "failed": "no kernel image"}, "cpu"),
        ({"kind": None, "why": ""}, "cpu"),
        ({"error": "it was killed by SIGKILL"}, "cpu"),
    ],
)
def test_what_torch_says_counts(driver, fresh, found, device):
    fresh.setattr(host, "_torch_says", lambda: found)
    told = host.device_state()
    assert (told["device"], told["tried"]) == (device, True)


def test_the_cache_is_counted_as_the_command_line_counts_it(fresh, fresh_cache):
    from tlnb.core.cache.sets import stored_sets

    index = fresh_cache / "index" / f"{'0' * 64}.json"
    index.parent.mkdir(parents=True)
    index.write_text("{}")
    told = host.cache_state()
    assert told["folder"] == str(fresh_cache) and told["limit"] > 0 and told["free_disk"] > 0
    assert told["bytes"] >= sum(row.bytes for row in stored_sets(fresh_cache)) and told["arrays"] == 0


def test_a_value_is_asked_for_once_at_a_time_and_told_as_it_was_meanwhile():
    answers, go = iter([1, 2]), threading.Event()
    asked = []

    def ask():
        asked.append(threading.current_thread())
        if len(asked) == 2:
            go.wait(30)
        return next(answers)

    value = Remembered(ask, seconds=0.0, patience=30)
    assert value() == 1
    time.sleep(0.01)  # so that the first answer is old on every clock
    assert [value() for _ in range(3)] == [1, 1, 1] and len(asked) == 2
    go.set()
    asked[1].join(30)
    assert value._value == 2


def test_an_error_leaves_the_last_value():
    def ask():
        raise OSError

    assert Remembered(ask, seconds=60, patience=30)() is None
