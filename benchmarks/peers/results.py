"""The results of one table: a JSON file that is written again after every run, so that a break loses nothing."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.peers.plan import Job, Settings
from tlnb.core.files import atomic_path

COUNTS = ("repeats", "growth")  # of the settings: how many runs there are, not how each is done


class Results:
    """Runs of one table by their key, with machine and settings.

    Parameters
    ----------
    path : Path
        The file.
    content : dict
        What is in it.
    """

    def __init__(self, path: Path, content: dict[str, Any]) -> None:
        self.path, self.content = path, content

    @classmethod
    def open(cls, folder: Path, table: str, settings: Settings, machine: dict[str, Any], *, fresh: bool) -> Results:
        """Open a table's file to go on with it, or begin anew.

        Raises
        ------
        SystemExit
            If what is there was measured on another machine, with other versions or other settings.
        """
        path = folder / f"{table}.json"
        of_a_run = {name: value for name, value in asdict(settings).items() if name not in COUNTS}
        about = {"machine": machine, "settings": json.loads(json.dumps(of_a_run))}
        if path.exists() and not fresh:
            content = json.loads(path.read_text())
            for what, value in about.items():
                if content[what] != value:
                    raise SystemExit(f"{path} has another {what}: --fresh measures anew, --out elsewhere.")
            return cls(path, content)
        return cls(path, {"table": table, **about, "measured": date.today().isoformat(), "runs": {}})

    @classmethod
    def read(cls, path: Path) -> Results:
        """Read what was measured."""
        return cls(path, json.loads(path.read_text()))

    @property
    def runs(self) -> dict[str, Any]:
        """Each run's notes by its key."""
        runs: dict[str, Any] = self.content["runs"]
        return runs

    @property
    def sizes(self) -> dict[str, int]:
        """How many images there are for training and validation."""
        return dict(self.content["sizes"])

    def of(self, contender: str) -> list[dict[str, Any]]:
        """Return a contender's runs, in the order of their seeds."""
        found = [run for run in self.runs.values() if run["contender"] == contender]
        return sorted(found, key=lambda run: (run["images"], run["seed"]))

    def note(self, **facts: Any) -> None:
        """Keep facts about all runs."""
        self.content.update(facts)

    def add(self, job: Job, found: dict[str, Any]) -> None:
        """Keep a run's notes, and write the file."""
        about = {
            "contender": job.contender,
            "seed": job.repeat,
            "whole": job.whole,
            "images": job.images,
            "valid_images": job.task.get("valid"),
        }
        self.runs[job.key] = {**about, **found}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(self.path) as temporary:
            temporary.write_text(_lines(self.content) + "\n")


def _lines(content: dict[str, Any]) -> str:
    """Return JSON with each run on a line of its own, so that a change reads well."""
    rest = {name: value for name, value in content.items() if name != "runs"}
    runs = ",\n".join(f"    {json.dumps(key)}: {json.dumps(run)}" for key, run in content["runs"].items())
    return f'{json.dumps(rest, indent=2)[:-2]},\n  "runs": {{\n{runs}\n  }}\n}}'
