"""JupyterLab on a folder of notebooks, and a real browser that opens them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab_page import LabPage

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture(scope="session")
def browser_path() -> str:
    """Find a browser: TLNB_BROWSER, else what is installed. In CI a missing one is a failure."""
    found = os.environ.get("TLNB_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        message = "no Chromium or Chrome found; install one, or set TLNB_BROWSER to its path"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    return str(found)


@pytest.fixture(scope="session")
def lab_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="session")
def lab_address(lab_folder: Path) -> Iterator[str]:
    """Start JupyterLab on an empty folder, with settings of its own, and wait until it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"),
        *(f"--ServerApp.root_dir={lab_folder}", "--IdentityProvider.token=", "--ServerApp.password="),
        "--LabApp.expose_app_in_browser=True",  # window.jupyterapp, by which the tests steer it
    ]
    quiet = lab_folder / ".settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    settings = {
        "JUPYTER_CONFIG_DIR": str(lab_folder / ".config"),
        "JUPYTERLAB_SETTINGS_DIR": str(lab_folder / ".settings"),
    }
    log = (lab_folder / ".server.log").open("w")
    server = subprocess.Popen(command, env=os.environ | settings, stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/api", timeout=1).close()
                break
            except OSError:
                assert server.poll() is None, (lab_folder / ".server.log").read_text()[-3000:]
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(30)
        log.close()


@pytest.fixture
def open_notebook(
    browser_path: str, lab_address: str, lab_folder: Path, tmp_path: Path
) -> Iterator[Callable[[Path], LabPage]]:
    """Copy a notebook into the folder of the server and open it; a screenshot is left at the end of the test."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 1400})

        def open_it(notebook: Path) -> LabPage:
            shutil.copy(notebook, lab_folder / notebook.name)
            lab = LabPage(page, tmp_path)
            lab.open(f"{lab_address}/lab/tree/{notebook.name}?reset")
            return lab

        yield open_it
        page.screenshot(path=tmp_path / "end.png")
        browser.close()
