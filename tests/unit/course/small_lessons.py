"""Lessons of a few cells, written for a test, with claims and records to go with them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat

from tlnb.core.syllabus import find_claim, syllabus
from tlnb.evaluation.claims.records import file_name, record_path
from tlnb.evaluation.verdicts.rule import judge

FIGURE = (
    "from tlnb.core.figures import figure\n"
    "fig, axes = figure(3, 2)\n_ = axes.plot([1, 2])\n_ = axes.set_title('Up <it> goes')\nfig"
)
PARAMETERS = 'profile = "quick"\ndata = "elpv"\ndevice = "auto"\nseed = 0'
HIGHER, BASE = (0.91, 0.89, 0.92, 0.90, 0.91), (0.80, 0.79, 0.80, 0.81, 0.80)


def write_lesson(folder: Path, number: str, *cells: str, name: str = "", title: str = "") -> Path:
    """Write a small lesson; a cell that starts with # is text."""
    v4 = nbformat.v4
    parameters = v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    made = [v4.new_markdown_cell(cell) if cell.startswith("#") else v4.new_code_cell(cell) for cell in cells]
    about = {"lesson": number, "title": title or f"Lesson {number}", "minutes": 5, "seconds": 2.0}
    notebook = v4.new_notebook(cells=[parameters, *made], metadata={"tlnb": about})
    path = folder / (name or f"{number.replace('.', '_')}_lesson.ipynb")
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def write_three(folder: Path) -> Path:
    """Write three lessons: one draws, one fails, one echoes its parameters."""
    write_lesson(folder, "0.0", "# Start\n## A **first** figure", FIGURE, title="Start <here>")
    write_lesson(folder, "3.1", "left = 1\n1 / 0", "never = 1")
    write_lesson(folder, "3.10", "print(profile, device)")
    return folder


def claims_of(lesson: str) -> list[str]:
    return [claim.id for one in syllabus() if one.id == lesson for claim in one.claims]


def measured(
    name: str, scores: Sequence[float] = HIGHER[:3], baseline: Sequence[float] = BASE[:3], **changes: Any
) -> dict[str, Any]:
    """Make the entry of a measured claim as the ledger does: judged by the rule."""
    least = 5 if changes.get("profile") == "full" else 3
    found = judge(scores, baseline, "auc", "higher", least=least)
    pair = {"all layers": list(scores), "head only": list(baseline)}
    numbers = {"verdict": found.verdict, "effect": found.effect, "low": found.low, "high": found.high}
    test = {
        "metric": "auc",
        "condition": "all layers",
        "baseline": "head only",
        "direction": "higher",
        **numbers,
        "smallest": 0.01,
        "unit": "AUC",
        "seeds": found.seeds,
        "reason": found.reason,
        "scores": pair,
        "test_sd": None,
        "shared_sd": None,
    }
    return {
        "id": name,
        "lesson": name.rpartition(".")[0],
        "show": find_claim(name).show,
        **numbers,
        "metric": "auc",
        "unit": "AUC",
        "seeds": found.seeds,
        "scores": pair,
        "profile": "quick",
        "device": "cpu",
        "seconds": 1.0,
        "evidence": {"question": "Is it so?", "tests": [test]},
        **changes,
    }


def stated(name: str, verdict: str, evidence: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Make the entry of a claim that was not measured."""
    nothing = dict.fromkeys(("metric", "effect", "low", "high", "unit", "scores"))
    about = {"profile": "quick", "device": "cpu", "seconds": 0.0, "evidence": dict(evidence)}
    first = {"id": name, "lesson": name.rpartition(".")[0], "show": find_claim(name).show, "verdict": verdict}
    return {**first, **nothing, "seeds": 0, **about, **changes}


def ledger(lesson: str, claims: Sequence[Mapping[str, Any]], **changes: Any) -> dict[str, Any]:
    """Make the file of claims that a lesson's kernel writes."""
    about = {"format": 1, "lesson": lesson, "profile": "quick", "data": "elpv", "device": "cpu", "seed": 0}
    return {**about, "seconds": 2.0, "used": {"data": ["elpv"], "method": ["<freezing>"]}, "claims": claims, **changes}


def write_ledger(folder: Path, lesson: str, claims: Sequence[Mapping[str, Any]], **changes: Any) -> Path:
    """Write a lesson's file of claims into a home."""
    path = folder / "claims" / file_name(lesson)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(ledger(lesson, claims, **changes)))
    return path


def claiming_cell(lesson: str, claims: Sequence[Mapping[str, Any]]) -> str:
    """Write a cell that leaves these claims in its kernel's home, under the profile that it was given."""
    content = json.dumps(ledger(lesson, claims))
    return (
        "import json, os, pathlib\n"
        f"content = json.loads({content!r}) | {{'profile': profile, 'data': data, 'seed': seed}}\n"
        "folder = pathlib.Path(os.environ['TLNB_HOME'], 'claims')\nfolder.mkdir(parents=True, exist_ok=True)\n"
        f"_ = (folder / {file_name(lesson)!r}).write_text(json.dumps(content))"
    )


def write_record(records: Path, lesson: str, run: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Write a record with a plan for every claim of the lesson; return the plan."""
    test = {"metric": "auc", "condition": "all layers", "baseline": "head only", "direction": "higher"}
    plan = {name: {"question": "Is it so?", "tests": [test]} for name in claims_of(lesson)}
    path = record_path(lesson, records)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"format": 1, "lesson": lesson, "plan": plan, "run": run}))
    return plan


def recorded_run(claims: Sequence[Mapping[str, Any]], **changes: Any) -> dict[str, Any]:
    """Make the part of a record that a full run writes."""
    made = {"profile": "full", "data": "elpv", "device": "cuda", "seed": 0, "seconds": 60.0, "when": "2026-01-01"}
    where = {"commit": "abc", "environment": {"processor": "NVIDIA H100 · Xeon"}, "code": "of old", "plan": "of old"}
    return {**made, **where, "used": {"data": ["elpv"]}, "claims": claims, **changes}
