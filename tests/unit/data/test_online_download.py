"""Downloads from a server that is slow, busy, moved, cut off, or gives something else."""

from __future__ import annotations

import hashlib
import json
import time
from collections import namedtuple

import numpy as np
import pytest
from online_server import Server

from tlnb.core.cache import CacheFullError
from tlnb.core.errors import DataError
from tlnb.data.online.download import Patience, download
from tlnb.data.online.remote import RemoteFile

CONTENT = np.random.default_rng(0).bytes(40_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
QUICK = Patience(rounds=4, wait=0.01, silence=0.4)


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


def remote(*addresses, **known):
    return RemoteFile("set.zip", addresses, **({"bytes": len(CONTENT), "sha256": SHA256} | known))


def fetch(folder, *addresses, patience=QUICK, **known):
    return download(remote(*addresses, **known), folder, progress=False, patience=patience)


def test_a_file_comes_whole_and_nothing_is_left_beside_it(server, tmp_path):
    assert fetch(tmp_path / "new", server.offer("/a", CONTENT)) == SHA256
    assert (tmp_path / "new" / "set.zip").read_bytes() == CONTENT
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"set.zip", "set.zip.lock"}


def test_what_is_here_is_not_fetched_again(server, tmp_path):
    address = server.offer("/a", CONTENT)
    fetch(tmp_path, address)
    assert fetch(tmp_path, address) == SHA256 and len(server.requests) == 1


def test_a_file_put_there_by_hand_is_taken(tmp_path):
    (tmp_path / "set.zip").write_bytes(CONTENT)
    assert fetch(tmp_path, "http://127.0.0.1:9/nobody") == SHA256


def test_another_file_put_there_by_hand_is_refused_and_kept(tmp_path):
    (tmp_path / "set.zip").write_bytes(b"mine")
    with pytest.raises(DataError, match=r"set\.zip is not the file that was published .* remove it"):
        fetch(tmp_path, "http://127.0.0.1:9/nobody")
    assert (tmp_path / "set.zip").read_bytes() == b"mine"


def test_it_goes_on_where_the_server_hung_up(server, tmp_path):
    assert fetch(tmp_path, server.offer("/a", CONTENT, "cut", "cut")) == SHA256
    assert [asked for _, asked in server.requests] == [None, "bytes=20000-", "bytes=30000-"]


def test_it_goes_on_where_an_earlier_process_stopped(server, tmp_path):
    address = server.offer("/a", CONTENT, "cut")
    with pytest.raises(DataError, match="20,000 bytes are kept, and the next try goes on from there"):
        fetch(tmp_path, address, patience=Patience(rounds=1))
    assert fetch(tmp_path, address) == SHA256
    assert [asked for _, asked in server.requests] == [None, "bytes=20000-"]


def test_a_server_that_knows_no_ranges_sends_it_all_again(server, tmp_path):
    assert fetch(tmp_path, server.offer("/a", CONTENT, "cut", "from the start")) == SHA256


def test_a_server_that_sends_another_part_is_asked_again(server, tmp_path):
    assert fetch(tmp_path, server.offer("/a", CONTENT, "cut", "shifted")) == SHA256


def test_a_file_that_changed_on_the_way_is_begun_anew(server, tmp_path):
    newer = CONTENT[::-1]
    address = server.offer("/a", CONTENT, "cut")
    with pytest.raises(DataError):
        fetch(tmp_path, address, sha256="", patience=Patience(rounds=1))
    server.offer("/a", newer)
    assert fetch(tmp_path, address, sha256="") == hashlib.sha256(newer).hexdigest()


def test_a_file_that_became_shorter_is_begun_anew(server, tmp_path):
    server.marks = False
    address = server.offer("/a", CONTENT, "cut")
    with pytest.raises(DataError):
        fetch(tmp_path, address, bytes=0, patience=Patience(rounds=1))
    server.offer("/a", CONTENT[:5000])
    sha256 = hashlib.sha256(CONTENT[:5000]).hexdigest()
    assert fetch(tmp_path, address, bytes=0, sha256=sha256) == sha256


def test_bytes_of_two_servers_are_joined_where_a_checksum_tells(server, tmp_path):
    first, second = server.offer("/a", CONTENT, "cut", 404), server.offer("/b", CONTENT)
    assert fetch(tmp_path, first, second) == SHA256
    assert server.requests == [("/a", None), ("/b", "bytes=20000-")]


def test_bytes_of_two_servers_are_not_joined_where_nothing_was_published(server, tmp_path):
    first, second = server.offer("/a", CONTENT, "cut", 404), server.offer("/b", CONTENT)
    assert fetch(tmp_path, first, second, sha256="") == SHA256
    assert server.requests == [("/a", None), ("/b", None)]


def test_without_marks_and_checksum_it_is_begun_anew(server, tmp_path):
    server.marks = False
    assert fetch(tmp_path, server.offer("/a", CONTENT, "cut"), sha256="") == SHA256
    assert [asked for _, asked in server.requests] == [None, None]


def test_a_part_that_was_whole_when_the_process_was_killed_is_not_fetched_again(server, tmp_path):
    (tmp_path / ".set.zip.part").write_bytes(CONTENT)
    assert fetch(tmp_path, server.offer("/a", CONTENT)) == SHA256 and server.requests == []


@pytest.mark.parametrize("damage", [b"x" * len(CONTENT), CONTENT + b"more", b"x" * 100])
def test_a_part_that_is_none_is_found_out(server, tmp_path, damage):
    (tmp_path / ".set.zip.part").write_bytes(damage)
    (tmp_path / ".set.zip.json").write_text(json.dumps({"address": server.at("/a"), "mark": ""}))
    assert fetch(tmp_path, server.offer("/a", CONTENT), server.offer("/b", CONTENT)) == SHA256


