"""Augmentation as Python source, for a script that needs torch and torchvision alone and draws the same numbers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tlnb.core.errors import RecipeError
from tlnb.data.augmentation.draws import in_turn
from tlnb.data.augmentation.steps import check_steps
from tlnb.data.augmentation.table import AUGMENTATIONS

# What code that says this needs, in the order of imports.
_IMPORTS = {
    "io.": "import io",
    "math.": "import math",
    "Iterator[": "from collections.abc import Iterable, Iterator",
    "partial(": "from functools import partial",
    "crc32(": "from zlib import crc32",
    "torch.": "import torch",
    "Image.": "from PIL import Image",
    "v2.": "from torchvision.transforms import v2",
}
_ONE_BY_ONE = "images = torch.stack([step(images[place]) for place in in_turn(name, seed, epoch, rows)])"
_TOGETHER = "images, labels = mix(images, labels, in_turn(name, seed, epoch, rows))"


@dataclass(frozen=True)
class AugmentationSource:
    """A piece of a script.

    Attributes
    ----------
    imports : tuple of str
        The import statements that it needs, in order.
    code : str
        What defines ``augment(images, labels, seed, epoch, rows)``, which returns images and labels. Rows are numbers,
        no tensor.
    """

    imports: tuple[str, ...]
    code: str


def augmentation_source(steps: Iterable[Any], size: int, classes: int | None = None) -> AugmentationSource:
    """Write steps as Python source that does to CPU images exactly what `Augmenter` does.

    Parameters
    ----------
    steps : iterable of (str, float)
        As for `Augmenter`.
    size : int
        Height and width of the images, in pixels.
    classes : int, optional
        How many classes there are: what mixes labels needs it.

    Returns
    -------
    AugmentationSource
        The imports and the code; functions of ours are quoted whole.

    Raises
    ------
    RecipeError
        As from `Augmenter`.

    Examples
    --------
    >>> source = augmentation_source([("flip", 0.5)], size=96)
    >>> '"flip": v2.RandomHorizontalFlip(p=0.5),' in source.code
    True
    >>> source.imports[-1]
    'from torchvision.transforms import v2'
    """
    at_work = [(AUGMENTATIONS[name], strength) for name, strength in check_steps(steps) if strength > 0]
    calls = [(step, step.call(strength, size)) for step, strength in at_work]
    each = {step.name: call.source() for step, call in calls if not step.mixes}
    mixing = {step.name: call.source() for step, call in calls if step.mixes}
    if mixing and not classes:
        raise RecipeError(f"{next(iter(mixing))!r} mixes labels: give classes=, how many classes there are.")
    quoted = dict.fromkeys(function for _, call in calls for function in call.functions())
    parts = [inspect.getsource(function) for function in (*quoted, in_turn)]
    if each:
        parts.append(_dictionary("augmentation", each))
    if mixing:
        parts.append(_dictionary("mixing", mixing))
    parts.append(_augment(bool(each), bool(mixing), classes))
    code = "\n\n".join(parts)
    imports = [line for sign, line in _IMPORTS.items() if re.search(rf"\b{re.escape(sign)}", code)]
    return AugmentationSource(tuple(imports), code)


def _dictionary(name: str, entries: dict[str, str]) -> str:
    lines = [f'    "{key}": {expression},' for key, expression in entries.items()]
    return "\n".join([f"{name} = {{", *lines, "}", ""])


def _augment(each: bool, mixing: bool, classes: int | None) -> str:
    lines = [
        "def augment(images, labels, seed, epoch, rows):",
        '    """Each image has its own draws: they follow the seed, the epoch, its row and the step\'s name."""',
        "    state = torch.get_rng_state()",
    ]
    if each:
        lines += ["    for name, step in augmentation.items():", f"        {_ONE_BY_ONE}"]
    if mixing:
        lines += [
            f"    labels = torch.nn.functional.one_hot(labels, {classes}).float()",
            "    for name, mix in mixing.items():",
            f"        {_TOGETHER}",
        ]
    return "\n".join([*lines, "    torch.set_rng_state(state)", "    return images, labels", ""])
