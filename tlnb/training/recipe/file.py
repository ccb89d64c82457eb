"""Recipes as TOML: readable, and without surprises for whoever edits one by hand."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from tlnb.core.errors import RecipeError
from tlnb.core.files import atomic_path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FORMAT = 1


def dumps(values: Mapping[str, Any]) -> str:
    """Write fields as TOML. TOML has no null: a field that is None is left out, which reads back as None."""
    return tomli_w.dumps({"format": FORMAT, **{k: _plain(v) for k, v in values.items() if v is not None}})


def loads(text: str) -> dict[str, Any]:
    """Read fields from TOML.

    Raises
    ------
    RecipeError
        If the text is not TOML, or was written by a newer version.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"This is not a recipe: {error}. Compare it with the text of recipe.to_toml().") from error
    found = values.pop("format", FORMAT)
    if found != FORMAT:
        raise RecipeError(
            f"This recipe has format {found!r}; this version of tlnb reads format {FORMAT}. Upgrade tlnb."
        )
    return values


def write(path: str | Path, text: str) -> Path:
    """Write text to a file under a temporary name, then rename it."""
    with atomic_path(Path(path)) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return Path(path)


def _plain(value: Any) -> Any:
    return [_plain(v) for v in value] if isinstance(value, tuple) else value
