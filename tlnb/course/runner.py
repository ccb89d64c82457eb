"""Run lessons: one after another or several at a time, resuming, and a record of what ran where.

A lesson is done again when anything that its result depends on has changed: its source, the parameters,
tlnb's own source, or torch. A lesson that fails does not stop the others, and a stop leaves what was done.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

from tlnb.core.devices import resolve_device
from tlnb.core.errors import DataError, TlnbError, did_you_mean
from tlnb.course.code import own_parameters
from tlnb.course.environment import cores, environment, source_digest
from tlnb.course.lessons import Lesson
from tlnb.course.merge import merge_claims, read_ledger
from tlnb.course.pool import run_in_pool, thread_limits
from tlnb.course.recording import check_recordable, commit_of, has_claims, record_lesson, records_folder
from tlnb.course.report import write_report
from tlnb.course.results import PROFILES, CourseRun, LessonRun, in_order, read_run, save_run
from tlnb.course.tasks import Outcome, Task, run_in_turn
from tlnb.evaluation.claims.records import claims_path, contradictions, read_record

__all__ = ["CourseRun", "LessonRun", "read_run", "run_lessons"]
log = logging.getLogger("tlnb")


def run_lessons(
    lessons: Iterable[Lesson],
    folder: str | Path = "out",
    *,
    profile: str = "quick",
    device: str = "auto",
    memory_limit: int | None = None,
    data: str | Path | None = None,
    seed: int | None = None,
    jobs: int = 1,
    fresh: bool = False,
    record: bool = False,
    on_cell: Callable[[int, int], None] | None = None,
) -> CourseRun:
    """Execute lessons and write ``lessons/*.ipynb``, their pages, ``claims.json``, ``run.json`` and ``report.html``.

    Parameters
    ----------
    lessons : iterable of Lesson
        From `tlnb.course.lessons.find_lessons`.
    folder : str or Path
        Where results go; what an earlier run left there is used again. It is the home of what the lessons write,
        so that the learner's own claims and progress stay as they are.
    profile : {"quick", "full"}
        The lesson's parameter of that name.
    device : {"auto", "cpu", "cuda", "mps"}
        Where to compute.
    memory_limit : int, optional
        Bytes that each lesson's kernel may hold; one that needs more is ended, and has failed.
    data : str or Path, optional
        A data set's name or a folder of images, for all lessons; by default each lesson's own.
    seed : int, optional
        By default each lesson's own.
    jobs : int
        How many lessons at a time. More than one share the cores, and their seconds are longer.
    fresh : bool
        Run again what is done already.
    record : bool
        Write what was found into the lessons' records. For the full profile with the lessons' own data and seed.
    on_cell : callable, optional
        For one lesson at a time: called with the cells done and their number, in place of the line of progress.

    Returns
    -------
    CourseRun
        All lessons of the folder. Lessons that failed are in ``.failed``; nothing is raised for them.

    Raises
    ------
    TlnbError
        If the device or the data are not there, or a parameter is not one of those above.
    KeyboardInterrupt
        If stopped; the files are written before.
    """
    if profile not in PROFILES:
        raise TlnbError(f"profile={profile!r} is not one of {', '.join(PROFILES)}.")
    if jobs < 1:
        raise TlnbError(f"jobs={jobs!r}: at least one lesson must run at a time.")
    if record:
        check_recordable(profile, data, seed)
    asked = list(lessons)
    given: dict[str, Any] = {"data": _resolve_data(data), "seed": seed}
    parameters = {"profile": profile, "device": device if device == "cpu" else str(resolve_device(device))}
    parameters |= {name: value for name, value in given.items() if value is not None}
    course = _Course(Path(folder).absolute(), asked, environment(parameters["device"]))
    waiting = [lesson for lesson in asked if fresh or not course.is_done(lesson, parameters)]
    jobs = max(1, min(jobs, len(waiting)))
    variables = {"TLNB_HOME": str(course.folder), **thread_limits(jobs, cores())}
    tasks = [replace(course.task(lesson, parameters, variables), memory_limit=memory_limit) for lesson in waiting]
    course.write()
    commits = {lesson.id: commit_of(lesson) for lesson in asked} if record else {}

    for name in commits.keys() - {task.id for task in tasks}:
        course.record(name, commits[name])

    def end(task: Task, outcome: Outcome) -> None:
        course.end(task, outcome)
        if record:
            course.record(task.id, commits[task.id])

    run_all = partial(run_in_turn, on_cell=on_cell) if jobs == 1 else partial(run_in_pool, jobs=jobs)
    run_all(tasks, on_start=partial(course.start, jobs=jobs), on_end=end)
    return course.write()


class _Course:
    """A folder of lessons while they run: what is known of each, and the files that tell it."""

    def __init__(self, folder: Path, asked: list[Lesson], about: dict[str, str]) -> None:
        (folder / "lessons").mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.about = about
        self.digest = source_digest()
        self.asked = {lesson.id: lesson for lesson in asked}
        self.runs = {run.id: run for run in read_run(folder)}
        self.unrecorded: list[str] = []

    def is_done(self, lesson: Lesson, parameters: Mapping[str, Any]) -> bool:
        before = self.runs.get(lesson.id)
        if before is None or before.status != "done" or before.key != self._key(lesson, parameters):
            return False
        if not (self.folder / before.notebook).exists():
            return False
        if before.claims and not claims_path(lesson.id, self.folder).exists():
            return False
        log.info("Lesson %s was done already and is kept; --fresh runs it again.", lesson.id)
        return True

    def task(self, lesson: Lesson, parameters: Mapping[str, Any], variables: Mapping[str, str]) -> Task:
        place = f" ({list(self.asked).index(lesson.id) + 1} of {len(self.asked)})" if len(self.asked) > 1 else ""
        cells = json.loads(lesson.path.read_text(encoding="utf-8"))["cells"]
        return Task(
            lesson.id,
            f"Lesson {lesson.id}{place}, cell",
            lesson.path,
            self.folder / "lessons" / f"{lesson.slug}.ipynb",
            parameters,
            variables,
            # papermill adds a cell of its own, with the parameters
            sum(cell["cell_type"] == "code" for cell in cells) + 1,
        )

    def start(self, task: Task, jobs: int) -> None:
        lesson = self.asked[task.id]
        claims_path(task.id, self.folder).unlink(missing_ok=True)
        own = own_parameters(lesson.path).get("data")
        data = task.parameters.get("data")
        self.runs[task.id] = LessonRun(
            task.id,
            lesson.title,
            status="stopped",  # until it ends: what a killed run leaves says so
            seconds=0.0,
            peak_bytes=None,
            error=None,
            notebook=task.target.relative_to(self.folder).as_posix(),
            profile=task.parameters["profile"],
            device=task.parameters["device"],
            when=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            key=self._key(lesson, task.parameters),
            data=None if data == own else data,
            seed=task.parameters.get("seed"),
            jobs=jobs,
        )
        self.write()

    def end(self, task: Task, outcome: Outcome) -> None:
        self.runs[task.id] = replace(
            self.runs[task.id],
            status="failed" if outcome.error else "done",
            seconds=round(outcome.seconds, 1),
            peak_bytes=outcome.peak_bytes,
            error=outcome.error,
        )
        self.write()

    def record(self, name: str, commit: str) -> None:
        ran, lesson = self.runs[name], self.asked[name]
        if ran.status != "done":
            return
        written = record_lesson(lesson, ran, read_ledger(self.folder, name), self.about, commit)
        if written is not None:
            log.info("Record of lesson %s: %s", name, written)
            self.write()
        elif has_claims(name):
            self.unrecorded.append(name)

    def write(self) -> CourseRun:
        """Write all files of the run as it is now."""
        self.runs = {run.id: self._with_claims(run) for run in in_order(self.runs.values())}
        first = next(iter(self.asked.values()), None)
        records = records_folder(first) if first else None
        course = CourseRun(self.folder, self.about, tuple(self.runs.values()), records, tuple(self.unrecorded))
        merge_claims(self.folder, self.runs)
        save_run(course)
        write_report(course)
        return course

    def _with_claims(self, run: LessonRun) -> LessonRun:
        """Say what a lesson tested, and what contradicts its record as that is now."""
        ledger = read_ledger(self.folder, run.id)
        claims = ledger["claims"] if ledger else []
        against = run.contradictions
        if run.data is not None:
            against = ()
        elif run.id in self.asked:
            folder = records_folder(self.asked[run.id])
            against = tuple(contradictions(claims, read_record(run.id, folder)))
        return replace(run, claims=tuple(entry["id"] for entry in claims), contradictions=against)

    def _key(self, lesson: Lesson, parameters: Mapping[str, Any]) -> str:
        cells = json.loads(lesson.path.read_text(encoding="utf-8"))["cells"]
        sources = [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
        content = json.dumps([sources, parameters, self.digest, self.about["torch"]], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


def _resolve_data(data: str | Path | None) -> str | None:
    """Return a name as it is and a folder as an absolute path: kernels run in another folder."""
    if data is None:
        return None
    from tlnb.data import all_sets

    names = [one.name for one in all_sets()]
    folder = Path(data).expanduser()
    if str(data) not in names and not folder.is_dir():
        raise DataError(
            f"data={str(data)!r} is neither a folder nor a data set.{did_you_mean(str(data), names)} "
            f"There are {', '.join(names)}; `tlnb data list` tells more."
        )
    return str(data) if str(data) in names else str(folder.absolute())
