"""Evidence: what a few runs can and cannot show."""

from tlnb.evaluation.intervals import Interval, mean_interval, paired_interval
from tlnb.evaluation.plots import plot_scores
from tlnb.evaluation.probe import probe_scores

__all__ = ["Interval", "mean_interval", "paired_interval", "plot_scores", "probe_scores"]
