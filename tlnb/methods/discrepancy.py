r"""Maximum mean discrepancy: how far apart the distributions are that two samples were drawn from.

Gretton, Borgwardt, Rasch, Schölkopf & Smola, "A Kernel Two-Sample Test", 2012; several kernels and the linear-time
estimate as in Long, Cao, Wang & Jordan, "Learning Transferable Features with Deep Adaptation Networks", 2015.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from tlnb.core.errors import DataError
from tlnb.core.used import note

FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the median: five kernels from near to far, a factor of two apart


def median_distance(first: Tensor, second: Tensor) -> Tensor:
    """Return the median of the squared distances between all rows of two samples together: a scalar, no gradient.

    The usual choice for a Gaussian kernel's width: neither so narrow that all are strangers, nor so wide that all are
    alike.

    Parameters
    ----------
    first, second : Tensor
        (n, D) and (m, D), with at least two rows in all.

    Examples
    --------
    >>> median_distance(torch.tensor([[0.0]]), torch.tensor([[3.0]]))
    tensor(9.)
    """
    with torch.no_grad():
        return torch.pdist(torch.cat([first, second])).square().median().clamp_min(1e-12)


def kernel(first: Tensor, second: Tensor, widths: Sequence[float] | Tensor) -> Tensor:
    r"""Return the mean of Gaussian kernels between rows, (n, D) and (m, D) -> (n, m).

    .. math:: k(x, y) = \frac{1}{K} \sum_{j=1}^{K} \exp\left(-\frac{\lVert x - y \rVert^2}{w_j}\right)

    Parameters
    ----------
    first, second : Tensor
        Rows of numbers.
    widths : sequence of float, or Tensor of shape (K,)
        :math:`w_j`, in squared units of the rows, > 0.

    Examples
    --------
    >>> kernel(torch.tensor([[0.0]]), torch.tensor([[0.0], [1.0]]), [1.0])
    tensor([[1.0000, 0.3679]])
    """
    squared = _squared_distances(first, second)
    scales = torch.as_tensor(widths, dtype=squared.dtype, device=squared.device)
    return torch.stack([torch.exp(-squared / scale) for scale in scales]).mean(0)


def squared_mmd(
    first: Tensor, second: Tensor, *, widths: Sequence[float] | Tensor | None = None, unbiased: bool = True
) -> Tensor:
    r"""Estimate the squared maximum mean discrepancy of two samples, (n, D) and (m, D): a scalar with its gradient.

    .. math::
        \widehat{MMD}^2_b = \frac{1}{n^2} \sum_{i,j} k(x_i, x_j) + \frac{1}{m^2} \sum_{i,j} k(y_i, y_j)
        - \frac{2}{nm} \sum_{i,j} k(x_i, y_j)

    This biased estimate is never negative, and too large for small samples. The unbiased one leaves out the pairs of a
    row with itself, :math:`i = j`, and divides by :math:`n(n-1)` and :math:`m(m-1)`: it is right on average, and may
    be negative where the samples are alike.

    Parameters
    ----------
    first, second : Tensor
        At least two rows each for the unbiased estimate, one for the biased.
    widths : sequence of float, or Tensor, optional
        Of the Gaussian kernels (see `kernel`); by default five, from a quarter to four times the median squared
        distance.
    unbiased : bool
        Which estimate.

    Raises
    ------
    DataError
        If there are too few rows, or the samples have other widths.

    Examples
    --------
    >>> near, far = torch.tensor([[0.0], [1.0]]), torch.tensor([[9.0], [8.0]])
    >>> float(squared_mmd(near, far)) > 0.5, round(float(squared_mmd(near, near, unbiased=False)), 6)
    (True, 0.0)
    """
    check_samples(first, second, 2 if unbiased else 1)
    chosen = default_widths(first, second) if widths is None else widths
    note("method", "MMD")
    own, theirs, across = (kernel(a, b, chosen) for a, b in ((first, first), (second, second), (first, second)))
    return _mean(own, unbiased) + _mean(theirs, unbiased) - 2 * across.mean()


def linear_mmd(first: Tensor, second: Tensor, *, widths: Sequence[float] | Tensor | None = None) -> Tensor:
    r"""Estimate the squared discrepancy in time linear in the rows, (n, D) and (n, D): a scalar with its gradient.

    .. math::
        \widehat{MMD}^2_l = \frac{2}{n} \sum_{i=1}^{n/2} k(x_{2i-1}, x_{2i}) + k(y_{2i-1}, y_{2i})
        - k(x_{2i-1}, y_{2i}) - k(x_{2i}, y_{2i-1})

    Each row is compared with its neighbour alone: as right on average as the unbiased `squared_mmd`, and much noisier.

    Parameters
    ----------
    first, second : Tensor
        Where one has more rows, or their number is odd, the last are left out.
    widths : sequence of float, or Tensor, optional
        As for `squared_mmd`.

    Raises
    ------
    DataError
        If one has fewer than two rows, or the samples have other widths.

    Examples
    --------
    >>> near, far = torch.tensor([[0.0], [1.0]]), torch.tensor([[9.0], [8.0]])
    >>> float(linear_mmd(near, far)) > 0.5
    True
    """
    check_samples(first, second, 2)
    chosen = default_widths(first, second) if widths is None else widths
    pairs = min(len(first), len(second)) // 2
    scales = torch.as_tensor(chosen, dtype=first.dtype, device=first.device)
    a, b, c, d = (rows[start : 2 * pairs : 2] for rows in (first, second) for start in (0, 1))

    def alike(one: Tensor, other: Tensor) -> Tensor:
        squared = (one - other).square().sum(1)  # (n / 2,)
        return torch.exp(-squared / scales[:, None]).mean(0)

    return (alike(a, b) + alike(c, d) - alike(a, d) - alike(b, c)).mean()


def default_widths(first: Tensor, second: Tensor) -> Tensor:
    """Return the widths of five kernels around the median squared distance of two samples, (5,)."""
    return median_distance(first, second) * first.new_tensor(FACTORS)


def _squared_distances(first: Tensor, second: Tensor) -> Tensor:
    # Not cdist: its gradient at a distance of nothing, as of a row from itself, is not a number once squared.
    squares = first.square().sum(1)[:, None] + second.square().sum(1)[None] - 2 * first @ second.T
    return squares.clamp_min(0)


def _mean(square: Tensor, unbiased: bool) -> Tensor:
    count = len(square)
    if not unbiased:
        return square.mean()
    return (square.sum() - square.diagonal().sum()) / (count * (count - 1))


def check_samples(first: Tensor, second: Tensor, least: int) -> None:
    """Raise DataError unless both samples have rows of one length, and at least so many of them."""
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise DataError(
            f"Samples of shape {tuple(first.shape)} and {tuple(second.shape)}: give rows of as many numbers, (n, D) "
            "and (m, D), as tlnb.extract_features gives them."
        )
    if min(len(first), len(second)) < least:
        raise DataError(f"Samples of {len(first)} and {len(second)} rows: at least {least} of each are needed.")
