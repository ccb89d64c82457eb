"""Augmentation steps that do what instruments, files and laboratories do: a target domain's own nuisances.

Everything here can be read without torch.
"""

from __future__ import annotations

from tlnb.data.augmentation.calls import Call
from tlnb.data.augmentation.steps import Augmentation


def _up_to(most: float) -> dict[str, float]:
    return {"low": 0.0, "high": round(most, 5)}


DOMAIN = (
    Augmentation(
        name="blur",
        title="blur",
        kind="domain",
        summary="Blurs the image by a Gaussian.",
        reach=lambda s: f"deviation up to {2 * s:.2g} % of the image's side",
        call=lambda s, n: Call("gaussian_blur", _up_to(0.02 * s * n), home="blurs"),
    ),
    Augmentation(
        name="sensor_noise",
        title="sensor noise",
        kind="domain",
        summary="Adds a sensor's read noise: Gaussian, the same in light and in shade.",
        reach=lambda s: f"deviation up to {15 * s:.2g} % of white",
        call=lambda s, n: Call("gaussian_noise", _up_to(0.15 * s), home="noise"),
    ),
    Augmentation(
        name="poisson_noise",
        title="Poisson noise",
        kind="domain",
        summary="Counts photons, as a sensor in poor light does: the noise grows as the root of the light.",
        reach=lambda s: f"down to {1 / (0.25 * s) ** 2:.0f} photons at white",
        call=lambda s, n: Call("poisson_noise", _up_to(0.25 * s), home="noise"),
        on_cpu=True,  # a GPU would draw its own counts
    ),
    Augmentation(
        name="speckle",
        title="speckle",
        kind="domain",
        summary="Multiplies by noise, as coherent light, ultrasound and radar do.",
        reach=lambda s: f"deviation up to {40 * s:.2g} % of the pixel's value",
        call=lambda s, n: Call("speckle", _up_to(0.4 * s), home="noise"),
    ),
    Augmentation(
        name="jpeg",
        title="JPEG artefacts",
        kind="domain",
        summary="Stores the image as a JPEG file of poor quality.",
        reach=lambda s: f"quality {_quality(s)} to 95 of 100",
        call=lambda s, n: Call("jpeg", {"low": _quality(s), "high": 95}, home="artefacts"),
        on_cpu=True,
    ),
    Augmentation(
        name="stain",
        title="stain",
        kind="domain",
        summary="Changes how much haematoxylin, eosin and DAB a microscope slide took up.",
        reach=lambda s: f"each stain by up to {20 * s:.2g} %, and by {0.2 * s:.2g} of absorbance",
        call=lambda s, n: Call("stain", {"most": round(0.2 * s, 4)}, home="colour"),
        paper='Tellez et al., "Quantifying the Effects of Data Augmentation and Stain Color Normalization in '
        'Convolutional Neural Networks for Computational Pathology", 2019',
        needs_colour=True,
    ),
    Augmentation(
        name="intensity",
        title="intensity",
        kind="domain",
        summary="Changes exposure: the response curve, its slope and its black level.",
        reach=lambda s: (
            f"gamma up to {1 + 0.6 * s:.2f} or one over it, gain by up to {25 * s:.2g} %, "
            f"level by up to {8 * s:.2g} % of white"
        ),
        call=lambda s, n: Call(
            "intensity",
            {"gamma": round(0.6 * s, 4), "gain": round(0.25 * s, 4), "offset": round(0.08 * s, 4)},
            home="colour",
        ),
    ),
    Augmentation(
        name="elastic",
        title="elastic",
        kind="domain",
        summary="Bends the image: the points of a coarse grid move, and what lies between follows smoothly.",
        reach=lambda s: f"points move by a deviation of up to {4 * s:.2g} % of the image's side",
        call=lambda s, n: Call("elastic", _up_to(0.04 * s), home="artefacts"),
        paper='Ronneberger, Fischer & Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation", 2015',
    ),
)


def _quality(strength: float) -> int:
    return round(95 - 88 * strength)
