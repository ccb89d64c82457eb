"""Where the pages come from, and in which order they stand."""

from __future__ import annotations

import re
import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
FRONT = "README.md"

# Guides that come first, in this order; any other page of docs/ follows by name.
_FIRST = ("controls", "training", "gallery", "course_panel", "places", "classroom", "course_server")
_PROJECT = (
    "CONTRIBUTING.md",
    "benchmarks/README.md",
    "benchmarks/peers/README.md",
    "benchmarks/peers/results/tables.md",
)


def guides() -> list[str]:
    """Return the pages of docs/, as paths in the repository."""
    names = sorted(path.stem for path in (ROOT / "docs").glob("*.md"))
    return [f"docs/{name}.md" for name in sorted(names, key=lambda name: (_place(name), name))]


def project_pages() -> list[str]:
    """Return what is there about the project itself: how to take part, measurements, the changelog."""
    there = [name for name in _PROJECT if (ROOT / name).exists()]
    return [*there, "CHANGELOG.md"]


def read_page(path: str) -> str:
    """Return a page's text; one that has no heading gets its file's name."""
    text = (ROOT / path).read_text(encoding="utf-8")
    if re.search(r"^# ", text, re.M) or path.endswith(".ipynb"):
        return text
    return f"# {Path(path).stem.replace('_', ' ').capitalize()}\n\n{text}"


def repository() -> str | None:
    """Return the address of the repository, or None where pyproject.toml does not know it yet."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    address = project.get("urls", {}).get("Repository", "")
    return None if not address or "/OWNER/" in address else address.rstrip("/")


def _place(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)
