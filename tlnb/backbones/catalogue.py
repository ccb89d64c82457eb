"""Which models there are: those whose weights are on this machine, and every name of timm, torchvision and tlnb.

The number of parameters is counted on networks without memory, once, and kept in the cache folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import torch

from tlnb.backbones.borrowed import BORROWED, BorrowedModel
from tlnb.backbones.bundled import BUNDLED, full_name
from tlnb.backbones.libraries import TimmModel, TorchvisionModel
from tlnb.backbones.packaged import PACKAGED
from tlnb.backbones.small_cnn import OwnModel
from tlnb.backbones.sources import in_package
from tlnb.core.cache import add_notes, read_notes
from tlnb.core.errors import ModelError, did_you_mean
from tlnb.core.progress import Progress
from tlnb.core.syllabus import syllabus

Entry: TypeAlias = TimmModel | TorchvisionModel | OwnModel

# Family as the syllabus writes it -> how the libraries' names begin, or go on after an underscore.
FAMILIES = {
    "ResNet": r"(^|_)resnet",
    "VGG": r"(^|_)vgg",
    "Inception": r"(^|_)inception_(v\d|resnet)",
    "MobileNet": r"(^|_)mobilenet",
    "EfficientNet": r"(^|_)efficientnet",
}
# Parameters and input size of the packaged models, so that the short list does not wait for timm; a test compares.
_PACKAGED_FACTS = {
    "timm/tf_efficientnet_lite0": (4_652_008, 224),
    "timm/tf_efficientnet_lite1": (5_416_680, 240),
    "timm/tf_efficientnet_lite2": (6_092_072, 260),
    "torchvision/mobilenet_v2.IMAGENET1K_V1": (3_504_872, 224),
    "timm/mobilenetv2_100.tv_in1k": (3_504_872, 224),
}


@dataclass(frozen=True)
class ListedModel:
    """One line of a list of models.

    Attributes
    ----------
    name, library : str
        As `create_model` takes it, and whose it is.
    parameters : int
        With a head of 1000 classes.
    input_size : int
        Side in pixels that the weights were trained, or are evaluated, at.
    licence : str
        Of the weights; empty where nothing is stated.
    here : {"package", "cache", ""}
        Where on this machine the weights are: an installed package, or what the hub sent earlier.
    weights : str
        Package, file or address that they are in; empty where none are published.
    lessons : tuple of str
        Those whose syllabus names its family.
    """

    name: str
    library: str
    parameters: int
    input_size: int
    licence: str
    here: str
    weights: str
    lessons: tuple[str, ...]


def models_here() -> tuple[ListedModel, ...]:
    """List the models whose weights are on this machine: in installed packages, and fetched earlier."""
    found = []
    for known, packaged in ({f"timm/{name}": packaged for name, packaged in PACKAGED.items()} | BUNDLED).items():
        if packaged.find():
            library, _, name = known.partition("/")
            facts = (*_PACKAGED_FACTS[known], packaged.licence, "package", packaged.package, lessons_of(name))
            found.append(ListedModel(name, library, *facts))
    if any(_hub_cache().glob("models--*/snapshots/*")) or any(_checkpoints().glob("*")):
        found += _listed(entry for entry in _published() if _cached(entry))
    # Of weights that are here twice, the copy that would be loaded: what was fetched comes before packages.
    return tuple({(model.library, model.name): model for model in found}.values())


def find_models(pattern: str) -> tuple[ListedModel, ...]:
    """List the models of timm and torchvision, and tlnb's own, with such a name.

    Parameters
    ----------
    pattern : str
        With ``*`` and ``?``, or a part of the name. Where it has a dot, each set of weights of a model is listed
        for itself: ``"resnet18.*"``. ``"timm/"``, ``"torchvision/"`` or ``"tlnb/"`` before it asks one library only.

    Raises
    ------
    ModelError
        If there is none; names near ones.

    Examples
    --------
    >>> [model.name for model in find_models("tf_efficientnet_lite?")][:2]
    ['tf_efficientnet_lite0', 'tf_efficientnet_lite1']
    """
    library, _, text = pattern.lower().rpartition("/")
    if library not in ("", "timm", "torchvision", "tlnb"):
        raise ModelError(f'pattern {pattern!r}: the only prefixes are "timm/", "torchvision/" and "tlnb/".')
    wanted = text if re.search(r"[*?\[]", text) else f"*{text}*"
    tagged = "." in text
    there = [entry for entry in (_published() if tagged else _architectures()) if library in ("", entry.library)]
    names = [(entry.name if tagged else entry.architecture).lower() for entry in there]
    chosen = [entry for entry, name in zip(there, names, strict=True) if fnmatchcase(name, wanted)]
    if not chosen:
        raise ModelError(f"no model is called {pattern!r}.{did_you_mean(text, set(names))}")
    return tuple(_listed(chosen))


def lessons_of(name: str) -> tuple[str, ...]:
    """Return the lessons whose syllabus names the family of a model.

    Examples
    --------
    >>> lessons_of("resnet18.a1_in1k"), lessons_of("convnext_tiny")
    (('2.1', '10.1', '10.3'), ())
    """
    families = [family for family, expression in FAMILIES.items() if re.search(expression, name.lower())]
    return tuple(lesson.id for lesson in syllabus() if any(family in " ".join(lesson.names) for family in families))


def _architectures() -> list[Entry]:
    import timm
    from torchvision import models

    # From `models` alone: torchvision's detectors and segmenters, listed beside, are no classifiers.
    ours = [_timm_model(full_name("timm", name)) for name in timm.list_models()]
    theirs = [TorchvisionModel(full_name("torchvision", name)) for name in models.list_models(module=models)]
    return [*ours, *theirs, OwnModel()]


def _published() -> list[Entry]:
    """Every set of weights, by its full name."""
    import timm
    from torchvision import models

    tagged = [
        TorchvisionModel(f"{name}.{weights.name}")
        for name in models.list_models(module=models)
        for weights in models.get_model_weights(name)
    ]
    return [*map(_timm_model, [*timm.list_models(pretrained=True), BORROWED]), *tagged]


def _timm_model(name: str) -> TimmModel:
    return BorrowedModel(name) if name == BORROWED else TimmModel(name)


def _listed(entries: Iterable[Entry]) -> list[ListedModel]:
    entries = list(entries)
    counts = _count_parameters(entries)
    return [_list_one(entry, counts[f"{entry.library}/{entry.architecture}"]) for entry in entries]


def _list_one(entry: Entry, parameters: int) -> ListedModel:
    packaged = in_package(entry)
    cached = _cached(entry)
    licence = entry.licence
    if cached is not None:
        here, weights = "cache", str(cached)
    elif packaged and packaged.find():
        here, weights, licence = "package", packaged.package, packaged.licence
    else:
        here, weights = "", entry.address
    lessons = lessons_of(entry.name)
    return ListedModel(entry.name, entry.library, parameters, entry.input_size, licence, here, weights, lessons)


def _cached(entry: Entry) -> Path | None:
    """Return the file that the hub sent earlier; it is compared with its checksum only when it is read."""
    if not entry.address or isinstance(entry, OwnModel):
        return None
    if isinstance(entry, TorchvisionModel) or entry.fixed:
        path = _checkpoints() / Path(urlsplit(entry.address).path).name
        return path if path.exists() else None
    repository = _hub_cache() / f"models--{entry.cfg['hf_hub_id'].replace('/', '--')}"
    named = entry.cfg.get("hf_hub_filename")
    for filename in [named] if named else ["model.safetensors", "pytorch_model.bin"]:
        found = sorted(repository.glob(f"snapshots/*/{filename}"))
        if found:
            return found[-1]
    return None


def _hub_cache() -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def _checkpoints() -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints"


def _count_parameters(entries: Iterable[Entry]) -> dict[str, int]:
    """Count each architecture's parameters: library/architecture -> number, with a head of 1000 classes."""
    import timm
    import torchvision

    wanted = {f"{entry.library}/{entry.architecture}": entry for entry in entries}
    notes = f"models/parameters_timm_{timm.__version__}_torchvision_{torchvision.__version__}.json"
    known: dict[str, int] = read_notes(notes)
    new = [name for name in wanted if name not in known]
    try:
        with Progress(len(new), "Counting parameters", enabled=len(new) > 10) as progress:
            for name in new:
                known[name] = _parameters_of(wanted[name])
                progress.update()
    finally:  # what a stop leaves is kept
        if new:
            add_notes(notes, known)
    return known


def _parameters_of(entry: Entry) -> int:
    try:
        with torch.device("meta"):
            model = type(entry)(entry.architecture).build()
    except NotImplementedError:  # some of torchvision's draw their weights by hand, which needs memory
        return int(entry.weights.meta["num_params"]) if isinstance(entry, TorchvisionModel) else 0
    return sum(parameter.numel() for parameter in model.parameters())
