"""How far two domains are apart: by what tells them apart, by their kernels' means, and by their first two moments.

All take features (n, D) and (m, D), as `tlnb.extract_features` gives them; pixels, flattened, will do as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlnb.core.errors import DataError
from tlnb.core.used import note

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class PermutationTest:
    """How likely a discrepancy as large as the one found is where there is no shift.

    Attributes
    ----------
    statistic : float
        The unbiased estimate of the squared discrepancy.
    p_value : float
        Share of the permutations, the one found among them, that give as much or more: at least
        1 / (permutations + 1).
    permutations : int
        How often the rows were dealt out anew.
    null : tuple of float
        What each of these gave.
    """

    statistic: float
    p_value: float
    permutations: int
    null: tuple[float, ...]

    @property
    def distance(self) -> float:
        """The discrepancy itself: the root of the statistic, 0 where that is below 0."""
        return float(max(0.0, self.statistic) ** 0.5)

    def __repr__(self) -> str:
        return (
            f"MMD² = {self.statistic:.4g}, p = {self.p_value:.2g} ({self.permutations} permutations; "
            f"{100 * np.mean(np.array(self.null) < self.statistic):.0f} % of them below)"
        )


def mmd_test(first: Tensor, second: Tensor, *, permutations: int = 500, seed: int = 0) -> PermutationTest:
    """Test whether two samples come from one distribution, by the unbiased squared discrepancy.

    If they do, it does not matter which row is in which sample: so the rows are dealt out anew, again and again, and
    the discrepancy found is compared with those. The kernels are computed once.

    Gretton et al., "A Kernel Two-Sample Test", 2012.

    Parameters
    ----------
    first, second : Tensor
        Rows, at least two each.
    permutations : int
        At least 1.
    seed : int
        Of the dealing.

    Raises
    ------
    DataError
        If there are too few rows or permutations, or the rows have other lengths.

    Examples
    --------
    >>> import torch
    >>> generator = torch.Generator().manual_seed(0)
    >>> rows = torch.randn(60, 3, generator=generator)
    >>> mmd_test(rows[:30], rows[30:] + 1.0, permutations=99).p_value
    0.01
    """
    import torch

    from tlnb.methods.discrepancy import check_samples, default_widths, kernel

    check_samples(first, second, 2)
    if permutations < 1:
        raise DataError(f"permutations={permutations!r}: at least one is needed, and 100 or more tell anything.")
    note("method", "MMD")
    rows, count = torch.cat([first, second]).double(), len(first)
    similar = kernel(rows, rows, default_widths(first.double(), second.double()))
    similar.fill_diagonal_(0.0)  # the unbiased estimate leaves these out, whichever sample a row is in
    generator = torch.Generator().manual_seed(seed)
    orders = [torch.arange(len(rows)), *(torch.randperm(len(rows), generator=generator) for _ in range(permutations))]
    signs = torch.zeros(len(orders), len(rows), dtype=torch.float64)  # 1 where a row is dealt into the first sample
    for row, order in zip(signs, orders, strict=True):
        row[order[:count]] = 1.0
    inside, outside = signs @ similar, (1 - signs) @ similar
    own = (inside * signs).sum(1) / (count * (count - 1))
    others = len(rows) - count
    theirs = (outside * (1 - signs)).sum(1) / (others * (others - 1))
    values = own + theirs - 2 * (inside * (1 - signs)).sum(1) / (count * others)
    found, null = float(values[0]), values[1:]
    as_much = int((null >= found - 1e-12).sum())
    return PermutationTest(found, (as_much + 1) / (permutations + 1), permutations, tuple(null.tolist()))


def proxy_a_distance(first: Tensor, second: Tensor, *, folds: int = 5, seed: int = 0) -> float:
    r"""Return how well a linear classifier tells two domains apart: 0 not at all, 2 without error.

    .. math:: \hat{d}_A = 2 (1 - 2 \epsilon)

    where :math:`\epsilon` is its error on rows that it was not trained on (cross-validated, each domain counting one
    half; below 0 is told as 0). Ben-David et al., "Analysis of Representations for Domain Adaptation", 2007.

    Parameters
    ----------
    first, second : Tensor
        Rows, at least `folds` each.
    folds : int
        At least 2.
    seed : int
        Of the folds.

    Raises
    ------
    DataError
        If there are too few rows, or the rows have other lengths.

    Examples
    --------
    >>> import torch
    >>> generator = torch.Generator().manual_seed(0)
    >>> rows = torch.randn(60, 3, generator=generator)
    >>> proxy_a_distance(rows[:30], rows[30:] + 100.0)
    2.0
    """
    import torch
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from tlnb.methods.discrepancy import check_samples

    check_samples(first, second, folds)
    note("method", "proxy A-distance")
    rows = torch.cat([first, second]).double().numpy()
    domains = np.repeat([0, 1], [len(first), len(second)])
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, class_weight="balanced"))
    split = StratifiedKFold(folds, shuffle=True, random_state=seed)
    told = cross_val_predict(classifier, rows, domains, cv=split)
    error = np.mean([np.mean(told[domains == domain] != domain) for domain in (0, 1)])
    return float(max(0.0, 2 * (1 - 2 * error)))


def frechet_distance(first: Tensor, second: Tensor) -> float:
    r"""Return the squared Fréchet distance of two samples, each taken for a normal distribution.

    .. math:: d^2 = \lVert \mu_1 - \mu_2 \rVert^2 + \mathrm{tr}\left(C_1 + C_2 - 2 (C_1 C_2)^{1/2}\right)

    With features of an Inception network this is the FID of Heusel et al., "GANs Trained by a Two Time-Scale Update
    Rule Converge to a Local Nash Equilibrium", 2017. It has the squared units of the features, and is too large for
    small samples: compare only distances of equally many rows of the same network.

    Parameters
    ----------
    first, second : Tensor
        Rows, at least two each.

    Raises
    ------
    DataError
        If there are too few rows, or the rows have other lengths.

    Examples
    --------
    >>> import torch
    >>> rows = torch.tensor([[0.0], [1.0], [2.0]])
    >>> round(frechet_distance(rows, rows + 3), 6)
    9.0
    """
    from tlnb.methods.discrepancy import check_samples

    check_samples(first, second, 2)
    note("method", "Frechet distance of features")
    one, other = (rows.double().numpy() for rows in (first, second))
    between = float(np.square(one.mean(0) - other.mean(0)).sum())
    # The roots of the eigenvalues of C1 C2 are the singular values of the product of the centred rows, or of what QR
    # leaves of them: no root of a matrix is taken, which would be of low rank where there are fewer rows than numbers.
    a, b = (np.asarray(np.linalg.qr((rows - rows.mean(0)) / np.sqrt(len(rows) - 1), "r")) for rows in (one, other))
    common = float(np.linalg.svd(a @ b.T, compute_uv=False).sum())
    return max(0.0, between + float(np.square(a).sum() + np.square(b).sum()) - 2 * common)
