"""The card of a claim: what it says, what this run found, what the record says. As HTML, as text and as PNG."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from tlnb.core.syllabus import Claim
from tlnb.evaluation.claims.strips import HERE, draw_card, svg_strip
from tlnb.evaluation.verdicts.wording import VERDICTS, tell_evidence, tell_result, tell_test, tell_where

Entry = Mapping[str, Any]
LEGEND = "Upright line: no difference. Grey: too little to count. Thick: this run. Thin: the record."


@dataclass(frozen=True, repr=False)
class ClaimCard:
    """A claim with its verdict; shows itself as the last value of a cell.

    Attributes
    ----------
    claim : Claim
        From the syllabus.
    entry : dict
        What this run found, as the ledger keeps it.
    recorded : dict or None
        What the record says of the same claim.
    record : dict
        Profile, device and data of the record.
    """

    claim: Claim
    entry: dict[str, Any]
    recorded: dict[str, Any] | None
    record: dict[str, Any]

    @property
    def verdict(self) -> str:
        """What this run found."""
        return str(self.entry["verdict"])

    @property
    def runs(self) -> list[tuple[str, Entry]]:
        """The run at hand, and the record where there is one, by name."""
        runs: list[tuple[str, Entry]] = [(HERE, self.entry)]
        if self.recorded is not None:
            on = f" on {self.record['data']}" if self.record.get("data") else ""
            runs.append((f"the record{on}", self.recorded))
        return runs

    @property
    def tests(self) -> list[list[tuple[str, Entry]]]:
        """Each comparison of the claim, with its result in this run and in the record: that alone, if not run here."""
        asked = next((tests for _, entry in self.runs if (tests := entry["evidence"].get("tests"))), ())
        return [
            [(name, found) for name, entry in self.runs if (found := _same_test(test, entry)) is not None]
            for test in asked
        ]

    @property
    def told(self) -> list[str]:
        """What this run's verdict rests on, where that is no comparison."""
        return [] if self.entry["evidence"].get("tests") else tell_evidence(self.entry)

    @property
    def footnote(self) -> str:
        """How the two runs go together, where that needs a word."""
        if self.recorded is None:
            return "No full run is recorded yet: this run is all the evidence."
        if self.verdict == "undecided" and self.recorded["verdict"] != "undecided":
            return "Undecided in this run: it is too small to tell. The record is larger."
        if {self.verdict, self.recorded["verdict"]} == {"holds", "does_not_hold"}:
            return "This run contradicts the record. Other data or settings can do that; chance seldom does."
        return ""

    def __repr__(self) -> str:
        lines = textwrap.wrap(f"{self.claim.id}  {self.claim.says}", 100, subsequent_indent="       ")
        for name, entry in self.runs:
            words, sign, _ = VERDICTS[entry["verdict"]]
            lines.append(f"       {sign} {words}: {name} ({tell_where(entry)})")
        for comparison in self.tests:
            lines += textwrap.wrap(
                tell_test(comparison[0][1]), 92, initial_indent="       - ", subsequent_indent="         "
            )
            lines += [f"         {tell_result(found)}, {name}" for name, found in comparison]
        lines += [f"       - {line}" for line in self.told]
        if self.footnote:
            lines.append(f"       {self.footnote}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        colour = VERDICTS[self.verdict][2]
        question = self.entry["evidence"].get("question", "")
        paragraphs = [paragraph(escape(question))] if question else []
        paragraphs += [paragraph(_badge(name, entry)) for name, entry in self.runs]
        if self.told:
            told = "".join(f"<li>{escape(line)}</li>" for line in self.told)
            paragraphs.append(f'<ul style="margin:.3em 0">{told}</ul>')
        paragraphs += [comparison_html(comparison) for comparison in self.tests]
        if self.tests:
            paragraphs.append(paragraph(LEGEND, "opacity:.65;font-size:.9em;"))
        if self.footnote:
            paragraphs.append(paragraph(escape(self.footnote), "opacity:.75;"))
        return card_html(f"{self.claim.id} &nbsp;{escape(self.claim.says)}", paragraphs, colour)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        words = VERDICTS[self.verdict][0]
        about = {"image/png": {"alt": f"Claim {self.claim.id}: {words} in this run. {self.claim.says}"}}
        return {"text/plain": repr(self), "text/html": self._repr_html_(), "image/png": self.png()}, about

    def png(self) -> bytes:
        """Draw the card for pages that show neither HTML nor scripts."""
        title = f"{self.claim.id}  {self.claim.says}"
        badges = [f"{VERDICTS[e['verdict']][0]}: {name} ({tell_where(e)})" for name, e in self.runs]
        return draw_card(title, [*badges, *self.told], self.tests).png()


def _same_test(test: Entry, entry: Entry) -> Entry | None:
    """Return the result of the same comparison in another run; its metric may be the plan's other one."""
    keys = ("condition", "baseline", "direction", "metric")
    there = entry["evidence"].get("tests", ())
    return next((other for other in there if all(other[key] == test[key] for key in keys)), None)


def card_html(title: str, parts: Sequence[str], colour: str) -> str:
    """Frame a card: its title, and below it what it says, both as HTML; the left edge in a colour."""
    return (
        f'<div style="border:1px solid #8884;border-left:6px solid {colour};border-radius:4px;'
        'padding:.6em 1em;max-width:46em;line-height:1.45">'
        f'<div style="font-weight:600">{title}</div>{"".join(parts)}</div>'
    )


def paragraph(html: str, style: str = "") -> str:
    """Return a paragraph of a card."""
    return f'<div style="margin:.35em 0;{style}">{html}</div>'


def _badge(name: str, entry: Entry) -> str:
    words, sign, colour = VERDICTS[entry["verdict"]]
    where = f'<span style="opacity:.75">{escape(name)} ({escape(tell_where(entry))})</span>'
    return f'<span style="color:{colour}">{sign}</span> <b>{words}</b> &nbsp;{where}'


def comparison_html(comparison: Sequence[tuple[str, Entry]], *, seeds: bool = False) -> str:
    """Return a comparison: what was compared, the intervals drawn, and each in numbers under the name of its run.

    With `seeds`, the number of them stands behind the name.
    """
    lines = [f'<div style="margin-top:.5em">{escape(tell_test(comparison[0][1]))}</div>']
    lines.append(svg_strip(comparison))
    for name, found in comparison:
        more = f" ({found['seeds']} seeds)" if seeds else ""
        told = f'<span style="opacity:.8">{escape(name + more)}</span>'
        lines.append(f'<div style="opacity:.85">{escape(tell_result(found))} &nbsp;{told}</div>')
    return "".join(lines)
