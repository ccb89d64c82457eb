"""Evidence: what a few runs can and cannot show, and the one rule that judges a claim by it."""

from typing import TYPE_CHECKING

from tlnb.core.lazy import lazy_names
from tlnb.evaluation.curves import plot_curves, plot_panels
from tlnb.evaluation.depth import DepthScores, probe_by_depth
from tlnb.evaluation.drift import feature_drift
from tlnb.evaluation.evidence import Evidence
from tlnb.evaluation.experiment import Experiment
from tlnb.evaluation.fit_trial import FitTrial
from tlnb.evaluation.forgetting import source_scores
from tlnb.evaluation.grid import plot_differences
from tlnb.evaluation.intervals import Interval, mean_interval, paired_interval
from tlnb.evaluation.layer_shift import LayerShift, shift_by_layer
from tlnb.evaluation.ledger import open_ledger
from tlnb.evaluation.levels import plot_levels
from tlnb.evaluation.mismatch import feature_mismatch
from tlnb.evaluation.plots import plot_bars, plot_by_layer, plot_scores, plot_tradeoff
from tlnb.evaluation.priors import class_priors, correct_priors, estimate_priors
from tlnb.evaluation.probe import probe_scores
from tlnb.evaluation.projection import Projection, project, projection_methods
from tlnb.evaluation.proofs import Cited, Computed, NotRun
from tlnb.evaluation.resampling import Scored, scored
from tlnb.evaluation.rule import Finding, Noise, judge
from tlnb.evaluation.samples import disjoint_samples
from tlnb.evaluation.scatter import plot_features
from tlnb.evaluation.selection import (
    SelectionScores,
    importance_weights,
    prediction_entropy,
    selection_scores,
    weighted_risk,
)
from tlnb.evaluation.shift import PermutationTest, frechet_distance, mmd_test, proxy_a_distance
from tlnb.evaluation.spread import plot_null, plot_spread
from tlnb.evaluation.target_scores import target_scores
from tlnb.evaluation.transfer_gap import TransferGap, transfer_gap

if TYPE_CHECKING:  # what __getattr__ finds at run time: the methods that it is made of need torch
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
    "LayerShift",
    "Noise",
    "NotRun",
    "PermutationTest",
    "Projection",
    "Scored",
    "SelectionScores",
    "Transfer",
    "TransferGap",
    "TransferTrial",
    "class_priors",
    "correct_priors",
    "disjoint_samples",
    "estimate_priors",
    "feature_drift",
    "feature_mismatch",
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
    "plot_features",
    "plot_levels",
    "plot_null",
    "plot_panels",
    "plot_scores",
    "plot_spread",
    "plot_tradeoff",
    "prediction_entropy",
    "probe_by_depth",
    "probe_scores",
    "project",
    "projection_methods",
    "proxy_a_distance",
    "scored",
    "selection_scores",
    "shift_by_layer",
    "source_scores",
    "target_scores",
    "transfer_gap",
    "weighted_risk",
]

__getattr__, __dir__ = lazy_names(__name__, {"Transfer": "transfer", "TransferTrial": "transfer"})
