"""ELPV: 2,624 solar cells in electroluminescence, from the installed package ``elpv-dataset``."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from itertools import groupby
from pathlib import Path

import numpy as np

from tlnb.core.errors import DataError
from tlnb.core.files import sha256_file
from tlnb.data.cards import DataCard
from tlnb.data.listing import Listing

TASKS = {"defect": ("functional", "defective"), "module": ("mono", "poly")}
_BLOCK = 60  # cells of one module of 6 x 10; its neighbours share grain, camera and damage

# Version of the package -> SHA-256 of its labels, and of its images' hashes in order.
_KNOWN = {
    "1.0.0.post1": (
        "0abe6fe7700aea571717d7d7dfec005a47c6207b4cde26a4556b6807a115483d",
        "60b16119c3c853e1ace8b7fd78c5dc151e541db6519ec24541461b27ce17ce92",
    ),
}


def find_elpv(task: str = "defect") -> Listing:
    """List the cells with their labels.

    Parameters
    ----------
    task : {"defect", "module"}
        ``defect``: functional, or defective where the experts' probability is 0.5 or more.
        ``module``: mono- or polycrystalline.

    Returns
    -------
    Listing
        With the columns ``probability`` (0, 1/3, 2/3, 1), ``module_type`` (mono, poly) and ``block``: 60
        consecutive cells of one module type, which are neighbours and may not be parted.

    Raises
    ------
    DataError
        Unknown task, or the package is missing or damaged.
    """
    if task not in TASKS:
        raise DataError(f"unknown task {task!r} for elpv: pass {' or '.join(TASKS)}.")
    spec = importlib.util.find_spec("elpv_dataset")
    if spec is None or spec.origin is None:
        raise DataError('the ELPV images are not installed: run  pip install "tlnb[data]"  (91 MB).')
    root = Path(spec.origin).parent / "data"
    rows = [line.split() for line in (root / "labels.csv").read_text(encoding="utf-8").splitlines() if line]
    names, probabilities, modules = zip(*rows, strict=True)
    probability, module = np.array(probabilities, np.float64), np.array(modules)
    index = (probability >= 0.5).astype(int) if task == "defect" else (module == "poly").astype(int)
    return Listing(
        root=root,
        files=tuple(root / name for name in names),
        labels=np.array(TASKS[task])[index],
        classes=TASKS[task],
        columns={"probability": probability, "module_type": module, "block": _blocks(modules)},
        group_column="block",
    )


def elpv_card(listing: Listing, size: int, sha256: str) -> DataCard:
    """Describe the set, after checking that the installed files are those that were published.

    Parameters
    ----------
    listing : Listing
        From :func:`find_elpv`.
    size : int
        Bytes of all images.
    sha256 : str
        SHA-256 over the images' hashes.

    Raises
    ------
    DataError
        The files are not those of the installed version.
    """
    version = importlib.metadata.version("elpv-dataset")
    known = _KNOWN.get(version)
    if known is not None and known != (sha256_file(listing.root / "labels.csv"), sha256):
        raise DataError(
            f"the files in {listing.root} are not those of elpv-dataset {version}: run  "
            "pip install --force-reinstall --no-deps elpv-dataset"
        )
    return DataCard(
        name="elpv",
        title="Solar cells in electroluminescence, with the probability of a defect",
        licence="CC BY-NC-SA 4.0",
        source=f"https://github.com/zae-bayern/elpv-dataset (PyPI elpv-dataset {version})",
        bytes=size,
        sha256=sha256,
        citation=(
            "Buerhop-Lutz, C.; Deitsch, S.; Maier, A.; Gallwitz, F.; Berger, S.; Doll, B.; Hauch, J.; "
            "Camus, C.; Brabec, C. J. A Benchmark for Visual Identification of Defective Solar Cells in "
            "Electroluminescence Imagery. EU PVSEC, 2018.",
            "Deitsch, S.; Christlein, V.; Berger, S.; Buerhop-Lutz, C.; Maier, A.; Gallwitz, F.; Riess, C. "
            "Automatic classification of defective photovoltaic module cells in electroluminescence images. "
            "Solar Energy 185, 2019.",
            "Deitsch, S.; Buerhop-Lutz, C.; Sovetkin, E.; Steland, A.; Maier, A.; Gallwitz, F.; Riess, C. "
            "Segmentation of photovoltaic module cells in uncalibrated electroluminescence images. "
            "Machine Vision and Applications 32, 2021.",
        ),
        attribution="Cells: ELPV (Buerhop-Lutz et al. 2018; Deitsch et al. 2019, 2021), CC BY-NC-SA 4.0",
        notes=(
            "Probability of a defect as judged by experts: 0, 1/3, 2/3 or 1; defective is 1/2 or more. "
            "Consecutive cells are neighbours in one module: split them by block, or scores are too good."
        ),
    )


def _blocks(modules: tuple[str, ...]) -> np.ndarray:
    """Give a number to each run of at most 60 consecutive cells of one module type."""
    block, numbers = -1, []
    for _, run in groupby(modules):
        for position, _ in enumerate(run):
            block += position % _BLOCK == 0
            numbers.append(block)
    return np.array(numbers, np.int64)
