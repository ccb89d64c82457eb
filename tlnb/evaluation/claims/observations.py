"""Observations: differences that a lesson asks about after it has seen others, and so without a verdict.

A claim's comparisons are written down before the run. What one asks next, "is it the batch statistics?", is asked
because of what came out, and an interval that was looked for proves less than one that was foretold (Kerr, "HARKing:
hypothesizing after the results are known", 1998). It is measured all the same, recorded with its raw scores, and shown
as what it is.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from tlnb.evaluation.claims.cards import LEGEND, card_html, comparison_html, paragraph
from tlnb.evaluation.claims.comparing import compare
from tlnb.evaluation.claims.plans import Comparison
from tlnb.evaluation.claims.strips import HERE, draw_card
from tlnb.evaluation.experiments.evidence import Evidence
from tlnb.evaluation.verdicts.wording import tell_result, tell_test, verdict_colour

Entry = Mapping[str, Any]
_FOOTNOTE = "An observation, without a verdict: it was asked after other results were seen. Take it as a lead."


@dataclass(frozen=True, repr=False)
class ObservationCard:
    """A question with the differences that answer it; shows itself as the last value of a cell.

    Attributes
    ----------
    entry : dict
        Question and comparisons as this run found them.
    recorded : dict or None
        The same from the record.
    """

    entry: dict[str, Any]
    recorded: dict[str, Any] | None

    @property
    def tests(self) -> list[list[tuple[str, Entry]]]:
        """Each comparison, with its result in this run and in the record."""
        return [[(HERE, test), *(("the record", other) for other in self._there(test))] for test in self.entry["tests"]]

    def _there(self, test: Entry) -> list[Entry]:
        keys = ("metric", "condition", "baseline")
        tests = self.recorded["tests"] if self.recorded else ()
        return [other for other in tests if all(other[key] == test[key] for key in keys)]

    def __repr__(self) -> str:
        lines = textwrap.wrap(f"Observation: {self.entry['question']}", 100, subsequent_indent="       ")
        for comparison in self.tests:
            lines.append(f"       - {tell_test(comparison[0][1])}")
            lines += [f"         {tell_result(found)}, {name} ({found['seeds']} seeds)" for name, found in comparison]
        return "\n".join([*lines, f"       {_FOOTNOTE}"])

    def _repr_html_(self) -> str:
        parts = [comparison_html(test, seeds=True) for test in self.tests]
        parts.append(paragraph(LEGEND, "opacity:.65;font-size:.9em;"))
        return card_html(
            escape(self.entry["question"]), [*parts, paragraph(_FOOTNOTE, "opacity:.75;")], verdict_colour(None)
        )

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        about = {"image/png": {"alt": f"Observation: {self.entry['question']}"}}
        return {"text/plain": repr(self), "text/html": self._repr_html_(), "image/png": self.png()}, about

    def png(self) -> bytes:
        """Draw the card for pages that show neither HTML nor scripts."""
        return draw_card(self.entry["question"], [_FOOTNOTE], self.tests).png()


class RecordedCard(ObservationCard):
    """What the record alone observed, where this profile does not run the experiment."""

    @property
    def tests(self) -> list[list[tuple[str, Entry]]]:
        """Each comparison, with its result in the record."""
        return [[("the record", test)] for test in self.entry["tests"]]


def unseen(question: str) -> dict[str, Any]:
    """Return the entry of a question that nothing has answered yet: it has no comparisons."""
    return {"question": f"{question} (Not run in this profile, and not in the record yet.)", "tests": []}


def observe(
    question: str, evidence: Evidence, metric: str, pairs: Sequence[tuple[str, str]], profile: str
) -> dict[str, Any]:
    """Measure differences, each with its interval and no verdict.

    Parameters
    ----------
    question : str
        What is asked of the data.
    evidence : Evidence
        With all the conditions.
    metric : str
        See `tlnb.evaluation.verdicts.metrics`.
    pairs : sequence of (str, str)
        Condition and baseline of each difference.
    profile : {"quick", "full"}
        Of the run.

    Returns
    -------
    dict
        ``question``, ``profile`` and ``tests``, as the ledger and records keep it.

    Raises
    ------
    ClaimError
        If the evidence has no such metric or condition.
    """
    tests = []
    for condition, baseline in pairs:
        _, stored = compare(Comparison(metric, condition, baseline, "higher"), (evidence,), least=2)
        tests.append({**stored, "verdict": None, "direction": None, "reason": ""})
    return {"question": question, "profile": profile, "tests": tests}
