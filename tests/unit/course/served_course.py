"""A real Jupyter server with the course's extension, on a folder of its own, and plain requests to it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[3]
TOKEN = "the-right-one"
KERNEL = {"argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "language": "python"}


class Answer:
    """Status, headers and body of an answer."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server:
    """A server that runs."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, root: Path) -> None:
        self.process, self.root = process, root
        self.address = f"http://127.0.0.1:{port}"

    def ask(
        self, path: str, body: Any = None, *, method: str = "", token: str | None = TOKEN, **headers: str
    ) -> Answer:
        """Send a request; one with a body is a POST, with what is not bytes as JSON."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/{path}", data, method=method or ("POST" if data else "GET"))
        for name, value in {"Authorization": token and f"token {token}", **headers}.items():
            if value is not None:
                request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def state(self) -> Any:
        return self.ask("tlnb/api/course").json

    def act(self, action: str, **fields: Any) -> Answer:
        return self.ask(f"tlnb/api/{action}", fields)

    def run_of(self, lesson: str) -> Any:
        return self.ask("tlnb/api/runs").json.get(lesson)

    def wait_for_run(self, lesson: str, reached: Callable[[Mapping[str, Any]], bool], seconds: float = 240) -> Any:
        """Poll as the page does, until a run has come that far."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            run = self.run_of(lesson)
            if run and reached(run):
                return run
            time.sleep(0.1)
        raise AssertionError(f"lesson {lesson} did not come that far: {self.run_of(lesson)}")


@contextmanager
def course_server(
    folder: Path, *options: str, root: Path | None = None, lab: bool = False, **variables: str
) -> Iterator[Server]:
    """Start a server that finds the extension as an installed one does: by the file that the wheel brings.

    It is the one that ``tlnb lab`` starts, if that is asked for.
    """
    root = root or folder / "root"
    root.mkdir(parents=True, exist_ok=True)
    enabled = folder / "etc" / "jupyter_server_config.d" / "tlnb.json"
    enabled.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(REPOSITORY / "jupyter-config" / "server-config" / "tlnb.json", enabled)
    described = folder / "jupyter" / "kernels" / "python3" / "kernel.json"
    described.parent.mkdir(parents=True, exist_ok=True)
    described.write_text(json.dumps({**KERNEL, "display_name": "Python 3"}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_CONFIG_PATH": str(folder / "etc"),
        "JUPYTER_PATH": str(folder / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTER_TOKEN": TOKEN,
        "TLNB_HOME": str(folder / "home"),
        **variables,
    }
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}"]
    command += [f"--ServerApp.root_dir={root}", "--ServerApp.port_retries=0", *options]
    if lab:
        command = [
            sys.executable,
            "-m",
            "tlnb",
            "lab",
            str(root),
            "--no-browser",
            f"--port={port}",
            "--",
            "--allow-root",
        ]
    log = folder / "server.log"
    with log.open("ab") as said:
        process = subprocess.Popen(command, env=os.environ | own, stdout=said, stderr=said)
    server = Server(process, port, root)
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, log.read_text()[-3000:]
                time.sleep(0.1)
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:  # one that is stopped while it reads a file may wait without end for a thread
            process.kill()
            process.wait(10)
