"""What a data set is, whose it is, and what was wrong with its files."""

from __future__ import annotations

from dataclasses import dataclass, fields
from html import escape
from os import PathLike, fspath
from pathlib import Path
from unicodedata import category


def printable(name: str | PathLike[str]) -> str:
    r"""Write a path or a name so that every terminal and file takes it: what cannot be shown is escaped.

    File systems allow bytes that are no text, line ends and control characters in names.

    Examples
    --------
    >>> printable("ros\udce9.png"), printable("two\nlines"), printable("犬")
    ('ros\\xe9.png', 'two\\nlines', '犬')
    """
    return "".join(_shown(sign) for sign in fspath(name))


_NOT_SHOWN = ("Cc", "Cs", "Zl", "Zp")  # control characters, halves of characters, ends of lines and paragraphs
_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # these reorder what stands around them


def _shown(sign: str) -> str:
    if "\udc80" <= sign <= "\udcff":  # Python's stand-in for a byte that is no UTF-8
        return f"\\x{ord(sign) - 0xDC00:02x}"
    return sign.encode("unicode_escape").decode() if category(sign) in _NOT_SHOWN or sign in _TURNING else sign


@dataclass(frozen=True)
class DataCard:
    """Where a data set comes from and on what terms it may be used.

    Parameters
    ----------
    name, title : str
        The short name, and what it holds in a few words.
    licence : str
        Its licence, or what is known of it.
    source : str
        The address or the folder it comes from.
    bytes : int
        Size of the files together.
    sha256 : str
        SHA-256 over the SHA-256 of each file in order; of the pixels for a set made from tensors.
    citation : tuple of str
        Papers to cite.
    attribution : str
        The line that goes under every figure that shows its images; empty where none is due.
    notes : str
        What one should know before using it.
    """

    name: str
    title: str
    licence: str
    source: str
    bytes: int
    sha256: str
    citation: tuple[str, ...] = ()
    attribution: str = ""
    notes: str = ""

    def _rows(self) -> list[tuple[str, str]]:
        shown = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "bytes":
                value = f"{value:,}"
            elif isinstance(value, tuple):
                value = "\n".join(value)
            if value:
                shown.append((field.name, value))
        return shown

    def __str__(self) -> str:
        indent = "\n" + " " * 13
        return "\n".join(f"{name:<12} {value}".replace("\n", indent) for name, value in self._rows())

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th style="text-align:left">{name}</th>'
            f'<td style="text-align:left">{escape(value).replace(chr(10), "<br>")}</td></tr>'
            for name, value in self._rows()
        )
        return f"<table>{rows}</table>"


@dataclass(frozen=True)
class Problem:
    """A file that was left out, and why.

    Parameters
    ----------
    path : Path
        The file.
    reason : str
        What was wrong with it.
    """

    path: Path
    reason: str

    def __str__(self) -> str:
        return self.told_from(None)

    def told_from(self, root: Path | None) -> str:
        """Say what is wrong, with a path that starts at a folder."""
        path = self.path if root is None or root not in self.path.parents else self.path.relative_to(root)
        return f"{printable(path)}: {self.reason}"
