"""All claims of a lesson in one table: what this run found, beside what the record says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tlnb.core.syllabus import all_claims
from tlnb.core.tables import Table
from tlnb.evaluation.claims.records import Record
from tlnb.evaluation.verdicts.wording import tell_result


@dataclass(frozen=True, repr=False)
class LedgerSummary(Table):
    """The claims of a lesson, each with its verdict and interval in this run and in the record.

    Attributes
    ----------
    lesson : str
        ``"3.1"``.
    entries : mapping of str to dict
        Claim id to what this run found.
    record : Record or None
        What the full run found.
    """

    lesson: str
    entries: Mapping[str, dict[str, Any]]
    record: Record | None

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows: every claim of the lesson, also those that this run has not tested."""
        rows = []
        for claim in all_claims():
            if claim.lesson == self.lesson:
                found = [self.entries.get(claim.id), self.record.claim(claim.id) if self.record else None]
                rows.append([f"{claim.id}  {claim.says}", *map(_told, found)])
        return ["claim", "this run", "the record"], rows


def _told(found: Mapping[str, Any] | None) -> str:
    """Write verdict and interval, so that a narrow column breaks between them and not within."""
    if found is None:
        return "not tested"
    verdict, _, interval = tell_result(found).partition("  ")
    return " ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in (verdict, interval) if part)
