"""Public names that are loaded when they are first asked for, so that an import stays light."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return what a package calls ``__getattr__`` and ``__dir__``.

    Parameters
    ----------
    package : str
        Its ``__name__``.
    homes : mapping of str to str
        Public name to the module in the package that defines it: ``"files"``, or ``"folder.module"``.

    Returns
    -------
    tuple of two functions
        The first finds a name, or raises AttributeError with the near ones; the second lists what there is.

    Examples
    --------
    >>> find, names = lazy_names("tlnb.core", {"atomic_path": "files"})
    >>> find("atomic_path").__module__, "atomic_path" in names()
    ('tlnb.core.files', True)
    """

    def find(name: str) -> Any:
        if name not in homes:
            from tlnb.core.errors import did_you_mean

            near = "" if name.startswith("_") else did_you_mean(name, homes)
            raise AttributeError(f"module {package!r} has no attribute {name!r}.{near}")
        value = getattr(import_module(f"{package}.{homes[name]}"), name)
        setattr(sys.modules[package], name, value)  # found at once from now on
        return value

    return find, lambda: sorted({*vars(sys.modules[package]), *homes})
