"""The card of a claim: what it says, what this run found, what the record says. As HTML, as text and as PNG."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from tlnb.core.figures import Figure, legible
from tlnb.core.syllabus import Claim
from tlnb.evaluation.wording import VERDICTS, tell_evidence, tell_interval, tell_run, tell_test

_WIDTH, _ROW = 640, 26  # of the drawing, in its own units


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

    def _runs(self) -> list[tuple[str, dict[str, Any]]]:
        runs = [("this run", self.entry)]
        if self.recorded is not None:
            on = f" on {self.record['data']}" if self.record.get("data") else ""
            runs.append((f"the record{on}", self.recorded))
        return runs

    def _footnote(self) -> str:
        if self.recorded is None:
            return "No full run is recorded yet: this run is all the evidence."
        if self.verdict == "undecided" and self.recorded["verdict"] != "undecided":
            return "Undecided in this run: it is too small to tell. The record is larger."
        return ""

    def __repr__(self) -> str:
        lines = textwrap.wrap(f"{self.claim.id}  {self.claim.says}", 100, subsequent_indent="       ")
        for name, entry in self._runs():
            lines.append(f"       {tell_run(entry, name)}")
        for line in tell_evidence(self.entry):
            lines += textwrap.wrap(line, 92, initial_indent="       - ", subsequent_indent="         ")
        if self._footnote():
            lines.append(f"       {self._footnote()}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        colour = VERDICTS[self.verdict][2]
        rows = "".join(_html_row(name, entry) for name, entry in self._runs())
        drawing = _svg([entry for _, entry in self._runs()]) if self.entry["effect"] is not None else ""
        tested = "".join(f"<li>{escape(line)}</li>" for line in tell_evidence(self.entry))
        question = self.entry["evidence"].get("question", "")
        asked = f'<p style="margin:.35em 0">{escape(question)}</p>' if question else ""
        note = f'<p style="margin:.35em 0;opacity:.75">{escape(self._footnote())}</p>' if self._footnote() else ""
        return (
            f'<div style="border:1px solid #8884;border-left:6px solid {colour};border-radius:4px;'
            'padding:.6em 1em;max-width:46em;line-height:1.45">'
            f'<div style="font-weight:600">{self.claim.id} &nbsp;{escape(self.claim.says)}</div>{asked}'
            f'<table style="border:0;margin:.3em 0;background:none">{rows}</table>{drawing}{note}'
            f'<details><summary style="cursor:pointer">What was compared</summary>'
            f'<ul style="margin:.3em 0">{tested}</ul></details></div>'
        )

    def _repr_png_(self) -> bytes:
        return _picture(self).png()

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = {"text/plain": repr(self), "text/html": self._repr_html_(), "image/png": self._repr_png_()}
        words = VERDICTS[self.verdict][0]
        return data, {"image/png": {"alt": f"Claim {self.claim.id}: {words} in this run. {self.claim.says}"}}


def _html_row(name: str, entry: Mapping[str, Any]) -> str:
    words, sign, colour = VERDICTS[entry["verdict"]]
    seeds = f", {entry['seeds']} seeds" if entry["seeds"] else ""
    told = ""
    if entry["effect"] is not None:
        told = escape(tell_interval(entry["effect"], entry["low"], entry["high"], entry["unit"]))
    cell = '<td style="text-align:left;padding:1px 14px 1px 0;border:0;background:none">'
    badge = f'<span style="color:{colour}">{sign}</span> <b>{words}</b>'
    where = f'<span style="opacity:.75">{escape(name)} ({entry["profile"]}, {escape(entry["device"])}{seeds})</span>'
    return f"<tr>{cell}{badge}</td>{cell}{told}</td>{cell}{where}</td></tr>"


def _span(entries: list[dict[str, Any]]) -> tuple[float, float]:
    """Return the ends of the axis: all intervals, zero and the smallest effect, with air on both sides."""
    smallest = max(test["smallest"] for test in entries[0]["evidence"]["tests"])
    ends = [0.0, 2 * smallest, -smallest]
    ends += [entry[key] for entry in entries if entry["effect"] is not None for key in ("low", "high")]
    air = 0.06 * (max(ends) - min(ends))
    return min(ends) - air, max(ends) + air


def _svg(entries: list[dict[str, Any]]) -> str:
    left, right = _span(entries)
    smallest = entries[0]["evidence"]["tests"][0]["smallest"]

    def x(value: float) -> float:
        return round(_WIDTH * (value - left) / (right - left), 1)

    height = _ROW * len(entries) + 22
    base = height - 20
    equal = any(test["direction"] == "equal" for test in entries[0]["evidence"]["tests"])
    start = -smallest if equal else 0.0
    shapes = [
        f'<rect x="{x(start)}" y="0" width="{x(smallest) - x(start)}" height="{base}" fill="#888" opacity=".18"/>',
        f'<line x1="{x(0)}" x2="{x(0)}" y1="0" y2="{base}" stroke="currentColor" stroke-width="1.2"/>',
        f'<text x="{x(0)}" y="{height - 6}" text-anchor="middle">0</text>',
        f'<text x="{x(smallest) + 4}" y="{height - 6}">counts from here</text>',
    ]
    for i, entry in enumerate(entries):
        if entry["effect"] is None:
            continue
        y, colour = _ROW * i + _ROW / 2, VERDICTS[entry["verdict"]][2]
        shapes.append(
            f'<line x1="{x(entry["low"])}" x2="{x(entry["high"])}" y1="{y}" y2="{y}" stroke="{colour}" '
            f'stroke-width="{6 if i == 0 else 3}" stroke-linecap="round"/>'
            f'<circle cx="{x(entry["effect"])}" cy="{y}" r="6" fill="{colour}"/>'
        )
    label = "; ".join(
        tell_interval(e["effect"], e["low"], e["high"], e["unit"]) for e in entries if e["effect"] is not None
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" style="width:100%;height:auto;font-size:12px;fill:currentColor" '
        f'role="img" aria-label="{escape(label)}">{"".join(shapes)}</svg>'
    )


def _picture(card: ClaimCard) -> Figure:
    """Draw the card for pages that show neither HTML nor scripts."""
    runs = card._runs()
    says = textwrap.wrap(f"{card.claim.id}  {card.claim.says}", 88)
    measured = card.entry["effect"] is not None
    lines = [] if measured else [wrapped for line in tell_evidence(card.entry) for wrapped in textwrap.wrap(line, 95)]
    drawn = 0.45 * len(runs) + 0.55 if measured else 0.0
    made = Figure(7.0, 0.35 + 0.2 * (len(says) + len(runs) + len(lines)) + drawn)
    axes = made.add_subplot()
    axes.set_title("\n".join(says), loc="left", fontsize=10, fontweight="bold")
    told = "\n".join([tell_run(entry, name) for name, entry in runs] + lines)
    if not measured:
        axes.set_axis_off()
        axes.text(0, 1, told, va="top", fontsize=9, transform=axes.transAxes)
        return made
    test = card.entry["evidence"]["tests"][0]
    start = -test["smallest"] if test["direction"] == "equal" else 0
    axes.axvspan(start, test["smallest"], color="#888888", alpha=0.18, linewidth=0)
    axes.axvline(0, color="#222222", linewidth=1.2)
    for i, (_, entry) in enumerate(runs):
        if entry["effect"] is None:
            continue
        colour = VERDICTS[entry["verdict"]][2]
        axes.plot([entry["low"], entry["high"]], [-i, -i], color=colour, linewidth=5 if i == 0 else 2.5)
        axes.plot(entry["effect"], -i, "o", color=colour, markersize=8)
    axes.set_xlim(*_span([entry for _, entry in runs]))
    axes.set_ylim(-len(runs) + 0.4, 0.6)
    names = [f"{VERDICTS[entry['verdict']][0]}: {name}" for name, entry in runs]
    axes.set_yticks([-i for i in range(len(runs))], names, fontsize=9)
    for label, (_, entry) in zip(axes.get_yticklabels(), runs, strict=True):
        label.set_color(legible(VERDICTS[entry["verdict"]][2]))
    axes.grid(axis="y", visible=False)
    told = "; ".join(textwrap.wrap(tell_test(leading_test(card.entry)), 200))
    axes.set_xlabel(f"{told}, by ({card.entry['unit']}); grey is too little to count", fontsize=8.5)
    return made


def leading_test(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the comparison whose numbers stand for the whole claim."""
    tests = entry["evidence"]["tests"]
    return next(test for test in tests if test["effect"] == entry["effect"] and test["scores"] == entry["scores"])
