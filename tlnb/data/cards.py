"""What a data set is, whose it is, and what was wrong with its files."""

from __future__ import annotations

from dataclasses import dataclass, fields
from html import escape
from pathlib import Path


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
        return f"{self.path}: {self.reason}"
