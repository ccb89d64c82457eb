"""Training, validation and test images: stratified by label, drawn by a seed, with groups kept whole.

Images that are nearly the same (cells of one solar module, frames of one film, views of one patient) on both
sides of a split make any test score too good: name their group, and they stay together.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np

from tlnb.core.errors import DataError, did_you_mean

log = logging.getLogger("tlnb")

NAMES = ("train", "valid", "test")


def check_part(name: str) -> None:
    """Raise DataError unless this is the name of a part."""
    if name not in NAMES:
        raise DataError(f"there is no split {name!r}: {', '.join(NAMES)}.{did_you_mean(str(name), NAMES)}")


@dataclass(frozen=True, eq=False)
class Splits:
    """Which images are for what.

    Parameters
    ----------
    train, valid, test : ndarray of int64
        Sorted indices; together each image once.
    """

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray


def split_images(
    labels: np.ndarray,
    *,
    seed: int = 0,
    test: float = 0.25,
    valid: float = 0.15,
    groups: np.ndarray | None = None,
    given: np.ndarray | None = None,
    classes: tuple[str, ...] | None = None,
) -> Splits:
    """Draw a split.

    Parameters
    ----------
    labels : ndarray of int, shape (N,)
        Class indices.
    seed : int
        Equal seeds draw equal splits.
    test, valid : float
        Shares of all images, in [0, 1), together below 1. A share of 0 leaves that part empty. Changing
        `valid` does not change which images are for testing, unless there are groups.
    groups : ndarray, shape (N,), optional
        Images of equal value stay on one side. Shares are then met as nearly as whole groups allow.
    given : ndarray of str, shape (N,), optional
        ``"train"``, ``"valid"`` or ``"test"`` for each image. It is kept; a part that it lacks is drawn from
        its training images.
    classes : tuple of str, optional
        Names of the classes, for errors.

    Returns
    -------
    Splits
        Every part has every class, or there is an error or (with groups) a warning.

    Raises
    ------
    DataError
        Shares that make no sense, or a class with too few images or groups.

    Examples
    --------
    >>> labels = np.array([0] * 60 + [1] * 40)
    >>> splits = split_images(labels, test=0.25, valid=0.15)
    >>> len(splits.train), len(splits.valid), len(splits.test)
    (60, 15, 25)
    """
    labels = np.asarray(labels)
    if not (0 <= test < 1 and 0 <= valid < 1 and test + valid < 1):
        raise DataError(f"test={test} and valid={valid}: pass shares in [0, 1) that leave some images to train.")
    if groups is not None and len(groups) != len(labels):
        raise DataError(f"{len(groups)} groups for {len(labels)} images: pass one for each image.")
    if given is not None:
        return _complete(labels, given, seed=seed, test=test, valid=valid, groups=groups, classes=classes)
    names = classes or tuple(str(label) for label in range(int(labels.max()) + 1))
    shares = np.array([1 - valid - test, valid, test])
    generator = np.random.default_rng(seed)
    if groups is None:
        part = _draw_images(labels, shares, names, generator)
    else:
        part = _draw_groups(labels, groups, shares, names, generator)
    return Splits(*(np.flatnonzero(part == index) for index in range(3)))


def _draw_images(
    labels: np.ndarray, shares: np.ndarray, names: tuple[str, ...], generator: np.random.Generator
) -> np.ndarray:
    """Give each image a part, class by class. (N,) -> (N,), 0 train, 1 valid, 2 test."""
    part = np.zeros(len(labels), np.int64)
    few = []
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        n_test, n_valid = (max(1, round(len(members) * share)) if share else 0 for share in shares[[2, 1]])
        if len(members) <= n_test + n_valid:
            few.append(f"{names[label]!r} has {len(members)} image(s)")
        part[members[:n_test]] = 2
        part[members[n_test : n_test + n_valid]] = 1
    if few:
        more = f" and {len(few) - 3} more" if len(few) > 3 else ""
        raise DataError(
            f"class {', '.join(few[:3])}{more}, too few to split: add images, leave the class out, or pass test=0 or "
            "valid=0."
        )
    return part


def _draw_groups(
    labels: np.ndarray,
    groups: np.ndarray,
    shares: np.ndarray,
    names: tuple[str, ...],
    generator: np.random.Generator,
) -> np.ndarray:
    """Give each group a part: try several random orders, each filled greedily, and keep the most balanced."""
    _, group = np.unique(groups, return_inverse=True)
    counts = np.zeros((group.max() + 1, len(names)))  # (groups, classes)
    np.add.at(counts, (group.reshape(-1), labels), 1)
    parts = np.flatnonzero(shares)
    present = np.flatnonzero(counts.sum(0))
    for label in present:
        if (counts[:, label] > 0).sum() < len(parts):
            raise DataError(
                f"class {names[label]!r} lies in {(counts[:, label] > 0).sum()} group(s), too few for "
                f"{len(parts)} parts that share no group: add groups, or pass groups=None, test=0 or valid=0."
            )
    counts = counts[:, present]
    target = shares[parts, None] * counts.sum(0)  # (parts, classes)
    best: tuple[tuple[int, int, float], np.ndarray] | None = None
    for _ in range(max(1, min(30, 3000 // len(counts)))):
        chosen = np.zeros(len(counts), np.int64)
        filled = np.zeros_like(target)
        for index in generator.permutation(len(counts)):
            # Where the squared error, relative to the target, grows least.
            growth = ((2 * (filled - target) + counts[index]) * counts[index] / target).sum(1)
            chosen[index] = growth.argmin()
            filled[chosen[index]] += counts[index]
        lacks = filled == 0
        score = (int(lacks[0].sum()), int(lacks.sum()), float(((filled - target) ** 2 / target).sum()))
        if best is None or score < best[0]:
            best = score, parts[chosen]
    assert best is not None
    (no_training, missing, _), part = best
    if no_training:
        raise DataError("the groups leave a class without training images: add groups, or pass groups=None.")
    if missing:
        log.warning("the groups leave a class without validation or test images; another seed may mend it.")
    return part[group.reshape(-1)]


def _complete(
    labels: np.ndarray,
    given: np.ndarray,
    *,
    seed: int,
    test: float,
    valid: float,
    groups: np.ndarray | None,
    classes: tuple[str, ...] | None,
) -> Splits:
    """Keep a given split; draw what it lacks from its training images."""
    unknown = sorted(set(given.tolist()) - set(NAMES))
    if unknown:
        raise DataError(f"unknown split {unknown[0]!r}: pass {', '.join(NAMES)}.")
    parts = {name: np.flatnonzero(given == name) for name in NAMES}
    if not len(parts["train"]):
        raise DataError("the given split has no training images: mark some of them 'train'.")
    pool = parts["train"]
    drawn = split_images(
        labels[pool],
        seed=seed,
        test=0 if len(parts["test"]) else test,
        valid=0 if len(parts["valid"]) else valid,
        groups=None if groups is None else groups[pool],
        classes=classes,
    )
    for name in NAMES:
        if name == "train" or not len(parts[name]):
            parts[name] = pool[getattr(drawn, name)]
    if groups is not None:
        train, held_out = (
            set(groups[parts["train"]].tolist()),
            np.concatenate([parts["valid"], parts["test"]]),
        )
        leaks = len(train & set(groups[held_out].tolist()))
        if leaks:
            log.warning("the given split parts %d group(s): its scores will be too good.", leaks)
    return Splits(**parts)
