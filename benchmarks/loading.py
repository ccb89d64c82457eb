"""Loading ten thousand small files: how many cores it keeps busy, and how much memory it takes at most.

python benchmarks/loading.py [FILES]

Seconds on a shared machine are the weather; CPU seconds over wall seconds and the peak are not. Each line is its own
process, for its own peak.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

WORK = """
import json, resource, sys, time
import tlnb
def used():
    now = resource.getrusage(resource.RUSAGE_SELF)
    return now.ru_utime + now.ru_stime, now.ru_maxrss * 1024 / 1e9
def load(): tlnb.load_data(sys.argv[1], size=160, progress=False)
def check(): tlnb.data.check_folder(sys.argv[1], size=160, progress=False)
tlnb.data.decode_image(sys.argv[1] + "/a/0.jpg", 8)  # the first image pays for imports
start, (cpu, before) = time.perf_counter(), used()
{"load": load, "check": check}[sys.argv[2]]()
seconds, (after, peak) = time.perf_counter() - start, used()
print(json.dumps([seconds, after - cpu, before, peak]))
"""
STEPS = (("load, nothing stored", "load"), ("load, stored", "load"), ("check, stored", "check"))


def write(folder: Path, files: int) -> None:
    """Write JPEG files of 256 x 192 pixels in four classes."""
    import numpy as np
    from PIL import Image

    generator = np.random.default_rng(0)
    for number in range(files):
        small = generator.integers(0, 256, (12, 16, 3), np.uint8)
        file = folder / "abcd"[number % 4] / f"{number}.jpg"
        file.parent.mkdir(exist_ok=True)
        Image.fromarray(small).resize((256, 192), Image.Resampling.BICUBIC).save(file, quality=90)


def measure(folder: Path, step: str, cache: Path) -> list[float]:
    """Return wall seconds, CPU seconds, and gigabytes before and at the peak, of one step in its own process."""
    command = [sys.executable, "-c", WORK, str(folder), step]
    done = subprocess.run(
        command, env={**os.environ, "TLNB_CACHE": str(cache)}, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure and print a table."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as place:
        folder, cache = Path(place) / "images", Path(place) / "cache"
        folder.mkdir()
        write(folder, files)
        print(f"{files:,} files of 256 x 192 pixels, {len(os.sched_getaffinity(0))} cores")
        print(f"{'step':24}{'wall':>9}{'CPU':>9}{'cores':>7}{'before':>10}{'peak':>10}")
        for name, step in STEPS:
            wall, cpu, before, peak = measure(folder, step, cache)
            print(f"{name:24}{wall:>7.1f} s{cpu:>7.1f} s{cpu / wall:>7.2f}{before:>7.2f} GB{peak:>7.2f} GB")


if __name__ == "__main__":
    main()
