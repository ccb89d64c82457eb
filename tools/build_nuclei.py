"""Make the two PNG files in ``tlnb/data/nuclei`` from the example image in a wheel of PyPI ``stardist``.

Run ``python tools/build_nuclei.py [WHEEL]``; without a wheel, pip downloads it. Both files are 16-bit TIFF there, with
no value above 255: eight bits lose nothing. Equal Pillow versions give equal bytes; if they differ, put the printed
SHA-256 into ``tlnb/data/nuclei/tiles.py`` (the pixels are the same).
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image

WHEEL = "stardist-0.9.2-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl"
SHA256_OF_WHEEL = "2316c0feb7bd5621e7a277cb3868df475c338943c591925c420ee3622c42f023"
FILES = {"image.png": "stardist/data/images/img2d.tif", "nuclei.png": "stardist/data/images/mask2d.tif"}
FOLDER = Path(__file__).resolve().parents[1] / "tlnb" / "data" / "nuclei"


def read_pictures(wheel: bytes) -> dict[str, np.ndarray]:
    """Read the image and the number of the nucleus at each pixel: uint8 (512, 512) each."""
    digest = sha256(wheel).hexdigest()
    if digest != SHA256_OF_WHEEL:
        raise SystemExit(f"SHA-256 of the wheel is {digest}, of {WHEEL} it is {SHA256_OF_WHEEL}")
    pictures = {}
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        for name, path in FILES.items():
            pixels = np.asarray(Image.open(io.BytesIO(archive.read(path))))
            if pixels.shape != (512, 512) or pixels.max() > 255:
                raise SystemExit(f"{path} is not what it was: {pixels.shape}, up to {pixels.max()}")
            pictures[name] = pixels.astype(np.uint8)
    return pictures


def download() -> bytes:
    """Let pip download the wheel; the pictures are the same in those of all platforms."""
    with tempfile.TemporaryDirectory() as folder:
        name, version, *_ = WHEEL.split("-")
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "-d", folder]
        command += ["--python-version", "3.11", "--platform", "manylinux_2_28_x86_64", f"{name}=={version}"]
        subprocess.run(command, check=True)
        return (Path(folder) / WHEEL).read_bytes()


def main() -> None:
    """Write the files, and say what goes into the code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", nargs="?", type=Path, help=f"{WHEEL}; downloaded if not given")
    arguments = parser.parse_args()
    pictures = read_pictures(arguments.wheel.read_bytes() if arguments.wheel else download())
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(FOLDER / name, optimize=True)
        data = (FOLDER / name).read_bytes()
        sys.stdout.write(f"{name}: {len(data):,} bytes, SHA-256 {sha256(data).hexdigest()}\n")


if __name__ == "__main__":
    main()
