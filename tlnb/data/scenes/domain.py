"""In what domain scenes are: how their objects are drawn, how light it is, how noisy the camera."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tlnb.core.errors import DataError, did_you_mean
from tlnb.data.emoji.styles import pick_styles


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
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
                raise DataError(f"{name}={value!r}: pass a number from 0 to 1.")
            object.__setattr__(self, name, float(value))


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


def light(lighting: float) -> tuple[float, float, float]:
    """Give how much red, green and blue light there is: (1, 1, 1) by day."""
    dim = math.pow(1 / 4, lighting)
    return dim * (1 - 0.3 * lighting), dim * (1 - 0.1 * lighting), dim * (1 + 0.3 * lighting)
