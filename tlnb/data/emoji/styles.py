"""The styles that emoji are drawn in, and whose they are.

Styles of one family are one drawing, coloured in another way: who has seen one of them has seen the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tlnb.core.errors import DataError, did_you_mean


@dataclass(frozen=True)
class Style:
    """A style, and on what terms its drawings may be used.

    Parameters
    ----------
    name, family : str
        Its name, and that of the drawing it is a colouring of.
    licence, source, attribution : str
        As on a `DataCard`.
    """

    name: str
    family: str
    licence: str
    source: str
    attribution: str


_FLUENT = ("fluent", "MIT", "https://github.com/microsoft/fluentui-emoji", "Fluent Emoji © Microsoft, MIT")
_OPENMOJI = ("openmoji", "CC BY-SA 4.0", "https://openmoji.org", "All emojis designed by OpenMoji, CC BY-SA 4.0")

STYLES = {
    style.name: style
    for style in (
        Style(
            "noto",
            "noto",
            "Apache-2.0",
            "https://github.com/googlefonts/noto-emoji",
            "Noto Emoji © Google, Apache-2.0",
        ),
        Style(
            "twemoji",
            "twemoji",
            "CC BY 4.0",
            "https://github.com/jdecked/twemoji",
            "Twemoji © Twitter, Inc and other contributors, CC BY 4.0",
        ),
        Style("fluent_3d", *_FLUENT),
        Style("fluent_flat", *_FLUENT),
        Style("fluent_high_contrast", *_FLUENT),
        Style("openmoji", *_OPENMOJI),
        Style("openmoji_black", *_OPENMOJI),
    )
}


def pick_styles(styles: str | Sequence[str]) -> tuple[Style, ...]:
    """Give styles by their names.

    Parameters
    ----------
    styles : str or sequence of str
        One name, several, or ``"all"``.

    Raises
    ------
    DataError
        There is none of that name; near ones are given.

    Examples
    --------
    >>> [style.family for style in pick_styles(["noto", "fluent_flat"])]
    ['noto', 'fluent']
    """
    names = names_of(styles)
    if names == ("all",):
        return tuple(STYLES.values())
    for name in names:
        if name not in STYLES:
            raise DataError(
                f"there is no style {name!r} of emoji: pass {', '.join(STYLES)}, several in a list, or all."
                f"{did_you_mean(str(name), STYLES)}"
            )
    if not names:
        raise DataError(f"styles={styles!r} names no style: pass {', '.join(STYLES)}, several in a list, or all.")
    return tuple(STYLES[name] for name in names)


def names_of(names: str | Iterable[str]) -> tuple[str, ...]:
    """Give one name, or several, as a tuple without repeats."""
    return (names,) if isinstance(names, str) else tuple(dict.fromkeys(names))
