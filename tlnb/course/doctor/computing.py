"""What computes here: torch, torchvision, a GPU, the cores. Each is read off what came of trying them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tlnb.course.doctor.finding import Finding, broken, good, in_gigabytes, warning
from tlnb.course.doctor.limits import core_limit
from tlnb.course.doctor.trial import Trial
from tlnb.course.environment import cores

_REINSTALL = "pip install --force-reinstall torch torchvision"


def check_torch(trial: Trial) -> Finding:
    """Say whether torch is here, of which build, and whether it computes on the CPU."""
    found = trial.of("torch")
    if found.get("missing"):
        return broken("torch", "it is not installed", "pip install torch torchvision")
    if "error" in found:
        memory = " Where it was killed, memory may be too small." if "SIGKILL" in found["error"] else ""
        return broken("torch", f"it cannot be imported: {found['error']}.{memory}", _REINSTALL)
    about = f"{found['version']}, {_build(found)} build"
    failed = trial.of("CPU").get("error")
    if failed:
        return broken("torch", f"{about}: the CPU cannot compute with it: {failed}", _REINSTALL)
    return good("torch", f"{about}; the CPU computes")


def check_torchvision(trial: Trial) -> Finding:
    """Say whether torchvision is here and belongs to this torch."""
    found = trial.of("torchvision")
    if found.get("missing"):
        return broken("torchvision", "it is not installed", "pip install torch torchvision")
    if "error" in trial.of("torch"):
        return broken("torchvision", "it needs torch", "mend torch first")
    if "error" in found:
        ours = trial.of("torch")["version"]
        return broken("torchvision", f"it does not work with torch {ours}: {found['error']}", _REINSTALL)
    return good("torchvision", f"{found['version']}; it computes with this torch")


def check_gpu(trial: Trial, root: Path = Path("/")) -> Finding:
    """Say whether there is a GPU that torch computes on. None is needed for the quick profile.

    Parameters
    ----------
    trial : Trial
        What came of trying torch.
    root : Path
        Where ``dev`` and ``proc`` are, in which a driver shows.
    """
    found, build = trial.of("GPU"), trial.of("torch")
    if "error" in build:
        return warning("GPU", "not tried, as torch does not work", "mend torch first")
    if "error" in found:
        return broken("GPU", f"trying it failed: {found['error']}", 'pass device="cpu", and update the driver')
    if found["kind"]:
        about = found["name"] + (f", {in_gigabytes(found['bytes'])}" if "bytes" in found else "")
        if found.get("count", 1) > 1:
            about += f", the first of {found['count']}"
        if "failed" in found:
            mend = 'Pass device="cpu", or install the torch for this GPU: https://pytorch.org/get-started/locally'
            return broken("GPU", f"{about}: it is there, but torch cannot compute on it: {found['failed']}", mend)
        return good("GPU", f"{about}; it computes ({found['kind']})")
    if not has_nvidia(root):
        return good("GPU", "none; the CPU computes, which is what quick lessons are made for")
    if not build["cuda"]:
        return warning(
            "GPU",
            f"an NVIDIA GPU is here, but this torch is a {_build(build)} build",
            "to use it, install a CUDA build: https://pytorch.org/get-started/locally",
        )
    why = f": {found['why']}" if found["why"] else ""
    return warning("GPU", f"an NVIDIA GPU is here, but torch does not see it{why}", "to use it, update its driver")


def check_cores(trial: Trial, root: Path = Path("/")) -> Finding:
    """Say how many cores there are, and whether torch uses as many threads.

    Parameters
    ----------
    trial : Trial
        What came of trying torch.
    root : Path
        Where ``proc`` and ``sys`` are, in which a container's limit shows.
    """
    there, usable = cores(), usable_cores(root)
    threads = trial.of("torch").get("threads")
    says = _count(usable, "core") + (f" of {there} (the container's limit)" if usable < there else "")
    says += f", {_count(threads, 'torch thread')}" if threads else ""
    if threads and threads > usable:
        return warning("cores", f"{says}: more threads than cores wait for each other", f"set OMP_NUM_THREADS={usable}")
    held = [name for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS") if name in os.environ]
    if threads and threads < usable and held:
        names = " and ".join(held)
        return warning("cores", f"{says}: {names} leaves cores idle", f"unset {names}, unless others need them")
    if usable == 1:
        return warning("cores", f"{says}; lessons take longer than they say", "nothing, but be patient")
    return good("cores", says)


def usable_cores(root: Path = Path("/")) -> int:
    """Return how many cores this process may keep busy: a container may be given fewer than it sees."""
    there, limit = cores(), core_limit(root)
    return there if limit is None else min(there, max(1, round(limit)))


def _build(found: dict[str, object]) -> str:
    return f"CUDA {found['cuda']}" if found["cuda"] else f"ROCm {found['hip']}" if found["hip"] else "CPU"


def has_nvidia(root: Path = Path("/")) -> bool:
    """Say whether an NVIDIA GPU shows, whether or not torch can use it."""
    files = (root / "dev/nvidia0", root / "proc/driver/nvidia/version")
    return any(file.exists() for file in files) or shutil.which("nvidia-smi") is not None


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number > 1 else ''}"
