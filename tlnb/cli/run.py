"""``tlnb run``: execute lessons, write a report, and on wish the evidence of record."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from tlnb.cli.common import FAILED, WRONG_USE, Device, complain, errors_end_with, examples
from tlnb.cli.lab import need_course

EXAMPLES = examples(
    "tlnb run 0.0                          # one lesson; writes out/report.html",
    "tlnb run 3 --jobs 2 --out results     # a chapter, two lessons at a time",
    "tlnb run 0.0 --data my_photos         # with your own images",
    "tlnb run 3.1 --profile full --record  # for authors: evidence of record",
)


class Profile(str, Enum):
    """How much a lesson computes."""

    quick = "quick"
    full = "full"


def run_command(
    lessons: Annotated[
        list[str] | None, typer.Argument(metavar="LESSON", help="Numbers: 3.1, or 3 for a chapter. Default: all.")
    ] = None,
    profile: Annotated[
        Profile, typer.Option(help="quick: a CPU and about a minute a lesson; full: a GPU, or much longer.")
    ] = Profile.quick,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.auto,
    data: Annotated[
        str | None,
        typer.Option(metavar="NAME|FOLDER", help="Images for every lesson, instead of each one's own."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Seed for every lesson, instead of each one's own.")
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=1, metavar="N", help="Lessons at a time; their times are then not comparable.")
    ] = 1,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results.")] = Path("out"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Run again what is done already.")] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Keep the claims as the evidence of record; needs --profile full.")
    ] = False,
) -> None:
    """Execute lessons and write a report.

    DIR gets report.html, claims.json and run.json, and each lesson as it ran. A lesson that is done is not done
    again while nothing that it depends on has changed: after a stop, the same command goes on where it was.
    """
    need_course()
    with errors_end_with(WRONG_USE):
        from tlnb.course.lessons import find_lessons
        from tlnb.course.runner import run_lessons

        chosen = find_lessons(lessons or [])
        try:
            course = run_lessons(
                chosen,
                out,
                profile=profile.value,
                device=device.value,
                data=data,
                seed=seed,
                jobs=jobs,
                fresh=fresh,
                record=record,
            )
        except KeyboardInterrupt:
            typer.echo(f"\n{_kept(out)}", err=True)
            raise typer.Exit(FAILED) from None
    asked = {lesson.id for lesson in chosen}
    typer.echo(f"Report: {course.folder / 'report.html'}")
    contradictions = [name for lesson in course.lessons if lesson.id in asked for name in lesson.contradictions]
    for name in contradictions:
        complain(f"claim {name} came out opposite to its record; the report shows both.")
    for name in course.unrecorded:
        complain(f"no record of lesson {name} was written; the line above says what it lacks.")
    failed = any(lesson.id in asked for lesson in course.failed)
    raise typer.Exit(FAILED if failed or contradictions or course.unrecorded else 0)


def _kept(out: Path) -> str:
    from tlnb.course.runner import read_run

    done = [lesson.id for lesson in read_run(out.absolute()) if lesson.status == "done"]
    lessons = f"{', '.join(done)} done" if done else "no lesson was done"
    return f"Stopped. Kept: {out / 'report.html'} ({lessons}). The same command goes on from there."
