"""The steps of augmentation that there are, and what strength means in each. Torchvision's where it has them.

Everything here can be read without torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tlnb.data.augmentation.calls import Call, Interpolation
from tlnb.data.augmentation.domain import DOMAIN
from tlnb.data.augmentation.steps import Augmentation

_GREY = 127  # what an erased part is filled with


def _round(value: float) -> float:
    return round(value, 4)


_GEOMETRY = (
    Augmentation(
        name="random_resized_crop",
        title="random resized crop",
        kind="geometry",
        summary="Cuts out a part of the image, anywhere, and enlarges it to the full size.",
        reach=lambda s: f"parts of {100 - 92 * s:.0f} to 100 % of the area",
        call=lambda s, n: Call(
            "RandomResizedCrop",
            {
                "size": n,
                "scale": (_round(1 - 0.92 * s), 1.0),
                "ratio": (_round(0.75**s), _round(0.75**-s)),
            },
        ),
        paper='Szegedy et al., "Going Deeper with Convolutions", 2015',
    ),
    Augmentation(
        name="flip",
        title="flip",
        kind="geometry",
        summary="Mirrors the image left to right.",
        reach=lambda s: f"{100 * s:.0f} % of the images",
        call=lambda s, n: Call("RandomHorizontalFlip", {"p": s}),
    ),
    Augmentation(
        name="vertical_flip",
        title="vertical flip",
        kind="geometry",
        summary="Mirrors the image top to bottom.",
        reach=lambda s: f"{100 * s:.0f} % of the images",
        call=lambda s, n: Call("RandomVerticalFlip", {"p": s}),
    ),
    Augmentation(
        name="rotation",
        title="rotation",
        kind="geometry",
        summary="Turns the image about its centre; the corners become black.",
        reach=lambda s: f"by up to {45 * s:.0f} degrees either way",
        call=lambda s, n: Call("RandomRotation", {"degrees": 45 * s, "interpolation": Interpolation("BILINEAR")}),
    ),
)
_COLOUR = (
    Augmentation(
        name="colour_jitter",
        title="colour jitter",
        kind="colour",
        summary="Changes brightness, contrast, saturation and hue, in a drawn order.",
        reach=lambda s: (
            f"brightness, contrast and saturation by up to {80 * s:.0f} %, hue by up to {72 * s:.0f} degrees"
        ),
        call=lambda s, n: Call(
            "ColorJitter",
            {
                "brightness": _round(0.8 * s),
                "contrast": _round(0.8 * s),
                "saturation": _round(0.8 * s),
                "hue": _round(0.2 * s),
            },
        ),
        paper='Chen et al., "A Simple Framework for Contrastive Learning of Visual Representations", 2020',
    ),
    Augmentation(
        name="greyscale",
        title="greyscale",
        kind="colour",
        summary="Takes the colour away.",
        reach=lambda s: f"{100 * s:.0f} % of the images",
        call=lambda s, n: Call("RandomGrayscale", {"p": s}),
        needs_colour=True,
    ),
)
_OCCLUSION = (
    Augmentation(
        name="erasing",
        title="random erasing",
        kind="occlusion",
        summary="Covers a rectangle, of 2 to 33 % of the area, with grey.",
        reach=lambda s: f"{100 * s:.0f} % of the images",
        call=lambda s, n: Call("RandomErasing", {"p": s, "value": _GREY}),
        paper='Zhong et al., "Random Erasing Data Augmentation", 2020',
    ),
)
_POLICIES = (
    Augmentation(
        name="rand_augment",
        title="RandAugment",
        kind="policy",
        summary="Makes two changes drawn from fourteen, all of one magnitude.",
        reach=lambda s: f"two changes of magnitude {_magnitude(s)} of 30",
        call=lambda s, n: Call("RandAugment", {"magnitude": _magnitude(s)}),
        paper='Cubuk et al., "RandAugment: Practical Automated Data Augmentation with a Reduced Search Space", 2020',
    ),
    Augmentation(
        name="trivial_augment",
        title="TrivialAugment",
        kind="policy",
        summary="Makes one change drawn from fourteen, of a drawn magnitude.",
        reach=lambda s: f"{100 * s:.0f} % of the images",
        call=lambda s, n: Call("RandomApply", {"transforms": [Call("TrivialAugmentWide")], "p": s}),
        paper='Müller & Hutter, "TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation", 2021',
    ),
    Augmentation(
        name="aug_mix",
        title="AugMix",
        kind="policy",
        summary="Blends the image with three copies, each changed by one to three drawn steps.",
        reach=lambda s: f"changes of severity {_severity(s)} of 10",
        call=lambda s, n: Call("AugMix", {"severity": _severity(s)}),
        paper='Hendrycks et al., "AugMix: A Simple Data Processing Method to Improve Robustness and Uncertainty", 2020',
        on_cpu=True,  # it draws on the images' device
    ),
)
_MIXING = (
    Augmentation(
        name="mixup",
        title="mixup",
        kind="mixing",
        summary="Blends each image with another one, and its label likewise.",
        reach=lambda s: (
            f"shares from Beta({s:.2g}, {s:.2g}), on average {100 * _mean_share(s):.0f} % of the other image"
        ),
        call=lambda s, n: Call("mixup", {"alpha": s}, home="mixing"),
        paper='Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018',
    ),
    Augmentation(
        name="cutmix",
        title="CutMix",
        kind="mixing",
        summary="Pastes a patch of another image into each, and mixes the labels by area.",
        reach=lambda s: f"{100 * s:.0f} % of the images",
        call=lambda s, n: Call("cutmix", {"chance": s}, home="mixing"),
        paper='Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers", 2019',
    ),
)


def _magnitude(strength: float) -> int:
    return max(1, round(30 * strength))


def _severity(strength: float) -> int:
    return max(1, round(10 * strength))


def _mean_share(alpha: float) -> float:
    """Return the mean of Beta(alpha, alpha) folded at a half: 1/2 - 2^(-2 alpha) / (alpha B(alpha, alpha))."""
    from math import exp, lgamma, log

    log_beta = 2 * lgamma(alpha) - lgamma(2 * alpha)
    return 0.5 - exp(-2 * alpha * log(2) - log(alpha) - log_beta)


# By name, in the order in which a list of controls should show them.
AUGMENTATIONS: Mapping[str, Augmentation] = MappingProxyType(
    {step.name: step for step in (*_GEOMETRY, *_COLOUR, *_OCCLUSION, *DOMAIN, *_POLICIES, *_MIXING)}
)
