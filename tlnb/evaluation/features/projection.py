"""Features of many images as points of a plane: PCA, t-SNE, or UMAP where it is installed.

Pearson, "On lines and planes of closest fit to systems of points in space", 1901; van der Maaten & Hinton, "Visualizing
Data using t-SNE", 2008; McInnes et al., "UMAP: Uniform Manifold Approximation and Projection", 2018.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from tlnb.core.errors import TlnbError, did_you_mean
from tlnb.core.used import note

if TYPE_CHECKING:
    from torch import Tensor

NAMES = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
BEFORE_NEIGHBOURS = 50  # principal components that t-SNE and UMAP are given: less noise, and faster (van der Maaten)
FEWEST = 5


@dataclass(frozen=True, eq=False)
class Projection:
    """Sets of features, each as points of one plane.

    Attributes
    ----------
    points : tuple of ndarray
        float32 ``(N, 2)``, one for each set that was given, on the same axes.
    method : str
        ``"pca"``, ``"tsne"`` or ``"umap"``.
    explained : tuple of float
        For PCA, of each set the share of its variance that the plane shows; else empty.
    """

    points: tuple[np.ndarray, ...]
    method: str
    explained: tuple[float, ...] = ()


def projection_methods() -> tuple[str, ...]:
    """Return the methods that there are here: UMAP only where the package umap-learn is installed.

    Examples
    --------
    >>> projection_methods()[:2]
    ('pca', 'tsne')
    """
    return tuple(name for name in NAMES if name != "umap" or importlib.util.find_spec("umap") is not None)


def project(*sets: Tensor | np.ndarray, method: str = "pca", seed: int = 0) -> Projection:
    """Lay features of images out in a plane.

    Several sets (of the same images, before and after a training) share their axes. PCA is fitted to all of them
    together, each about its own mean and with a variance of one, so that neither decides alone. t-SNE and UMAP, which
    know no axes, begin the later ones where the first ended, and turn them so that the points lie as near as they can
    to those of the first (Procrustes). Of these two, only who is next to whom means something: not distances between
    groups, nor their sizes.

    Parameters
    ----------
    *sets : Tensor or ndarray
        ``(N, D)`` each, N of five or more, with the same images in the same order; D may differ for t-SNE and UMAP.
    method : {"pca", "tsne", "umap"}
        How.
    seed : int
        For t-SNE and UMAP; PCA is deterministic, signs included.

    Returns
    -------
    Projection
        A set of points for each set of features.

    Raises
    ------
    TlnbError
        If the method is unknown or not installed, or the features do not fit.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> found = project(rng.normal(size=(20, 6)))
    >>> found.points[0].shape, 0 < found.explained[0] < 1
    ((20, 2), True)
    """
    if method not in NAMES:
        raise TlnbError(f"method={method!r}: choose one of {', '.join(NAMES)}.{did_you_mean(str(method), NAMES)}")
    if method not in projection_methods():
        raise TlnbError('UMAP is not installed: run  pip install "tlnb[umap]", or choose pca or tsne.')
    rows = [np.asarray(one, dtype=np.float32) for one in sets]
    if not rows or any(one.ndim != 2 or len(one) != len(rows[0]) for one in rows) or len(rows[0]) < FEWEST:
        shapes = ", ".join(str(one.shape) for one in rows) or "nothing"
        raise TlnbError(f"features of {shapes}: give (N, D) with the same N, at least {FEWEST}, in each set.")
    note("method", NAMES[method])
    if method == "pca":
        return _pca(rows)
    found: list[np.ndarray] = []
    for features in rows:
        points = _neighbours(features, method, seed, found[0] if found else None)
        found.append(_turned_to(points, found[0]) if found else points - points.mean(0))
    return Projection(tuple(found), method)


def _pca(rows: Sequence[np.ndarray]) -> Projection:
    if len({one.shape[1] for one in rows}) > 1:
        raise TlnbError(f"PCA needs equally many features in all sets, not {[one.shape[1] for one in rows]}.")
    if len(rows) > 1:
        centred = [one - one.mean(0) for one in rows]
        rows = [one / max(float(np.sqrt(one.var(0).sum())), 1e-12) for one in centred]
    parts = np.split(_components(np.concatenate(rows), 2), len(rows))
    shares = tuple(
        float(part.var(0).sum() / max(float(one.var(0).sum()), 1e-12)) for part, one in zip(parts, rows, strict=True)
    )
    return Projection(tuple(parts), "pca", shares)


def _components(features: np.ndarray, most: int) -> np.ndarray:
    """Return the first principal components of rows; of each direction the largest number is above 0.

    By the eigenvectors of the covariance, and only those that are wanted: a tenth of the time of scikit-learn's exact
    PCA on thousands of features, and no random numbers as in its fast one.
    """
    from scipy.linalg import eigh

    centred = (features - features.mean(0)).astype(np.float64)
    width = centred.shape[1]
    count = min(most, width)
    # Without a thread for each core: a training beside it, and other learners, wait for them.
    with threadpool_limits(1, user_api="blas"):
        _, axes = eigh(centred.T @ centred, subset_by_index=(width - count, width - 1))
        axes = axes[:, ::-1]  # the largest first
        axes = axes * np.sign(axes[np.abs(axes).argmax(0), np.arange(count)])
        points = centred @ axes
    return np.pad(points, ((0, 0), (0, max(0, 2 - count)))).astype(np.float32)  # one feature too has a plane to lie in


def _neighbours(features: np.ndarray, method: str, seed: int, start: np.ndarray | None) -> np.ndarray:
    reduced = _components(features, BEFORE_NEIGHBOURS)
    first = reduced[:, :2] if start is None else start
    made: Any
    if method == "tsne":
        from sklearn.manifold import TSNE

        first = first / max(float(first[:, 0].std()), 1e-12) * 1e-4  # as scikit-learn begins by PCA
        made = TSNE(perplexity=min(30.0, (len(features) - 1) / 3), init=first, random_state=seed)
    else:
        from umap import UMAP

        first = first / max(float(np.abs(first).max()), 1e-12) * 10
        made = UMAP(n_neighbors=min(15, len(features) - 1), init=first, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads, of deprecated names: nothing that who looks could mend
        return np.asarray(made.fit_transform(reduced), dtype=np.float32)


def _turned_to(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Turn and mirror points, and no more, so that they lie as near as can be to others."""
    centred = points - points.mean(0)
    left, _, right = np.linalg.svd(centred.T @ (others - others.mean(0)))
    return np.asarray(centred @ (left @ right), dtype=np.float32)
