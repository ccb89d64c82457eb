"""Many threads and processes that want the same file: one fetches it."""

from __future__ import annotations

import hashlib
import multiprocessing
import threading

import numpy as np
import pytest
from online_server import Server

from tlnb.data.online.download import Patience, download
from tlnb.data.online.remote import RemoteFile

CONTENT = np.random.default_rng(0).bytes(40_000)
FILE = {"bytes": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


def fetch(folder, address):
    download(RemoteFile("set.zip", (address,), **FILE), folder, progress=False, patience=Patience(rounds=4, wait=0.01))


@pytest.mark.slow
def test_thirty_threads_and_four_processes_download_once(server, tmp_path):
    address = server.offer("/a", CONTENT)
    threads = [threading.Thread(target=fetch, args=(tmp_path, address)) for _ in range(30)]
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=fetch, args=(tmp_path, address)) for _ in range(4)]
    for one in (*processes, *threads):
        one.start()
    for one in (*processes, *threads):
        one.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    assert len(server.requests) == 1 and (tmp_path / "set.zip").read_bytes() == CONTENT
