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
from contextlib import contextmanager
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


APPS = {
    "lab": ("jupyterlab", "--LabApp.expose_app_in_browser=True", "lab/tree"),  # window.jupyterapp: tests steer by it
    "notebook": ("notebook", "--JupyterNotebookApp.expose_app_in_browser=True", "notebooks"),
}


@contextmanager
def served(app: str, folder: Path) -> Iterator[str]:
    """Serve a folder by JupyterLab or Notebook 7, with settings of its own; give the address once it answers."""
    module, option, _ = APPS[app]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", module, "--no-browser", "--allow-root", f"--port={port}", option),
        *(f"--ServerApp.root_dir={folder}", "--IdentityProvider.token=", "--ServerApp.password="),
    ]
    quiet = folder / ".settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True, exist_ok=True)
    quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    settings = {"JUPYTER_CONFIG_DIR": str(folder / ".config"), "JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings")}
    log = (folder / f".{app}.log").open("w")
    server = subprocess.Popen(command, env=os.environ | settings, stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/api", timeout=1).close()
                break
            except OSError:
                assert server.poll() is None, (folder / f".{app}.log").read_text()[-3000:]
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(30)
        log.close()


@pytest.fixture(scope="session")
def lab_address(lab_folder: Path) -> Iterator[str]:
    """Start JupyterLab on an empty folder."""
    with served("lab", lab_folder) as address:
        yield address


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
            lab.open(f"{lab_address}/{APPS['lab'][2]}/{notebook.name}?reset")
            return lab

        yield open_it
        page.screenshot(path=tmp_path / "end.png")
        browser.close()


@pytest.fixture
def open_in_notebook_7(browser_path: str, tmp_path: Path) -> Iterator[Callable[[Path], LabPage]]:
    """As `open_notebook`, in Notebook 7, on a server of its own."""
    from playwright.sync_api import sync_playwright

    folder = tmp_path / "served"
    folder.mkdir()
    with served("notebook", folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 1400})

        def open_it(notebook: Path) -> LabPage:
            shutil.copy(notebook, folder / notebook.name)
            lab = LabPage(page, tmp_path)
            lab.open(f"{address}/{APPS['notebook'][2]}/{notebook.name}")
            return lab

        yield open_it
        page.screenshot(path=tmp_path / "end.png")
        browser.close()