@pytest.mark.parametrize("mood", [500, 502, 503, 429, "stall"])
def test_trouble_that_passes_is_waited_for(server, tmp_path, mood):
    assert fetch(tmp_path, server.offer("/a", CONTENT, mood, mood)) == SHA256


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_asks_to_be_left_alone_is_left_alone(server, tmp_path, status):
    started = time.monotonic()
    assert fetch(tmp_path, server.offer("/a", CONTENT, (status, "1"))) == SHA256
    assert time.monotonic() - started >= 1


def test_a_server_that_asks_for_an_hour_is_given_up_at_once(server, tmp_path):
    started = time.monotonic()
    with pytest.raises(DataError, match="503 Service Unavailable"):
        fetch(tmp_path, server.offer("/a", CONTENT, (503, "3600")))
    assert time.monotonic() - started < 60


def test_retry_after_may_be_a_date(server, tmp_path):
    address = server.offer("/a", CONTENT, (503, "Wed, 21 Oct 2015 07:28:00 GMT"), (503, "soon"))
    assert fetch(tmp_path, address) == SHA256


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_what_is_not_there_is_not_asked_for_again(server, tmp_path, status):
    with pytest.raises(DataError, match=rf"{status} .*put it into"):
        fetch(tmp_path, server.offer("/a", CONTENT, *[status] * 9))
    assert len(server.requests) == 1


def test_every_address_is_tried_and_each_refusal_told(server, tmp_path):
    addresses = [server.at("/none"), "http://127.0.0.1:9/nobody", "file:///etc/hostname", "nonsense"]
    with pytest.raises(DataError) as caught:
        fetch(tmp_path, *addresses, patience=Patience(rounds=2, wait=0.01))
    message = str(caught.value)
    assert all(address in message for address in addresses)
    assert "404 Not Found" in message and "refused" in message and "unknown url type" in message


def test_the_second_address_is_taken_where_the_first_is_silent(server, tmp_path):
    first, second = server.offer("/a", CONTENT, "stall"), server.offer("/b", CONTENT)
    assert fetch(tmp_path, first, second, sha256="", patience=QUICK) == SHA256


def test_a_server_that_drips_is_given_up(server, tmp_path):
    slow = Patience(rounds=1, silence=0.2, slowest=1e6)
    with pytest.raises(DataError, match="bytes a second"):
        fetch(tmp_path, server.offer("/a", CONTENT, "drip"), patience=slow)


@pytest.mark.parametrize("known", [{}, {"sha256": "", "md5": hashlib.md5(CONTENT).hexdigest()}])
def test_wrong_bytes_are_never_put_in_place(server, tmp_path, known):
    kind = "MD5" if "md5" in known else "SHA-256"
    with pytest.raises(DataError, match=rf"it sent another file: its {kind} is [0-9a-f]+, published was"):
        fetch(tmp_path, server.offer("/a", CONTENT, "junk"), **known)
    assert not list(tmp_path.glob("*set.zip")) and not list(tmp_path.glob("*.part"))


def test_after_wrong_bytes_the_next_address_gives_the_right_ones(server, tmp_path):
    assert fetch(tmp_path, server.offer("/a", CONTENT, "junk"), server.offer("/b", CONTENT)) == SHA256


def test_a_file_of_another_size_is_not_even_begun(server, tmp_path):
    with pytest.raises(DataError, match=r"it has 40,000 bytes, published were 39,999"):
        fetch(tmp_path, server.offer("/a", CONTENT), bytes=39_999)


def test_a_web_page_is_no_file(server, tmp_path):
    with pytest.raises(DataError, match="a web page instead of the file"):
        fetch(tmp_path, server.offer("/a", CONTENT, "page"), sha256="", bytes=0)


def test_a_server_that_says_no_size_is_understood(server, tmp_path):
    assert fetch(tmp_path, server.offer("/a", CONTENT, "chunked"), sha256="", bytes=0) == SHA256


def test_a_server_that_sends_without_end_is_stopped(server, tmp_path):
    with pytest.raises(DataError, match="it sends more than 1,000 bytes"):
        fetch(tmp_path, server.offer("/a", CONTENT, "chunked"), bytes=1000)
    assert not list(tmp_path.glob("*.part"))


def test_redirections_are_followed(server, tmp_path):
    server.offer("/b", CONTENT)
    server.moved = {"/a": server.at("/c"), "/c": "/b"}
    assert fetch(tmp_path, server.at("/a")) == SHA256


@pytest.mark.parametrize("target", ["/a", "file:///etc/hostname", "ftp://127.0.0.1/a"])
def test_redirections_in_a_circle_or_out_of_the_web_are_not(server, tmp_path, target):
    server.moved = {"/a": target}
    with pytest.raises(DataError, match=r"not followed|not allowed|infinite loop"):
        fetch(tmp_path, server.at("/a"))


def test_nothing_is_begun_that_the_disk_has_no_room_for(server, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("tlnb.data.online.download.shutil.disk_usage", lambda _: usage(10**9, 10**9, 10_000))
    with pytest.raises(CacheFullError, match=r"set\.zip needs 0\.0 MB .* TLNB_CACHE"):
        fetch(tmp_path, server.offer("/a", CONTENT))
    assert not list(tmp_path.glob("*.part"))


def test_progress_is_told(server, tmp_path, capsys):
    content = CONTENT * 60
    file = RemoteFile("big.zip", (server.offer("/a", content),), len(content))
    download(file, tmp_path, patience=QUICK)
    assert "big.zip, MiB 2/2" in capsys.readouterr().err
