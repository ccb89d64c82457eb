"""Pairs of images that are nearly the same: saved again, made smaller, brighter or darker, taken twice.

A hash of 63 bits (signs of the lowest cosine frequencies around their median, as pHash has it: Zauner, 2010) finds
candidates; small copies of both are then laid over each other, and must agree in detail and everywhere. Cut, turned and
mirrored copies are not found.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch.nn.functional import avg_pool2d, interpolate

SIDE = 64  # of the small copies, in pixels
_FREQUENCIES = 8
_MOST_BITS = 8  # that a candidate's hash may differ in: saving at quality 30 changes 6 at most, seldom any
_LEAST_AGREEMENT = 0.95  # correlation of what is left after smoothing
# Once gain and offset are taken out, the mean difference of a 4 x 4 block, in levels of 255, and as a share of what
# detail the block has. A crack in one of two solar cells is more than that, JPEG's noise is less.
_BLOCK, _BLOCK_LEVELS, _BLOCK_SHARE = 4, 3.0, 0.15
_LEAST_SEEN = 0.3  # share of the pixels that are neither black nor white in either
_MOST_MOVED = 1.5  # pixels: by how much one may be shifted or stretched, as rounding of sizes does
_COLOUR_LEVELS = 16.0  # the same for colour, in blocks of 8 x 8
_LEAST_DETAIL = 1.0  # levels: blank images and plain skies all look alike
_AT_ONCE = 1024


def small_copies(pixels: torch.Tensor) -> torch.Tensor:
    """Shrink images to the size at which they are compared. uint8 (N, C, S, S) -> uint8 (N, 3, 64, 64)."""
    small = torch.empty(len(pixels), 3, SIDE, SIDE, dtype=torch.uint8)
    few = max(1, (1 << 26) // max(1, pixels[:1].numel() * 4))  # 64 MB of floats, and as much for the product
    for start in range(0, len(pixels), few):
        part = interpolate(pixels[start : start + few].float(), (SIDE, SIDE), mode="bilinear", antialias=True)
        small[start : start + few] = part.round().clamp(0, 255).to(torch.uint8)  # grey becomes three alike
    return small


def near_pairs(small: torch.Tensor) -> list[tuple[int, int]]:
    """Find the pairs of images that are nearly the same.

    Parameters
    ----------
    small : torch.Tensor
        uint8 (N, 3, 64, 64), from :func:`small_copies`.

    Returns
    -------
    list of tuple of int
        Rows (i, j) with i < j.

    Examples
    --------
    >>> picture = torch.randint(0, 256, (1, 3, 64, 64), dtype=torch.uint8)
    >>> other = torch.randint(0, 256, (1, 3, 64, 64), dtype=torch.uint8)
    >>> near_pairs(torch.cat([picture, other, picture // 2]))
    [(0, 2)]
    """
    found = []
    for first, second in _candidates(small):
        same = _alike(small[first], small[second])
        found += list(zip(first[same].tolist(), second[same].tolist(), strict=True))
    return sorted(found)


def detail(small: torch.Tensor) -> torch.Tensor:
    """Say how much detail each image has: mean deviation from its smoothed self, in levels. (N, 3, 64, 64) -> (N,)."""
    parts = [_fine(_grey(part)).abs().mean((1, 2)) for part in small.split(_AT_ONCE)]
    return torch.cat(parts) if parts else torch.zeros(0)


def _candidates(small: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield rows of pairs whose hashes are near, a few thousand at a time."""
    rows = (detail(small) >= _LEAST_DETAIL).nonzero()[:, 0]
    if len(rows) < 2:
        return
    signs = torch.cat([_hash(small[part]) for part in rows.split(_AT_ONCE)])
    least = signs.shape[1] - 2 * _MOST_BITS  # the product of signs is bits that agree, less those that differ
    for start in range(0, len(rows), _AT_ONCE):
        product = signs[start : start + _AT_ONCE] @ signs[start:].T
        first, second = (product >= least).triu(1).nonzero().T
        for i, j in zip(first.split(_AT_ONCE), second.split(_AT_ONCE), strict=True):
            yield rows[start + i], rows[start + j]


def _hash(small: torch.Tensor) -> torch.Tensor:
    """Give the signs of the lowest frequencies around their median, the mean left out. -> (N, 63) of -1 and 1."""
    places = torch.arange(SIDE) + 0.5
    waves = torch.stack([torch.cos(math.pi * places * k / SIDE) for k in range(_FREQUENCIES)])  # (8, 64)
    spectrum = (waves @ _grey(small) @ waves.T).flatten(1)[:, 1:]
    return torch.where(spectrum > spectrum.median(1, keepdim=True).values, 1.0, -1.0)


def _alike(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Lay images over each other. Two (P, 3, 64, 64) -> bool (P,)."""
    one, other = _grey(first), _grey(second)
    seen = ((one > 3) & (one < 251) & (other > 3) & (other < 251)).float()  # what is cut off at black or white is not
    one_fine, other_fine = _fine(one) * seen, _fine(other) * seen
    agreement = _sum(one_fine * other_fine) / (_sum(one_fine**2) * _sum(other_fine**2)).sqrt().clamp_min(1e-6)
    same = (seen.mean((1, 2)) > _LEAST_SEEN) & (agreement > _LEAST_AGREEMENT)
    if not same.any():
        return same
    rows = same.nonzero()[:, 0]
    left, gain = _laid_over(one[rows], other[rows], seen[rows])
    fine = torch.maximum(one_fine[rows].abs(), other_fine[rows].abs())
    far = (_blocks(left, _BLOCK).abs() / (_BLOCK_LEVELS + _BLOCK_SHARE * _blocks(fine, _BLOCK))).amax((1, 2))
    colour = _colour(second[rows]) - gain[:, None, None, None] * _colour(first[rows])
    same[rows] = (far <= 1) & (gain > 0.4) & (gain < 2.5) & (_blocks(colour, 8).abs().amax((1, 2, 3)) <= _COLOUR_LEVELS)
    return same


def _laid_over(one: torch.Tensor, other: torch.Tensor, seen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Say what is left of an image once another explains it: lighter, moved or larger by less than a pixel or so.

    The fit is linear: the other image, its slopes (a shift), slopes times place (a change of size), and a constant.

    Returns
    -------
    left, gain : torch.Tensor
        (P, 64, 64) in levels, and (P,) how much contrast the second has for each level of the first.
    """
    down, across = torch.gradient(one, dim=(1, 2))
    place = (torch.arange(SIDE) - (SIDE - 1) / 2) / SIDE
    parts = (one, torch.ones_like(one), down, across, down * place[:, None], across * place)
    base = torch.stack(parts, 1).flatten(2) * seen.flatten(1)[:, None]  # (P, 6, 4096)
    wanted = other * seen
    square = base @ base.transpose(1, 2) + 1e-3 * torch.eye(len(parts))
    fit = torch.linalg.solve(square, base @ wanted.flatten(1)[..., None])  # (P, 6, 1)
    explained = (fit.transpose(1, 2) @ base)[:, 0].unflatten(1, (SIDE, SIDE))
    gain = fit[:, 0, 0]
    moved = fit[:, 2:, 0].abs().amax(1) / gain.abs().clamp_min(1e-6)  # in pixels
    return torch.where((moved <= _MOST_MOVED)[:, None, None], wanted - explained, 255.0), gain


def _grey(small: torch.Tensor) -> torch.Tensor:
    """(N, 3, H, W) -> float32 (N, H, W)."""
    return torch.einsum("nchw,c->nhw", small.float(), torch.tensor([0.299, 0.587, 0.114]))


def _colour(small: torch.Tensor) -> torch.Tensor:
    """Give what red, green and blue have beyond grey. (N, 3, H, W) -> (N, 3, H, W)."""
    return small.float() - _grey(small)[:, None]


def _fine(grey: torch.Tensor) -> torch.Tensor:
    """Take away what smoothing leaves. (N, H, W) -> (N, H, W)."""
    return grey - avg_pool2d(grey[:, None], 5, 1, 2, count_include_pad=False)[:, 0]


def _blocks(values: torch.Tensor, side: int) -> torch.Tensor:
    """Average over blocks. (N, H, W) -> (N, H / side, W / side); a fourth axis stays."""
    return avg_pool2d(values if values.ndim == 4 else values[:, None], side).squeeze(1)


def _sum(values: torch.Tensor) -> torch.Tensor:
    return values.sum((1, 2))
