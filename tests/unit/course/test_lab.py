"""Where JupyterLab listens, how a browser gets to it, and that it really starts."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from tlnb.course import lab as opening
from tlnb.course.lab import lab_command_line
from tlnb.course.ports import PortError, choose_port, has_browser, tunnel, why_not

HERE = {"DISPLAY": ":0", "USER": "ada"}


@pytest.fixture
def taken():
    """Listen on a port, as another server does."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def from_taken(taken, monkeypatch):
    """Begin at a port that is in use, in place of 8888, which may or may not be."""
    monkeypatch.setattr("tlnb.course.ports.FIRST", taken)
    return taken


def test_a_port_in_use_that_was_asked_for_is_an_error_with_one_that_is_free(taken):
    with pytest.raises(PortError, match=rf"Port {taken} is in use\. Use --port (\d+), or leave --port out") as error:
        choose_port(taken)
    offered = int(str(error.value).partition("--port ")[2].partition(",")[0])
    assert why_not(offered) is None


def test_without_a_wish_the_next_free_port_is_taken_and_told(from_taken, caplog):
    caplog.set_level("INFO", logger="tlnb")
    assert from_taken < choose_port() < from_taken + 100
    assert f"Port {from_taken} is in use" in caplog.text


def test_a_free_port_that_was_asked_for_is_taken(taken):
    free = next(port for port in range(taken + 1, 65536) if why_not(port) is None)
    assert choose_port(free) == free


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_number_that_is_no_port_is_an_error(port):
    with pytest.raises(PortError, match="they go from 1 to 65535"):
        choose_port(port)


def test_over_ssh_the_command_for_the_other_machine_is_given():
    variables = {**HERE, "SSH_CONNECTION": "192.0.2.7 52110 192.0.2.10 22"}
    assert tunnel(8888, variables) == "ssh -N -L 8888:localhost:8888 ada@192.0.2.10"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere a machine always has a screen")
def test_without_a_screen_the_command_names_this_machine():
    assert tunnel(8889, {"USER": "ada"}) == f"ssh -N -L 8889:localhost:8889 ada@{socket.gethostname()}"


@pytest.mark.parametrize("screen", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_at_a_machine_with_a_screen_no_tunnel_is_spoken_of(screen):
    assert tunnel(8888, {screen: ":0"}) is None


def browser_of(**variables):
    """Ask a fresh process, as browsers are looked for once, whether there is one."""
    code = "from tlnb.course.ports import has_browser; print(has_browser())"
    environment = {k: v for k, v in os.environ.items() if k not in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**environment, **variables}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip() == "True"


@pytest.fixture
def programs(tmp_path):
    """Put programs of some names, and nothing else, on the path."""

    def make(*names):
        folder = tmp_path / "bin"
        folder.mkdir()
        for name in names:
            (folder / name).write_text("#!/bin/sh\n")
            (folder / name).chmod(0o755)
        return str(folder)

    return make


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there always is one")
@pytest.mark.parametrize(
    ("names", "variables", "found"),
    [
        ([], {"DISPLAY": ":0"}, False),
        (["firefox"], {"DISPLAY": ":0"}, True),
        (["firefox"], {}, False),
        (["w3m", "lynx"], {}, False),
        (["helper"], {"BROWSER": "helper"}, True),
    ],
)
def test_a_browser_needs_a_screen_unless_the_environment_names_one(programs, names, variables, found):
    assert browser_of(PATH=programs(*names), **variables) is found
    assert isinstance(has_browser(), bool)


def test_jupyter_is_given_the_folder_and_the_first_lesson(tmp_path):
    first = tmp_path / "00 start.ipynb"
    command = lab_command_line(tmp_path, first, browser=True, port=8890, extra=["--debug"])
    assert f"--ServerApp.root_dir={tmp_path}" in command and "--port=8890" in command
    assert "--LabApp.default_url=/lab/tree/00%20start.ipynb" in command
    assert command[-1] == "--debug" and "--no-browser" not in command


def press_ctrl_c(process, most=20):
    """Press it until the process ends, as a person does: a server that is just starting may miss the first."""
    for _ in range(most):
        os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(3)
    return None


def ask_to_end(process):
    """End it as a service manager does: its own process is told, and no other."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        return process.wait(60)
    return None


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals reach groups of processes there")
@pytest.mark.parametrize(("end", "base"), [(press_ctrl_c, "/"), (ask_to_end, "/course/")])
def test_jupyterlab_starts_tells_an_address_that_lets_one_in_and_ends_with_tlnb(tmp_path, end, base):
    free = choose_port()
    command = [sys.executable, "-m", "tlnb", "lab", str(tmp_path / "mine"), "--no-browser", "--port", str(free)]
    variables = {k: v for k, v in os.environ.items() if k not in ("JUPYTER_TOKEN", "JUPYTERHUB_SERVICE_PREFIX")}
    variables |= {"JUPYTER_CONFIG_DIR": str(tmp_path / "settings"), "SSH_CONNECTION": "192.0.2.7 5 192.0.2.10 22"}
    lab = subprocess.Popen(
        [*command, "--", "--allow-root", f"--ServerApp.base_url={base}"],
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    stuck = threading.Timer(120, os.killpg, (lab.pid, signal.SIGKILL))
    stuck.start()
    try:
        said = []
        for line in lab.stdout:
            said.append(line)
            if "runs until" in line:
                break
        address = next(word for line in said for word in line.split() if word.startswith("http://"))
        assert f"localhost:{free}{base}lab/tree/00_start_here.ipynb?token=" in address
        assert f"ssh -N -L {free}:localhost:{free} " in "".join(said)
        with urllib.request.urlopen(address.replace("/lab/tree/", "/api/contents/"), timeout=30) as answer:
            assert b"00_start_here.ipynb" in answer.read()
        assert end(lab) is not None
        with pytest.raises(OSError, match="refused"):
            urllib.request.urlopen(address, timeout=30)
    finally:
        stuck.cancel()
        if lab.poll() is None:
            os.killpg(lab.pid, signal.SIGKILL)
        lab.wait()
        lab.stdout.close()
    assert Path(tmp_path / "mine" / "00_start_here.ipynb").exists()


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_server_that_does_not_end_when_asked_is_ended(monkeypatch):
    monkeypatch.setattr(opening, "_SECONDS_TO_END", 0.2)
    deaf = ["import signal, time", "signal.signal(signal.SIGTERM, signal.SIG_IGN)", "print('deaf', flush=True)"]
    command = [sys.executable, "-c", "\n".join([*deaf, "time.sleep(60)"])]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        server.stdout.readline()
        with opening._ended_together(server):
            os.kill(os.getpid(), signal.SIGTERM)
            assert server.wait(30) == -signal.SIGKILL
