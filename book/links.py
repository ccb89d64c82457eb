"""Links of pages that were written for the repository: they lead to the same things in the site.

The site's folders are those of the repository, so a link from page to page stays as it is. What is no page (a licence,
a script) becomes a download; a folder is shown in the repository.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from book.sources import FRONT, ROOT, repository

_CODE = re.compile(r"(^(`{3,})[^\n]*\n.*?^\2[^\n]*$|`[^`\n]+`)", re.M | re.S)
_LINK = re.compile(r"(\]\()([^)\s]+)")
_PICTURE = re.compile(
    r'<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">\s*<img([^>]*?)\s*/?>\s*</picture>'
)
_ATTRIBUTE = re.compile(r'(\b(?:src|srcset|href)=")([^"]+)')


@dataclass
class Linker:
    """Rewrites the links of pages, and notes which files they need.

    Attributes
    ----------
    pages : set of str
        The pages of the site, as paths in the repository.
    needed : set of str
        Pictures and downloads that pages link, as paths in the repository.
    raw : set of str
        Those that stand in raw HTML, which Sphinx does not look into.
    """

    pages: set[str]
    needed: set[str] = field(default_factory=set)
    raw: set[str] = field(default_factory=set)

    def rewrite(self, text: str, page: str) -> str:
        """Return a page's text with links that lead somewhere in the site.

        Parameters
        ----------
        text : str
            Markdown, as it stands in the repository.
        page : str
            Its path there.
        """
        return _outside_code(text, lambda prose: self._rewrite(themed_pictures(prose), page))

    def _rewrite(self, prose: str, page: str) -> str:
        prose = _LINK.sub(lambda found: found[1] + self._target(found[2], page), prose)
        return _ATTRIBUTE.sub(lambda found: found[1] + self._attribute(found[2], page), prose)

    def _target(self, target: str, page: str) -> str:
        path, anchor = _path(target, page)
        if path is None:
            return target
        if (ROOT / path).is_dir():
            if f"{path}/README.md" not in self.pages:
                address = repository()
                return f"{address}/tree/main/{path}" if address else target
            path = f"{path}/README.md"
        if path not in self.pages and (ROOT / path).is_file():
            self.needed.add(path)
        path = "index.md" if path == FRONT else path
        return os.path.relpath(path, PurePosixPath(page).parent).replace(os.sep, "/") + anchor

    def _attribute(self, target: str, page: str) -> str:
        path, anchor = _path(target, page)
        if path is None:
            return target
        if path in self.pages:
            name = "index" if path == FRONT else path.rsplit(".", 1)[0]
            return os.path.relpath(f"{name}.html", PurePosixPath(page).parent).replace(os.sep, "/") + anchor
        if (ROOT / path).is_file():
            self.raw.add(path)
        return target


def _path(target: str, page: str) -> tuple[str | None, str]:
    """Part a relative link into a path in the repository and an anchor; None for an address or a place in the page."""
    path, sign, anchor = target.partition("#")
    if not path or re.match(r"[a-z]+:", path) or path.startswith("/"):
        return None, ""
    return os.path.normpath(PurePosixPath(page).parent / path).replace(os.sep, "/"), sign + anchor


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    parts: list[str] = []
    end = 0
    for found in _CODE.finditer(text):
        parts += [change(text[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*parts, change(text[end:])])


def themed_pictures(text: str) -> str:
    """Let a picture that has a light and a dark form follow the site's switch instead of the system's setting.

    Examples
    --------
    >>> source = '<source media="(prefers-color-scheme: dark)" srcset="night.webp">'
    >>> print(themed_pictures(f'<picture>{source}<img src="day.webp" alt="A page"></picture>'))
    <img class="only-light" src="day.webp" alt="A page">
    <img class="only-dark" src="night.webp" alt="A page">
    """

    def both(found: re.Match[str]) -> str:
        dark, rest = found.groups()
        light = f'<img class="only-light"{rest}>'
        return light + "\n" + re.sub(r'src="[^"]*"', f'src="{dark}"', light.replace("only-light", "only-dark"))

    return _PICTURE.sub(both, text)


def toctree(entries: Iterable[str], caption: str = "", hidden: bool = True, depth: int = 0) -> str:
    """Return a table of contents of pages, in MyST's words.

    Examples
    --------
    >>> print(toctree(["glossary"], "Reference"))
    ```{toctree}
    :hidden:
    :caption: Reference
    glossary
    ```
    """
    options = [":hidden:"] if hidden else []
    options += [f":caption: {caption}"] if caption else []
    options += [f":maxdepth: {depth}"] if depth else []
    return "\n".join(["```{toctree}", *options, *entries, "```"])
