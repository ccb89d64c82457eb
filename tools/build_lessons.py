"""Make the notebooks (.ipynb) from their reviewed source (.py, percent format), run in the quick profile.

A notebook is executed anew only when its code changed; when only text changed, its outputs stay. ``--check``
writes nothing and fails if a notebook is stale; ``--force`` executes all (for a release).
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

from tlnb.course.engine import execute, strip_widgets

ROOT = Path(__file__).resolve().parents[1]
KEPT = ("tags", "jupyter")  # what a cell may say of itself; "jupyter" hides the answers of a quiz
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def read_source(path: Path) -> nbformat.NotebookNode:
    """Read a percent source as a notebook without outputs, with the same cell ids at every call."""
    notebook = jupytext.read(path)
    notebook.metadata = {"kernelspec": KERNEL, "tlnb": dict(notebook.metadata["tlnb"])}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for i, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{i:02d}"
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in KEPT}
    return nbformat.from_dict(notebook)


def cells_of(notebook: nbformat.NotebookNode, *kinds: str) -> list[tuple[str, str, dict]]:
    """Return what a person wrote: kind, source, tags and the like of each cell."""
    return [
        (cell.cell_type, cell.source.strip(), {key: cell.metadata[key] for key in KEPT if key in cell.metadata})
        for cell in notebook.cells
        if not kinds or cell.cell_type in kinds
    ]


def state(source: Path) -> str:
    """Say what has to be done for a lesson: ``"execute"``, ``"text"`` or nothing (``""``)."""
    target = source.with_suffix(".ipynb")
    if not target.exists():
        return "execute"
    new, old = read_source(source), nbformat.read(target, as_version=4)
    if cells_of(new, "code") != cells_of(old, "code"):
        return "execute"
    about = {key: value for key, value in old.metadata.get("tlnb", {}).items() if key != "seconds"}
    return "" if cells_of(new) == cells_of(old) and about == new.metadata.tlnb else "text"


def build(source: Path, action: str) -> str | None:
    """Write the notebook of a source; return an error, if a cell failed."""
    target = source.with_suffix(".ipynb")
    notebook = read_source(source)
    if action == "text":
        old = nbformat.read(target, as_version=4)
        outputs = iter([cell for cell in old.cells if cell.cell_type == "code"])
        for cell in notebook.cells:
            if cell.cell_type == "code":
                done = next(outputs)
                cell.outputs, cell.execution_count = done.outputs, done.execution_count
        notebook.metadata.tlnb["seconds"] = old.metadata.tlnb.seconds
    else:
        with tempfile.TemporaryDirectory() as folder:
            plain, done_path = Path(folder) / "source.ipynb", Path(folder) / target.name
            nbformat.write(notebook, plain)
            started = time.monotonic()
            # The developer's own claims and progress stay as they are.
            error = execute(plain, done_path, {}, environment={"TLNB_HOME": folder}).error
            if error:
                return error
            seconds = round(time.monotonic() - started)
            executed = nbformat.read(done_path, as_version=4)
        for cell, done in zip(notebook.cells, executed.cells, strict=True):
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = done.outputs, done.execution_count
        notebook.metadata.tlnb["seconds"] = seconds
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
