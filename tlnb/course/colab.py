"""Google Colab made ready: what the course lacks is put beside what Colab has, of which nothing is replaced.

Colab's torch fits its GPU, and replacing a package that is loaded already would need a new start. So pip is given the
names of missing packages alone, and with ``--no-deps``, again until nothing is missing: it can then touch nothing else.
Only the standard library and `packaging` are needed here, since nothing else of ours is installed yet.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from tlnb.core.errors import TlnbError

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

EXTRAS = ("data", "controls")
DRIVE = Path("/content/drive")
_BUILDS = ("torch", "torchvision")  # Colab's own: neither they nor what they need are any business of ours


class ColabError(TlnbError, RuntimeError):
    """Google Colab could not be made ready."""


@dataclass(frozen=True)
class Prepared:
    """What was done on Colab, and what is there.

    Attributes
    ----------
    installed : tuple of str
        Packages that were missing.
    unfit : tuple of str
        Packages of Colab's that are other than tlnb asks for, and were left alone.
    gpu : str or None
        The GPU's name.
    home : Path or None
        The folder on Google Drive that keeps progress; None if it is lost with Colab's machine.
    """

    installed: tuple[str, ...] = ()
    unfit: tuple[str, ...] = ()
    gpu: str | None = None
    home: Path | None = None

    def __str__(self) -> str:
        lines = [f"Installed: {', '.join(self.installed)}."] if self.installed else []
        lines += [f"{one}. It was left as it is; a newer runtime may have a newer one." for one in self.unfit]
        lines.append(
            f'There is a GPU, {self.gpu}; device="auto" takes it.'
            if self.gpu
            else "There is no GPU, and the quick profile needs none. Runtime > Change runtime type gives one."
        )
        lines.append(
            f"Your progress is kept on your Google Drive, in {self.home}."
            if self.home
            else "Colab forgets your progress when it ends; prepare(drive=True) keeps it on your Google Drive."
        )
        return "\n".join(lines)


def prepare(*, drive: bool = False) -> Prepared:
    """Make Google Colab ready for a lesson: packages, controls, and, where it is asked for, Google Drive.

    Parameters
    ----------
    drive : bool
        Whether to connect Google Drive, which asks for leave. The working folder is then ``MyDrive/tlnb``, so that
        runs with a relative path are kept too. A Drive that is connected already keeps the progress in any case, but
        for a ``TLNB_HOME`` that is set.

    Returns
    -------
    Prepared
        Print it: it says what was done.

    Raises
    ------
    ColabError
        If this is not Colab, or pip fails.
    """
    if "google.colab" not in sys.modules:
        raise ColabError('This is not Google Colab. On a machine of your own: pip install "tlnb[course]"')
    installed = install_missing("tlnb", EXTRAS)
    importlib.import_module("google.colab.output").enable_custom_widget_manager()
    return Prepared(installed, tuple(unfit("tlnb", EXTRAS)), _gpu(), _home_on_drive(drive))


def install_missing(package: str, extras: Sequence[str] = ()) -> tuple[str, ...]:
    """Install what a package needs and this environment lacks; nothing that is installed is changed.

    Parameters
    ----------
    package : str
        One that is installed, perhaps without what it needs.
    extras : sequence of str
        Its extras that are wanted.

    Returns
    -------
    tuple of str
        What was installed, as pip was told.

    Raises
    ------
    ColabError
        If pip cannot; it says what pip said.
    """
    installed: list[str] = []
    while wanted := _missing(package, extras):
        if again := set(wanted) & set(installed):
            raise ColabError(f"pip installed {', '.join(sorted(again))}, and it is not found: start the runtime anew.")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", *wanted]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            said = done.stderr.strip().splitlines()[-3:]
            raise ColabError(f"pip could not install {', '.join(wanted)}: {' '.join(said)}")
        importlib.invalidate_caches()
        installed += wanted
    return tuple(installed)


def _missing(package: str, extras: Sequence[str]) -> list[str]:
    """Return what is not installed, each once, with all that is asked of its version."""
    bounds: dict[str, SpecifierSet] = {}
    for one, version in _needs(package, extras):
        if version is None:
            bounds[one.name] = bounds[one.name] & one.specifier if one.name in bounds else one.specifier
    return sorted(f"{name}{bound}" for name, bound in bounds.items())


def unfit(package: str, extras: Sequence[str] = ()) -> Iterator[str]:
    """Say which installed packages are older, or newer, than is asked for.

    Parameters
    ----------
    package, extras
        As for `install_missing`.
    """
    found = {
        f"{one.name} {version} is not what is asked for ({one.name}{one.specifier})"
        for one, version in _needs(package, extras)
        if version and not one.specifier.contains(version, prereleases=True)
    }
    yield from sorted(found)


def _needs(package: str, extras: Sequence[str]) -> Iterator[tuple[Requirement, str | None]]:
    """Yield what a package needs, near and far, with the version that is installed."""
    from packaging.requirements import Requirement

    waiting, seen = [Requirement(f"{package}[{','.join(extras)}]" if extras else package)], set()
    while waiting:
        asked = waiting.pop()
        if (key := str(asked)) in seen:
            continue
        seen.add(key)
        try:
            there = distribution(asked.name)
        except PackageNotFoundError:
            yield asked, None
            continue
        yield asked, there.version
        if asked.name not in _BUILDS:
            waiting += [one for one in map(Requirement, there.requires or ()) if _applies(one, asked.extras)]


def _applies(requirement: Requirement, extras: set[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def _gpu() -> str | None:
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else None


def _home_on_drive(connect: bool) -> Path | None:
    mine = DRIVE / "MyDrive"
    if connect and not mine.is_dir():
        importlib.import_module("google.colab.drive").mount(str(DRIVE))
    if not mine.is_dir():
        return None
    home = Path(os.environ.setdefault("TLNB_HOME", str(mine / "tlnb")))
    if connect:
        home.mkdir(parents=True, exist_ok=True)
        os.chdir(home)
    return home if home.is_relative_to(DRIVE) else None
