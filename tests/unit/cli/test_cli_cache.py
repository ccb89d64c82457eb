"""tlnb cache: what it holds, whether it is sound, and what goes and what stays when it is cleared."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tlnb.core.cache import add_notes, cached_arrays, open_rows
from tlnb.core.cache.inventory import stored_entries
from tlnb.core.files import write_json


def store(kind: str, number: int) -> Path:
    def make(folder: Path) -> dict:
        np.save(folder / "values.npy", np.arange(100_000))
        return {}

    return Path(cached_arrays(kind, {"number": number}, make)[0]["values"].filename).parent


@pytest.fixture
def filled(fresh_cache):
    """Fill a cache with arrays of two kinds, an index and notes."""
    store("images", 1)
    store("images", 2)
    store("features", 3)
    write_json(fresh_cache / "index" / f"{'b' * 64}.json", {"a.png": [1, 2, 3]})
    add_notes("memory_formats.json", {"resnet18": "channels_last"})
    return fresh_cache


def rows(text: str) -> dict[str, list[str]]:
    return {line.split()[0]: line.split()[1:] for line in text.splitlines() if line}


def test_info_shows_where_how_much_and_how_much_at_most(call, filled, monkeypatch):
    monkeypatch.setenv("TLNB_CACHE_LIMIT", "5GB")
    done = call("cache", "info")
    shown = rows(done.stdout)
    assert done.exit_code == 0 and shown["cache"] == [str(filled)]
    assert shown["limit"] == ["5.0", "GB", "of", "arrays"]
    assert shown["images"][:3] == ["2", "1.6", "MB"] and shown["features"][:3] == ["1", "800.5", "kB"]
    assert shown["index"][0] == shown["notes"][0] == "1" and shown["all"][0] == "5"


def test_info_of_a_cache_that_is_not_there_yet_makes_none(call, fresh_cache):
    done = call("cache", "info")
    assert done.exit_code == 0 and f"{fresh_cache} (not there yet)" in done.stdout
    assert not fresh_cache.exists()


def test_info_shows_the_shared_cache_too(call, filled, monkeypatch, tmp_path):
    monkeypatch.setenv("TLNB_SHARED_CACHE", str(filled))
    monkeypatch.setenv("TLNB_CACHE", str(tmp_path / "own"))
    shown = rows(call("cache", "info").stdout)
    assert shown["shared"] == [f"{filled},", "read", "only"] and shown["images"][0] == "2"


def test_info_is_there_for_programs(call, filled):
    shown = json.loads(call("cache", "info", "--json", "--verify").stdout)
    kinds = {kind["kind"]: kind for kind in shown["cache"]["kinds"]}
    assert shown["cache"]["folder"] == str(filled) and shown["cache"]["limit"] > 0 and shown["shared"] is None
    assert (kinds["images"]["entries"], kinds["images"]["arrays"], kinds["index"]["arrays"]) == (2, True, False)
    assert kinds["images"]["bytes"] == sum(row.bytes for row in stored_entries(filled) if row.kind == "images")
    assert shown["damaged"] == []


def test_verify_reads_everything_and_names_what_is_damaged(call, filled):
    entry = store("images", 1)
    stamp = json.loads((entry / "stamp.json").read_text())
    times = (entry / "values.npy").stat()
    with (entry / "values.npy").open("rb+") as file:
        file.seek(5000)
        file.write(b"x")
    os.utime(entry / "values.npy", ns=(times.st_atime_ns, times.st_mtime_ns))
    now = (entry / "values.npy").stat()  # a stamp that covers even this, as a failing disk would give
    stamp["files"]["values.npy"] = [now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino]
    (entry / "stamp.json").write_text(json.dumps(stamp | {"seen": time.time_ns() + 60_000_000_000}))
    done = call("cache", "info", "--verify")
    assert done.exit_code == 1 and "2 of 3 entries are as they were stored." in done.stdout
    assert f"{entry} is damaged: values.npy has another SHA-256 than was stored." in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert call("cache", "info").exit_code == 0


def test_verify_reads_rows_too(call, fresh_cache):
    stored = open_rows("features", {"from": "here"}, 10, [(3,)], "float32")
    with stored.alone():
        stored.put(np.array([2, 5]), [np.ones((2, 3), "float32")])
    done = call("cache", "info", "--verify")
    assert done.exit_code == 0 and "1 of 1 entries are as they were stored." in done.stdout
    (entry,) = stored_entries(fresh_cache)
    np.load(entry.path / "values0.npy", mmap_mode="r+")[5] = 2
    done = call("cache", "info", "--verify")
    assert done.exit_code == 1 and "0 of 1 entries" in done.stdout
    assert f"{entry.path} is damaged: 1 of its rows are not as they were stored." in done.stderr


def test_clear_removes_arrays_and_index_and_keeps_notes(call, filled):
    done = call("cache", "clear", "--yes")
    assert done.exit_code == 0 and "1 of features, 2 of images, 1 of index" in done.stdout
    assert "2.4 MB are free again." in done.stdout
    assert sorted(path.name for path in filled.rglob("*") if path.is_file()) == [
        "memory_formats.json",
        "memory_formats.json.lock",
    ]
    assert call("cache", "clear", "--yes").stdout == f"There is nothing to remove in {filled}.\n"


def test_clear_of_one_kind_keeps_the_others(call, filled):
    assert call("cache", "clear", "images", "--yes").exit_code == 0
    assert [row.kind for row in stored_entries(filled)] == ["features"]
    assert call("cache", "clear", "notes", "--yes").exit_code == 0
    assert not (filled / "memory_formats.json").exists() and (filled / "index").is_dir()


def test_clear_of_what_is_old_keeps_what_was_used_since(call, filled):
    day = 86400
    old = store("images", 1)
    for entry, days in ((old, 8), (store("images", 2), 6)):
        os.utime(entry / "stamp.json", (time.time() - days * day,) * 2)
    done = call("cache", "clear", "--older-than", "7", "--yes")
    assert done.exit_code == 0 and not old.exists() and len(stored_entries(filled)) == 2


def test_an_unknown_kind_is_wrong_use(call, filled):
    done = call("cache", "clear", "imges", "--yes")
    assert done.exit_code == 2 and 'Did you mean "images"?' in done.stderr and len(stored_entries(filled)) == 3


def test_clear_never_touches_what_is_not_ours(call, fresh_cache):
    """A cache folder that is by mistake one of the user's own."""
    own = {
        "thesis.tex": "mine",
        "images/holiday.jpg": "mine",
        "images/2024/meta.json": "{}",
        "images/2024/values.npy": "mine",
        f"images/{'c' * 64}/meta.json": "{}",
        f"images/{'c' * 64}/plan.md": "mine",
        f"images/{'d' * 64}/values.npy": "mine",
        f"images/{'e' * 64}": "a file",
        "index/notes.json": "{}",
        "models/parameters.json": "{}",
        "download.part": "mine",
        ".thesis.tex.swp": "mine",
        "package.lock": "mine",
    }
    for name, text in own.items():
        (fresh_cache / name).parent.mkdir(parents=True, exist_ok=True)
        (fresh_cache / name).write_text(text)
    elsewhere = fresh_cache.parent / "elsewhere"
    (elsewhere / ("f" * 64)).mkdir(parents=True)
    (elsewhere / ("f" * 64) / "meta.json").write_text("{}")
    (fresh_cache / "linked").symlink_to(elsewhere, target_is_directory=True)
    store("images", 1)
    for kind in ([], ["notes"], ["weights"], ["leftovers"], ["images"]):
        assert call("cache", "clear", *kind, "--yes").exit_code == 0
    left = {path.relative_to(fresh_cache).as_posix() for path in fresh_cache.rglob("*") if path.is_file()}
    assert left == set(own) and all((fresh_cache / name).read_text() == text for name, text in own.items())
    assert (elsewhere / ("f" * 64) / "meta.json").exists() and stored_entries(fresh_cache) == []


