"""The built page halves of the controls, from the package's own files."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).with_name("static")


class Bundle(NamedTuple):
    """What a page needs of a control.

    Attributes
    ----------
    key : str
        What the page knows it by; it changes with the content.
    module, style : bytes
        JavaScript, and its style sheet (nothing where it has none).
    """

    key: str
    module: bytes
    style: bytes


@cache
def bundle(name: str) -> Bundle:
    """Read a control's bundle.

    Parameters
    ----------
    name : str
        A file of ``tlnb/controls/static``, without its suffix.

    Examples
    --------
    >>> key, module, style = bundle("freeze_map")
    >>> key.startswith("freeze_map-"), b"export" in module, b".tlnb-control" in style
    (True, True, True)
    """
    module, sheet = (FOLDER / f"{name}.js").read_bytes(), FOLDER / f"{name}.css"
    style = sheet.read_bytes() if sheet.exists() else b""
    return Bundle(f"{name}-{hashlib.sha256(module + style).hexdigest()[:12]}", module, style)
