"""The lock on torch's global generators: one thread at a time, and none that a forked child waits for."""

import os
import threading

import pytest
import torch

from tlnb.core.random_lock import RANDOM_LOCK
from tlnb.data.augmentation.draws import generator_kept
from tlnb.training.randomness import RandomStream


def drawn(seed, count, meanwhile=lambda: None):
    stream, numbers = RandomStream(seed, torch.device("cpu")), []
    for _ in range(count):
        with stream.active():
            numbers.append(torch.rand(1).item())
            meanwhile()
            numbers.append(torch.rand(1).item())
    return numbers


def test_streams_of_two_threads_draw_what_they_draw_alone():
    alone, found = [drawn(seed, 20) for seed in (0, 1)], {}
    met = threading.Barrier(2)

    def draw(seed):
        met.wait(20)
        found[seed] = drawn(seed, 20, meanwhile=lambda: threading.Event().wait(0.002))  # lets the other thread in

    threads = [threading.Thread(target=draw, args=(seed,)) for seed in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[0], found[1]] == alone


def test_augmentation_waits_for_a_stream_of_another_thread():
    order, inside = [], threading.Event()

    def augment():
        inside.wait(20)
        with generator_kept():
            order.append("augmented")

    thread = threading.Thread(target=augment)
    thread.start()
    with RandomStream(0, torch.device("cpu")).active():
        inside.set()
        thread.join(0.2)
        order.append("drawn")
    thread.join()
    assert order == ["drawn", "augmented"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_can_draw_though_it_was_forked_while_another_thread_did():
    held, go = threading.Event(), threading.Event()

    def hold():
        with RANDOM_LOCK:
            held.set()
            go.wait(0.5)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(20)
    child = os.fork()
    if child == 0:
        free: list[bool] = []
        other = threading.Thread(target=lambda: free.append(RANDOM_LOCK.acquire(timeout=5)))
        other.start()
        other.join()
        os._exit(0 if free == [True] else 1)
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
