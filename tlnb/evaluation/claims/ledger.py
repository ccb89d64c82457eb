"""The ledger of claims: each lesson enters what its own run found, beside what the record says.

A verdict comes from the evidence by the one rule, and what is compared comes from the plan in the lesson's record: a
lesson's code chooses neither.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tlnb.core.devices import resolve_device
from tlnb.core.files import home_dir, write_json
from tlnb.core.syllabus import Claim, ClaimError, find_claim, find_planned, numbers
from tlnb.core.used import snapshot, used_since
from tlnb.evaluation.claims.cards import ClaimCard
from tlnb.evaluation.claims.comparing import compare
from tlnb.evaluation.claims.observations import ObservationCard, RecordedCard, observe, unseen
from tlnb.evaluation.claims.proofs import Proof, stated
from tlnb.evaluation.claims.records import FORMAT, Record, claims_path, file_name, read_record
from tlnb.evaluation.claims.summary import LedgerSummary
from tlnb.evaluation.experiments.evidence import Evidence
from tlnb.evaluation.verdicts.rule import LEAST_SEEDS, weakest

log = logging.getLogger("tlnb")


def open_ledger(
    lesson: str,
    *,
    profile: str = "quick",
    data: str | Path | None = None,
    device: str = "auto",
    seed: int = 0,
    records: Path | None = None,
) -> Ledger:
    """Begin a lesson's list of claims.

    Parameters
    ----------
    lesson : str
        ``"3.1"``.
    profile, data, device, seed
        The lesson's parameters; they are written beside the claims.
    records : Path, optional
        Folder of the records; by default the one that came with the lessons.

    Returns
    -------
    Ledger
        Call it: ``claim = open_ledger("3.1"); claim("3.1.1", evidence)``.

    Raises
    ------
    ClaimError
        If the syllabus has no such lesson, or the profile is unknown.
    """
    find_planned(lesson)
    if profile not in LEAST_SEEDS:
        raise ClaimError(f"profile={profile!r} is not one of {', '.join(LEAST_SEEDS)}.")
    about = {
        "lesson": lesson,
        "profile": profile,
        "data": None if data is None else str(data),
        "device": str(resolve_device(device)),
        "seed": seed,
    }
    return Ledger(about, read_record(lesson, records), snapshot(), time.monotonic())


@dataclass
class Ledger:
    """A lesson's claims as its run finds them. Made by `open_ledger`; call it with a claim's id and its evidence.

    Every call rewrites the lesson's own file, ``claims/03_01.json`` in the learner's home.
    """

    about: dict[str, Any]
    record: Record | None
    before: Mapping[str, Mapping[str, int]] = field(repr=False)
    started: float = field(repr=False)
    entries: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    observations: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)

    def __call__(self, name: str, *evidence: Proof) -> ClaimCard:
        """Judge a claim by its evidence, enter it, and return the card that shows it.

        Parameters
        ----------
        name : str
            Its id: ``"3.1.2"``.
        *evidence : Evidence, Computed, Cited or NotRun
            What was measured, in one experiment or several; or one of the others.

        Raises
        ------
        ClaimError
            If the claim is unknown or another lesson's, has no plan, or the evidence is not of its kind.
        """
        claim = find_claim(name)
        if claim.lesson != self.about["lesson"]:
            raise ClaimError(f"Claim {name} belongs to lesson {claim.lesson}, and this is {self.about['lesson']}.")
        if not evidence:
            raise ClaimError(f"Claim {name} needs evidence.")
        measured = tuple(one for one in evidence if isinstance(one, Evidence))
        if len(measured) == len(evidence):
            result = self._judged(claim, measured)
        elif len(evidence) == 1:
            result = stated(claim, evidence[0])
        else:
            raise ClaimError(f"Claim {name}: several pieces of evidence must all be measured.")
        seconds = round(sum(one.seconds for one in measured), 1)
        entry = {
            "id": name,
            "lesson": claim.lesson,
            "show": claim.show,
            **result,
            "profile": self.about["profile"],
            "device": self.about["device"],
            "seconds": seconds,
        }
        entry["evidence"] = entry.pop("evidence")  # last, since it is long
        self.entries[name] = entry
        self._write()
        return ClaimCard(claim, entry, self._recorded(name), self._record_about())

    def observe(
        self, question: str, evidence: Evidence | None, metric: str, *pairs: tuple[str, str]
    ) -> ObservationCard:
        """Measure differences that were not planned: entered and recorded beside the claims, without a verdict.

        Parameters
        ----------
        question : str
            What is asked; the record is found by it.
        evidence : Evidence or None
            With all the conditions; None where this profile does not run them: then the card shows the record.
        metric : str
            What is compared.
        *pairs : (str, str)
            Condition and baseline of each difference.

        Raises
        ------
        ClaimError
            If no pair is given, or the evidence lacks the metric or a condition.
        """
        if not pairs:
            raise ClaimError("An observation needs pairs to compare: observe(question, evidence, metric, (a, b)).")
        recorded = self.record.observation(question) if self.record else None
        if evidence is None:
            return RecordedCard(recorded or unseen(question), recorded)
        self.observations[question] = observe(question, evidence, metric, pairs, self.about["profile"])
        self._write()
        return ObservationCard(self.observations[question], recorded)

    def summary(self) -> LedgerSummary:
        """Close the list: write down what the lesson used to its end, and return all its claims as a table."""
        self._write()
        return LedgerSummary(self.about["lesson"], dict(self.entries), self.record)

    def _judged(self, claim: Claim, evidence: tuple[Evidence, ...]) -> dict[str, Any]:
        if claim.show == "compute":
            raise ClaimError(f"Claim {claim.id} is to be computed, not measured: give Computed(numbers, checks).")
        plan = self.record.plans.get(claim.id) if self.record else None
        if plan is None or not plan.tests:
            raise ClaimError(
                f"Claim {claim.id} has no plan: write metric, condition, baseline and direction into the lesson's "
                f"record ({file_name(claim.lesson)}) before running it."
            )
        least = LEAST_SEEDS[self.about["profile"]]
        findings, tests = [], []
        for comparison in plan.tests:
            finding, stored = compare(comparison, evidence, least)
            findings.append(finding)
            tests.append(stored)
        worst = weakest(findings)
        leading = tests[findings.index(worst)]
        return {
            **{key: leading[key] for key in ("verdict", "metric", "effect", "low", "high", "unit", "seeds", "scores")},
            "evidence": {"question": plan.question, "tests": tests},
        }

    def _recorded(self, name: str) -> dict[str, Any] | None:
        return self.record.claim(name) if self.record else None

    def _record_about(self) -> dict[str, Any]:
        run = (self.record.run if self.record else None) or {}
        return {key: run.get(key) for key in ("profile", "device", "data")}

    def _write(self) -> None:
        content = {
            "format": FORMAT,
            **self.about,
            "seconds": round(time.monotonic() - self.started, 1),
            "used": used_since(self.before),
            "claims": [self.entries[name] for name in sorted(self.entries, key=numbers)],
            "observations": list(self.observations.values()),
        }
        path = claims_path(self.about["lesson"], home_dir())
        try:
            write_json(path, content, plain=_plain)
        except OSError as error:
            log.warning("The claims could not be written to %s (%s); the lesson goes on without.", path, error)


def _plain(value: Any) -> Any:
    """Return a number of numpy or torch as Python's own, and anything else as text."""
    return value.item() if hasattr(value, "item") else str(value)
