"""`load_scenes`: scenes painted once and kept in the cache, and the card that says what they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from tlnb.core.used import note
from tlnb.data import backgrounds
from tlnb.data.cards import DataCard
from tlnb.data.emoji import STYLES
from tlnb.data.scenes.division import Supply, divide, emoji_of
from tlnb.data.scenes.domain import Domain
from tlnb.data.scenes.making import open_part
from tlnb.data.scenes.scenes import ScenePart, Scenes
from tlnb.data.scenes.settings import Settings, check_whole
from tlnb.data.splits import NAMES

CLASSES = ("animal-mammal", "animal-bird", "food-fruit", "transport-ground", "drink")


def load_scenes(
    *,
    train: int = 400,
    valid: int = 100,
    test: int = 200,
    size: int = 160,
    classes: Sequence[str] = CLASSES,
    objects: tuple[int, int] = (1, 4),
    domain: str | Domain = "day",
    divide_by: str = "family",
    seed: int = 0,
) -> Scenes:
    """Paint scenes: emoji on photographs, scaled, turned, lit, some half hidden, with exact boxes and masks.

    They are synthetic, and easier than photographs of real things: drawings have clean edges, and only ten photographs
    are behind. What they are good for is comparing methods where the truth of every pixel is known.

    Parts share neither photograph nor drawing. With more scenes, the first ones of a part stay as they are. The same
    `seed` puts the same things in the same places in every `domain`, as far as other outlines allow.

    Parameters
    ----------
    train, valid, test : int
        How many scenes of each part; `valid` and `test` may be 0.
    size : int
        Height and width in pixels, 32 to 1,024. Drawings have 64 pixels: larger ones are interpolated.
    classes : sequence of str
        Groups, sub-categories or single emoji, as in `tlnb.data.emoji.read_table`. Labels are 1, 2, ... in this
        order; 0 is the background.
    objects : (int, int)
        The fewest and the most to paste, 1 to 12. What finds no place where a third of it, and of all others, can be
        seen is left out; so all that is there is annotated, and a scene may have fewer.
    domain : {"day", "dusk", "night", "noisy", "ink"} or Domain
        How objects are drawn, and how the scene is lit.
    divide_by : {"family", "emoji"}
        What parts do not share. ``"family"``: whole drawing families (by default Noto for training, Twemoji for
        validation, Fluent for testing), so that a thing is met again in another hand. ``"emoji"``: other things of the
        same class are tested, in every style.
    seed : int
        Draws everything.

    Returns
    -------
    Scenes
        Parts in torchvision's detection format.

    Raises
    ------
    DataError
        Counts and names that make no sense, or scikit-image, whose photographs are behind, is not installed.

    Examples
    --------
    >>> scenes = load_scenes(train=6, valid=2, test=2, size=96, objects=(2, 3))
    >>> scenes
    Scenes(10 scenes of 3 x 96 x 96, 5 classes, 6 train, 2 valid, 2 test)
    >>> image, target = scenes.train[0]
    >>> image.shape, target["boxes"].shape[1], target["masks"].shape[1:]
    (torch.Size([3, 96, 96]), 4, torch.Size([96, 96]))
    """
    settings = Settings.checked(size, classes, objects, domain, divide_by, seed)
    counts = {
        "train": check_whole("train", train, 1, 1_000_000),
        "valid": check_whole("valid", valid, 0, 1_000_000),
        "test": check_whole("test", test, 0, 1_000_000),
    }
    present = [name for name in NAMES if counts[name]]
    supplies = divide(
        emoji_of(settings.classes), settings.classes, settings.domain.styles, divide_by, settings.seed, present
    )
    nothing = Supply(tuple(np.zeros(0, np.int64) for _ in settings.classes), ())
    photographs = backgrounds.read_photographs()
    note("data", "scenes")
    parts = {
        name: open_part(name, count, settings, supplies.get(name, nothing), photographs)
        for name, count in counts.items()
    }
    return Scenes(
        **parts, classes=settings.classes, domain=settings.domain, card=_card(settings, counts, parts, photographs)
    )


def _card(
    settings: Settings, counts: dict[str, int], parts: dict[str, ScenePart], photographs: dict[str, bytes]
) -> DataCard:
    styles = [STYLES[name] for name in settings.domain.styles]
    behind = [name for part, count in counts.items() if count for name in backgrounds.OF_PART[part]]
    drawn = dict.fromkeys(style.attribution for style in styles)
    made_from = [settings.plain(), counts, [sha256(photographs[name]).hexdigest() for name in behind]]
    return DataCard(
        name="scenes",
        title="Synthetic scenes: emoji pasted into photographs",
        licence=", ".join(dict.fromkeys([*(style.licence for style in styles), "CC0, CC BY 2.0 (photographs)"])),
        source="made here, from emoji in tlnb and photographs of PyPI scikit-image and scikit-learn",
        bytes=sum(part.images.nbytes + part.numbers.nbytes for part in parts.values()),
        sha256=sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest(),
        attribution="; ".join([*drawn, "photographs: " + backgrounds.credits_of(behind)]),
        notes=(
            "Synthetic: no one has photographed these. Drawings have clean edges and there are ten photographs, so "
            "scores are higher than on real scenes; compare methods by them, and do not quote them as what a detector "
            "reaches. Boxes and masks are of what is seen. The SHA-256 is that of what determines the pixels."
        ),
    )
