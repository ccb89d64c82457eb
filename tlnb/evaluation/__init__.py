"""Evidence: what a few runs can and cannot show, and the one rule that judges a claim by it."""

from tlnb.evaluation.curves import plot_curves, plot_panels
from tlnb.evaluation.depth import DepthScores, probe_by_depth
from tlnb.evaluation.drift import feature_drift
from tlnb.evaluation.evidence import Evidence
from tlnb.evaluation.experiment import Experiment
from tlnb.evaluation.fit_trial import FitTrial
from tlnb.evaluation.forgetting import source_scores
from tlnb.evaluation.grid import plot_differences
from tlnb.evaluation.intervals import Interval, mean_interval, paired_interval
from tlnb.evaluation.ledger import open_ledger
from tlnb.evaluation.plots import plot_bars, plot_by_layer, plot_scores, plot_tradeoff
from tlnb.evaluation.probe import probe_scores
from tlnb.evaluation.projection import Projection, project, projection_methods
from tlnb.evaluation.proofs import Cited, Computed, NotRun
from tlnb.evaluation.resampling import Scored, scored
from tlnb.evaluation.rule import Finding, Noise, judge
from tlnb.evaluation.selection import (
    SelectionScores,
    importance_weights,
    prediction_entropy,
    selection_scores,
    weighted_risk,
)
from tlnb.evaluation.shift import PermutationTest, frechet_distance, mmd_test, proxy_a_distance
from tlnb.evaluation.target_scores import target_scores
from tlnb.evaluation.transfer import Transfer, TransferTrial

__all__ = [
    "Cited",
    "Computed",
    "DepthScores",
    "Evidence",
    "Experiment",
    "Finding",
    "FitTrial",
    "Interval",
    "Noise",
    "NotRun",
    "PermutationTest",
    "Projection",
    "Scored",
    "SelectionScores",
    "Transfer",
    "TransferTrial",
    "feature_drift",
    "frechet_distance",
    "importance_weights",
    "judge",
    "mean_interval",
    "mmd_test",
    "open_ledger",
    "paired_interval",
    "plot_bars",
    "plot_by_layer",
    "plot_curves",
    "plot_differences",
    "plot_panels",
    "plot_scores",
    "plot_tradeoff",
    "prediction_entropy",
    "probe_by_depth",
    "probe_scores",
    "project",
    "projection_methods",
    "proxy_a_distance",
    "scored",
    "selection_scores",
    "source_scores",
    "target_scores",
    "weighted_risk",
]
