"""The reference: a page for each public name, from its docstring, and one for each module that has them."""

from __future__ import annotations

import inspect
from functools import cached_property
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any, get_args

# Module -> what its page says before the table; the first line of its docstring where there is nothing better.
MODULES = (
    "tlnb",
    "tlnb.data",
    "tlnb.data.augmentation",
    "tlnb.data.clips",
    "tlnb.data.emoji",
    "tlnb.data.nuclei",
    "tlnb.data.scenes",
    "tlnb.backbones",
    "tlnb.training",
    "tlnb.methods",
    "tlnb.evaluation",
    "tlnb.controls",
    "tlnb.course",
    "tlnb.course.glossary",
)
ERRORS = "tlnb.core.errors"

OPENING = """\
API reference
=============

Public names, by the module that they are imported from. What is not listed here may change without notice.

"""


def public_names(module: str) -> list[str]:
    """Return what a module gives to the public: ``__all__``, without sub-modules and names in underscores.

    Examples
    --------
    >>> "fit" in public_names("tlnb"), "training" in public_names("tlnb")
    (True, False)
    """
    home = import_module(module)
    if module.endswith(("errors", "glossary")):  # small modules without __all__
        defined = {name for name, value in vars(home).items() if getattr(value, "__module__", "") == module}
        return sorted(name for name in defined if not name.startswith("_"))
    return [name for name in home.__all__ if not name.startswith("_") and not isinstance(get(module, name), ModuleType)]


def own_members(kind: type) -> list[str]:
    """Return the public methods and properties of a class that tlnb wrote, with those of its bases.

    What comes from PyTorch, from a widget or from a mapping is documented there.
    """
    kinds = (FunctionType, classmethod, staticmethod, property, cached_property)
    ours = [base for base in kind.__mro__ if base.__module__.startswith("tlnb.")]
    found = {name for base in ours for name, value in vars(base).items() if isinstance(value, kinds)}
    return sorted(name for name in found if not name.startswith("_") and inspect.getdoc(getattr(kind, name)))


def get(module: str, name: str) -> Any:
    """Return what a public name stands for, loading it where it is lazy."""
    return getattr(import_module(module), name)


def home_of(module: str, name: str) -> str:
    """Return the name under which it has its page: that of a floor, where ``tlnb`` only passes it on."""
    if module != "tlnb":
        return f"{module}.{name}"
    value = get(module, name)
    floors = [
        floor for floor in MODULES[1:] if value.__module__.startswith(f"{floor}.") and name in public_names(floor)
    ]
    return f"{floors[0]}.{name}"


def api_pages() -> dict[str, str]:
    """Return the pages of the reference, by path in the site."""
    modules = [*MODULES, ERRORS]
    pages = {"api/index.rst": OPENING + _toctree(modules, hidden=False)}
    for module in modules:
        names = sorted(public_names(module), key=str.casefold)
        pages[f"api/{module}.rst"] = _module_page(module, names)
        if module != "tlnb":
            pages |= {f"api/{module}.{name}.rst": _page(module, name) for name in names}
    return pages


def _module_page(module: str, names: list[str]) -> str:
    opening = (inspect.getdoc(import_module(module)) or "").split("\n\n")[0]
    rows = [f"   * - :doc:`{name} </api/{home_of(module, name)}>`\n     - {_summary(module, name)}" for name in names]
    table = "\n".join([".. list-table::", "   :widths: 30 70", "", *rows])
    pages = [] if module == "tlnb" else [f"{module}.{name}" for name in names]
    return _join(_heading(module), f".. py:module:: {module}", opening, table, _toctree(pages, hidden=True))


def _page(module: str, name: str) -> str:
    passed_on = name in public_names("tlnb") and home_of("tlnb", name) == f"{module}.{name}"
    also = f"Also ``tlnb.{name}``." if passed_on else ""
    return _join(_heading(name), f".. currentmodule:: {module}", also, *_documented(name, get(module, name)))


def _documented(name: str, value: Any) -> list[str]:
    if inspect.isclass(value):
        members = ", ".join(own_members(value))
        return [f".. autoclass:: {name}" + (f"\n   :members: {members}" if members else "")]
    if not callable(value):
        return [f".. autodata:: {name}\n   :no-value:", _constant(value)]
    if not type(value).__module__.startswith("tlnb."):
        return [f".. autofunction:: {name}"]
    kind = type(value)  # an object that is called: its methods are words of their own
    methods = [f".. automethod:: {kind.__qualname__}.{method}" for method in ("__call__", *own_members(kind))]
    return [f".. autofunction:: {name}", f".. currentmodule:: {kind.__module__}", *methods]


def _summary(module: str, name: str) -> str:
    value = get(module, name)
    return " ".join((inspect.getdoc(value) or "").split("\n\n")[0].split()) if callable(value) else _constant(value)


def _constant(value: Any) -> str:
    """Say what a constant holds: the names that it knows, or the kinds that it may be."""
    kinds = get_args(value)
    if kinds:
        return "One of " + ", ".join(f"`{kind.__name__}`" for kind in kinds) + "."
    return f"{len(value)} names: " + ", ".join(f"``{name}``" for name in value) + "."


def _heading(text: str) -> str:
    return f"{text}\n{'=' * len(text)}"


def _join(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def _toctree(pages: list[str], hidden: bool) -> str:
    option = "   :hidden:" if hidden else "   :maxdepth: 1"
    return "\n".join([".. toctree::", option, "", *(f"   {page}" for page in pages)]) if pages else ""
