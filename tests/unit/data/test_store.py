"""Pixels are decoded once, opened ever after, and never out of date."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tlnb.core.errors import DataError
from tlnb.data import decode_image, load_data

LOAD = """
import sys
from tlnb.data import load_data
images = load_data(sys.argv[1], size=8, progress=False)
print(int(images.images.sum()), len(images.problems))
"""


def load(folder, **options):
    return load_data(folder, size=8, progress=False, **options)


def state(cache):
    """Every file of the cache with its times, locks aside."""
    files = (file for file in cache.rglob("*") if file.is_file() and file.suffix != ".lock")
    return {file: (file.stat().st_mtime_ns, file.stat().st_ino) for file in files}


def is_mapped(tensor):
    """Say whether a tensor's memory is that of a mapped file of the cache."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        low, high = (int(end, 16) for end in line.split()[0].split("-"))
        if low <= tensor.data_ptr() < high:
            return line.endswith("images.npy")
    return False


def test_a_second_load_decodes_nothing(image_folder, fresh_cache):
    first = load(image_folder)
    entries = state(fresh_cache / "images")
    again = load(image_folder)
    assert state(fresh_cache / "images") == entries
    assert torch.equal(first.images, again.images)
    assert first.key == again.key


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs Linux")
def test_the_tensors_are_memory_mapped(image_folder, fresh_cache):
    assert is_mapped(load(image_folder).images)
    assert not is_mapped(torch.zeros(10))


def test_a_trusted_file_is_not_read_again(image_folder, fresh_cache, monkeypatch):
    # The index trusts a file that had been at rest for two seconds when it was read: let the clock run on.
    monkeypatch.setattr(time, "time_ns", lambda now=time.time_ns: now() + 10_000_000_000)
    load(image_folder)
    script = "import sys\nsys.addaudithook(lambda event, args: event == 'open' and print(args[0]))\n" + LOAD
    loaded = subprocess.run([sys.executable, "-c", script, str(image_folder)], capture_output=True, text=True)
    assert loaded.stdout.splitlines()[-1].endswith(" 0")
    assert str(fresh_cache) in loaded.stdout
    assert str(image_folder) not in loaded.stdout


def test_content_changed_under_the_same_name_and_size_is_noticed(make_folder, fresh_cache):
    folder = make_folder()
    first = load(folder)
    file = folder / "red" / "red00.png"
    data, times = file.read_bytes(), file.stat()
    noise = np.random.default_rng(7).integers(0, 256, (10, 8, 3), np.uint8)
    Image.fromarray(noise).save(file)
    assert file.stat().st_size <= len(data)
    file.write_bytes(file.read_bytes().ljust(len(data), b"\0"))  # what follows a PNG's end is passed over
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    second = load(folder)
    assert second.key != first.key
    row = second.files.index(file.resolve())
    assert torch.equal(second.images[row], decode_image(file, 8))
    assert not torch.equal(second.images[row], first.images[row])


def test_content_counts_and_the_folder_does_not(make_folder, fresh_cache):
    first = load(make_folder("here"))
    entries = state(fresh_cache / "images")
    second = load(make_folder("there"))
    assert second.key == first.key
    assert state(fresh_cache / "images") == entries


def test_the_key_changes_with_a_label_and_not_with_size_or_split(image_folder):
    images = load(image_folder)
    assert load_data(image_folder, size=12, seed=3, progress=False).key == images.key
    (image_folder / "red" / "red00.png").rename(image_folder / "blue" / "zz.png")
    assert load(image_folder).key != images.key


def test_each_size_is_decoded_from_the_source(image_folder):
    images = load(image_folder)
    larger = images.pixels(18, 16, "bilinear")
    assert tuple(larger.shape) == (30, 3, 16, 16)
    for row in (0, 29):
        assert torch.equal(larger[row], decode_image(images.files[row], 18, 16, "bilinear"))
    assert torch.equal(images.pixels(8, 8), images.images)


def test_a_file_that_changes_after_the_load_is_not_mixed_in(image_folder):
    images = load(image_folder)
    Image.new("RGB", (24, 20)).save(images.files[3])
    with pytest.raises(DataError, match=r"blue03.png has changed.*call load_data again"):
        images.pixels(13, 13)


def test_two_processes_load_the_same_folder_at_once(image_folder, fresh_cache):
    command = [sys.executable, "-c", LOAD, str(image_folder)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate()[0] for process in both]
    assert outputs[0] == outputs[1] == f"{int(load(image_folder).images.sum())} 0\n"
    assert len(list((fresh_cache / "images").glob("*.lock"))) == 1


def test_a_cache_that_cannot_be_written_stops_nothing(image_folder, monkeypatch, tmp_path, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TLNB_CACHE", str(tmp_path / "file" / "cache"))
    assert tuple(load(image_folder).images.shape) == (30, 3, 8, 8)
    assert "cannot be written" in caplog.text


def test_a_file_that_vanishes_while_others_are_decoded_is_a_problem_now_and_no_problem_later(
    image_folder, fresh_cache, monkeypatch
):
    from tlnb.data import store

    victim, read = image_folder / "red" / "red03.png", store.read_file

    def unplugged(file):
        if file == victim:
            raise OSError(5, "Input/output error")
        return read(file)

    monkeypatch.setattr(store, "read_file", unplugged)
    images = load(image_folder)
    assert len(images) == len(images.images) == len(images.files) == 29
    assert [(problem.path, problem.reason) for problem in images.problems] == [(victim, "Input/output error")]
    assert torch.equal(images.images[-1], decode_image(images.files[-1], 8))
    monkeypatch.undo()
    monkeypatch.setenv("TLNB_CACHE", str(fresh_cache))
    assert len(load(image_folder)) == 30


def test_a_file_that_changes_between_looking_and_decoding_is_left_out_and_said(image_folder, fresh_cache, monkeypatch):
    from tlnb.data import contents

    victim, look = image_folder / "red" / "red03.png", contents.index_files

    def look_and_change(*arguments):
        records = look(*arguments)
        Image.new("RGB", (24, 20)).save(victim)
        return records

    monkeypatch.setattr(contents, "index_files", look_and_change)
    images = load(image_folder)
    (problem,) = images.problems
    assert len(images) == 29 and problem.path == victim and "changed while it was being read" in problem.reason


def test_many_damaged_files_leave_rows_and_files_together(image_folder, fresh_cache):
    for number in (0, 1, 5, 9):
        file = image_folder / "green" / f"green{number:02}.png"
        file.write_bytes(file.read_bytes()[:-300])
    images = load(image_folder)
    assert len(images.images) == len(images) == 26
    for row, file in enumerate(images.files):
        assert torch.equal(images.images[row], decode_image(file, 8))
    stored = [path.name for path in fresh_cache.rglob("*.npy")]
    assert stored == ["images.npy"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")
def test_a_full_disk_is_an_error_and_no_crash(tmp_path):
    from tlnb.data.rows import RowFile

    with pytest.raises(OSError), RowFile(Path("/dev/full"), (4, 3)) as rows:
        rows.put(0, np.zeros(3, np.uint8))
