"""Run lessons one after another: progress, resuming, and a record of what ran where.

A lesson is done again when anything that its result depends on has changed: its source, the parameters,
tlnb's own source, or torch. A lesson that fails does not stop the others, and a stop leaves what was done.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from tlnb.core.devices import resolve_device
from tlnb.core.files import atomic_path
from tlnb.core.progress import Progress
from tlnb.course.engine import execute
from tlnb.course.environment import environment, source_digest
from tlnb.course.lessons import Lesson

log = logging.getLogger("tlnb")
PROFILES = ("quick", "full")


@dataclass(frozen=True)
class LessonRun:
    """How one lesson went.

    Attributes
    ----------
    id, title : str
        The lesson.
    status : {"done", "failed", "stopped"}
        Whether all cells ran.
    seconds : float
        Wall time, with the kernel's start.
    peak_bytes : int or None
        The most memory that the kernel held.
    error : str or None
        What failed, in one line.
    notebook : str
        The executed notebook, relative to the run's folder; the page beside it ends in .html.
    profile, device, when : str
        How and when (UTC) it ran.
    key : str
        Digest of everything the result depends on.
    kept : bool
        Whether this call found it done already.
    """

    id: str
    title: str
    status: str
    seconds: float
    peak_bytes: int | None
    error: str | None
    notebook: str
    profile: str
    device: str
    when: str
    key: str
    kept: bool = False


@dataclass(frozen=True)
class CourseRun:
    """A folder of executed lessons: the environment, and each lesson that was ever run into it, in order."""

    folder: Path
    environment: dict[str, str]
    lessons: tuple[LessonRun, ...]

    @property
    def failed(self) -> tuple[LessonRun, ...]:
        """The lessons that did not get to their end."""
        return tuple(lesson for lesson in self.lessons if lesson.status != "done")


def run_lessons(
    lessons: Iterable[Lesson],
    folder: str | Path = "out",
    *,
    profile: str = "quick",
    device: str = "auto",
    fresh: bool = False,
) -> CourseRun:
    """Execute lessons and write ``lessons/*.ipynb``, their pages, ``run.json`` and ``report.html``.

    Parameters
    ----------
    lessons : iterable of Lesson
        From `tlnb.course.find_lessons`.
    folder : str or Path
        Where results go; what an earlier run left there is used again.
    profile : {"quick", "full"}
        The lesson's parameter of that name.
    device : {"auto", "cpu", "cuda", "mps"}
        Where to compute.
    fresh : bool
        Run again what is done already.

    Returns
    -------
    CourseRun
        All lessons of the folder. Lessons that failed are in ``.failed``; nothing is raised for them.

    Raises
    ------
    DeviceError
        If the device is not there.
    KeyboardInterrupt
        If stopped; the files are written before.
    """
    if profile not in PROFILES:
        raise ValueError(f"profile={profile!r} is not one of {', '.join(PROFILES)}.")
    folder = Path(folder).absolute()
    (folder / "lessons").mkdir(parents=True, exist_ok=True)
    device = str(resolve_device(device))
    about = environment(device)
    records = {record.id: record for record in read_run(folder)}
    waiting = list(lessons)
    course = _written(folder, about, records)
    for i, lesson in enumerate(waiting, start=1):
        parameters = {"profile": profile, "device": device}
        key = _key(lesson, parameters, about["torch"])
        before = records.get(lesson.id)
        if before and _still_good(before, key, folder) and not fresh:
            log.info("Lesson %s was done already and is kept; --fresh runs it again.", lesson.id)
        else:
            now = datetime.now(timezone.utc).isoformat(timespec="seconds")
            record = LessonRun(
                lesson.id,
                lesson.title,
                status="stopped",  # until it ends: what a killed run leaves says so
                seconds=0.0,
                peak_bytes=None,
                error=None,
                notebook=f"lessons/{lesson.slug}.ipynb",
                when=now,
                key=key,
                profile=profile,
                device=device,
            )
            records[lesson.id] = record
            _written(folder, about, records)
            place = f" ({i} of {len(waiting)})" if len(waiting) > 1 else ""
            records[lesson.id] = _run_one(lesson, record, folder, f"Lesson {lesson.id}{place}, cell")
        course = _written(folder, about, records)
    return course


def _run_one(lesson: Lesson, record: LessonRun, folder: Path, label: str) -> LessonRun:
    from tlnb.course.report import write_page

    target = folder / record.notebook
    cells = json.loads(lesson.path.read_text(encoding="utf-8"))["cells"]
    # papermill adds a cell of its own, with the parameters
    total = sum(cell["cell_type"] == "code" for cell in cells) + 1
    started = time.monotonic()
    with Progress(total, label) as progress:
        result = execute(lesson.path, target, {"profile": record.profile, "device": record.device}, progress.update)
        seconds = time.monotonic() - started
        memory = f", {result.peak_bytes / 2**30:.1f} GiB" if result.peak_bytes else ""
        progress.close(f"failed: {result.error}" if result.error else f"done{memory}")
    write_page(target)
    return replace(
        record,
        status="failed" if result.error else "done",
        seconds=round(seconds, 1),
        peak_bytes=result.peak_bytes,
        error=result.error,
    )


def read_run(folder: Path) -> tuple[LessonRun, ...]:
    """Return the lessons of an earlier run; none if there was no such run, or another version wrote it."""
    try:
        records = json.loads((folder / "run.json").read_text(encoding="utf-8"))["lessons"]
        return tuple(LessonRun(**{**record, "kept": True}) for record in records)
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def _written(folder: Path, about: dict[str, str], records: Mapping[str, LessonRun]) -> CourseRun:
    from tlnb.course.report import write_report

    ordered = sorted(records.values(), key=lambda record: [int(part) for part in record.id.split(".")])
    course = CourseRun(folder, about, tuple(ordered))
    content = {"environment": about, "lessons": [asdict(record) for record in ordered]}
    with atomic_path(folder / "run.json") as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    write_report(course)
    return course


def _key(lesson: Lesson, parameters: dict[str, str], torch: str) -> str:
    cells = json.loads(lesson.path.read_text(encoding="utf-8"))["cells"]
    sources = [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
    content = json.dumps([sources, parameters, source_digest(), torch], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _still_good(record: LessonRun, key: str, folder: Path) -> bool:
    return record.status == "done" and record.key == key and (folder / record.notebook).exists()