def test_clear_leaves_the_shared_cache_alone(call, filled, monkeypatch, tmp_path):
    before = sorted(filled.rglob("*"))
    monkeypatch.setenv("TLNB_SHARED_CACHE", str(filled))
    monkeypatch.setenv("TLNB_CACHE", str(tmp_path / "own"))
    assert "nothing to remove" in call("cache", "clear", "--yes").stdout
    assert sorted(filled.rglob("*")) == before


def test_weights_go_only_where_they_are_named_and_inside_the_cache(call, filled, monkeypatch, tmp_path):
    from huggingface_hub import constants

    for home in (filled / "hub", tmp_path / "hub"):
        (home / "models--timm--resnet18" / "blobs").mkdir(parents=True)
        (home / "models--timm--resnet18" / "blobs" / "ab").write_bytes(bytes(1000))
    monkeypatch.setenv("TORCH_HOME", str(filled / "torch"))
    fetched = filled / "torch" / "hub" / "checkpoints" / "resnet18-f37072fd.pth"
    fetched.parent.mkdir(parents=True)
    fetched.write_bytes(bytes(500))
    own = fetched.with_name("my-training.pth")
    own.write_bytes(b"mine")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(filled / "hub"))
    assert call("cache", "clear", "--yes").exit_code == 0 and fetched.exists()
    assert "2 of weights" in call("cache", "clear", "weights", "--yes").stdout
    assert not fetched.exists() and own.exists() and not (filled / "hub" / "models--timm--resnet18").exists()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    assert f"Weights are kept in {tmp_path / 'hub'}" in call("cache", "clear", "weights", "--yes").stdout
    assert (tmp_path / "hub" / "models--timm--resnet18").exists()


def test_clear_removes_what_killed_processes_left(call, fresh_cache):
    script = (
        "import os\nimport numpy as np\nfrom tlnb.core.cache import cached_arrays\n"
        "def make(folder):\n    np.save(folder / 'values.npy', np.zeros(9))\n    os.kill(os.getpid(), 9)\n"
        "cached_arrays('things', {'number': 7}, make)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    assert rows(call("cache", "info").stdout)["leftovers"][0] == "2"  # what was half made, and its lock
    assert call("cache", "clear", "leftovers", "--yes").exit_code == 0
    assert not [path for path in fresh_cache.rglob("*") if path.is_file()]


def test_what_is_being_made_is_left_and_said(call, fresh_cache):
    entry = store("images", 1)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys\nfrom tlnb.core.files import file_lock\n"
            "with file_lock(sys.argv[1]):\n    print('held', flush=True)\n    sys.stdin.readline()\n",
            str(entry),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "held\n"
    done = call("cache", "clear", "--yes")
    assert done.exit_code == 1 and f"{entry} is in use" in done.stderr and entry.exists()
    holder.communicate("let go\n", timeout=60)
    assert call("cache", "clear", "--yes").exit_code == 0 and not entry.exists()


def test_neither_command_needs_torch(filled):
    script = (
        "import sys, tlnb.cli\nfor words in (['cache', 'info', '--verify'], ['cache', 'clear', '--yes']):\n"
        "    try: tlnb.cli.app(words)\n    except SystemExit as end: assert not end.code, words\n"
        "assert not {'torch', 'timm'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, timeout=60)
