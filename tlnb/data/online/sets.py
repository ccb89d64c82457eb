"""The table of data sets on servers (sets.toml, beside): plain data, read once."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tlnb.data.online.remote import RemoteFile

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class OnlineSet:
    """A data set on servers.

    Attributes
    ----------
    name, title : str
        The short name, and what it holds in a line.
    images : int
        How many are labelled.
    classes : tuple of str
        What they show.
    licence, homepage, citation : str
        On what terms, where it is described, and what to cite.
    files : tuple of RemoteFile
        What is downloaded.
    task : str
        What it is for, if not classification.
    torchvision : str
        The class of ``torchvision.datasets`` that reads it, with the set's folder as its root.
    layout : str
        How else it is read: a name of `tlnb.data.online.parsers`.
    into : str
        Sub-folder that its files go into, where that class looks for them.
    keep_packed : bool
        It is read as it comes.
    rename : dict of str to str
        Folders that are called otherwise in the archive.
    sizes : tuple of int
        Sides in pixels to store it at: that of its images, where they have but one.
    licence_from : str
        Where the licence was read; empty where nobody states one.
    attribution, notes : str
        The line due under figures, and what one should know.
    """

    name: str
    title: str
    images: int
    classes: tuple[str, ...]
    licence: str
    homepage: str
    citation: str
    files: tuple[RemoteFile, ...]
    task: str = "classification"
    torchvision: str = ""
    layout: str = "torchvision"
    into: str = ""
    keep_packed: bool = False
    rename: dict[str, str] = field(default_factory=dict)
    sizes: tuple[int, ...] = (160,)
    licence_from: str = ""
    attribution: str = ""
    notes: str = ""

    @property
    def bytes(self) -> int:
        """What is downloaded, as far as sizes were published; 0 where none was."""
        return sum(file.bytes for file in self.files)


@cache
def online_sets() -> dict[str, OnlineSet]:
    """Read the table.

    Examples
    --------
    >>> online_sets()["eurosat"].bytes
    94280567
    """
    table = tomllib.loads(Path(__file__).with_name("sets.toml").read_text(encoding="utf-8"))
    found = {}
    for name, row in table.items():
        files = [RemoteFile(**{**file, "addresses": tuple(file["addresses"])}) for file in row.pop("files")]
        lists: dict[str, Any] = {key: tuple(row.pop(key)) for key in ("classes", "sizes") if key in row}
        found[name] = OnlineSet(name=name, files=tuple(files), **lists, **row)
    return found
