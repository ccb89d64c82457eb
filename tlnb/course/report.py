"""The page that ends a run: the ledger of claims, how each lesson went, its figures. One file, no network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import Markup

from tlnb.core.files import atomic_path
from tlnb.core.progress import duration
from tlnb.course.interval_bar import Bar, interval_bars
from tlnb.course.ledger_view import Finding, LessonView, ledger_view, verdict_counts
from tlnb.course.pages import pictures
from tlnb.course.results import CourseRun
from tlnb.evaluation.verdicts.rule import DOES_NOT_HOLD, FALSE_RATE, HOLDS, LEAST_SEEDS, UNDECIDED
from tlnb.evaluation.verdicts.wording import VERDICTS

_FOLDER = Path(__file__).parent
_KEY = [Bar("run", HOLDS, 0.045, 0.028, 0.062), Bar("record", UNDECIDED, 0.012, -0.006, 0.03)]


def write_report(course: CourseRun) -> Path:
    """Write ``report.html`` into the run's folder.

    Parameters
    ----------
    course : CourseRun
        What ran.

    Returns
    -------
    Path
        The page.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FileSystemLoader(_FOLDER),
    )
    pages.filters["duration"] = duration
    views = ledger_view(course)
    lessons = []
    for lesson in course.lessons:
        notebook = course.folder / lesson.notebook
        page = Path(lesson.notebook).with_suffix(".html")
        ended = lesson.status != "stopped"  # else its kernel may be writing the file at this moment
        lessons.append(
            {
                "run": lesson,
                "pictures": list(pictures(notebook)) if ended and notebook.exists() else [],
                "page": page.as_posix() if ended and (course.folder / page).exists() else None,
            }
        )
    html = pages.get_template("report.html.j2").render(
        course=course,
        lessons=lessons,
        together=max((lesson.jobs for lesson in course.lessons), default=1),
        views=views,
        verdicts=VERDICTS,
        summary=_summary(views),
        chance=false_verdicts,
        seeds=LEAST_SEEDS,
        key=Markup(interval_bars(_KEY, 0.01, "0.01", "How to read the bars; the text beside says it")),
        style=Markup((_FOLDER / "report.css").read_text(encoding="utf-8")),
    )
    target = course.folder / "report.html"
    with atomic_path(target) as temporary:
        temporary.write_text(html, encoding="utf-8")
    return target


def false_verdicts(claims: int) -> tuple[float, float]:
    """Say what chance does where none of the claims judged is true.

    Parameters
    ----------
    claims : int
        How many were judged by the rule.

    Returns
    -------
    tuple of float
        How many would at most be said to hold, on average; and the probability of at least one, where they are
        independent.

    Examples
    --------
    >>> expected, at_least_one = false_verdicts(163)
    >>> f"{expected:.1f}, {at_least_one:.0%}"
    '4.1, 98%'
    """
    return claims * FALSE_RATE, 1 - (1 - FALSE_RATE) ** claims


def _summary(views: tuple[LessonView, ...]) -> dict[str, Any]:
    """Count what the first lines of the report tell."""
    claims = [claim for view in views for claim in view.claims]
    counts = verdict_counts(views)
    judged = (HOLDS, UNDECIDED, DOES_NOT_HOLD)
    return {
        "all": len(claims),
        "counts": counts,
        "here": sum(n for verdict, n in counts.items() if verdict != "not_run"),
        "judged": sum(1 for claim in claims if claim.run and claim.run.verdict in judged and claim.run.seeds),
        "recorded_judged": sum(1 for claim in claims if claim.record and claim.record.seeds),
        "only_recorded": sum(1 for claim in claims if _proved(claim.record) and not _proved(claim.run)),
        "none": sum(1 for claim in claims if not _proved(claim.record) and not _proved(claim.run)),
        "against": [claim for claim in claims if claim.contradicts],
    }


def _proved(finding: Finding | None) -> bool:
    return finding is not None and finding.verdict != "not_run"
