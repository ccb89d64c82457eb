"""A server with the course panel in it, as a learner has one, and lessons that take a second."""

from __future__ import annotations

import filecmp
import os
import subprocess
import sysconfig
from pathlib import Path

import nbformat
import pytest
from jupyter_core.paths import jupyter_config_path, jupyter_path
from lab_page import KERNEL

import tlnb

PACKAGE = Path(tlnb.__file__).parent
BUILT = PACKAGE / "labextension"
CONFIG = Path("jupyter_server_config.d", "tlnb.json")
SWITCH = PACKAGE.parent / "jupyter-config" / "server-config" / "tlnb.json"


def panel_settings(folder: Path) -> dict[str, str]:
    """Return the environment variables by which a server finds the panel: none where it is installed.

    What is installed must be what is tested. Nothing is taken from elsewhere unless that was asked for.
    """
    if os.environ.get("TLNB_PANEL_UNINSTALLED"):
        return _linked(folder, BUILT, SWITCH)
    _installed()
    return {}


def settings_of_another_environment(folder: Path) -> dict[str, str]:
    """Return the variables by which a server of another environment finds the panel of this one, and no more of it."""
    uninstalled = os.environ.get("TLNB_PANEL_UNINSTALLED")
    return _linked(folder, BUILT, SWITCH) if uninstalled else _linked(folder, *_installed())


def _linked(folder: Path, built: Path, switch: Path) -> dict[str, str]:
    extension, config = folder / ".share" / "labextensions" / "tlnb", folder / ".etc" / CONFIG
    for link, target in ((extension, built), (config, switch)):
        if not link.exists():
            link.parent.mkdir(parents=True)
            link.symlink_to(target)
    return {"JUPYTER_PATH": str(folder / ".share"), "JUPYTER_CONFIG_PATH": str(folder / ".etc")}


def _installed() -> tuple[Path, Path]:
    """Find the extension and its switch as `pip install` has put them; they must be those of this checkout."""
    mend = "run `pip install -e .` again, or set TLNB_PANEL_UNINSTALLED=1 to test the panel of this folder as it is"
    built = next((path for place in jupyter_path("labextensions") if (path := Path(place, "tlnb")).is_dir()), None)
    switch = next((path for place in jupyter_config_path() if (path := Path(place, CONFIG)).is_file()), None)
    if built is None or switch is None:
        pytest.fail(f"the course panel is not installed; {mend}")
    if differences(built, BUILT):
        pytest.fail(f"{built} is not what {BUILT} holds: {differences(built, BUILT)}; {mend}")
    return built, switch


def differences(one: Path, other: Path) -> list[str]:
    """Return the files that two folders do not have alike."""
    files = {path.relative_to(folder) for folder in (one, other) for path in folder.rglob("*") if path.is_file()}
    same = filecmp.cmpfiles(one, other, map(str, files), shallow=False)[0]
    return sorted({str(file) for file in files} - set(same))


def borrow_libraries(folder: Path, python: str) -> None:
    """Link what tlnb needs, and another environment lacks, into a folder for it."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    theirs = Path(subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.strip())
    folder.mkdir()
    for part in Path(sysconfig.get_path("purelib")).iterdir():
        if not (theirs / part.name).exists() and part.suffix not in (".dist-info", ".pth"):
            (folder / part.name).symlink_to(part)


class SmallCourse:
    """An installed tlnb whose lessons are small: all of it is the real one, but for the notebooks and the version."""

    def __init__(self, folder: Path) -> None:
        self.packages = folder / "packages"
        package = self.packages / "tlnb"
        package.mkdir(parents=True)
        for part in PACKAGE.iterdir():
            if part.name not in ("notebooks", "__pycache__", "_version.py"):
                (package / part.name).symlink_to(part)
        self.notebooks = package / "notebooks"
        self._version = package / "_version.py"
        self.release("0.9.0")

    def release(self, version: str, more: str = "") -> None:
        """Write the lessons as a version has them."""
        self._version.write_text(f'__version__ = "{version}"\n')
        about = "# 0.0 Start here\n\nA first lesson." + more
        self.write("00_start_here", "0.0", "Start here", about, QUIZ, STUB, CHECK, "print('the end')")
        steps = [f"import time\ntime.sleep(0.5)\nstep = {step}" for step in range(6)]
        self.write(
            "03_fine_tuning/01_freezing", "3.1", "Freezing and unfreezing layers", "# 3.1 Freezing" + more, *steps
        )
        self.write(
            "03_fine_tuning/02_rates", "3.2", "Learning-rate strategies", "# 3.2 Rates" + more, "1 / 0", "never = 1"
        )

    def write(self, name: str, lesson: str, title: str, about: str, *sources: str) -> None:
        """Write a lesson: its text, its parameters, and cells of code."""
        v4 = nbformat.v4
        parameters = v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
        cells = [v4.new_markdown_cell(about), parameters, *map(v4.new_code_cell, sources)]
        metadata = {"kernelspec": KERNEL, "tlnb": {"lesson": lesson, "title": title, "minutes": 5, "seconds": 2.0}}
        path = self.notebooks / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(v4.new_notebook(cells=cells, metadata=metadata), path)


PARAMETERS = 'profile = "quick"\ndata = "elpv"\ndevice = "auto"\nseed = 0'
QUIZ = """from tlnb.controls import quiz

quiz("What does a frozen layer keep?", ["Its weights", "Nothing"], "Its weights",
     "That is what it means.", name="0.0.1")"""
STUB = "import tlnb\n\nmy_recipe = ..."
CHECK = 'from tlnb.course import check\n\ncheck("0.0.a", my_recipe)'
SOLUTION = 'my_recipe = tlnb.Recipe.preset("last_stage").with_(rate_ratio=0.1, epochs=3)'
