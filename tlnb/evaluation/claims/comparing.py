"""One comparison of an experiment's scores: judged by the rule, with all that a record keeps of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tlnb.evaluation.claims.plans import Comparison
from tlnb.evaluation.experiments.evidence import Evidence
from tlnb.evaluation.verdicts.metrics import find_metric
from tlnb.evaluation.verdicts.rule import Finding, judge


def compare(comparison: Comparison, evidence: tuple[Evidence, ...], least: int) -> tuple[Finding, dict[str, Any]]:
    """Judge a comparison by the first evidence that has it.

    Parameters
    ----------
    comparison : Comparison
        Metric, condition, baseline and direction.
    evidence : tuple of Evidence
        One experiment or several.
    least : int
        With fewer seeds nothing is decided.

    Returns
    -------
    Finding
        What the rule says.
    dict
        The finding with its raw scores and the noise of the test images, as files keep it.

    Raises
    ------
    ClaimError
        If no evidence has that metric under both conditions.
    """
    metric, one = comparison.find(evidence)
    there = one.scores(metric)
    pair = {name: list(there[name]) for name in (comparison.condition, comparison.baseline)}
    noise = one.noise(metric, comparison.condition, comparison.baseline)
    scores, baseline = pair.values()
    finding = judge(scores, baseline, metric, comparison.direction, noise=noise, least=least)
    stored = {
        "metric": metric,
        "condition": comparison.condition,
        "baseline": comparison.baseline,
        **asdict(finding),
        "unit": find_metric(metric).unit,
        "scores": pair,
        "test_sd": list(noise.by_seed) or None,
        "shared_sd": noise.shared,
    }
    return finding, stored
