"""Imports run one way, and `import tlnb` stays light."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import tlnb

PACKAGE = Path(tlnb.__file__).parent

# Each floor may import from floors with a lower number only. Floors of one number do not import each other.
LEVEL = {
    "core": 0,
    "data": 1,
    "backbones": 1,
    "training": 2,
    "methods": 3,
    "tasks": 3,
    "evaluation": 4,
    "controls": 5,
    "course": 6,
    "cli": 7,
}
# The folders of evaluation/, each of which may import from those before it only.
WITHIN_EVALUATION = ["verdicts", "features", "domains", "figures", "experiments", "claims"]
SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE)


def floor_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def imported_names(source: str) -> set[str]:
    """Names of tlnb that a module imports when it runs; imports for type checkers alone do not count."""
    found = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found.update(name for name in names if name.startswith("tlnb."))
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(source))
    return found


def imported_floors(source: str) -> set[str]:
    return {name.split(".")[1] for name in imported_names(source)} & set(LEVEL)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_from_floors_below_its_own(path):
    floor = floor_of(path)
    upward = {
        other
        for other in imported_floors(path.read_text(encoding="utf-8"))
        if other != floor and LEVEL[other] >= LEVEL[floor]
    }
    assert not upward, f"{floor} may not import {', '.join(upward)}"


@pytest.mark.parametrize(
    "source",
    ["import tlnb.course.checks", "from tlnb import course", "def f():\n    from tlnb.course import check"],
)
def test_every_way_of_importing_a_floor_is_seen(source):
    assert imported_floors(source) == {"course"}


@pytest.mark.parametrize("folder", WITHIN_EVALUATION)
def test_a_folder_of_evaluation_imports_only_from_those_before_it(folder):
    allowed = WITHIN_EVALUATION[: WITHIN_EVALUATION.index(folder) + 1]
    modules = sorted((PACKAGE / "evaluation" / folder).rglob("*.py"))
    found = {path.name: imported_names(path.read_text(encoding="utf-8")) for path in modules}
    against = {
        (module, name)
        for module, names in found.items()
        for name in names
        if name.startswith("tlnb.evaluation") and f"{name}.".split(".")[2] not in allowed
    }
    assert modules and against == set()


def test_every_folder_of_evaluation_has_its_place_in_the_order():
    folders = {path.parent.name for path in (PACKAGE / "evaluation").glob("*/*.py")}
    assert folders == set(WITHIN_EVALUATION)


def test_every_folder_of_the_package_is_a_floor_with_a_level():
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert folders <= set(LEVEL)


def test_no_module_has_more_than_250_lines():
    lengths = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {path: n for path, n in lengths.items() if n > 250} == {}


def modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    return set(json.loads(subprocess.check_output([sys.executable, "-c", code], text=True)))


@pytest.mark.parametrize("statement", ["import tlnb", "import tlnb.cli"])
def test_importing_loads_nothing_heavy(statement):
    heavy = {"torch", "matplotlib", "numpy", "timm", "sklearn", "papermill", "IPython", "jupyterlab"}
    assert not modules_after(statement) & heavy


@pytest.mark.parametrize("module", ["backbones.hub", "backbones.packaged", "backbones.bundled", "course.doctor"])
def test_what_the_doctor_reads_needs_no_torch(module):
    assert not modules_after(f"import tlnb.{module}") & {"torch", "numpy", "timm", "packaging", "psutil"}


def test_no_public_name_of_backbones_is_called_as_a_module_is():
    from tlnb import backbones

    modules = {path.stem for path in (PACKAGE / "backbones").iterdir()}
    assert not modules & set(backbones.__all__) and set(backbones.__all__) == set(backbones._HOMES)


def test_exercises_are_checked_without_the_tools_that_run_lessons():
    assert not modules_after("from tlnb.course import check, hint, solution") & {
        "papermill",
        "psutil",
        "nbconvert",
    }
