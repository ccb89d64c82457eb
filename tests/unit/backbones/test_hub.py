"""A network that answers, refuses, hangs or lies: weights come, or the reason why not, within seconds."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import save
from servers import Server

from tlnb.backbones import create_model
from tlnb.backbones.hub import reachable, url_file
from tlnb.core.errors import WeightsError

REPOSITORY = "/timm/test_resnet.r160_in1k/resolve/main/model.safetensors"


@pytest.fixture
def hub_server(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Serve weights of timm's smallest ResNet as the hub would."""
    from timm import create_model as timm_model

    torch.manual_seed(11)
    server.files[REPOSITORY] = save(timm_model("test_resnet.r160_in1k").state_dict())
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    return server


def test_a_server_that_answers_is_reachable_even_if_it_answers_with_an_error(server: Server) -> None:
    assert reachable(f"{server.address}/some/file")
    assert server.requests == ["HEAD "] or server.requests == ["HEAD /"]


def test_a_server_that_refuses_is_found_out_at_once(refusing_server: str) -> None:
    start = time.monotonic()
    assert not reachable(refusing_server)
    assert time.monotonic() - start < 2.5


def test_a_server_that_hangs_is_given_up_after_three_seconds_and_not_asked_again(silent_server: str) -> None:
    start = time.monotonic()
    assert not reachable(f"{silent_server}/a")
    assert time.monotonic() - start < 20
    start = time.monotonic()
    assert not reachable(f"{silent_server}/b")
    assert time.monotonic() - start < 2.5  # less than another wait


def test_an_address_that_is_none_is_not_reachable() -> None:
    assert not reachable("no address")


@pytest.mark.usefixtures("offline")
def test_no_request_is_made_when_the_user_forbids_the_network(hub_server: Server) -> None:
    with pytest.raises(WeightsError, match="HF_HUB_OFFLINE is set"):
        create_model("test_resnet", 2)
    assert hub_server.requests == []


def test_weights_come_from_the_hub_and_later_from_its_cache(
    hub_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = hashlib.sha256(hub_server.files[REPOSITORY]).hexdigest()
    first = create_model("test_resnet", 2)
    assert (first.tlnb_card.weights.source, first.tlnb_card.weights.sha256) == ("hub", sha256)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    second = create_model("test_resnet", 2)
    assert (second.tlnb_card.weights.source, second.tlnb_card.weights.sha256) == ("cache", sha256)
    for name, tensor in first.state_dict().items():
        torch.testing.assert_close(second.state_dict()[name], tensor, rtol=0, atol=0)


def test_weights_of_the_hub_are_those_that_were_served(hub_server: Server) -> None:
    from safetensors.torch import load

    served = load(hub_server.files[REPOSITORY])
    state = create_model("test_resnet", "imagenet").state_dict()
    assert served.keys() == state.keys()
    assert all(torch.equal(served[name], tensor) for name, tensor in state.items())


def test_a_model_does_not_carry_a_second_copy_of_its_weights(hub_server: Server) -> None:
    assert create_model("test_resnet", 2).pretrained_cfg["state_dict"] is None


def test_a_damaged_file_in_the_cache_is_refused(hub_server: Server) -> None:
    create_model("test_resnet", 2)
    (stored,) = Path(constants.HF_HUB_CACHE).glob("models--*/snapshots/*/model.safetensors")
    content = bytearray(stored.read_bytes())
    content[-1] ^= 1
    stored.resolve().write_bytes(content)
    with pytest.raises(WeightsError, match="damaged or was replaced"):
        create_model("test_resnet", 2)


def test_weights_that_lack_a_tensor_are_refused_instead_of_left_at_random(hub_server: Server) -> None:
    from safetensors.torch import load

    state = load(hub_server.files[REPOSITORY])
    del state["layer1.0.conv1.weight"]
    hub_server.files[REPOSITORY] = save(state)
    with pytest.raises(WeightsError, match=r"layer1\.0\.conv1\.weight"):
        create_model("test_resnet", 2)


def test_a_repository_that_is_gone_is_told_by_name(hub_server: Server) -> None:
    hub_server.files.clear()
    with pytest.raises(WeightsError, match=r"timm/test_resnet\.r160_in1k has no model\.safetensors"):
        create_model("test_resnet", 2)


def test_a_hub_that_hangs_gives_way_to_the_installed_package(
    silent_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", silent_server)
    start = time.monotonic()
    model = create_model("tf_efficientnet_lite0", 2)
    assert time.monotonic() - start < 30  # three of them wait for the hub, which would keep it for minutes
    assert model.tlnb_card.weights.source == "package"


def test_a_hub_that_hangs_and_no_package_is_one_clear_error(
    silent_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", silent_server)
    with pytest.raises(WeightsError, match=r'does not answer.*call create_model\("timm/resnet18", \.\.\.\) again'):
        create_model("resnet18", 2)


@pytest.mark.slow
def test_a_hub_that_stalls_half_way_is_given_up(hub_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 1)
    hub_server.stall.set()
    start = time.monotonic()
    with pytest.raises(WeightsError):
        create_model("test_resnet", 2)
    assert time.monotonic() - start < 45


def _named(content: bytes) -> str:
    return f"/net-{hashlib.sha256(content).hexdigest()[:8]}.pth"


def test_a_file_behind_an_address_is_fetched_once(server: Server, tmp_path: Path) -> None:
    content = b"weights" * 1000
    server.files[_named(content)] = content
    url = server.address + _named(content)
    path = url_file(url, tmp_path, local_only=False)
    assert path.read_bytes() == content
    assert url_file(url, tmp_path, local_only=False) == url_file(url, tmp_path, local_only=True) == path
    assert len([request for request in server.requests if request.startswith("GET")]) == 1


def test_a_file_with_another_checksum_than_its_name_is_not_kept(server: Server, tmp_path: Path) -> None:
    server.files["/net-00000000.pth"] = b"something else"
    with pytest.raises(WeightsError, match="expected 00000000"):
        url_file(f"{server.address}/net-00000000.pth", tmp_path, local_only=False)
    assert [path.suffix for path in tmp_path.iterdir()] in ([], [".lock"])


def test_a_download_that_breaks_off_leaves_nothing_that_counts(server: Server, tmp_path: Path) -> None:
    server.files["/net.pth"] = b"weights" * 1000
    server.cut = 10
    with pytest.raises(WeightsError):
        url_file(f"{server.address}/net.pth", tmp_path, local_only=False)
    server.cut = 0
    assert url_file(f"{server.address}/net.pth", tmp_path, local_only=False).read_bytes() == b"weights" * 1000


def test_a_file_that_is_not_there_is_told_with_its_folder(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"net\.pth is not in"):
        url_file("http://localhost/net.pth", tmp_path, local_only=True)


@pytest.mark.usefixtures("offline")
def test_torchvision_weights_honour_the_offline_switch_too() -> None:
    with pytest.raises(WeightsError, match=r"resnet18-f37072fd\.pth is not in .*HF_HUB_OFFLINE is set"):
        create_model("torchvision/resnet18", 2)
