"""Records: what each lesson's full run found, committed beside the lessons, with the plan it was made under.

One JSON file a lesson: its ``plan`` is written by hand before the run, its ``run`` by
``tlnb run --profile full --record``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlnb.core.files import notebooks_folder, write_json
from tlnb.core.syllabus import ClaimError, numbers
from tlnb.evaluation.claims.plans import ClaimPlan, plan_digest, read_plan
from tlnb.evaluation.verdicts.rule import DOES_NOT_HOLD, HOLDS, LEAST_SEEDS, Finding, Noise, judge, weakest

__all__ = ["Record", "contradictions", "plan_digest", "read_record", "recompute_claim", "record_path", "write_run"]
FORMAT = 1


@dataclass(frozen=True)
class Record:
    """A lesson's plan and what its full run found.

    Attributes
    ----------
    lesson : str
        ``"3.1"``.
    plan : dict
        As in the file: claim id to question and tests.
    run : dict or None
        Profile, device, environment, seconds, commit, digests of code and plan, and the claims; None before the run.
    """

    lesson: str
    plan: dict[str, Any]
    run: dict[str, Any] | None

    @property
    def plans(self) -> dict[str, ClaimPlan]:
        """The plan of each claim."""
        return read_plan(self.plan)

    def claim(self, name: str) -> dict[str, Any] | None:
        """Return what the run found of a claim; None where nothing is recorded."""
        claims = self.run["claims"] if self.run else ()
        return next((entry for entry in claims if entry["id"] == name), None)

    def observation(self, question: str) -> dict[str, Any] | None:
        """Return what the run observed; None where that was not asked."""
        asked = self.run.get("observations", ()) if self.run else ()
        return next((entry for entry in asked if entry["question"] == question), None)


def record_path(lesson: str, folder: Path | None = None) -> Path:
    """Return where a lesson's record stands: ``notebooks/records/03_01.json`` for ``"3.1"``."""
    return (folder or notebooks_folder() / "records") / file_name(lesson)


def file_name(lesson: str) -> str:
    """Return the name of a lesson's file of claims.

    Examples
    --------
    >>> file_name("3.1")
    '03_01.json'
    """
    return "_".join(f"{number:02}" for number in numbers(lesson)) + ".json"


def claims_path(lesson: str, home: Path) -> Path:
    """Return where a lesson's own claims stand: ``claims/03_01.json`` in a learner's home or a run's folder."""
    return home / "claims" / file_name(lesson)


def read_record(lesson: str, folder: Path | None = None) -> Record | None:
    """Read a lesson's record; None where there is none.

    Raises
    ------
    ClaimError
        If the file is not a record of that lesson in a format that this version knows.
    """
    path = record_path(lesson, folder)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT or content["lesson"] != lesson:
            raise ClaimError(
                f"{path} has format {content['format']!r} and lesson {content['lesson']!r}; "
                f"format {FORMAT} and lesson {lesson!r} are wanted."
            )
        record = Record(lesson, content["plan"], content["run"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, ClaimError):
            raise
        raise ClaimError(f"{path} is not a record: {type(error).__name__}: {error}.") from error
    _ = record.plans  # a plan that cannot be read is told here
    return record


def write_run(lesson: str, run: Mapping[str, Any], folder: Path | None = None) -> Path:
    """Put the result of a full run into a lesson's record; the plan stays as it is.

    Raises
    ------
    ClaimError
        If there is no record with a plan: metric, direction and baseline are written down before the run.
    """
    record = read_record(lesson, folder)
    path = record_path(lesson, folder)
    if record is None:
        raise ClaimError(f"{path} is not there: write down the plan of lesson {lesson} before running it.")
    content = {"format": FORMAT, "lesson": lesson, "plan": record.plan, "run": dict(run)}
    return write_json(path, content)


def recompute_claim(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Judge a stored claim again from its raw scores.

    Parameters
    ----------
    entry : mapping
        A claim of a record or of ``claims.json``.

    Returns
    -------
    dict
        ``verdict``, ``effect``, ``low`` and ``high`` as the rule has them; the entry's own for what is not measured.
    """
    tests = entry["evidence"].get("tests")
    if not tests:
        return {key: entry[key] for key in ("verdict", "effect", "low", "high")}
    found = weakest([rejudge(test, entry["profile"]) for test in tests])
    return {"verdict": found.verdict, "effect": found.effect, "low": found.low, "high": found.high}


def rejudge(test: Mapping[str, Any], profile: str) -> Finding:
    """Judge one stored comparison again from its raw scores; an observation's as if it had been foretold."""
    noise = Noise(tuple(test["test_sd"] or ()), test["shared_sd"])
    scores, baseline = (test["scores"][test[name]] for name in ("condition", "baseline"))
    return judge(
        scores, baseline, test["metric"], test["direction"] or "higher", noise=noise, least=LEAST_SEEDS[profile]
    )


def contradictions(claims: Iterable[Mapping[str, Any]], record: Record | None) -> list[str]:
    """Return the ids of claims that hold in a run and not in the record, or the other way round.

    Undecided contradicts nothing: a quick run is often too small to decide.
    """
    opposite = {HOLDS: DOES_NOT_HOLD, DOES_NOT_HOLD: HOLDS}
    recorded = {entry["id"]: entry["verdict"] for entry in (record.run["claims"] if record and record.run else ())}
    return [
        entry["id"] for entry in claims if recorded.get(entry["id"], "") == opposite.get(entry["verdict"], "nothing")
    ]
