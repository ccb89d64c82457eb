"""A notebook in a real JupyterLab and a real browser, run to its end, to measure in."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def opened(*cells: str) -> Iterator[Any]:
    """Give a notebook of some code cells, as a `LabPage` of the browser tests.

    It takes a Chromium or Chrome, from the path or TLNB_BROWSER.
    """
    sys.path.insert(0, str(ROOT / "tests" / "e2e"))
    from lab_page import opened_at_its_end

    import conftest

    browser = os.environ.get("TLNB_BROWSER") or next(filter(None, map(shutil.which, conftest.BROWSERS)))
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as own:
        folder = Path(name)
        with (
            conftest.served("lab", folder) as address,
            conftest.opened(browser, "lab", address, folder, Path(own)) as open_it,
        ):
            yield opened_at_its_end(open_it, Path(own) / "page.ipynb", *cells, seconds=300)
