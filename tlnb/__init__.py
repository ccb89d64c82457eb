"""Transfer learning in CNNs, learnt by steering it.

Names are lazy: ``import tlnb`` costs milliseconds, and torch loads when a name that needs it is first used.

>>> import tlnb
>>> recipe = tlnb.Recipe.preset("probe")
>>> recipe.trainable
'head'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tlnb._version import __version__
from tlnb.core.threads import wait_briefly

wait_briefly()  # here, because torch must not be loaded yet

# Public name -> the module that defines it.
_HOMES = {
    "ImageData": "tlnb.data",
    "load_data": "tlnb.data",
    "cost_card": "tlnb.backbones",
    "create_model": "tlnb.backbones",
    "extract_features": "tlnb.backbones",
    "extract_layers": "tlnb.backbones",
    "layer_groups": "tlnb.backbones",
    "model_card": "tlnb.backbones",
    "Recipe": "tlnb.training",
    "Run": "tlnb.training",
    "find_rates": "tlnb.training",
    "fit": "tlnb.training",
    "fit_many": "tlnb.training",
    "train": "tlnb.training",
}
_FLOORS = ("core", "data", "backbones", "training", "methods", "evaluation", "controls", "course")

__all__ = [
    "__version__",
    *_HOMES,
    *_FLOORS,
]

if TYPE_CHECKING:  # what __getattr__ finds at run time, for type checkers and editors
    from tlnb.backbones import (  # noqa: F401
        cost_card,
        create_model,
        extract_features,
        extract_layers,
        layer_groups,
        model_card,
    )
    from tlnb.data import ImageData, load_data  # noqa: F401
    from tlnb.training import Recipe, Run, find_rates, fit, fit_many, train  # noqa: F401


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
    elif name in _FLOORS:
        value = importlib.import_module(f"tlnb.{name}")
    else:
        from tlnb.core.errors import did_you_mean

        raise AttributeError(f"tlnb has no {name!r}.{did_you_mean(name, [*_HOMES, *_FLOORS])}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
