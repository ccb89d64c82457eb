"""The claims of a run: each lesson's own file, and ``claims.json``, which has them all."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tlnb.core.files import atomic_path

log = logging.getLogger("tlnb")


def ledger_path(folder: Path, lesson: str) -> Path:
    """Return where a lesson's kernel writes its claims: ``claims/03_01.json`` in the run's folder."""
    from tlnb.evaluation.records import file_name

    return folder / "claims" / file_name(lesson)


def read_ledger(folder: Path, lesson: str) -> dict[str, Any] | None:
    """Return what a lesson's run left: parameters, what it used, and its claims in order; None if it tested none."""
    path = ledger_path(folder, lesson)
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
    with atomic_path(folder / "claims.json") as temporary:
        temporary.write_text(json.dumps(claims, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return claims


def _place(entry: dict[str, Any]) -> list[int]:
    return [int(part) for part in entry["id"].split(".")]
