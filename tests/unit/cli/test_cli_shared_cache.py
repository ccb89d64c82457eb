"""A classroom's cache as docs/classroom.md has it: one command fills it, and learners only read."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

LEARNER = """import json, tlnb
from tlnb.core.files import cache_dir
images = tlnb.load_data("digits", size=32)
own = sorted(path.relative_to(cache_dir()).parts[0] for path in cache_dir().rglob("*.npy"))
print(json.dumps([len(images), float(images.images.float().mean()), own]))
"""


def everything(folder):
    """Every file and folder with what changes when it is written."""
    return {
        path: (path.stat().st_mtime_ns, path.stat().st_ctime_ns, path.stat().st_size)
        for path in [folder, *folder.rglob("*")]
    }


@pytest.mark.slow
def test_what_one_command_stores_two_learners_read_and_store_nothing_of(call, monkeypatch, tmp_path):
    shared = tmp_path / "class"
    monkeypatch.setenv("TLNB_CACHE", str(shared))
    assert call("data", "fetch", "digits", "--size", 32).exit_code == 0
    for path in [shared, *shared.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = everything(shared)

    def learner(name, **variables):
        homes = {"HOME": str(tmp_path / name), "TLNB_CACHE": str(tmp_path / name / "cache")}
        done = subprocess.run(
            [sys.executable, "-c", LEARNER], env=os.environ | homes | variables, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    alone = learner("alone")
    assert alone[0] == 1797 and "images" in alone[2]
    for name in ("ann", "ben"):
        assert learner(name, TLNB_SHARED_CACHE=str(shared)) == [*alone[:2], []]
    assert everything(shared) == before
    for path in [shared, *shared.rglob("*")]:
        path.chmod(0o755)
