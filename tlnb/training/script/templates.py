"""The text of what is written: Jinja templates beside this file, which share their parts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jinja2


@cache
def template(name: str) -> Any:
    """Return a template of this folder by its name, as ``"script"``."""
    settings = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    return settings.get_template(f"{name}.py.jinja")
