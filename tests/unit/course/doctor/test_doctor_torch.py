"""Whatever is wrong with torch, what is wrong is said, and what to do about it."""

from __future__ import annotations

import time

import pytest

from tlnb.course.doctor.computing import check_cores, check_gpu, check_torch, check_torchvision
from tlnb.course.doctor.trial import trying_torch


def tried(seconds=60.0):
    with trying_torch(seconds) as trial:
        return trial()


def test_the_torch_that_is_here_computes_and_so_does_its_torchvision():
    import torch

    trial = tried()
    assert check_torch(trial).state == "good" and torch.__version__ in check_torch(trial).says
    assert check_torchvision(trial).state == "good"
    assert trial.of("torch")["threads"] >= 1


def test_a_torch_that_is_missing_is_said_with_the_pip_line(fake_torch):
    fake_torch('raise ModuleNotFoundError("No module named \'torch\'", name="torch")')
    found = check_torch(tried())
    assert (found.state, found.says, found.do) == ("broken", "it is not installed", "pip install torch torchvision")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ('raise ImportError("libcudart.so.13: cannot open shared object file")', "libcudart.so.13"),
        ('raise OSError("[WinError 126] fbgemm.dll")', "fbgemm.dll"),
        ("import not_there_at_all", "not_there_at_all"),
        ("def half(:", "invalid syntax"),
        ("import sys; sys.exit(3)", "ended with code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", "killed by SIGILL"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "memory may be too small"),
    ],
    ids=["library", "DLL", "dependency", "damaged", "exits", "old processor", "killed"],
)
def test_a_torch_that_cannot_be_imported_is_broken_and_ends_nothing(fake_torch, code, says):
    fake_torch(code)
    trial = tried()
    found = check_torch(trial)
    assert found.state == "broken" and says in found.says and "torch" in found.do
    assert check_torchvision(trial).state == "broken" and check_gpu(trial).state == "warning"
    assert check_cores(trial).state in ("good", "warning")


def test_a_torch_that_hangs_is_given_up(fake_torch):
    fake_torch("import time; time.sleep(60)")
    start = time.monotonic()
    found = check_torch(tried(seconds=1))
    assert time.monotonic() - start < 30
    assert found.state == "broken" and "did not answer within 1 seconds" in found.says


def test_a_torch_that_computes_wrongly_is_broken(fake_torch):
    fake_torch(result=7.0)
    found = check_torch(tried())
    assert found.state == "broken" and "computes wrongly" in found.says


def test_what_torch_writes_on_standard_output_disturbs_nothing(fake_torch, tmp_path):
    fake_torch()
    file = tmp_path / "torches" / "torch.py"
    file.write_text("print('hello'); print(5); print('[1]'); print('{}')\n" + file.read_text())
    assert check_torch(tried()).state == "good"


def test_no_file_of_the_folder_that_one_is_in_is_taken_for_a_module(fake_torch, tmp_path, monkeypatch):
    fake_torch()
    work = tmp_path / "work"
    work.mkdir()
    for name in ("json.py", "warnings.py", "torch.py"):
        (work / name).write_text("raise RuntimeError('of the folder')")
    monkeypatch.chdir(work)
    assert check_torch(tried()).state == "good"


def test_whoever_does_not_wait_leaves_no_process_behind(fake_torch, tmp_path):
    fake_torch(f"import pathlib, time; time.sleep(2); pathlib.Path({str(tmp_path / 'late')!r}).touch()")
    with trying_torch():
        pass
    time.sleep(2.5)
    assert not (tmp_path / "late").exists()


def test_a_torchvision_that_is_missing_is_said(fake_torch):
    fake_torch(vision='raise ModuleNotFoundError("No module named \'torchvision\'", name="torchvision")')
    trial = tried()
    assert check_torch(trial).state == "good"
    assert (check_torchvision(trial).state, check_torchvision(trial).says) == ("broken", "it is not installed")


def test_a_torchvision_made_for_another_torch_is_broken(fake_torch, tmp_path):
    fake_torch()
    (tmp_path / "torches" / "torchvision.py").unlink()  # so that the real one meets a torch that is not its own
    found = check_torchvision(tried())
    assert found.state == "broken" and "does not work with torch 2.99.0" in found.says
    assert "torch torchvision" in found.do


