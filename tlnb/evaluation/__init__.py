"""Evidence: what a few runs can and cannot show, and the one rule that judges a claim by it.

What is public is imported from here. Below lie the folders, each of which imports from those before it alone:

- ``verdicts``: metrics, intervals, the noise of the test images, the rule, and its words;
- ``features``: what a network's features hold, and how they move;
- ``domains``: two domains or tasks, the shift between them, transfer, and choosing without the target's labels;
- ``figures``: the figures of all of these;
- ``experiments``: conditions x seeds, run by a trial and kept as evidence;
- ``claims``: plans, ledger, cards and records.

``surface`` stands alone: a descent on a surface whose optima are known.
"""

from typing import TYPE_CHECKING

from tlnb.core.lazy import lazy_names
from tlnb.evaluation.claims.ledger import open_ledger
from tlnb.evaluation.claims.proofs import Cited, Computed, NotRun
from tlnb.evaluation.domains.forgetting import source_scores
from tlnb.evaluation.domains.layer_shift import LayerShift, shift_by_layer
from tlnb.evaluation.domains.mismatch import feature_mismatch
from tlnb.evaluation.domains.priors import class_priors, correct_priors, estimate_priors
from tlnb.evaluation.domains.samples import disjoint_samples
from tlnb.evaluation.domains.selection import (
    SelectionScores,
    importance_weights,
    prediction_entropy,
    selection_scores,
    weighted_risk,
)
from tlnb.evaluation.domains.shift import PermutationTest, frechet_distance, mmd_test, proxy_a_distance
from tlnb.evaluation.domains.target_scores import target_scores
from tlnb.evaluation.domains.transfer_gap import TransferGap, transfer_gap
from tlnb.evaluation.experiments.evidence import Evidence
from tlnb.evaluation.experiments.experiment import Experiment
from tlnb.evaluation.experiments.fit_trial import FitTrial
from tlnb.evaluation.features.depth import DepthScores, probe_by_depth
from tlnb.evaluation.features.drift import feature_drift
from tlnb.evaluation.features.probe import probe_scores
from tlnb.evaluation.features.projection import Projection, project, projection_methods
from tlnb.evaluation.figures.curves import plot_curves, plot_panels
from tlnb.evaluation.figures.grid import plot_differences
from tlnb.evaluation.figures.levels import plot_levels
from tlnb.evaluation.figures.plots import plot_bars, plot_by_layer, plot_scores, plot_tradeoff
from tlnb.evaluation.figures.scatter import plot_features
from tlnb.evaluation.figures.spread import plot_null, plot_spread
from tlnb.evaluation.verdicts.intervals import Interval, mean_interval, paired_interval
from tlnb.evaluation.verdicts.resampling import Scored, scored
from tlnb.evaluation.verdicts.rule import Finding, Noise, judge

if TYPE_CHECKING:  # what __getattr__ finds at run time: the methods that it is made of need torch
    from tlnb.evaluation.domains.transfer import Transfer, TransferTrial

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

__getattr__, __dir__ = lazy_names(__name__, {"Transfer": "domains.transfer", "TransferTrial": "domains.transfer"})
