"""JupyterLab on a learner's copy of the lessons."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from tlnb.course.ports import choose_port

_SECONDS_TO_START = 120.0  # a cold disk and a first start; JupyterLab goes on starting after that, without our word
_SECONDS_TO_TELL = 3.0  # once it answers
_SECONDS_TO_END = 15.0


def open_lab(
    folder: str | Path,
    *,
    first: Path | None = None,
    browser: bool = True,
    port: int | None = None,
    extra: Sequence[str] = (),
    on_ready: Callable[[str, int], None] = lambda address, port: None,
) -> int:
    """Start JupyterLab on a folder and wait until it is closed.

    Parameters
    ----------
    folder : str or Path
        Its root.
    first : Path, optional
        The notebook in it that is opened.
    browser : bool
        Whether to open a browser.
    port : int, optional
        Port of the server; by default the first free one from 8888 on.
    extra : sequence of str
        Further options for JupyterLab.
    on_ready : callable
        Called with the address and the port once the server answers. The address holds the token, which lets in
        whoever has it.

    Returns
    -------
    int
        The server's exit code; 0 after Ctrl-C.

    Raises
    ------
    PortError
        If the port is in use.
    """
    chosen = choose_port(port)
    command = lab_command_line(folder, first, browser=browser, port=chosen, extra=extra)
    token = os.environ.get("JUPYTER_TOKEN") or secrets.token_hex(24)  # not on the command line, which others can read
    server = subprocess.Popen(command, env={**os.environ, "JUPYTER_TOKEN": token})
    with _ended_together(server):
        with suppress(KeyboardInterrupt):
            if _started(server, chosen):
                on_ready(_address(chosen, _page(folder, first), token), chosen)
        while server.poll() is None:
            with suppress(KeyboardInterrupt):  # the server hears it too, asks whether it was meant, and ends by itself
                server.wait()
    return server.returncode


@contextmanager
def _ended_together(server: subprocess.Popen[bytes]) -> Iterator[None]:
    """Hand on a request to end, which reaches this process alone: its server would be left with nobody to stop it.

    A server that is stopped while it reads a file may wait without end for the thread that read it: it is not waited
    for.
    """
    if threading.current_thread() is not threading.main_thread():  # signals are not ours to handle
        yield
        return

    def end(*_: object) -> None:
        server.terminate()
        late = threading.Timer(_SECONDS_TO_END, server.kill)
        late.daemon = True
        late.start()

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def lab_command_line(
    folder: str | Path, first: Path | None, *, browser: bool, port: int, extra: Sequence[str] = ()
) -> list[str]:
    """Write the command that starts JupyterLab.

    Parameters
    ----------
    folder, first, browser, port, extra
        As for `open_lab`.

    Examples
    --------
    >>> lab_command_line("/mine", Path("/mine/00_start_here.ipynb"), browser=False, port=8889)[3:]
    ['--ServerApp.root_dir=/mine', '--LabApp.default_url=/lab/tree/00_start_here.ipynb', '--port=8889', \
'--ServerApp.port_retries=0', '--no-browser']
    """
    return [
        *(sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={Path(folder).absolute()}"),
        f"--LabApp.default_url={_page(folder, first)}",
        *(f"--port={port}", "--ServerApp.port_retries=0"),  # the address that is told is then the right one
        *([] if browser else ["--no-browser"]),
        *extra,
    ]


def _page(folder: str | Path, first: Path | None) -> str:
    return "/lab" if first is None else f"/lab/tree/{quote(first.relative_to(folder).as_posix())}"


def _address(port: int, page: str, token: str) -> str:
    """Return the address of a page; where the server tells, with the base and the token that its options gave it."""
    from jupyter_server.serverapp import list_running_servers

    base, deadline = "/", time.monotonic() + _SECONDS_TO_TELL
    while time.monotonic() < deadline:
        told = next((one for one in list_running_servers() if one.get("port") == port), None)
        if told is not None:
            base, token = told["base_url"], told["token"]
            break
        time.sleep(0.1)
    return f"http://localhost:{port}{base.rstrip('/')}{page}" + (f"?token={token}" if token else "")


def _started(server: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until a server answers; False if it ended before, or takes too long to be waited for."""
    deadline = time.monotonic() + _SECONDS_TO_START
    while server.poll() is None and time.monotonic() < deadline:
        if _answers(port):
            return True
        time.sleep(0.2)
    return False


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("localhost", port), timeout=1).close()
    except OSError:
        return False
    return True
