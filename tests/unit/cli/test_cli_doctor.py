"""tlnb doctor, as a shell has it: on this machine, and on one where nearly everything is missing."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import tlnb

# With these the command starts; nothing else is on the bare machine.
LEAST = ("typer", "packaging", "filelock", "platformdirs")


@pytest.fixture
def broken_torch(tmp_path, monkeypatch):
    """Put a torch in the way that cannot be imported: quick to be tried, and broken."""
    folder = tmp_path / "torches"
    folder.mkdir()
    (folder / "torch.py").write_text("raise ImportError('libtorch.so: cannot open shared object file')")
    monkeypatch.syspath_prepend(folder)


def test_on_this_machine_it_says_that_torch_computes():
    done = subprocess.run(
        [sys.executable, "-m", "tlnb", "doctor", "--offline"], capture_output=True, text=True, timeout=180
    )
    lines = done.stdout.splitlines()
    assert done.stderr == "" and any(" torch " in line and "the CPU computes" in line for line in lines)
    assert all(line.split()[:2] in (["✓", "good"], ["!", "warning"], ["✗", "broken"]) for line in lines[:1])
    broken = any(line.startswith("✗ broken") for line in lines)
    assert done.returncode == int(broken) and ("Nothing is broken" in lines[-1]) is not broken


@pytest.mark.usefixtures("broken_torch")
def test_what_is_broken_gives_exit_code_1_a_word_and_what_to_do(call):
    done = call("doctor", "--offline")
    lines = done.stdout.splitlines()
    (place,) = (place for place, line in enumerate(lines) if line.split()[2:3] == ["torch"])
    assert done.exit_code == 1 and done.stderr == ""
    assert lines[place].startswith("✗ broken   torch") and "libtorch.so" in lines[place]
    assert lines[place + 1].strip() == "to do: pip install --force-reinstall torch torchvision"
    assert "broken" in lines[-1]


@pytest.mark.usefixtures("broken_torch")
def test_programs_get_a_list_of_plain_findings(call):
    done = call("doctor", "--offline", "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 1 and all(list(one) == ["what", "state", "says", "do"] for one in found)
    assert {one["state"] for one in found} <= {"good", "warning", "broken"}
    by_name = {one["what"]: one for one in found}
    assert by_name["torch"]["state"] == "broken" and "not asked, as you said" in by_name["hub"]["says"]


@pytest.mark.usefixtures("broken_torch")
def test_a_terminal_that_knows_no_marks_gets_plain_ones():
    path = os.pathsep.join(sys.path)
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": path, "TLNB_CACHE": "/nowhere/Ünïcode"}
    done = subprocess.run(
        [sys.executable, "-m", "tlnb", "doctor", "--offline"], env=environment, capture_output=True, timeout=60
    )
    text = done.stdout.decode("ascii")
    assert done.stderr == b"" and "x broken   torch" in text and "+ good" in text and "?n?code" in text


@pytest.fixture
def bare(tmp_path):
    """Make a machine on which only what the command needs to start is installed, and give how it is started."""
    folder = tmp_path / "bare"
    folder.mkdir()
    names, todo = set(), list(LEAST)
    while todo:
        name = todo.pop()
        if name in names:
            continue
        names.add(name)
        found = importlib.metadata.distribution(name)
        needs = [Requirement(text) for text in found.requires or []]
        todo += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
        for top in {file.parts[0] for file in found.files or [] if ".." not in file.parts}:
            if not (folder / top).exists() and top != "__pycache__":
                (folder / top).symlink_to(Path(found.locate_file(top)))
    (folder / "tlnb").symlink_to(Path(tlnb.__file__).parent)
    about = folder / "tlnb-0.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: tlnb\nVersion: 0.1\nRequires-Python: >=3.10\nRequires-Dist: torch>=2.6\n")
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); sys.argv[0] = 'tlnb'; from tlnb.cli import main; main()"
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}

    def start(*words):
        command = [sys.executable, "-S", "-c", code, *words]
        return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=60)

    return start


def test_without_torch_numpy_and_the_rest_every_line_is_there_all_the_same(bare):
    done = bare("doctor", "--json", "--offline")
    assert done.returncode == 1 and done.stderr == ""
    found = {one["what"]: one for one in json.loads(done.stdout)}
    assert len(found) == 17
    assert found["torch"]["says"] == "it is not installed" and found["torch"]["do"].startswith("pip install")
    assert "tlnb needs torch>=2.6, torch is missing" in found["packages"]["says"]
    assert found["images"]["state"] == "broken" and "numpy" in found["images"]["says"]
    assert found["progress"]["state"] == "good" and found["Python"]["state"] == "good"
