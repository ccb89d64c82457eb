"""Whether a transfer helps or harms: negative transfer is a difference, and has an interval.

Wang, Dai, Póczos & Carbonell, "Characterizing and Avoiding Negative Transfer", CVPR, 2019.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlnb.core.used import note
from tlnb.evaluation.verdicts.intervals import Interval
from tlnb.evaluation.verdicts.metrics import find_metric, tell_metric

if TYPE_CHECKING:
    from tlnb.evaluation.experiments.evidence import Evidence


@dataclass(frozen=True)
class TransferGap:
    """What a transfer gains on the target: below 0 it harms.

    Attributes
    ----------
    metric, transferred, without : str
        What was measured, and under which two conditions.
    interval : Interval
        The mean paired difference with its 95 % interval over seeds, positive where the transfer is better.
    """

    metric: str
    transferred: str
    without: str
    interval: Interval

    @property
    def negative(self) -> bool:
        """Whether the whole interval lies below 0."""
        return self.interval.high < 0

    def __repr__(self) -> str:
        low = self.interval.low
        says = "negative transfer" if self.negative else "positive transfer" if low > 0 else "neither is shown"
        return f"{self.transferred} against {self.without}, {tell_metric(self.metric)}: {self.interval} ({says})"


def transfer_gap(evidence: Evidence, metric: str, transferred: str, without: str) -> TransferGap:
    """Compare the same training with a transfer and without, over paired seeds.

    Parameters
    ----------
    evidence : Evidence
        With both conditions.
    metric : str
        Measured on the target; where less is better, the sign is turned.
    transferred, without : str
        The condition that takes something over from the source, and the one that does not.

    Raises
    ------
    TlnbError
        If something of it was not measured.

    Examples
    --------
    >>> from tlnb.evaluation import Evidence
    >>> found = Evidence.from_scores({"accuracy": {"aligned": [0.5, 0.6, 0.5], "as it was": [0.8, 0.9, 0.9]}})
    >>> transfer_gap(found, "accuracy", "aligned", "as it was").negative
    True
    """
    pair = (without, transferred) if find_metric(metric).less_is_better else (transferred, without)
    gap = TransferGap(metric, transferred, without, evidence.difference(metric, *pair))
    if gap.negative:
        note("method", "negative transfer")
    return gap
