"""Of wishes that come while one is done, only the newest is done."""

from __future__ import annotations

import threading
import time

import pytest

from tlnb.controls.augmenting.newest import NewestWins


@pytest.fixture
def make():
    made = []

    def worker(work, failed=lambda error: None):
        made.append(NewestWins(work, failed))
        return made[-1]

    yield worker
    for one in made:
        one.close()


def test_what_a_hand_has_overtaken_is_never_begun(make):
    begun, go_on = [], threading.Event()

    def work(wish):
        begun.append(wish)
        go_on.wait(10)

    worker = make(work)
    worker.want(0)
    while not begun:
        time.sleep(0.001)
    for wish in range(1, 200):
        worker.want(wish)
    assert worker.newer and not worker.wait(0.01)
    go_on.set()
    assert worker.wait(10)
    assert begun == [0, 199] and not worker.newer


def test_wanting_returns_at_once_and_works_in_one_thread_of_its_own(make):
    threads = []
    worker = make(lambda wish: threads.append(threading.current_thread()))
    for wish in range(3):
        worker.want(wish)
        assert worker.wait(10)
    assert len(set(threads)) == 1 and threads[0] is not threading.main_thread()


def test_an_error_is_told_and_the_next_wish_is_done_all_the_same(make):
    done, failures = [], []

    def work(wish):
        if wish == "bad":
            raise ValueError(wish)
        done.append(wish)

    worker = make(work, failures.append)
    for wish in ("bad", "good"):
        worker.want(wish)
        assert worker.wait(10)
    assert done == ["good"] and [str(error) for error in failures] == ["bad"]


def test_a_thread_that_has_waited_long_ends_and_the_next_wish_begins_another(make, monkeypatch):
    monkeypatch.setattr("tlnb.controls.augmenting.newest._LINGER", 0.01)
    threads = []
    worker = make(lambda wish: threads.append(threading.current_thread()))
    for _ in range(2):
        worker.want("a wish")
        assert worker.wait(10)
        threads[-1].join(10)
        assert not threads[-1].is_alive()
    assert threads[0] is not threads[1]


def test_closing_ends_the_thread_and_what_comes_later_is_not_done(make):
    done = []
    worker = make(done.append)
    worker.want(1)
    worker.wait(10)
    thread = worker._thread
    worker.close()
    worker.join(10)
    worker.want(2)
    time.sleep(0.05)
    assert done == [1] and not thread.is_alive()
