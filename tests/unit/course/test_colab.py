"""Google Colab made ready. `google.colab` exists in Colab alone: a stand-in takes its place and notes what it is asked.

pip is the real one, in an environment of its own, with small wheels that this test writes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import types
import venv
import zipfile
from pathlib import Path

import packaging
import pytest
import torch

from tlnb.core.files import home_dir
from tlnb.course import colab
from tlnb.course.colab import ColabError, Prepared, install_missing, prepare, unfit

ROOT = Path(__file__).parents[3]


@pytest.fixture
def stand_in(monkeypatch, tmp_path):
    """Put a stand-in for google.colab in; return what it was asked. Its Drive appears when it is mounted."""
    asked = []
    drive = tmp_path / "drive"

    def mount(path):
        asked.append(f"mount {Path(path).name}")
        (drive / "MyDrive").mkdir(parents=True)

    parts = {
        "google.colab": types.ModuleType("google.colab"),
        "google.colab.output": types.SimpleNamespace(enable_custom_widget_manager=lambda: asked.append("widgets")),
        "google.colab.drive": types.SimpleNamespace(mount=mount),
    }
    for name, part in parts.items():
        monkeypatch.setitem(sys.modules, name, part)
    monkeypatch.setattr(colab, "DRIVE", drive)
    monkeypatch.delenv("TLNB_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    yield asked
    os.environ.pop("TLNB_HOME", None)


def test_where_all_is_there_nothing_is_installed_and_controls_are_switched_on(stand_in):
    ready = prepare()
    assert stand_in == ["widgets"]
    assert ready.installed == () and ready.home is None
    assert "prepare(drive=True) keeps it on your Google Drive" in str(ready)


def test_drive_is_connected_only_where_it_is_asked_for_and_then_keeps_progress_and_runs(stand_in, tmp_path):
    ready = prepare(drive=True)
    kept = tmp_path / "drive" / "MyDrive" / "tlnb"
    assert stand_in == ["widgets", "mount drive"]
    assert ready.home == home_dir() == kept == Path.cwd()
    assert str(kept) in str(ready)
    prepare(drive=True)
    assert stand_in.count("mount drive") == 1


def test_a_drive_that_is_connected_already_keeps_progress_and_the_working_folder_stays(stand_in, tmp_path):
    (tmp_path / "drive" / "MyDrive").mkdir(parents=True)
    assert prepare().home == home_dir() == tmp_path / "drive" / "MyDrive" / "tlnb"
    assert Path.cwd() == tmp_path and "mount drive" not in stand_in


def test_a_home_that_is_set_stays(stand_in, tmp_path, monkeypatch):
    (tmp_path / "drive" / "MyDrive").mkdir(parents=True)
    monkeypatch.setenv("TLNB_HOME", str(tmp_path / "mine"))
    assert prepare().home is None and home_dir() == tmp_path / "mine"


def test_a_gpu_is_noticed_and_said(stand_in, monkeypatch):
    assert "no GPU" in str(Prepared())
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Tesla T4")
    assert 'There is a GPU, Tesla T4; device="auto" takes it.' in str(prepare())


def test_on_another_machine_it_says_what_to_do():
    with pytest.raises(ColabError, match=r'pip install "tlnb\[course\]"'):
        prepare()


def test_what_is_too_old_is_said_and_left(monkeypatch):
    real = colab.distribution

    def older(name):
        return types.SimpleNamespace(version="2.5.1+cu124", requires=[]) if name == "torch" else real(name)

    monkeypatch.setattr(colab, "distribution", older)
    assert list(unfit("tlnb")) == ["torch 2.5.1+cu124 is not what is asked for (torch>=2.6)"]
    assert install_missing("tlnb") == ()
    assert "A newer runtime" not in str(Prepared()) and "2.5.1" in str(Prepared(unfit=tuple(unfit("tlnb"))))


def write_wheel(folder, name, version, *needs):
    about = [
        f"Name: {name}",
        f"Version: {version}",
        "Provides-Extra: data",
        *(f"Requires-Dist: {one}" for one in needs),
    ]
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", f"__version__ = '{version}'\n")
        wheel.writestr(f"{info}/METADATA", "\n".join(["Metadata-Version: 2.1", *about, ""]))
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Make an environment with a torch of its own, and wheels of which one would have another; give what runs in it."""
    tmp_path = tmp_path_factory.mktemp("elsewhere")
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    write_wheel(shelf, "torch", "2.6.0+cu124", "made_for_the_gpu")
    write_wheel(shelf, "torch", "3.0")
    write_wheel(shelf, "arrays", "1.0")
    write_wheel(shelf, "arrays", "2.0")
    write_wheel(shelf, "fabric", "4.0", "torch>=3", "arrays>=2", "deep")
    write_wheel(shelf, "deep", "1.5")
    write_wheel(shelf, "deep", "2.5")
    write_wheel(shelf, "course", "0.1", "torch>=2.6", "arrays>=1", 'fabric; extra == "data"', "deep<2")
    write_wheel(shelf, "lonely", "0.1", "nowhere_to_be_had>=1")
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "packaging").symlink_to(Path(packaging.__file__).parent)
    settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(shelf), "PIP_CONFIG_FILE": os.devnull}
    path = os.pathsep.join([str(ROOT), str(tmp_path / "path")])

    def run(*arguments):
        environment = os.environ | settings | {"PYTHONPATH": path}
        done = subprocess.run([python, *arguments], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("-m", "pip", "install", "--no-deps", "torch==2.6.0+cu124", "arrays==1.0", "course")
    return run


FILL = """import json
from importlib.metadata import version
from tlnb.course.colab import install_missing, unfit
installed = [install_missing("course", ["data"]), install_missing("course", ["data"])]
versions = {name: version(name) for name in ("torch", "arrays", "fabric", "deep")}
print(json.dumps([installed, versions, list(unfit("course", ["data"]))]))
"""


@pytest.mark.slow
def test_pip_adds_what_is_missing_and_replaces_nothing_though_it_would_be_newer(elsewhere):
    resolved = elsewhere("-m", "pip", "install", "--dry-run", "course[data]")
    assert "torch-3.0" in resolved and "arrays-2.0" in resolved  # what an ordinary install does here

    installed, versions, other = json.loads(elsewhere("-c", FILL))
    assert installed == [["deep<2", "fabric"], []]
    assert versions == {"torch": "2.6.0+cu124", "arrays": "1.0", "fabric": "4.0", "deep": "1.5"}
    assert other == [
        "arrays 1.0 is not what is asked for (arrays>=2)",
        "torch 2.6.0+cu124 is not what is asked for (torch>=3)",
    ]


@pytest.mark.slow
def test_what_pip_cannot_find_is_told_with_its_words(elsewhere):
    elsewhere("-m", "pip", "install", "--no-deps", "lonely")
    told = elsewhere(
        "-c",
        "from tlnb.course.colab import *\ntry: install_missing('lonely')\nexcept ColabError as error: print(error)",
    )
    assert told.startswith("pip could not install nowhere_to_be_had>=1: ") and "No matching distribution" in told
