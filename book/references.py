"""Names in docstrings and signatures, as code writes them, lead to the page that documents them."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from book.api import ERRORS, MODULES, home_of, public_names


@cache
def documented() -> dict[str, str]:
    """Return the ways to name what is public, and the name under which it is documented.

    Besides the name itself: ``tlnb.Recipe``, where the module is that really defines it, and ``Recipe`` alone.
    """
    names: dict[str, str] = {}
    for module in (*MODULES, ERRORS):
        for name in public_names(module):
            home = home_of(module, name)
            value = getattr(import_module(module), name)
            defined = f"{getattr(value, '__module__', module)}.{getattr(value, '__qualname__', name)}"
            for way in (f"{module}.{name}", defined, name):
                names.setdefault(way, home)
    return names


def resolve_name(app: Any, env: Any, node: Any, content: Any) -> Any:
    """Resolve a name that Sphinx does not know as it is written."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    first, _, member = target.rpartition(".")
    for name, rest in ((target, ""), (first, f".{member}")):
        if name in documented():
            domain = env.get_domain("py")
            found = documented()[name] + rest
            return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", found, node, content)
    return None


def sign_controls(app: Any, what: str, name: str, value: Any, options: Any, signature: Any, returns: Any) -> Any:
    """Give a class the signature of its ``__init__`` where a widget's ``__new__`` would hide it."""
    from sphinx.util.inspect import signature as sign
    from sphinx.util.inspect import stringify_signature

    written_here = getattr(getattr(value, "__init__", None), "__module__", "").startswith("tlnb.")
    if what != "class" or not written_here or value.__new__ is object.__new__:
        return None
    return stringify_signature(
        sign(value.__init__, bound_method=True), unqualified_typehints=True, show_return_annotation=False
    ), None


def source_of(app: Any, module: str, name: str) -> str | None:
    """Look for the source of an object that is called where it is public: what defines it is a line, not a function."""
    value = getattr(import_module(module), name, None)
    return module if callable(value) and type(value).__module__.startswith("tlnb.") else None
