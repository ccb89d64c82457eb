"""The ledger as a report shows it: each claim with what this run found, beside what the record says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from tlnb.core.syllabus import Claim, SyllabusLesson, syllabus
from tlnb.course.code import code_digest
from tlnb.course.interval_bar import Bar, interval_bars
from tlnb.course.merge import read_ledger
from tlnb.course.results import CourseRun, LessonRun
from tlnb.evaluation.claims.plans import plan_digest
from tlnb.evaluation.claims.records import Record, read_record
from tlnb.evaluation.verdicts.metrics import OF_BASELINE, SMALLEST, find_metric, tell_metric
from tlnb.evaluation.verdicts.wording import VERDICTS, tell_evidence, tell_interval, tell_result, tell_test

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Scores:
    """Raw scores of one metric: condition and its scores, one a seed."""

    metric: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def seeds(self) -> range:
        """The columns."""
        return range(max(len(scores) for _, scores in self.rows))


@dataclass(frozen=True)
class Finding:
    """What one run found of a claim, in words.

    Attributes
    ----------
    verdict, words, sign : str
        As the ledger has it, as people say it, and the sign that stands beside the colour.
    told, unit : str
        Effect with interval, and what they are in; empty where nothing was measured.
    compared : str
        The comparison that these numbers are of; of several, the one that the claim stands or falls by.
    seeds : int
        How many; 0 where nothing was measured.
    where : str
        ``"this run, quick, on cpu"``.
    note : str
        The source of what is cited, or the reason why a claim is undecided or did not run.
    lines : tuple of str
        What else the verdict rests on: each comparison where there are several, numbers and checks.
    scores : tuple of Scores
        Raw scores by seed.
    """

    verdict: str
    words: str
    sign: str
    told: str
    unit: str
    compared: str
    seeds: int
    where: str
    note: str
    lines: tuple[str, ...]
    scores: tuple[Scores, ...]


@dataclass(frozen=True)
class ClaimView:
    """A claim with its findings; either may be missing."""

    claim: Claim
    question: str
    run: Finding | None
    record: Finding | None
    contradicts: bool
    drawing: Markup

    @property
    def findings(self) -> tuple[tuple[str, Finding], ...]:
        """Those that are there, this run's first."""
        both = (("run", self.run), ("record", self.record))
        return tuple((name, finding) for name, finding in both if finding is not None)

    @property
    def compared(self) -> str:
        """The comparison, where all findings are of the same; else empty."""
        told = {finding.compared for _, finding in self.findings}
        return told.pop() if len(told) == 1 else ""


@dataclass(frozen=True)
class LessonView:
    """A lesson of the syllabus in the ledger.

    Attributes
    ----------
    lesson : SyllabusLesson
        From the syllabus.
    run : LessonRun or None
        How it went; None where it is not part of this run.
    claims : tuple of ClaimView
        All of the syllabus, in order.
    used : dict of str to list of str
        What really ran: kind to names.
    stale : str
        Why the record is stale; empty where it is not.
    """

    lesson: SyllabusLesson
    run: LessonRun | None
    claims: tuple[ClaimView, ...]
    used: dict[str, list[str]]
    stale: str

    @property
    def chapter(self) -> int:
        """The number of its chapter."""
        return int(self.lesson.id.partition(".")[0])


def ledger_view(course: CourseRun) -> tuple[LessonView, ...]:
    """Lay out the whole syllabus as a run found it.

    Parameters
    ----------
    course : CourseRun
        What ran.

    Returns
    -------
    tuple of LessonView
        Every lesson of the syllabus, also those that did not run.
    """
    runs = {run.id: run for run in course.lessons}
    return tuple(_lesson(lesson, runs.get(lesson.id), course) for lesson in syllabus())


def verdict_counts(views: Iterable[LessonView]) -> dict[str, int]:
    """Count this run's verdicts, in the order in which they are told."""
    counts = Counter(claim.run.verdict for view in views for claim in view.claims if claim.run)
    return {verdict: counts[verdict] for verdict in VERDICTS}


def _lesson(lesson: SyllabusLesson, run: LessonRun | None, course: CourseRun) -> LessonView:
    ledger = read_ledger(course.folder, lesson.id) if run else None
    record = read_record(lesson.id, course.records)
    claims = tuple(_claim(claim, ledger, record, run) for claim in lesson.claims)
    stale = _why_stale(record, course.folder, run) if run and record and record.run else ""
    return LessonView(lesson, run, claims, ledger["used"] if ledger else {}, stale)


