"""The claims of a run: each lesson's own file, and ``claims.json``, which has them all."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tlnb.core.files import write_json
from tlnb.core.syllabus import numbers
from tlnb.evaluation.claims.records import claims_path

log = logging.getLogger("tlnb")


def read_ledger(folder: Path, lesson: str) -> dict[str, Any] | None:
    """Return what a lesson's run left: parameters, what it used, and its claims in order; None if it tested none."""
    path = claims_path(lesson, folder)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        content["claims"] = sorted(content["claims"], key=_place)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s cannot be read (%s: %s) and is left out.", path, type(error).__name__, error)
        return None
    return dict(content)


def merge_claims(folder: Path, lessons: Iterable[str]) -> list[dict[str, Any]]:
    """Write ``claims.json``: the claims of these lessons in one list, in the order of the syllabus.

    Parameters
    ----------
    folder : Path
        Of the run.
    lessons : iterable of str
        Their ids.

    Returns
    -------
    list of dict
        What was written.
    """
    ledgers = [ledger for lesson in lessons if (ledger := read_ledger(folder, lesson))]
    claims = sorted((entry for ledger in ledgers for entry in ledger["claims"]), key=_place)
    write_json(folder / "claims.json", claims)
    return claims


def _place(entry: dict[str, Any]) -> tuple[int, ...]:
    return numbers(entry["id"])
