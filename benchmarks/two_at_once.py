"""Two trainings at once on one machine: how much slower each is, with brief waits and with OpenMP's default.

python -m benchmarks.two_at_once
"""

from __future__ import annotations

import os
import subprocess
import sys

TRAIN = """
import time, tlnb
images = tlnb.load_data("elpv", size=96).resplit(seed=0, valid=0, test=0.15).few(24)
model = tlnb.create_model("tf_efficientnet_lite0", images, crop=1.0)
recipe = tlnb.Recipe(trainable="all", batch_size=16, epochs=2)
tlnb.fit(model, images, recipe, progress=False)  # the first one pays for what is measured once
start = time.perf_counter()
tlnb.fit(model, images, recipe, progress=False)
print(time.perf_counter() - start)
"""
SETTINGS = {"tlnb's": {}, "OpenMP's default": {"GOMP_SPINCOUNT": "300000"}}


def seconds(at_once: int, variables: dict[str, str]) -> float:
    """Return the seconds of a training, the slowest of so many that start together."""
    command = [sys.executable, "-c", TRAIN]
    running = [
        subprocess.Popen(command, env={**os.environ, **variables}, stdout=subprocess.PIPE, text=True)
        for _ in range(at_once)
    ]
    return max(float(one.communicate()[0]) for one in running)


def main() -> None:
    """Measure and print a table."""
    print(f"{'waiting':18}{'alone':>10}{'two at once':>14}{'ratio':>8}")
    for name, variables in SETTINGS.items():
        alone, two = seconds(1, variables), seconds(2, variables)
        print(f"{name:18}{alone:>8.1f} s{two:>12.1f} s{two / alone:>8.1f}")


if __name__ == "__main__":
    main()
