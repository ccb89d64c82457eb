"""Lessons as pages: the notebooks as they are stored, with pictures where controls would be. Nothing is executed."""

from __future__ import annotations

import re

import nbformat

from tlnb.course.engine import strip_widgets
from tlnb.course.glossary import term_named

_BOLD = re.compile(r"\*\*([^*`\[\]]+?)\*\*")
_LIVE = ("application/vnd.jupyter.widget-view+json", "application/javascript")


def lesson_page(text: str, lesson: str) -> str:
    """Return a notebook as a page of the site.

    What a script of Jupyter's would have to show is left out; its picture stays. Cells whose source is folded in
    Jupyter are folded, and the terms that the lesson defines lead to the glossary.

    Parameters
    ----------
    text : str
        The notebook, as JSON.
    lesson : str
        Its id: only terms that the glossary has for it are linked.
    """
    notebook = nbformat.reads(text, as_version=4)
    strip_widgets(notebook)
    linked: set[str] = set()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = link_terms(cell.source, lesson, linked)
            continue
        if cell.metadata.get("jupyter", {}).get("source_hidden"):
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-input"]
        for output in cell.get("outputs", []):
            for kind in _LIVE:
                output.get("data", {}).pop(kind, None)
    return str(nbformat.writes(notebook))


def link_terms(text: str, lesson: str, linked: set[str]) -> str:
    """Link each term to the glossary where a lesson first sets it in bold.

    Parameters
    ----------
    text : str
        Markdown of one cell.
    lesson : str
        The id of the lesson.
    linked : set of str
        Terms that were linked before; those linked here are added.

    Examples
    --------
    >>> link_terms("We part it into **layer groups**.", "3.1", set())
    'We part it into **{term}`layer groups <layer group>`**.'
    """

    def link(found: re.Match[str]) -> str:
        words = " ".join(found[1].split())
        term = term_named(words)
        if term is None or lesson not in term.lessons or term.term in linked:
            return found[0]
        linked.add(term.term)
        return f"**{{term}}`{words} <{term.term}>`**"

    return _BOLD.sub(link, text)
