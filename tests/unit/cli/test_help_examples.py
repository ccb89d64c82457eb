"""Every command's ``--help`` has examples, and each of them does what it shows: it is run as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import typer.main
from typer.testing import CliRunner

from tlnb.cli import app
from tlnb.core.cache import cached_arrays
from tlnb.core.journal import note_attempt
from tlnb.core.journal_transfer import export_progress
from tlnb.data.online.fetching import fetch_set

sys.path.append(str(Path(__file__).parents[1] / "data"))
from online_offers import offer_set
from online_server import Server

# Example -> why it is not run here. Its options are looked at all the same.
NOT_RUN = {
    "tlnb data fetch eurosat --size 64": "it downloads, and tests need no network",
    "tlnb run 3.1 --profile full --record": "an hour, and it writes into the repository",
    "tlnb run 3 --jobs 2 --out results": "three lessons; each is run elsewhere, and so are several at a time",
}
SECONDS = ("tlnb run", "tlnb lab", "tlnb doctor", "tlnb models", "tlnb data fetch elpv")  # how slow ones begin


def commands(command, path=("tlnb",)):
    """Give each command and sub-command with the words that call it."""
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


TREE = dict(commands(typer.main.get_command(app)))


def help_of(path):
    """Ask for the help as a terminal of 80 columns shows it."""
    done = CliRunner().invoke(app, [*path[1:], "--help"], prog_name="tlnb", env={"COLUMNS": "80"})
    assert done.exit_code == 0, done.output
    return done.stdout


def examples_of(path):
    """Read the examples from the help: the lines below ``Examples:``, each without its remark."""
    _, _, below = help_of(path).partition("Examples:\n")
    lines = re.match(r"(?: {3,}\S.*\n?)*", below).group().splitlines()
    return [line.partition("  #")[0].strip() for line in lines]


EXAMPLES = sorted({example for path in TREE for example in examples_of(path)})


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_every_command_has_examples_that_fit_into_80_columns(path):
    examples = examples_of(path)
    assert examples, f"no Examples: in {' '.join(path)} --help; write them with tlnb.cli.common.examples"
    assert all(example.split()[: len(path)] == list(path) for example in examples)
    assert max(map(len, help_of(path).splitlines())) <= 80


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_every_option_and_argument_is_explained(path):
    for one in TREE[path].params:
        assert one.help, f"{' '.join(path)}: {one.name} has no help"


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_uses_options_that_there_are(example):
    words = shlex.split(example)
    path = max((path for path in TREE if words[: len(path)] == list(path)), key=len)
    TREE[path].make_context(" ".join(path), words[len(path) :], resilient_parsing=False)


def test_what_is_not_run_is_an_example():
    assert set(NOT_RUN) <= set(EXAMPLES)


def runs(slow):
    wanted = [example for example in EXAMPLES if example not in NOT_RUN and example.startswith(SECONDS) is slow]
    return pytest.mark.parametrize("example", wanted)


@pytest.fixture
def folder(tmp_path, home, make_folder, monkeypatch):
    """Stand where the examples are true: beside photos, a table of them and a file of progress, in a new checkout."""
    work = tmp_path / "work"
    (work / "notebooks" / "records").mkdir(parents=True)
    photos = make_folder("work/my_photos", classes=("blue", "red"), per_class=40)
    files = sorted(path.relative_to(photos) for path in photos.rglob("*.png"))
    (work / "labels.csv").write_text("file,label\n" + "".join(f"{file.as_posix()},{file.parent}\n" for file in files))
    monkeypatch.setenv("TLNB_HOME", str(tmp_path / "elsewhere"))
    note_attempt("3.1.a", passed=True)
    export_progress(work / "mine.json", False)
    monkeypatch.setenv("TLNB_HOME", str(home))
    note_attempt("3.1.b", passed=False)
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def filled_cache(fresh_cache):
    """Fill a cache of its own with an array that was not used for long, and a fetched set."""

    def make(entry):
        np.save(entry / "values.npy", np.arange(1000))
        return {}

    cached_arrays("features", {"number": 1}, make)
    server = Server()
    fetch_set(offer_set(server, "eurosat", None, 0), progress=False)
    server.close()
    return fresh_cache


@runs(slow=False)
def test_an_example_works(example, folder, request):
    if example.startswith("tlnb progress export"):
        (folder / "mine.json").unlink()
    if example.startswith("tlnb cache clear"):  # not the cache of the tests
        request.getfixturevalue("filled_cache")
    code, said = at_a_terminal(example)
    assert code == 0, said


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.skipif(os.name != "posix", reason="signals reach groups of processes there")
@runs(slow=True)
def test_an_example_that_takes_longer_works(example, folder, monkeypatch):
    if example.startswith("tlnb lab"):
        settings = folder / "settings"
        settings.mkdir()
        (settings / "jupyter_server_config.json").write_text('{"ServerApp": {"allow_root": true}}')
        monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(settings))
        monkeypatch.setenv("BROWSER", "true %s")
        monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
    code, said = at_a_terminal(example)
    assert code == 0, said


def at_a_terminal(example):
    """Run a command whose questions are answered by yes; a server is asked for its page, and then ended.

    Returns
    -------
    tuple
        Its exit code, for a server that gave its page 0; and all that it said.
    """
    command = [sys.executable, "-m", *shlex.split(example)]
    keyboard, there = os.openpty()
    os.write(keyboard, b"y\n")
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}
    process = subprocess.Popen(command, stdin=there, **options)
    stuck = threading.Timer(1400, os.killpg, (process.pid, signal.SIGKILL))
    stuck.start()
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if "runs until you press Ctrl-C" in line:
                address = next(word for line in said for word in line.split() if word.startswith("http://"))
                with urllib.request.urlopen(address, timeout=60) as answer:
                    assert answer.status == 200
                process.terminate()
                process.wait()
                return 0, "".join(said)
        return process.wait(), "".join(said)
    finally:
        stuck.cancel()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        process.stdout.close()
        os.close(keyboard)
        os.close(there)
