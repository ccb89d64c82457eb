"""Evidence that is not measured: numbers computed from the real object, a source, or a reason why nothing was run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tlnb.core.syllabus import Claim, ClaimError
from tlnb.evaluation.experiments.evidence import Evidence
from tlnb.evaluation.verdicts.rule import DOES_NOT_HOLD


@dataclass(frozen=True)
class Computed:
    """Evidence for a claim that is computed from the real object: numbers, and what was checked of them.

    Parameters
    ----------
    numbers : mapping of str to number or str
        What was computed.
    checks : mapping of str to bool
        What must be true of it, in words. The claim is demonstrated if all of them are.
    """

    numbers: Mapping[str, Any]
    checks: Mapping[str, bool]

    def __post_init__(self) -> None:
        if not self.checks:
            raise ClaimError("Computed evidence needs at least one check: what must be true of the numbers?")
        for what, passed in self.checks.items():
            if not isinstance(passed, bool) and type(passed).__name__ not in ("bool_", "bool"):
                raise ClaimError(f"The check {what!r} is {passed!r}; give True or False.")


@dataclass(frozen=True)
class Cited:
    """Evidence that is quoted, where the object itself cannot be had: authors, title, year, and what it says."""

    source: str


@dataclass(frozen=True)
class NotRun:
    """No evidence this time, and why."""

    reason: str


Proof = Evidence | Computed | Cited | NotRun


def stated(claim: Claim, evidence: Proof) -> dict[str, Any]:
    """Return the part of a ledger's entry that tells the verdict and what it rests on.

    Raises
    ------
    ClaimError
        If the evidence is not of the kind that the claim asks for.
    """
    nothing = dict.fromkeys(("metric", "effect", "low", "high", "unit"))
    if isinstance(evidence, Computed):
        if claim.show != "compute":
            raise ClaimError(
                f"Claim {claim.id} is to be {claim.show}d by an experiment; numbers alone do not decide it."
            )
        checks = {what: bool(passed) for what, passed in evidence.checks.items()}
        verdict = "demonstrated" if all(checks.values()) else DOES_NOT_HOLD
        told: dict[str, Any] = {"numbers": dict(evidence.numbers), "checks": checks}
    elif isinstance(evidence, Cited):
        verdict, told = "cited", {"source": evidence.source}
    elif isinstance(evidence, NotRun):
        verdict, told = "not_run", {"reason": evidence.reason}
    else:
        raise ClaimError(
            f"Claim {claim.id}: {type(evidence).__name__} is no evidence; give what Experiment.run returned, or "
            "Computed, Cited or NotRun."
        )
    return {"verdict": verdict, **nothing, "seeds": 0, "scores": None, "evidence": told}
