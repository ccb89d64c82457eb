"""The page of the glossary: every term with its other names, and where it is met."""

from __future__ import annotations

from collections.abc import Mapping

from tlnb.course.glossary import glossary

OPENING = """\
Glossary
========

The terms of the subject as the field uses them, and the lessons where they are met. In a notebook,
``tlnb.course.glossary.find_terms("batch norm")`` searches them.

.. glossary::
"""


def glossary_page(pages: Mapping[str, str]) -> str:
    """Return the page, in reStructuredText.

    Parameters
    ----------
    pages : mapping of str to str
        Lesson id to the page that stands for it, without ending.
    """
    entries = []
    for term in glossary():
        places = ", ".join(f":doc:`{lesson} </{pages[lesson]}>`" for lesson in term.lessons)
        word = "Lesson" if len(term.lessons) == 1 else "Lessons"
        names = "\n".join(f"   {_escape(name)}" for name in term.names)
        entries.append(f"{names}\n      {_escape(term.says)}\n\n      .. rst-class:: met\n\n      {word} {places}\n")
    return OPENING + "\n" + "\n".join(entries)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("*", "\\*").replace("`", "\\`").replace("|", "\\|")
