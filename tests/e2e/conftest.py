"""JupyterLab on a folder of notebooks, and a real browser that opens them."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from lab_page import LabPage
from packaging.requirements import Requirement

from tlnb.core.files import file_lock

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture(scope="session")
def browser_path() -> str:
    """Find a browser: TLNB_BROWSER, else what is installed. In CI a missing one is a failure."""
    found = find_browser()
    if found is None:
        message = "no Chromium or Chrome found; install one, or set TLNB_BROWSER to its path"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    return str(found)


def find_browser() -> str | None:
    """Return the path of a browser: TLNB_BROWSER, else the first that is installed."""
    return os.environ.get("TLNB_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="session")
def lab_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab")


APPS = {
    "lab": ("jupyterlab", "--LabApp.expose_app_in_browser=True", "lab/tree"),  # window.jupyterapp: tests steer by it
    "notebook": ("notebook", "--JupyterNotebookApp.expose_app_in_browser=True", "notebooks"),
}


@contextmanager
def served(
    app: str, folder: Path, python: str = sys.executable, around: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Serve a folder by JupyterLab or Notebook 7, with settings of its own; give the address once it answers.

    The server may be another environment's; kernels run in this one. `around` are environment variables, for both.
    """
    module, option, _ = APPS[app]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(python, "-m", module, "--no-browser", "--allow-root", f"--port={port}", option),
        *(f"--ServerApp.root_dir={folder}", "--IdentityProvider.token=", "--ServerApp.password="),
    ]
    quiet = folder / ".settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True, exist_ok=True)
    quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    kernel = {"argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "language": "python"}
    described = folder / ".kernels" / "kernels" / "python3" / "kernel.json"
    described.parent.mkdir(parents=True, exist_ok=True)
    described.write_text(json.dumps({**kernel, "display_name": "Python 3"}))
    settings = {
        "JUPYTER_CONFIG_DIR": str(folder / ".config"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings"),
        "JUPYTER_PATH": str(folder / ".kernels"),
    }
    log = (folder / f".{app}.log").open("w")
    kernels = settings["JUPYTER_PATH"]
    settings |= around or {}
    settings["JUPYTER_PATH"] = os.pathsep.join(dict.fromkeys((kernels, settings["JUPYTER_PATH"])))
    # Python finds modules in the folder that it starts in: that must not be this repository.
    server = subprocess.Popen(command, cwd=folder, env=os.environ | settings, stdout=log, stderr=subprocess.STDOUT)
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
        end_server(server)
        log.close()


def end_server(server: subprocess.Popen[bytes]) -> None:
    """Stop a server. One that is stopped while it reads a file may wait without end for the thread that read it."""
    server.terminate()
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait(10)


@pytest.fixture(scope="session")
def lab_address(lab_folder: Path) -> Iterator[str]:
    """Start JupyterLab on an empty folder."""
    with served("lab", lab_folder) as address:
        yield address


@pytest.fixture(scope="session")
def oldest_lab() -> str:
    """Return the Python of an environment with the oldest JupyterLab that tlnb promises to work in; made once."""
    bounds = (Requirement(line) for line in importlib.metadata.requires("tlnb") or ())
    least = next(one.specifier for one in bounds if one.name == "jupyterlab")
    version = next(iter(least)).version
    python = Path(sys.prefix) / f"jupyterlab-{version}" / "bin" / "python"
    with file_lock(python.parents[1]):  # another worker may be making it
        if not python.exists():
            half = python.parents[1].with_suffix(f".{os.getpid()}")
            subprocess.run([sys.executable, "-m", "venv", half], check=True)
            wanted = (f"jupyterlab=={version}.*", f"ipywidgets=={importlib.metadata.version('ipywidgets')}")
            own = f"anywidget=={importlib.metadata.version('anywidget')}"
            subprocess.run([half / "bin" / "python", "-m", "pip", "install", "-q", *wanted, own], check=True)
            half.rename(python.parents[1])
    return str(python)


@contextmanager
def opened(
    browser_path: str, app: str, address: str, folder: Path, pictures: Path
) -> Iterator[Callable[[Path], LabPage]]:
    """Give what copies a notebook into the folder of a server and opens it; a screenshot is left at the end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 1400})

        def open_it(notebook: Path) -> LabPage:
            shutil.copy(notebook, folder / notebook.name)
            lab = LabPage(page, pictures)
            lab.open(f"{address}/{APPS[app][2]}/{notebook.name}{'?reset' if app == 'lab' else ''}")
            return lab

        yield open_it
        page.screenshot(path=pictures / "end.png")
        browser.close()


@pytest.fixture
def open_notebook(
    browser_path: str, lab_address: str, lab_folder: Path, tmp_path: Path
) -> Iterator[Callable[[Path], LabPage]]:
    """Open a notebook in JupyterLab, the one that is installed."""
    with opened(browser_path, "lab", lab_address, lab_folder, tmp_path) as open_it:
        yield open_it


@pytest.fixture(params=["JupyterLab, oldest", "Notebook 7"])
def open_elsewhere(
    request: pytest.FixtureRequest, browser_path: str, tmp_path: Path
) -> Iterator[Callable[[Path], LabPage]]:
    """As `open_notebook`, in the oldest JupyterLab that will do, and in Notebook 7, on a server of its own."""
    oldest = request.param == "JupyterLab, oldest"
    python = request.getfixturevalue("oldest_lab") if oldest else sys.executable
    app, folder = "lab" if oldest else "notebook", tmp_path / "served"
    folder.mkdir()
    with (
        served(app, folder, python) as address,
        opened(browser_path, app, address, folder, tmp_path) as open_it,
    ):
        yield open_it
