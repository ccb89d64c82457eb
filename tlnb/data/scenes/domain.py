"""In what domain scenes are: how their objects are drawn, how light it is, how noisy the camera."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from tlnb.core.errors import DataError, did_you_mean
from tlnb.data.emoji.styles import pick_styles


def _share(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise DataError(f"{name}={value!r}: pass a number from 0 to 1.")
    return float(value)


@dataclass(frozen=True)
class Domain:
    """What sets one kind of scenes apart from another while the same things stand in the same places.

    Parameters
    ----------
    styles : str or tuple of str
        How objects are drawn: styles of emoji, as in `tlnb.data.emoji.drawings`.
    lighting : float
        How dark it is, from 0 (day) to 1 (night: a quarter of the light, and bluer).
    noise : float
        Noise of the camera, from 0 to 1: a part that is always there and one that grows with the root of the light,
        with a standard deviation of 38 of 255 in full light at 1.

    Raises
    ------
    DataError
        An unknown style, or a strength that is not from 0 to 1.

    Examples
    --------
    >>> Domain(styles="noto", lighting=0.5)
    Domain(styles=('noto',), lighting=0.5, noise=0.0)
    """

    styles: tuple[str, ...] = ("noto", "twemoji", "fluent_3d")
    lighting: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "styles", tuple(style.name for style in pick_styles(self.styles)))
        for name in ("lighting", "noise"):
            object.__setattr__(self, name, _share(name, getattr(self, name)))

    @classmethod
    def between(cls, start: str | Domain, end: str | Domain, degree: float) -> Domain:
        """Give the domain that lies on the way from one to another: a shift by degrees.

        Parameters
        ----------
        start, end : str or Domain
            The ends of the way, of the same styles: a name in `DOMAINS`, or a domain.
        degree : float
            How far, from 0 (`start`) to 1 (`end`). Lighting and noise move in a straight line.

        Raises
        ------
        DataError
            The styles differ (a drawing cannot be half of another's hand), or the degree is not from 0 to 1.

        Examples
        --------
        >>> Domain.between("day", "night", 0.5).lighting, Domain.between("day", "night", 0.5).noise
        (0.5, 0.15)
        """
        first, last, share = pick_domain(start), pick_domain(end), _share("degree", degree)
        if first.styles != last.styles:
            raise DataError(
                f"there is no way between drawings in {', '.join(first.styles)} and in {', '.join(last.styles)}: pass "
                "domains of the same styles, such as 'day' and 'night', or Domain(styles=..., lighting=1)."
            )
        moved = {
            name: (1 - share) * getattr(first, name) + share * getattr(last, name) for name in ("lighting", "noise")
        }
        return replace(first, **moved)


DOMAINS = {
    "day": Domain(),
    "dusk": Domain(lighting=0.5, noise=0.15),
    "night": Domain(lighting=1.0, noise=0.3),
    "noisy": Domain(noise=0.8),
    "ink": Domain(styles=("openmoji_black", "fluent_high_contrast")),
}


def pick_domain(domain: str | Domain) -> Domain:
    """Give a domain by its name.

    Raises
    ------
    DataError
        There is none of that name; near ones are given.
    """
    if isinstance(domain, Domain):
        return domain
    if domain not in DOMAINS:
        raise DataError(
            f"there is no domain {domain!r}: pass {', '.join(DOMAINS)}, or a Domain(styles=..., lighting=..., "
            f"noise=...).{did_you_mean(str(domain), DOMAINS)}"
        )
    return DOMAINS[domain]


def expose(pixels: np.ndarray, domain: Domain, draw: np.random.RandomState) -> np.ndarray:
    """Put pixels into the light of a domain, and add the noise of its camera.

    Parameters
    ----------
    pixels : ndarray
        float32 (..., C), C = 1 or 3, in [0, 255]; changed in place.
    domain : Domain
        Light and noise.
    draw : numpy.random.RandomState
        Draws the noise. The same draws give the same grain, stronger where `domain` is noisier.

    Returns
    -------
    ndarray
        uint8 (..., C).
    """
    colours = np.array(light(domain.lighting), np.float32)
    pixels *= colours if pixels.shape[-1] == 3 else colours.mean(keepdims=True)
    np.clip(pixels, 0, 255, out=pixels)
    if domain.noise:
        deviation = 255 * domain.noise * (0.04 + 0.11 * np.sqrt(pixels / 255))
        pixels += deviation * draw.standard_normal(pixels.shape).astype(np.float32)
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def light(lighting: float) -> tuple[float, float, float]:
    """Give how much red, green and blue light there is: (1, 1, 1) by day."""
    dim = math.pow(1 / 4, lighting)
    return dim * (1 - 0.3 * lighting), dim * (1 - 0.1 * lighting), dim * (1 + 0.3 * lighting)
