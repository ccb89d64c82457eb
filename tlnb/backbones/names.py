"""The names of models: the small one of our own, else looked up in timm, then in torchvision."""

from __future__ import annotations

from tlnb.backbones.borrowed import BORROWED, BorrowedModel
from tlnb.backbones.bundled import full_name
from tlnb.backbones.libraries import TimmModel, TorchvisionModel
from tlnb.backbones.small_cnn import NAME, OwnModel
from tlnb.core.errors import ModelError, did_you_mean


def find_model(name: str) -> TimmModel | TorchvisionModel | OwnModel:
    """Look a model's name up: ``"small_cnn"`` is our own, any other is looked for in timm, then in torchvision.

    Parameters
    ----------
    name : str
        With or without ``"timm/"``, ``"torchvision/"`` or ``"tlnb/"`` before it, and with or without a tag after it.
        Without one it means the library's default weights; of MobileNetV2 those that tlnb carries (see `full_name`).

    Raises
    ------
    ModelError
        If neither knows it; names the near ones.

    Examples
    --------
    >>> find_model("squeezenet1_1").library
    'torchvision'
    >>> find_model("mobilenetv2_100").name
    'mobilenetv2_100.tv_in1k'
    """
    import timm
    from torchvision import models

    library, _, bare = name.rpartition("/")
    if library not in ("", "timm", "torchvision", "tlnb"):
        raise ModelError(f'model {name!r}: the only prefixes are "timm/", "torchvision/" and "tlnb/".')
    if library in ("", "tlnb") and bare == NAME:
        return OwnModel()
    if library == "tlnb":
        raise ModelError(f"{name!r}: the only model of tlnb's own is {NAME!r}.")
    # From `models` alone: torchvision's detectors and segmenters, listed beside, have no head to replace.
    options = models.list_models(module=models) if library != "timm" else []
    # Names that timm has given up still build, but have no configuration: they get the error with near names.
    if library != "torchvision" and timm.is_model(bare) and timm.get_pretrained_cfg(bare.partition(".")[0]):
        return _tagged_timm_model(full_name("timm", bare))
    if bare.partition(".")[0] in options:
        model = TorchvisionModel(full_name("torchvision", bare))
        _ = model.weights  # a tag that does not exist is told here, not later
        return model
    if library != "torchvision":
        options = [*options, *timm.list_models()]
    raise ModelError(
        f"no model is called {name!r}.{did_you_mean(bare, [*options, NAME])} "
        "timm.list_models() and torchvision.models.list_models() list them all."
    )


def _tagged_timm_model(name: str) -> TimmModel:
    import timm

    if name == BORROWED:
        return BorrowedModel(name)
    architecture, _, tag = name.partition(".")
    names = timm.list_models(f"{architecture}.*", pretrained=True)
    tags = [known.partition(".")[2] for known in [*names, BORROWED] if known.startswith(f"{architecture}.")]
    if tag and tag not in tags:
        known = ", ".join(tags) or "no weights at all"
        raise ModelError(f"timm's {architecture} has no weights tagged {tag!r}, only {known}.")
    return TimmModel(name)
