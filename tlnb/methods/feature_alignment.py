"""Alignment in closed form: features that are there already are mapped so that two domains come together.

Nothing is trained, so it takes milliseconds, and the network stays as it is; what the features do not hold cannot come
back. Sun, Feng & Saenko, "Return of Frustratingly Easy Domain Adaptation" (CORAL), 2016.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tlnb.core.errors import TlnbError, did_you_mean
from tlnb.core.used import note

STATISTICS = ("source", "apart")
SMALL = 1e-6  # a deviation below it is that of a feature that does not vary


@dataclass(frozen=True)
class FeatureAlignment:
    r"""How features of a source and of a target are brought together; labels are never read.

    Three steps, each of which can be left out:

    - ``statistics="apart"``: each domain is standardised by its own means and deviations, which is what
      `adapt_statistics` does inside a network. With ``"source"`` both are by the source's: nothing is aligned.
    - ``keep``: this share of the features is kept, those that differ least between the domains,

      .. math:: d_j = \frac{|\mu^s_j - \mu^t_j|}{\sqrt{(v^s_j + v^t_j) / 2}}

      with means :math:`\mu` and variances :math:`v` before they are standardised. A feature that tells the domains
      apart says little that holds in both.
    - ``correlations``: the source's rows are decorrelated and given the target's correlations,
      :math:`A = (C^s + \lambda I)^{-1/2} (C^t + \lambda I)^{1/2}`, with the covariances :math:`C` of the standardised
      features and :math:`\lambda` = ``ridge``, as in the paper.

    Parameters
    ----------
    statistics : {"source", "apart"}
        Whose means and deviations the target is standardised by.
    keep : float
        In (0, 1].
    correlations : bool
        Whether these are aligned; then ``statistics`` must be ``"apart"``.
    ridge : float
        Above 0; the paper has 1.

    Raises
    ------
    TlnbError
        If a value makes no sense.

    Examples
    --------
    >>> generator = torch.Generator().manual_seed(0)
    >>> source = torch.randn(200, 3, generator=generator)
    >>> target = torch.randn(200, 3, generator=generator) * 2 + torch.tensor([0.0, 1.0, 9.0])
    >>> aligned = FeatureAlignment(keep=2 / 3).fit(source, target)
    >>> aligned.kept.tolist()
    [True, True, False]
    >>> bool(aligned.target(target).mean(0).abs().max() < 1e-5), tuple(aligned.source(source).shape)
    (True, (200, 2))
    """

    statistics: str = "apart"
    keep: float = 1.0
    correlations: bool = False
    ridge: float = 1.0

    def __post_init__(self) -> None:
        if self.statistics not in STATISTICS:
            near = did_you_mean(str(self.statistics), STATISTICS)
            raise TlnbError(f"statistics={self.statistics!r} is not one of {', '.join(STATISTICS)}.{near}")
        if not 0 < self.keep <= 1:
            raise TlnbError(f"keep={self.keep!r} is no share of the features: pass a number above 0, at most 1.")
        if not self.ridge > 0:
            raise TlnbError(f"ridge={self.ridge!r} is not above 0.")
        if self.correlations and self.statistics != "apart":
            raise TlnbError('correlations=True aligns rows that were standardised apart: pass statistics="apart".')

    def fit(self, source: Tensor, target: Tensor) -> AlignedFeatures:
        """Find the maps of both domains.

        Parameters
        ----------
        source, target : Tensor
            Rows (n, D) and (m, D) to align: of training images, so that test images stay unseen.

        Raises
        ------
        DataError
            If there are fewer than two rows, or the rows have other lengths.
        """
        from tlnb.methods.discrepancy import check_samples

        check_samples(source, target, 2)
        ours, theirs = source.double(), target.double()
        kept = torch.zeros(ours.shape[1], dtype=torch.bool)
        kept[_shift(ours, theirs).argsort(stable=True)[: max(1, round(self.keep * len(kept)))]] = True
        of_source = _moments(ours[:, kept])
        of_target = _moments(theirs[:, kept]) if self.statistics == "apart" else of_source
        turn = None
        if self.correlations:
            before, wanted = (
                torch.cov(((rows[:, kept] - mean) / deviation).T) + self.ridge * torch.eye(int(kept.sum()))
                for rows, (mean, deviation) in ((ours, of_source), (theirs, of_target))
            )
            turn = _power(before, -0.5) @ _power(wanted, 0.5)
        note("method", "CORAL" if self.correlations else "feature alignment")
        return AlignedFeatures(kept, of_source, of_target, turn)


@dataclass(frozen=True, eq=False)
class AlignedFeatures:
    """The maps that `FeatureAlignment` found.

    Attributes
    ----------
    kept : Tensor
        bool (D,), which features are kept.
    of_source, of_target : (Tensor, Tensor)
        Means and deviations of those that are kept, (K,) each.
    turn : Tensor or None
        (K, K), what the source's standardised rows are multiplied by.
    """

    kept: Tensor
    of_source: tuple[Tensor, Tensor]
    of_target: tuple[Tensor, Tensor]
    turn: Tensor | None

    def source(self, rows: Tensor) -> Tensor:
        """Map rows of the source, (N, D) -> float32 (N, K)."""
        standard = self._standardised(rows, self.of_source)
        return (standard if self.turn is None else standard @ self.turn).float()

    def target(self, rows: Tensor) -> Tensor:
        """Map rows of the target, (N, D) -> float32 (N, K)."""
        return self._standardised(rows, self.of_target).float()

    def _standardised(self, rows: Tensor, moments: tuple[Tensor, Tensor]) -> Tensor:
        mean, deviation = moments
        return (rows.double()[:, self.kept] - mean) / deviation


def _moments(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return means and deviations of columns, (N, K) -> (K,), (K,)."""
    deviation = rows.std(0)
    return rows.mean(0), torch.where(deviation < SMALL, 1.0, deviation)  # what never varied is not blown up elsewhere


def _shift(source: Tensor, target: Tensor) -> Tensor:
    """Return how far each feature's means are apart, in deviations: (n, D), (m, D) -> (D,)."""
    spread = ((source.var(0) + target.var(0)) / 2).clamp_min(SMALL**2)
    return (source.mean(0) - target.mean(0)).abs() / spread.sqrt()


def _power(matrix: Tensor, exponent: float) -> Tensor:
    """Raise a symmetric positive matrix (K, K) to a power."""
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values**exponent) @ vectors.T
