"""The evidence of record: what a lesson's full run found, put beside its plan in ``notebooks/records``.

A record is written only if it is whole: every claim of the lesson, and enough seeds for each that was measured.
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tlnb.core.errors import TlnbError
from tlnb.core.files import notebooks_folder
from tlnb.core.syllabus import syllabus
from tlnb.course.code import code_digest
from tlnb.course.lessons import Lesson
from tlnb.course.results import LessonRun
from tlnb.evaluation.claims.plans import plan_digest
from tlnb.evaluation.claims.records import read_record, record_path, write_run
from tlnb.evaluation.verdicts.rule import LEAST_SEEDS

log = logging.getLogger("tlnb")


class RecordError(TlnbError, ValueError):
    """A run that cannot be a record."""


def check_recordable(profile: str, data: object, seed: object) -> None:
    """Refuse to record anything but a lesson's own full run.

    Raises
    ------
    RecordError
        Says all that stands against it.
    """
    wrong = [f"profile={profile!r}"] if profile != "full" else []
    wrong += [f"{name}={value!r}" for name, value in (("data", data), ("seed", seed)) if value is not None]
    if wrong:
        raise RecordError(
            f"A record cannot be made with {', '.join(wrong)}: it is a lesson's full run on its own data and seed. "
            "Use --profile full --record, without --data and --seed."
        )


def has_claims(lesson: str) -> bool:
    """Say whether a lesson tests claims: all do but the opening one, which the syllabus does not list."""
    return lesson in {one.id for one in syllabus()}


def records_folder(lesson: Lesson) -> Path:
    """Return the folder of records nearest above a lesson's notebook; else the one that came with the package."""
    near = (folder / "records" for folder in lesson.path.absolute().parents)
    return next((folder for folder in near if folder.is_dir()), notebooks_folder() / "records")


def record_state(lesson: Lesson) -> str:
    """Say how a lesson's record stands to the lesson as it is now.

    Parameters
    ----------
    lesson : Lesson
        From `tlnb.course.lessons.find_lessons`.

    Returns
    -------
    {"none", "planned", "current", "stale"}
        ``"planned"`` has no run yet; ``"stale"`` was run with other code or under another plan.
    """
    record = read_record(lesson.id, records_folder(lesson))
    if record is None:
        return "none"
    if record.run is None:
        return "planned"
    same = record.run["code"] == code_digest(lesson.path) and record.run["plan"] == plan_digest(record.plan)
    return "current" if same else "stale"


def what_lacks(lesson: str, ledger: Mapping[str, Any] | None) -> list[str]:
    """Say what a run lacks to be a record: claims that were not tested, and seeds.

    Parameters
    ----------
    lesson : str
        ``"3.1"``.
    ledger : mapping or None
        What `tlnb.course.merge.read_ledger` returned.
    """
    claims = ledger["claims"] if ledger else []
    there = {entry["id"] for entry in claims}
    wanted = [claim.id for one in syllabus() if one.id == lesson for claim in one.claims]
    lacks = [f"claim {name} was not tested" for name in wanted if name not in there]
    least = LEAST_SEEDS["full"]
    for entry in claims:
        counts = [test["seeds"] for test in entry["evidence"].get("tests", ())]
        if counts and min(counts) < least:
            lacks.append(f"claim {entry['id']} has {min(counts)} seeds and needs {least}")
    return lacks


def record_lesson(
    lesson: Lesson, ran: LessonRun, ledger: Mapping[str, Any] | None, environment: Mapping[str, str], commit: str
) -> Path | None:
    """Write the record of a lesson that ran to its end; where something is missing, say so and write nothing.

    Parameters
    ----------
    lesson : Lesson
        What ran.
    ran : LessonRun
        How it went.
    ledger : mapping or None
        What `tlnb.course.merge.read_ledger` returned.
    environment : mapping of str to str
        Machine and versions.
    commit : str
        From `commit_of`, taken before the first record was written.

    Returns
    -------
    Path or None
        The record's file; None if nothing was written.
    """
    if not has_claims(lesson.id):
        return None
    folder = records_folder(lesson)
    record = read_record(lesson.id, folder)
    lacks = what_lacks(lesson.id, ledger)
    if record is None:
        lacks.insert(0, f"{record_path(lesson.id, folder)} with its plan is not there")
    if lacks or record is None or ledger is None:
        log.warning("No record of lesson %s is written: %s.", lesson.id, "; ".join(lacks))
        return None
    return write_run(
        lesson.id,
        {
            **{key: ledger[key] for key in ("profile", "data", "device", "seed")},
            "seconds": ran.seconds,
            "when": ran.when,
            "commit": commit,
            "environment": {**environment, "lessons at a time": str(ran.jobs)},
            "code": code_digest(lesson.path),
            "plan": plan_digest(record.plan),
            "used": ledger["used"],
            "claims": ledger["claims"],
            "observations": ledger.get("observations", []),
        },
        folder,
    )


def commit_of(lesson: Lesson) -> str:
    """Return the commit that a lesson's notebook is at, with ``+`` if the work tree is changed; else ``"unknown"``.

    The records themselves do not count as a change: writing the first one must not spoil the second.
    """
    folder = lesson.path.absolute().parent
    records = records_folder(lesson)
    try:
        head = _git(folder, "rev-parse", "HEAD")
        root = Path(_git(folder, "rev-parse", "--show-toplevel"))
        beside = [f":(exclude){records.relative_to(root).as_posix()}"] if records.is_relative_to(root) else []
        changed = _git(root, "status", "--porcelain", "--", ".", *beside)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head}+" if changed else head


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()
