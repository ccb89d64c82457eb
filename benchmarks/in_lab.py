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
    import nbformat
    from lab_page import LabPage
    from playwright.sync_api import sync_playwright

    from conftest import BROWSERS, served

    browser_path = os.environ.get("TLNB_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)))
    with tempfile.TemporaryDirectory() as name, served("lab", Path(name)) as address, sync_playwright() as playwright:
        made = [nbformat.v4.new_code_cell(source) for source in cells]
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        nbformat.write(nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel}), Path(name) / "page.ipynb")
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        lab = LabPage(browser.new_page(viewport={"width": 1200, "height": 2400}), Path(name))
        lab.open(f"{address}/lab/tree/page.ipynb?reset")
        lab.run_all(seconds=300)
        lab.wait_until_done()
        yield lab
        browser.close()
