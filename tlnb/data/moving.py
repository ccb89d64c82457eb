"""The same images in another domain: other light and a noisier camera, by degrees; no label moves."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from tlnb.core.errors import DataError
from tlnb.core.used import note
from tlnb.data.images import ImageData
from tlnb.data.listing import Made
from tlnb.data.store import MadeStore

if TYPE_CHECKING:
    from tlnb.data.scenes import Domain

_VERSION = 1  # raise it when the same arguments give other pixels


def in_domain(images: ImageData, domain: str | Domain, *, share: float = 1.0, seed: int = 0) -> ImageData:
    """Show the same images in another light and by a noisier camera: a covariate shift, of a size that you choose.

    Rows, labels and division stay, so that every image has itself as its partner. The styles of the domain, which are
    for emoji, are not used.

    Parameters
    ----------
    images : ImageData
        Any; as light and noise are added to what is there, take images made by day.
    domain : str or Domain
        A name in `tlnb.data.scenes.DOMAINS`, or a domain; by degrees, ``Domain.between("day", "night", 0.5)``.
    share : float
        Which share of the images moves, 0 to 1; the others stay. With less than all, the domains overlap.
    seed : int
        Draws the noise, and which images move; a smaller share is a part of a larger one. With equal seeds the grain
        is the same in every domain, and stronger where it is noisier.

    Returns
    -------
    ImageData
        Made once for each size, and kept in the cache.

    Raises
    ------
    DataError
        There is no such domain, or the share is none.

    Examples
    --------
    >>> import torch
    >>> grey = ImageData.from_tensors(torch.full((8, 3, 4, 4), 200, dtype=torch.uint8), [0, 1] * 4, ["a", "b"], valid=0)
    >>> in_domain(grey, "night").images.float().mean() < 70
    tensor(True)
    """
    from tlnb.data.scenes.domain import expose, pick_domain

    chosen = pick_domain(domain)
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
        raise DataError(f"share={share!r}: pass a number from 0 to 1.")
    moves = np.random.RandomState([seed, 6]).random_sample(len(images)) < share
    settings = {name: value for name, value in asdict(chosen).items() if name != "styles"}
    key = {
        "set": "in a domain",
        "images": images.key,
        "domain": settings,
        "share": float(share),
        "seed": seed,
        "version": _VERSION,
    }
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()

    def make(resize: int, crop: int, interpolation: str, progress: bool) -> np.ndarray:
        pixels = images.pixels(resize, crop, interpolation).numpy()
        out = np.array(pixels)
        for row in np.flatnonzero(moves).tolist():
            canvas = pixels[row].transpose(1, 2, 0).astype(np.float32)  # (C, H, W) -> (H, W, C)
            out[row] = expose(canvas, chosen, np.random.RandomState([seed, 5, row])).transpose(2, 0, 1)
        return out

    if any(settings.values()) and moves.any():
        note("method", "covariate shift")
    made = Made(key, make, images.card.bytes, digest)
    return dataclasses.replace(images, store=MadeStore(made), card=dataclasses.replace(images.card, sha256=digest))
