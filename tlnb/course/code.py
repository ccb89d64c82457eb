"""The code of a lesson, apart from its prose: what a record was made with, and what parameters it has of its own."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

CONTROL = "control"
COLAB = "colab"
_UNCOUNTED = {"injected-parameters", CONTROL, COLAB}
_NO_MEANING = {"kind", "type_comment", "type_ignores", "ctx"}


def code_digest(notebook: Path) -> str:
    """Return the SHA-256 of a notebook's code, by its syntax trees.

    Comments, blank lines and formatting do not count; nor do cells that only ask a quiz or reveal a result to it,
    since their words are prose; nor those tagged ``control``, which are there for the learner's hand and give nothing
    to the rest of the lesson; nor the one tagged ``colab``, which sets up Google Colab and does nothing elsewhere.
    The digest is the same on every version of Python that tlnb supports.

    Parameters
    ----------
    notebook : Path
        An .ipynb file. What papermill injected into an executed one does not count.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    trees = [tree for tree in map(parse_cell, _code_cells(notebook)) if not _is_quiz(tree)]
    content = json.dumps([_plain(tree) for tree in trees], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def own_parameters(notebook: Path) -> dict[str, Any]:
    """Return the values in the cell tagged ``parameters``; expressions that are not plain values are left out."""
    found = {}
    for cell in _code_cells(notebook, "parameters"):
        for statement in ast.parse(cell).body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                with suppress(ValueError):
                    found[statement.targets[0].id] = ast.literal_eval(statement.value)
    return found


def _code_cells(notebook: Path, tag: str | None = None) -> Iterator[str]:
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        tags = cell.get("metadata", {}).get("tags", [])
        if cell["cell_type"] == "code" and not _UNCOUNTED & {*tags} and tag in (None, *tags):
            yield "".join(cell["source"])


def parse_cell(source: str) -> ast.Module:
    """Return the syntax tree of a cell, which may hold IPython's %magic and !commands."""
    try:
        return ast.parse(source)
    except SyntaxError:  # %magic or !command
        from IPython.core.inputtransformer2 import TransformerManager

        return ast.parse(TransformerManager().transform_cell(source))


def asks_quiz(node: ast.AST) -> bool:
    """Say whether an expression asks a quiz: ``quiz(…)``, or one of its kinds as ``quiz.number(…)``."""
    called = node.func if isinstance(node, ast.Call) else None
    owner = called.value if isinstance(called, ast.Attribute) else None
    return any(getattr(one, "id", getattr(one, "attr", "")) == "quiz" for one in (called, owner))


def _is_quiz(tree: ast.Module) -> bool:
    """Whether a cell does nothing but ask, or set a result beside a guess: ``guess.reveal(score)``."""
    others = [one for one in tree.body if not isinstance(one, (ast.Import, ast.ImportFrom))]
    named = {ast.unparse(target) for one in others if isinstance(one, ast.Assign) for target in one.targets}
    asked = [
        asks_quiz(one.value) or (isinstance(one, ast.Expr) and (ast.unparse(one.value) in named or _reveals(one.value)))
        for one in others
        if isinstance(one, (ast.Expr, ast.Assign))
    ]
    return bool(others) and len(asked) == len(others) and all(asked)


def _reveals(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "reveal"


def _plain(node: Any) -> Any:
    """Write a tree as lists; ``ast.dump`` writes the same tree differently from one Python to the next."""
    if isinstance(node, ast.Constant):
        return ["Constant", type(node.value).__name__, node.value if isinstance(node.value, str) else repr(node.value)]
    if isinstance(node, ast.AST):
        fields = {name: value for name, value in ast.iter_fields(node) if name not in _NO_MEANING}
        return [
            type(node).__name__,
            *([name, _plain(value)] for name, value in fields.items() if value is not None and value != []),
        ]
    if isinstance(node, list):
        return [_plain(one) for one in node]
    return repr(node)
