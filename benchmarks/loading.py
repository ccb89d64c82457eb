"""Loading ten thousand small files: how many cores it keeps busy, and how much memory it takes at most. Linux only.

python -m benchmarks.loading [FILES]

Each line is its own process, for its own peak. On a shared machine seconds are the weather, and so is the share of the
cores that a process gets; "busy" counts threads that run or are ready to, which it is not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

WORK = """
import glob, json, sys, threading, time
import tlnb

def peak():  # of this process; ru_maxrss begins with that of the one that started it
    (line,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1e6

def watch():  # seconds that each thread ran, and that it was ready and had to wait for a core
    while True:
        for place in glob.glob("/proc/self/task/*/schedstat"):
            try:
                ran, waited, _ = open(place).read().split()
            except OSError:
                continue
            seen[place] = int(ran) / 1e9, int(waited) / 1e9
        time.sleep(0.05)

def load(): tlnb.load_data(sys.argv[1], size=160, progress=False)
def check(): tlnb.data.check_folder(sys.argv[1], size=160, progress=False)

tlnb.data.decode_image(sys.argv[1] + "/a/0.jpg", 8)  # the first image pays for imports
seen = {}
threading.Thread(target=watch, daemon=True).start()
time.sleep(0.2)
before, start, memory = dict(seen), time.perf_counter(), peak()
{"load": load, "check": check}[sys.argv[2]]()
seconds = time.perf_counter() - start
time.sleep(0.1)
sums = [sum(now[kind] - before.get(place, (0, 0))[kind] for place, now in seen.items()) for kind in (0, 1)]
print(json.dumps([seconds, *sums, memory, peak()]))
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
    """Return seconds: wall, run, waited for a core; and gigabytes before and at the peak; of one step."""
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
        print(f"{'step':24}{'wall':>9}{'CPU':>9}{'busy':>7}{'before':>10}{'peak':>10}")
        for name, step in STEPS:
            wall, ran, waited, before, peak = measure(folder, step, cache)
            busy = (ran + waited) / wall
            print(f"{name:24}{wall:>7.1f} s{ran:>7.1f} s{busy:>7.2f}{before:>7.2f} GB{peak:>7.2f} GB")


if __name__ == "__main__":
    main()
