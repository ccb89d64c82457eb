"""The terms of the subject, each defined in a few sentences (glossary.toml, beside).

The course panel searches them in the page, and the site prints them; nothing here loads torch.
"""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Term:
    """A term of the subject.

    Attributes
    ----------
    term : str
        As the field calls it.
    also : tuple of str
        Its other names and abbreviations.
    says : str
        What it means, in at most 300 characters.
    lessons : tuple of str
        Ids of the lessons where it is met, written or not.
    """

    term: str
    also: tuple[str, ...]
    says: str
    lessons: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The term and its other names."""
        return (self.term, *self.also)


@functools.cache
def glossary() -> tuple[Term, ...]:
    """Return all terms, sorted.

    Examples
    --------
    >>> freezing = term_named("freezing")
    >>> freezing in glossary(), freezing.lessons
    (True, ('0.0', '3.1', '6.2'))
    """
    content = tomllib.loads(Path(__file__).with_name("glossary.toml").read_text(encoding="utf-8"))
    terms = (
        Term(entry["term"], tuple(entry.get("also", ())), entry["says"], tuple(entry["lessons"]))
        for entry in content["term"]
    )
    return tuple(sorted(terms, key=lambda term: _plain(term.term)))


def term_named(name: str) -> Term | None:
    """Return the term that has a name, in singular or plural, or None.

    Parameters
    ----------
    name : str
        The term or another name of it. Case, hyphens and accents do not count.

    Examples
    --------
    >>> term_named("Layer groups").term, term_named("maximum mean discrepancy").term, term_named("cheese")
    ('layer group', 'MMD', None)
    """
    plain = _plain(name)
    return _by_name().get(plain) or _by_name().get(plain.removesuffix("s"))


def find_terms(text: str) -> tuple[Term, ...]:
    """Return the terms that a text searches for, best first.

    A term is found if every word of the text begins a word in its names or in its definition. First come terms of just
    that name, then terms whose names hold all words, then the others; each of these sorted.

    Parameters
    ----------
    text : str
        One or more words, or the beginnings of words. Case, hyphens and accents do not count.

    Examples
    --------
    >>> [term.term for term in find_terms("batch norm")][:2]
    ['batch normalisation', 'AdaBN']
    >>> find_terms("")
    ()
    """
    words = _plain(text).split()
    if not words:
        return ()
    ranked = [(rank, term) for term in glossary() if (rank := _rank(term, words)) is not None]
    return tuple(term for _, term in sorted(ranked, key=lambda pair: pair[0]))


def _rank(term: Term, words: list[str]) -> int | None:
    names = [_plain(name) for name in term.names]
    if " ".join(words) in names:
        return 0
    if _holds(" ".join(names), words):
        return 1
    return 2 if _holds(" ".join([*names, _plain(term.says)]), words) else None


def _holds(text: str, words: list[str]) -> bool:
    there = text.split()
    return all(any(word.startswith(begun) for word in there) for begun in words)


def _plain(text: str) -> str:
    """Letters and digits in lower case, without accents, and one space for all that stands between."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    return " ".join(re.findall(r"[a-z0-9]+", bare))


@functools.cache
def _by_name() -> dict[str, Term]:
    return {_plain(name): term for term in glossary() for name in term.names}