def _claim(claim: Claim, ledger: Mapping[str, Any] | None, record: Record | None, run: LessonRun | None) -> ClaimView:
    entry = next((one for one in ledger["claims"] if one["id"] == claim.id), None) if ledger else None
    recorded = record.claim(claim.id) if record else None
    parts = []
    if entry is not None:
        data = f", data {Path(run.data).name}" if run and run.data else ""
        parts.append(("run", entry, f"this run, {entry['profile']}, on {entry['device']}{data}"))
    if recorded is not None and record is not None and record.run is not None:
        parts.append(("record", recorded, f"record, {recorded['profile']}, on {_device(record.run)}"))
    found = {name: _finding(one, where) for name, one, where in parts}
    asked = (entry or recorded or {}).get("evidence", {}).get("question", "")
    contradicts = run is not None and claim.id in run.contradictions
    drawing = _drawing([(name, one) for name, one, _ in parts])
    return ClaimView(claim, asked, found.get("run"), found.get("record"), contradicts, drawing)


def _finding(entry: Entry, where: str) -> Finding:
    words, sign, _ = VERDICTS[entry["verdict"]]
    evidence = entry["evidence"]
    tests = evidence.get("tests", ())
    leading = next(
        (test for test in tests if all(test[key] == entry[key] for key in ("metric", "effect", "scores"))), None
    )
    lines = tell_evidence(entry)
    return Finding(
        entry["verdict"],
        words,
        sign,
        tell_interval(leading["effect"], leading["low"], leading["high"], leading["unit"]) if leading else "",
        _unit(leading) if leading else "",
        tell_test(leading) if leading else "",
        entry["seeds"],
        where,
        leading["reason"] if leading else evidence.get("source", evidence.get("reason", "")),
        tuple(lines) if len(tests) > 1 or "checks" in evidence else (),
        _scores(entry),
    )


def _unit(test: Entry) -> str:
    """Name what an effect is in: ``"AUC"``, or ``"of the baseline's seconds"``."""
    label = tell_metric(test["metric"])
    return label if find_metric(test["metric"]).kind == "score" else f"of the baseline's {label}"


def _scores(entry: Entry) -> tuple[Scores, ...]:
    by_metric: dict[str, dict[str, tuple[str, ...]]] = {}
    for test in entry["evidence"].get("tests", ()):
        rows = by_metric.setdefault(test["metric"], {})
        for condition, scores in test["scores"].items():
            rows[condition] = tuple(f"{score:.4g}" for score in scores)
    return tuple(Scores(tell_metric(metric), tuple(rows.items())) for metric, rows in by_metric.items())


def _drawing(entries: list[tuple[str, Entry]]) -> Markup:
    """Draw what was measured: one drawing, or one each where run and record measured in different units."""
    drawn = [(name, entry) for name, entry in entries if entry["effect"] is not None]
    units = dict.fromkeys(entry["unit"] for _, entry in drawn)
    return Markup("").join(_bars([(name, one) for name, one in drawn if one["unit"] == unit]) for unit in units)


def _bars(entries: list[tuple[str, Entry]]) -> Markup:
    bars = [Bar(name, one["verdict"], one["effect"], one["low"], one["high"]) for name, one in entries]
    told = "; ".join(f"{name}: {tell_result(entry)}" for name, entry in entries)
    size = entries[0][1]["unit"] == OF_BASELINE
    return Markup(interval_bars(bars, SMALLEST["size" if size else "score"], "10 %" if size else "0.01", told))


def _device(run: Mapping[str, Any]) -> str:
    """Name what a record was computed on: the GPU where there was one."""
    processor = run.get("environment", {}).get("processor", "")
    return processor.partition(" · ")[0] if run["device"].startswith("cuda") and processor else str(run["device"])


def _why_stale(record: Record, folder: Path, ran: LessonRun) -> str:
    run = record.run or {}
    why = ["its plan has changed since"] if run["plan"] != plan_digest(record.plan) else []
    notebook = folder / ran.notebook
    # A lesson that is not at its end may be written by its kernel at this moment.
    if ran.status != "stopped" and notebook.exists() and run["code"] != code_digest(notebook):
        why.append("it was made with other code than this run")
    return " and ".join(why)
