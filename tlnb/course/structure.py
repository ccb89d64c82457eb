"""What every lesson must have, told as a list of what it lacks: the rules of the course, for tests and for authors.

`structure_problems` reads what an author writes, run or not; `run_problems` what a run has left.
"""

from __future__ import annotations

import ast
import json
import re
import statistics
from collections.abc import Iterator, Mapping
from typing import Any

from tlnb.core.syllabus import syllabus
from tlnb.course.code import COLAB, CONTROL, asks_quiz, parse_cell

MOST_LINES, MEDIAN_LINES, MOST_BYTES = 15, 6, 1_500_000
PARAMETERS = ("profile", "data", "device", "seed")
UNWRITTEN = "TODO"  # what the skeleton of a lesson leaves to its author
_YEAR = r"\b(19|20)\d\d\b"
_LEAVINGS = {  # what differs from run to run by nature, or names the machine
    r" at 0x[0-9a-f]{6,}": "an address in memory",
    r"/(home|root|Users|tmp)/": "a path of the machine that it was run on",
    r"widget-state": "the state of widgets",
}


def structure_problems(notebook: Mapping[str, Any]) -> list[str]:
    """Say what a lesson lacks of what every lesson must have.

    Parameters
    ----------
    notebook : mapping
        Format 4, as JSON or nbformat has it. Nothing is executed.

    Returns
    -------
    list of str
        Empty for a lesson that is as it should be.

    Examples
    --------
    >>> structure_problems({"cells": [], "metadata": {}})
    ['the metadata lack "tlnb" with lesson, title and minutes']
    """
    about = notebook.get("metadata", {}).get("tlnb", {})
    if not {"lesson", "title", "minutes"} <= set(about):
        return ['the metadata lack "tlnb" with lesson, title and minutes']
    if not notebook["cells"]:
        return ["there are no cells"]
    lesson, texts = str(about["lesson"]), _sources(notebook, "markdown")
    return [
        *_of_opening(notebook["cells"][0], about),
        *_of_prose(texts),
        *_of_parameters(notebook),
        *_of_length(_sources(notebook, "code")),
        *_of_code(_sources(notebook, "code"), lesson),
        *_of_controls(notebook["cells"]),
        *_of_closing(texts),
        *_of_references(notebook["cells"][-1]),
    ]


def run_problems(notebook: Mapping[str, Any]) -> list[str]:
    """Say what a lesson's run left that must not be committed: cells that were not run, errors, and machine's traces.

    Parameters
    ----------
    notebook : mapping
        An executed notebook, as for `structure_problems`.

    Returns
    -------
    list of str
        Empty if there is nothing.
    """
    found = []
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        first = "".join(cell["source"]).strip().partition("\n")[0]
        kinds = {output["output_type"] for output in cell["outputs"]}
        if cell.get("execution_count") is None and COLAB not in cell["metadata"].get("tags", []):
            found.append(f"the cell that begins with {first!r} was not run")
        if "error" in kinds:
            found.append(f"the cell that begins with {first!r} failed")
        if any(output.get("name") == "stderr" for output in cell["outputs"]):
            found.append(f"the cell that begins with {first!r} wrote to standard error")
    text = json.dumps(notebook, ensure_ascii=False, indent=1)
    found += [f"it holds {what}" for pattern, what in _LEAVINGS.items() if re.search(pattern, text)]
    if len(text.encode()) > MOST_BYTES:
        found.append(f"it has {len(text.encode()) / 1e6:.1f} MB, and {MOST_BYTES / 1e6:g} at most will do")
    return found


def places_to_write(notebook: Mapping[str, Any]) -> int:
    """Count the places that the skeleton of a lesson left to its author and that are still as they were."""
    return sum("".join(cell["source"]).count(UNWRITTEN) for cell in notebook["cells"])


def _sources(notebook: Mapping[str, Any], kind: str) -> list[str]:
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def _of_opening(cell: Mapping[str, Any], about: Mapping[str, Any]) -> Iterator[str]:
    text, title = "".join(cell["source"]), f"# {about['lesson']} {about['title']}"
    if cell["cell_type"] != "markdown" or text.partition("\n")[0] != title:
        yield f"the first cell is not text that begins with {title!r}"
    if not re.search(r"\*\*After this lesson you can\*\*", text):
        yield 'the opening lacks "**After this lesson you can**"'
    if not re.search(rf"\b{about['minutes']}\s+minutes?\b", text):
        yield f"the opening does not say that it takes {about['minutes']} minutes, as the metadata do"
    if _claims(str(about["lesson"])) and "**Read before:**" not in text:
        yield 'the opening lacks "**Read before:**"'


def _of_prose(texts: list[str]) -> Iterator[str]:
    for text in texts:
        for line in re.findall(r"^ *\d{3,}[.)].*", text, re.MULTILINE):
            yield f"the line {line!r} begins with a number, and would be shown as an item of a list"


