"""Write the gallery, docs/gallery.md: a picture of each data set that works offline, and whose it is.

``--check`` writes nothing, and fails where the page says other than the cards do. Pictures are drawn anew when it is
run without.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tlnb.core.pictures import picture_grid
from tlnb.data import DataCard, find_set, load_data
from tlnb.data.clips import Clips, load_clips
from tlnb.data.emoji import STYLES, drawings
from tlnb.data.emoji.reading import lay_on, read_table
from tlnb.data.nuclei import load_nuclei
from tlnb.data.scenes import Domain, cut_objects, load_scenes

if TYPE_CHECKING:
    from tlnb.core.figures import Figure

PAGE = Path(__file__).resolve().parents[1] / "docs" / "gallery.md"
OPENING = """# The pictures

What every lesson can use with no internet, after the install. Each comes with its card (`images.card`): origin,
licence, size, checksum, citation, attribution. Where a picture of these is shown, its attribution belongs under it;
`show()` puts it there.

With internet there are thirty-one sets more: `tlnb data list`.

<!-- Made by tools/build_gallery.py from the cards: change those. -->
"""


@dataclass(frozen=True)
class Piece:
    """One data set on the page: its code, what is worth knowing, and how to get its card and its picture."""

    name: str
    code: str
    text: str
    card: Callable[[], DataCard]
    draw: Callable[[], Figure]
    title: str = ""  # that of the card, if not given


def pieces() -> Iterator[Piece]:
    """Give the data sets in the order of the page."""
    yield named(
        "elpv",
        {"size": 160},
        "2,624 cells of 44 modules, each with the probability that it is defective. Cells of one module are "
        "neighbours, so splits keep blocks of a module together.",
    )
    yield Piece(
        "emoji",
        'import tlnb\n\nimages = tlnb.load_data("emoji", size=96, styles=["noto", "twemoji", "fluent_3d"])',
        "849 things in 49 sub-categories and five groups, with names, keywords, and sentence embeddings of both. Seven "
        "styles of four drawing families: whatever learns from one can be tested on another hand.",
        lambda: load_data("emoji", size=64, styles="all").card,
        draw_emoji,
    )
    yield named("mnist", {"size": 32}, "5,000 handwritten digits, 500 of each.")
    yield named(
        "mnist_m",
        {"size": 32},
        "The same digits, subtracted from photographs: the target domain of domain adaptation. Each part has digits "
        "and photographs of its own.",
    )
    yield named("digits", {"size": 32}, "The 1,797 digits that come with scikit-learn.")
    yield Piece(
        "scenes",
        "from tlnb.data.scenes import load_scenes\n\nscenes = load_scenes()",
        "Emoji pasted into photographs, with exact boxes and masks of what is seen, in torchvision's detection format. "
        "Each part has photographs and drawing families of its own.",
        lambda: load_scenes().card,
        lambda: load_scenes().show(6, seed=4),
    )
    dark = Domain(lighting=0.7, noise=0.2)
    yield Piece(
        "scenes-dark",
        "from tlnb.data.scenes import Domain, load_scenes\n\n"
        "dark = load_scenes(domain=Domain(lighting=0.7, noise=0.2))",
        "A domain says how things are drawn, how light it is and how noisy the camera. Equal seeds put the same things "
        'in the same places, so that nothing but the domain differs. `Domain.between("day", "night", 0.4)` goes there '
        "by degrees; `tlnb.data.in_domain(images, ...)` does so with images of any set.",
        lambda: load_scenes(domain=dark).card,
        lambda: load_scenes(domain=dark).show(6, seed=4),
        "The same scenes in another domain",
    )
    yield Piece(
        "scene-objects",
        "from tlnb.data.scenes import cut_objects, load_scenes\n\n"
        'images = cut_objects(load_scenes(divide_by="emoji"), size=64)',
        "The objects of scenes, each cut out with what is around it: labelled images, and the same windows in "
        "every domain. Five kinds of things by default, and none that is tested was learnt.",
        lambda: cut_objects(load_scenes(divide_by="emoji")).card,
        lambda: cut_objects(load_scenes(divide_by="emoji"), size=64).show(12),
    )
    yield Piece(
        "nuclei",
        "from tlnb.data.nuclei import load_nuclei\n\nnuclei = load_nuclei()",
        "One real microscopy image with 125 masks, in tiles that no two parts share.",
        lambda: load_nuclei().card,
        lambda: load_nuclei().show(),
    )
    yield Piece(
        "clips",
        "from tlnb.data.clips import load_clips\n\nclips = load_clips()",
        "Eight frames of a digit that moves in one of eight ways. No single frame tells which: it takes two, and their "
        "order.",
        lambda: clips().card,
        lambda: clips().show(8),
    )
    yield named("photos", {"size": 160}, "Seven photographs, for previews and for maps of what a network looks at.")


def named(name: str, options: dict[str, int], text: str) -> Piece:
    """Describe a set that `load_data` knows."""
    arguments = "".join(f", {key}={value!r}" for key, value in options.items())
    return Piece(
        name,
        f'import tlnb\n\nimages = tlnb.load_data("{name}"{arguments})',
        text,
        lambda: find_set(name).card(),
        lambda: load_data(name, **options).show(12),
    )


def clips() -> Clips:
    """Make the clips of the page."""
    return load_clips(per_class=20)


def draw_emoji() -> Figure:
    """Draw the same eight things in each style, a row a style."""
    names = ["dog", "owl", "red apple", "bicycle", "guitar", "umbrella", "camera", "sunflower"]
    pictures: list[np.ndarray] = []
    for style in STYLES:
        found = drawings(style)
        rows = [found.names.tolist().index(name) for name in names]
        pictures += list(lay_on(found.rgba[rows], (255, 255, 255), read_table().sheets[style]["ink"]))
    credit = load_data("emoji", size=64, styles="all").card.attribution
    figure = picture_grid(pictures, [""] * len(pictures), columns=len(names), credit=credit)
    for style, axes in zip(STYLES, figure.axes[:: len(names)], strict=True):
        axes.set_title(style, fontsize=9, loc="left")
    return figure


def section(piece: Piece) -> str:
    """Write what the page says of a set."""
    card = piece.card()
    title = piece.title or card.title
    citation = "".join(f"- Cite: {line}\n" for line in card.citation)
    return f"""
## {title}

![{title}](gallery/{piece.name}.webp)

{card.attribution}

```python
{piece.code}
```

{piece.text}

- Licence: {card.licence}
- From: {card.source}
{citation}
{card.notes}
"""


def page() -> str:
    """Write the page."""
    text = OPENING + "".join(section(piece) for piece in pieces())
    return text.rstrip() + "\n"


def draw(piece: Piece) -> None:
    """Write a picture as WebP."""
    target = PAGE.parent / "gallery" / f"{piece.name}.webp"
    target.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(piece.draw().png())) as image:
        image.convert("RGB").save(target, quality=82, method=6)


def main() -> int:
    """Write or check; return 1 where the page is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        if PAGE.read_text(encoding="utf-8") == page():
            return 0
        sys.stderr.write("docs/gallery.md is stale: run  python tools/build_gallery.py\n")
        return 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    for piece in pieces():
        draw(piece)
    return 0


if __name__ == "__main__":
    sys.exit(main())
