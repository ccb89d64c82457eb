"""What a claim will be judged by: metric, conditions and direction, written down before anything is run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tlnb.core.syllabus import ClaimError
from tlnb.evaluation.experiments.evidence import Evidence
from tlnb.evaluation.verdicts.metrics import find_metric
from tlnb.evaluation.verdicts.rule import DIRECTIONS


@dataclass(frozen=True)
class Comparison:
    """One comparison of a plan.

    Attributes
    ----------
    metric : str
        What is compared; see `tlnb.evaluation.verdicts.metrics`.
    condition, baseline : str
        Names of two conditions of the experiment.
    direction : {"higher", "lower", "equal"}
        What is claimed of the condition against the baseline.
    otherwise : str or None
        The metric where the first is not defined: accuracy where AUC needs two classes.
    """

    metric: str
    condition: str
    baseline: str
    direction: str
    otherwise: str | None = None

    def __post_init__(self) -> None:
        for name in filter(None, (self.metric, self.otherwise)):
            find_metric(name)
        if self.direction not in DIRECTIONS:
            raise ClaimError(f"direction={self.direction!r} is not one of {', '.join(DIRECTIONS)}.")
        if self.condition == self.baseline:
            raise ClaimError(f"{self.condition!r} is compared with itself; name two conditions.")

    def find(self, evidence: tuple[Evidence, ...]) -> tuple[str, Evidence]:
        """Return the metric and the evidence that has it under both conditions.

        Raises
        ------
        ClaimError
            If none has; it says what there is.
        """
        for metric in filter(None, (self.metric, self.otherwise)):
            for one in evidence:
                if one.has(metric, self.condition, self.baseline):
                    return metric, one
        there = "; ".join(f"{', '.join(one.metrics)} of {', '.join(one.conditions)}" for one in evidence)
        raise ClaimError(
            f"The plan compares {self.metric!r} of {self.condition!r} with {self.baseline!r}, "
            f"and the evidence has {there}."
        )


@dataclass(frozen=True)
class ClaimPlan:
    """How one claim is tested.

    Attributes
    ----------
    question : str
        What is asked of the data, in a sentence.
    tests : tuple of Comparison
        All must hold for the claim to hold. None for what is computed, cited or not run.
    """

    question: str
    tests: tuple[Comparison, ...] = ()


def read_plan(content: Mapping[str, Mapping[str, Any]]) -> dict[str, ClaimPlan]:
    """Read the plan of a lesson from its record: claim id to question and tests.

    Raises
    ------
    ClaimError
        If an entry lacks something, or has what does not belong there.
    """
    try:
        return {
            name: ClaimPlan(entry["question"], tuple(Comparison(**test) for test in entry.get("tests", ())))
            for name, entry in content.items()
        }
    except (KeyError, TypeError) as error:
        raise ClaimError(f"The plan cannot be read: {type(error).__name__}: {error}.") from error


def plan_digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a plan as it stands in a record, so that a result shows under which plan it was made."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