def _of_parameters(notebook: Mapping[str, Any]) -> Iterator[str]:
    tagged = [cell for cell in notebook["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    if len(tagged) != 1:
        yield f'{len(tagged)} cells have the tag "parameters"; one must'
        return
    values: dict[str, Any] = {}
    tree = _parsed("".join(tagged[0]["source"]))
    for statement in () if isinstance(tree, str) else tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            values[statement.targets[0].id] = getattr(statement.value, "value", None)
    missing = [name for name in PARAMETERS if name not in values]
    if missing:
        yield f"the parameters lack {', '.join(missing)}"
    if values.get("profile", "quick") != "quick":
        yield f'the parameter profile is {values["profile"]!r}; a lesson is committed as "quick"'


def _of_length(sources: list[str]) -> Iterator[str]:
    lengths = [sum(bool(line.strip()) for line in source.splitlines()) for source in sources]
    for source, length in zip(sources, lengths, strict=True):
        if length > MOST_LINES:
            yield f"the cell that begins with {source.partition(chr(10))[0]!r} has {length} lines; {MOST_LINES} at most"
    if lengths and statistics.median(lengths) > MEDIAN_LINES:
        yield f"the median cell has {statistics.median(lengths):g} lines; {MEDIAN_LINES} at most"


def _of_code(sources: list[str], lesson: str) -> Iterator[str]:
    trees = [_parsed(source) for source in sources]
    yield from (tree for tree in trees if isinstance(tree, str))
    parsed = [tree for tree in trees if not isinstance(tree, str)]
    called = [call for tree in parsed for call in _calls(tree)]
    if not any(asks_quiz(node) for tree in parsed for node in ast.walk(tree)):
        yield "there is no quiz: ask before you tell"
    asked = [what for name, what in called if name == "check"]
    if not any(re.fullmatch(rf"{re.escape(lesson)}\.[a-z]", what) for what in asked):
        yield f'there is no exercise: check("{lesson}.a", my_answer)'
    entered = [what for name, what in called if name == "claim"]
    wanted = _claims(lesson)
    for name in sorted(wanted - {*entered}):
        yield f'claim {name} of the syllabus is not entered: claim("{name}", evidence)'
    for name in sorted({*entered} - wanted):
        yield f"claim {name!r} is not one of this lesson"


def _of_controls(cells: list[Mapping[str, Any]]) -> Iterator[str]:
    """Say which name reaches the evidence from a cell, of controls or for Colab, whose code no record counts."""
    made: dict[str, str] = {}
    for cell in cells:
        tree = _parsed("".join(cell["source"])) if cell["cell_type"] == "code" else ""
        if isinstance(tree, str):
            continue
        used, written = _names(tree)
        tag = next((tag for tag in (CONTROL, COLAB) if tag in cell["metadata"].get("tags", [])), None)
        if tag:
            made |= dict.fromkeys(written, tag)
            continue
        for name in sorted(used & made.keys() - written):
            yield f"{name!r} is made in a cell tagged {made[name]!r} and used in one that is not"
        made = {name: tag for name, tag in made.items() if name not in written}


def _names(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Return the names that a cell reads, and those that it gives a value."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        for alias in getattr(node, "names", [])
        if isinstance(alias, ast.alias)
    }
    return {n.id for n in names if isinstance(n.ctx, ast.Load)}, imported | {
        n.id for n in names if isinstance(n.ctx, ast.Store)
    }


def _of_closing(texts: list[str]) -> Iterator[str]:
    heads = [place for place, text in enumerate(texts) if re.search(r"^#+ What you saw", text, re.MULTILINE)]
    if not heads:
        yield 'there is no closing, which begins with "## What you saw"'
        return
    closing = "\n".join(texts[heads[-1] :])
    if not re.search(r"did\s+not\s+hold", closing):
        yield 'the closing does not say what did not hold ("**What did not hold:** nothing" where all did)'
    if "**Next:**" not in closing:
        yield 'the closing does not say where to go next ("**Next:**")'


def _of_references(cell: Mapping[str, Any]) -> Iterator[str]:
    parts = re.split(r"^#+ References\s*$", "".join(cell["source"]), maxsplit=1, flags=re.MULTILINE)
    if cell["cell_type"] != "markdown" or len(parts) < 2:
        yield 'the last cell has no "### References"'
        return
    items = [" ".join(item.split()) for item in re.split(r"^- ", parts[1], flags=re.MULTILINE)[1:]]
    if not items:
        yield "there are no references"
    for item in items:
        if not re.fullmatch(rf"[^*]+\w[^*]*\*[^*]+\*.*{_YEAR}.*", item):
            yield f"the reference {item[:60]!r} is not of the form: authors. *Title.* Where, year."


def _parsed(source: str) -> ast.Module | str:
    """Return a cell's syntax tree, or what is wrong with it."""
    try:
        return parse_cell(source)
    except SyntaxError as error:
        return f"the cell that begins with {source.partition(chr(10))[0]!r} is not Python: {error.msg}"


def _calls(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield what is called by name in a cell, with its first argument where that is written out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            first = node.args[0] if node.args else None
            yield node.func.id, str(first.value) if isinstance(first, ast.Constant) else ""


def _claims(lesson: str) -> set[str]:
    return {claim.id for one in syllabus() if one.id == lesson for claim in one.claims}
