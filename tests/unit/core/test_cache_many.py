"""Many processes and threads at once, some of them killed: nothing half made is seen, nothing waits for the dead."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from tlnb.core.cache import cached_arrays
from tlnb.core.cache.entry import compare, read_record
from tlnb.core.files import sha256_file

KEYS = 5

# Each thread asks for every key in an order of its own. Who makes one says so first; content follows from the key.
WORKER = """
import os, random, sys, time
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from tlnb.core.cache import cached_arrays

log, keys, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

def note(*words):
    with open(log, "a") as file:
        file.write(" ".join(map(str, words)) + "\\n")

def ask(thread):
    order = random.Random(f"{seed} {thread}").sample(range(keys), keys)
    for key in order:
        def make(folder):
            note("making", key, os.getpid())
            np.save(folder / "first.npy", np.full(20_000, key))
            time.sleep(0.05)
            np.save(folder / "second.npy", np.full(20_000, -key))
            return {"key": key}
        arrays, meta = cached_arrays("things", {"number": key}, make)
        assert meta == {"key": key}
        assert (arrays["first"] == key).all() and (arrays["second"] == -key).all(), key

with ThreadPoolExecutor(4) as pool:
    list(pool.map(ask, range(4)))
print("done")
"""


def start(log: Path, seed: int, script: str = WORKER, keys: int = KEYS) -> subprocess.Popen:
    command = [sys.executable, "-c", script, str(log), str(keys), str(seed)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def makers(log: Path) -> dict[int, list[int]]:
    """Read who made each key, and how often."""
    found = defaultdict(list)
    for line in log.read_text().splitlines() if log.exists() else ():
        _, key, process = line.split()
        found[int(key)].append(int(process))
    return found


def look_for_halves(folder: Path) -> int:
    """Check that whatever has an entry's name is whole; count them."""
    whole = 0
    for entry in [path for path in folder.glob("*") if path.is_dir() and not path.name.startswith(".")]:
        record = json.loads((entry / "meta.json").read_text(encoding="utf-8"))
        for name, said in record["files"].items():
            assert sha256_file(entry / name) == said["sha256"]
        whole += 1
    return whole


def finish(workers: list[subprocess.Popen]) -> None:
    for worker in workers:
        out, err = worker.communicate(timeout=120)
        assert (worker.returncode, out) == (0, "done\n"), err


@pytest.mark.slow
def test_eight_processes_of_four_threads_make_each_thing_once(fresh_cache, tmp_path):
    log = tmp_path / "log"
    workers = [start(log, seed) for seed in range(8)]
    while any(worker.poll() is None for worker in workers):
        look_for_halves(fresh_cache / "things")
        time.sleep(0.01)
    finish(workers)
    assert {key: len(found) for key, found in makers(log).items()} == dict.fromkeys(range(KEYS), 1)
    assert look_for_halves(fresh_cache / "things") == KEYS


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
@pytest.mark.parametrize("seed", range(3))
def test_processes_killed_at_random_leave_nothing_half_made_and_nothing_locked(fresh_cache, tmp_path, seed):
    log, chance = tmp_path / "log", random.Random(seed)
    workers, killed = [start(log, number) for number in range(8)], set()
    deadline = time.monotonic() + 90
    while any(worker.poll() is None for worker in workers):
        assert time.monotonic() < deadline, "somebody waits for the dead"
        look_for_halves(fresh_cache / "things")
        making = {process for found in makers(log).values() for process in found}
        victims = [worker for worker in workers if worker.poll() is None and worker.pid in making - killed]
        if victims and len(killed) < 6:
            time.sleep(chance.uniform(0, 0.06))
            victim = chance.choice(victims)
            victim.send_signal(signal.SIGKILL)
            victim.communicate()
            killed.add(victim.pid)
            workers[workers.index(victim)] = start(log, 100 + len(killed))
        time.sleep(0.002)
    finish(workers)
    assert len(killed) >= 2
    for key in range(KEYS):  # more than once only where the maker was killed
        assert sum(process not in killed for process in makers(log)[key]) <= 1
        assert len(makers(log)[key]) == len(set(makers(log)[key]))
    assert look_for_halves(fresh_cache / "things") == KEYS
    for entry in (fresh_cache / "things").glob("?" * 64):
        compare(entry, read_record(entry), thoroughly=True)
    cached_arrays("others", {"number": 0}, lambda folder: np.save(folder / "a.npy", np.zeros(1)) or {})
    assert not list((fresh_cache / "things").glob(".*"))  # the next to make anything cleans up


@pytest.mark.slow
def test_a_bound_that_is_too_small_for_all_slows_many_down_and_breaks_none(fresh_cache, tmp_path, monkeypatch):
    monkeypatch.setenv("TLNB_CACHE_LIMIT", "700kB")  # two of five
    finish([start(tmp_path / "log", seed) for seed in range(3)])
    look_for_halves(fresh_cache / "things")
    # What each had open stayed. Now nobody has, and the next to make anything brings it within the bound.
    cached_arrays("others", {"number": 0}, lambda folder: np.save(folder / "a.npy", np.zeros(1)) or {})
    assert look_for_halves(fresh_cache / "things") <= 2


def test_threads_of_one_process_make_it_once(fresh_cache, tmp_path):
    worker = start(tmp_path / "log", 0)
    finish([worker])
    assert all(found == [worker.pid] for found in makers(tmp_path / "log").values())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_opens_and_makes_too(fresh_cache, tmp_path):
    script = WORKER.replace('print("done")', "") + (
        "import warnings\nwarnings.simplefilter('ignore')\nkeys += 1\nchild = os.fork()\nask(9)\n"
        "if child:\n    assert os.waitpid(child, 0)[1] == 0\n    print('done')\n"
    )
    finish([start(tmp_path / "log", 0, script)])
    assert {key: len(found) for key, found in makers(tmp_path / "log").items()} == dict.fromkeys(range(KEYS + 1), 1)


# What flock answers on network file systems without a lock service.
NO_LOCKS = "import errno, fcntl\ndef flock(file, how):\n    raise OSError(errno.ENOLCK, 'No locks available')\n"
NO_LOCKS += "fcntl.flock = flock\n"


@pytest.mark.skipif(os.name != "posix", reason="Windows always has locks")
def test_a_file_system_without_locks_costs_a_second_making_at_most_and_says_so(fresh_cache, tmp_path):
    workers = [start(tmp_path / "log", seed, NO_LOCKS + WORKER, keys=2) for seed in range(3)]
    said = []
    for worker in workers:
        out, err = worker.communicate(timeout=120)
        assert (worker.returncode, out) == (0, "done\n"), err
        said.append(err.count(f"files in {fresh_cache / 'things'} cannot be locked"))
    assert set(said) in ({1}, {0, 1})  # who comes late finds all made, and needs no lock
    assert look_for_halves(fresh_cache / "things") == 2


def test_whoever_waits_long_is_told_what_for(fresh_cache, tmp_path, monkeypatch, caplog):
    from tlnb.core.cache import arrays

    monkeypatch.setattr(arrays, "_TELL_SECONDS", 0.05)
    caplog.set_level("INFO", "tlnb")
    slow = WORKER.replace("time.sleep(0.05)", "time.sleep(1)").replace("range(4)", "range(1)")
    worker = start(tmp_path / "log", 0, slow, keys=1)
    while not makers(tmp_path / "log"):
        time.sleep(0.01)
    assert cached_arrays("things", {"number": 0}, lambda folder: 1 / 0)[1] == {"key": 0}
    finish([worker])
    assert "Another process is making things in the cache: waiting for it" in caplog.text