def test_a_torchvision_that_computes_wrongly_is_broken(fake_torch):
    fake_torch(kept=[0, 1, 2])
    assert "it keeps [0, 1, 2]" in check_torchvision(tried()).says


def test_a_gpu_that_computes_is_named(fake_torch):
    fake_torch(gpu="cuda", cuda="13.0")
    found = check_gpu(tried())
    assert found.state == "good" and "GeForce Test, 8.0 GB" in found.says


def test_a_gpu_of_apples_that_computes_is_good(fake_torch):
    fake_torch(gpu="mps")
    assert check_gpu(tried()).says == "Apple's GPU; it computes (mps)"


def test_a_driver_that_kills_the_process_leaves_what_was_found_before(fake_torch, tmp_path, monkeypatch):
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    fake_torch()
    with (tmp_path / "torches" / "torch.py").open("a") as file:
        file.write("import os, signal\ncuda.is_available = lambda: os.kill(os.getpid(), signal.SIGSEGV)\n")
    trial = tried()
    found = check_gpu(trial)
    assert check_torch(trial).state == "good"
    assert found.state == "broken" and "SIGSEGV" in found.says and "driver" in found.do


@pytest.mark.parametrize("gpu", ["cuda", "mps"])
def test_a_gpu_that_torch_cannot_compute_on_is_broken(fake_torch, gpu):
    fake_torch(gpu=gpu, gpu_error="no kernel image is available for execution on the device")
    trial = tried()
    found = check_gpu(trial)
    assert found.state == "broken" and "no kernel image" in found.says and 'device="cpu"' in found.do
    assert check_torch(trial).state == "good" and check_torchvision(trial).state == "good"


@pytest.fixture
def no_driver(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("no_driver")
def test_a_machine_with_no_gpu_is_good_as_it_is(fake_torch, small_root):
    fake_torch(cuda="13.0")
    found = check_gpu(tried(), small_root({"proc/meminfo": ""}))
    assert (found.state, found.do) == ("good", "") and found.says.startswith("none")


@pytest.mark.usefixtures("no_driver")
def test_a_gpu_that_a_cpu_build_cannot_use_is_a_warning(fake_torch, small_root):
    fake_torch()
    found = check_gpu(tried(), small_root({"proc/driver/nvidia/version": "NVRM version"}))
    assert found.state == "warning" and "CPU build" in found.says and "CUDA build" in found.do


@pytest.mark.usefixtures("no_driver")
def test_a_driver_that_is_too_old_is_a_warning_with_what_torch_says_of_it(fake_torch, small_root):
    fake_torch(cuda="13.0", wonders="The NVIDIA driver on your system is too old (found version 11040).")
    found = check_gpu(tried(), small_root({"dev/nvidia0": ""}))
    assert found.state == "warning" and "too old (found version 11040)" in found.says and "driver" in found.do


@pytest.fixture
def eight_cores(monkeypatch):
    monkeypatch.setattr("tlnb.course.doctor.computing.cores", lambda: 8)
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)


NO_LIMIT = {"sys/fs/cgroup/cpu.max": "max 100000"}
ONE_CORE = {"sys/fs/cgroup/cpu.max": "100000 100000"}
TWO_CORES_OF_OLD = {"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"}


@pytest.mark.usefixtures("eight_cores")
@pytest.mark.parametrize(
    ("files", "threads", "state", "says", "do"),
    [
        (NO_LIMIT, 8, "good", "8 cores, 8 torch threads", ""),
        (NO_LIMIT, 4, "good", "8 cores, 4 torch threads", ""),
        (TWO_CORES_OF_OLD, 2, "good", "2 cores of 8 (the container's limit)", ""),
        (TWO_CORES_OF_OLD, 8, "warning", "more threads than cores", "OMP_NUM_THREADS=2"),
        (ONE_CORE, 1, "warning", "1 core of 8", "patient"),
    ],
)
def test_threads_are_compared_with_the_cores_that_may_be_used(fake_torch, small_root, files, threads, state, says, do):
    fake_torch(threads=threads)
    found = check_cores(tried(), small_root(files))
    assert found.state == state and says in found.says and do in found.do


@pytest.mark.usefixtures("eight_cores")
def test_a_variable_that_leaves_cores_idle_is_a_warning(fake_torch, small_root, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    fake_torch(threads=1)
    found = check_cores(tried(), small_root(NO_LIMIT))
    assert found.state == "warning" and "unset OMP_NUM_THREADS" in found.do
