"""What Binder builds its image from. repo2docker does not run here: the steps do, without the installs and a lesson."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tlnb.course.addresses import COPY
from tlnb.course.lessons import all_lessons, find_lessons

ROOT = Path(__file__).parents[2]
BINDER = ROOT / "binder"
SCRIPTS = ("postBuild", "start")
bash = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


def stand_in(path, script):
    path.write_text(f"#!/usr/bin/env bash\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def built(tmp_path):
    """Run postBuild in a copy: pip and the run of a lesson are noted, all else is done; return folder and notes."""
    shutil.copytree(BINDER, tmp_path / "binder")
    commands, notes = tmp_path / "commands", tmp_path / "notes.txt"
    commands.mkdir()
    note = f'echo "$(basename "$0") $*" >> "{notes}"'
    stand_in(
        commands / "python",
        f'if [ "$1" = -m ]; then {note}; else echo "{tmp_path}/prefix"; fi',
    )
    ours = f'exec "{sys.executable}" -m tlnb "$@"'
    stand_in(commands / "tlnb", f'if [ "$1" = run ]; then {note}; else {ours}; fi')
    environment = os.environ | {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([tmp_path / "binder" / "postBuild"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return tmp_path, notes.read_text().splitlines()


@bash
@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_are_bash_and_may_be_executed(name):
    assert subprocess.run(["bash", "-n", BINDER / name], capture_output=True).returncode == 0
    assert (BINDER / name).stat().st_mode & stat.S_IXUSR
    assert (BINDER / name).read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n")


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_step_that_fails_ends_the_build(name):
    assert "set -euo pipefail" in (BINDER / name).read_text(encoding="utf-8")


def test_every_file_that_is_named_is_there():
    text = (BINDER / "postBuild").read_text(encoding="utf-8")
    named = re.findall(r"\bbinder/([\w.]+)", text)
    assert set(named) | {"runtime.txt", *SCRIPTS} == {path.name for path in BINDER.iterdir()}


def test_the_python_is_one_that_the_package_supports():
    version = re.fullmatch(r"python-(3\.\d+)\n", (BINDER / "runtime.txt").read_text()).group(1)
    assert f"Python :: {version}" in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@bash
def test_the_small_torch_is_installed_before_the_package_that_would_bring_the_large_one(built):
    torch, package, lesson = built[1]
    assert torch.startswith("python -m pip install") and torch.endswith("https://download.pytorch.org/whl/cpu")
    assert {"torch", "torchvision", "--no-cache-dir"} <= set(torch.split())
    assert package == "python -m pip install --no-cache-dir .[course]"
    assert re.fullmatch(r"tlnb run 0\.0 --out \S+", lesson) and find_lessons(["0.0"])


@bash
def test_the_learners_copy_is_where_the_link_opens_it(built):
    copy = built[0] / COPY
    assert len(list(copy.rglob("*.ipynb"))) == len(all_lessons())
    assert (copy / "00_start_here.ipynb").exists() and (copy / "save_your_work.md").exists()


@bash
def test_jupyterlab_asks_no_news_and_knows_the_settings_that_say_so(built):
    (kept,) = (built[0] / "prefix").rglob("overrides.json")
    assert kept.relative_to(built[0]).as_posix() == "prefix/share/jupyter/lab/settings/overrides.json"
    schemas = Path(sys.prefix) / "share" / "jupyter" / "lab" / "schemas"
    for plugin, values in json.loads(kept.read_text()).items():
        package, _, name = plugin.partition(":")
        schema = json.loads((schemas / package / f"{name}.json").read_text(encoding="utf-8"))
        assert set(values) <= set(schema["properties"])


@bash
@pytest.mark.parametrize(
    ("limit", "before", "threads"),
    [
        ("100000 100000", "", "1"),
        ("250000 100000", "", "3"),
        ("max 100000", "", ""),
        ("400000 100000", "2", "2"),
        (None, "", ""),
    ],
)
def test_a_session_computes_with_as_many_threads_as_it_may_use(tmp_path, limit, before, threads):
    if limit is not None:
        (tmp_path / "cpu.max").write_text(limit + "\n")
    environment = os.environ | {"TLNB_CPU_MAX": str(tmp_path / "cpu.max")}
    environment.pop("OMP_NUM_THREADS", None)
    if before:
        environment["OMP_NUM_THREADS"] = before
    command = [BINDER / "start", "bash", "-c", 'echo "${OMP_NUM_THREADS:-}" "$@"', "-", "two words"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.stdout == f"{threads} two words\n", done.stderr


def test_the_page_on_saving_names_commands_that_there_are():
    text = (BINDER / "save_your_work.md").read_text(encoding="utf-8")
    commands = re.findall(r"^\s*(tlnb .*)$", text, re.MULTILINE)
    assert [command.split()[1:3] for command in commands] == [["progress", "export"], ["progress", "import"]]
    for command in commands:
        done = subprocess.run([sys.executable, "-m", *command.split()[:3], "--help"], capture_output=True, cwd=ROOT)
        assert done.returncode == 0
