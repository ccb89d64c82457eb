"""Make the notebooks (.ipynb) from their reviewed source (.py, percent format), run in the quick profile.

A notebook is executed anew only when its code changed; when only text changed, its outputs stay. Badge and cell for
Colab are put in here, and count as text: that cell does nothing where lessons are built. ``--check`` writes nothing and
fails if a notebook is stale; ``--force`` executes all (for a release).
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

import jupytext
import nbformat

from tlnb.course.addresses import our_repository
from tlnb.course.engine import execute, strip_widgets
from tlnb.course.place_cells import is_for_colab, with_places

ROOT = Path(__file__).resolve().parents[1]
KEPT = ("tags", "jupyter")  # what a cell may say of itself; "jupyter" hides the answers of a quiz
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def read_source(path: Path, seconds: float | None = None) -> nbformat.NotebookNode:
    """Read a percent source as a notebook without outputs, with the same cell ids at every call.

    A lesson of this repository gets its badge, which names the seconds, and the cell for Colab.
    """
    notebook = jupytext.read(path)
    notebook.metadata = {"kernelspec": KERNEL, "tlnb": dict(notebook.metadata["tlnb"])}
    if seconds is not None:
        notebook.metadata["tlnb"]["seconds"] = seconds
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for i, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{i:02d}"
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in KEPT}
    lessons = ROOT / "notebooks"
    if path.absolute().is_relative_to(lessons):
        target = path.absolute().relative_to(ROOT).with_suffix(".ipynb")
        notebook = with_places(notebook, target.as_posix(), our_repository())
    return nbformat.from_dict(notebook)


def run_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return the code cells whose outputs are kept: all but the one for Colab, which has none."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and not is_for_colab(cell)]


def content(cells: list[nbformat.NotebookNode]) -> list[tuple[str, str, dict]]:
    """Return what a person wrote: kind, source, tags and the like of each cell."""
    return [
        (cell.cell_type, cell.source.strip(), {key: cell.metadata[key] for key in KEPT if key in cell.metadata})
        for cell in cells
    ]


def state(source: Path) -> str:
    """Say what has to be done for a lesson: ``"execute"``, ``"text"`` or nothing (``""``)."""
    target = source.with_suffix(".ipynb")
    if not target.exists():
        return "execute"
    old = nbformat.read(target, as_version=4)
    new = read_source(source, old.metadata.get("tlnb", {}).get("seconds"))
    if content(run_cells(new)) != content(run_cells(old)):
        return "execute"
    same = content(new.cells) == content(old.cells) and new.metadata.tlnb == old.metadata.get("tlnb")
    return "" if same else "text"


def build(source: Path, action: str) -> str | None:
    """Write the notebook of a source; return an error, if a cell failed."""
    target = source.with_suffix(".ipynb")
    if action == "text":
        done = nbformat.read(target, as_version=4)
        seconds = done.metadata.tlnb.seconds
    else:
        with tempfile.TemporaryDirectory() as folder:
            plain, done_path = Path(folder) / "source.ipynb", Path(folder) / target.name
            nbformat.write(read_source(source), plain)
            started = time.monotonic()
            # The developer's own claims and progress stay as they are.
            error = execute(plain, done_path, {}, environment={"TLNB_HOME": folder}).error
            if error:
                return error
            seconds = round(time.monotonic() - started)
            done = nbformat.read(done_path, as_version=4)
    notebook = read_source(source, seconds)
    for cell, ran in zip(run_cells(notebook), run_cells(done), strict=True):
        cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
    strip_widgets(notebook)
    nbformat.write(notebook, target)
    return None


def main() -> int:
    """Build or check; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="*", type=Path, help="percent sources; all of notebooks/ by default")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a notebook is stale")
    parser.add_argument("--force", action="store_true", help="execute every lesson")
    options = parser.parse_args()
    sources = options.sources or sorted((ROOT / "notebooks").rglob("*.py"))
    failed = False
    for source in sources:
        action = "execute" if options.force else state(source)
        said = {"execute": "code changed", "text": "text changed", "": "up to date"}[action]
        if options.check:
            failed |= bool(action)
        elif action:
            error = build(source, action)
            failed |= error is not None
            said = f"FAILED: {error}" if error else f"built ({said})"
        sys.stdout.write(f"{re.sub(r'^.*notebooks/', '', source.as_posix())}: {said}\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
