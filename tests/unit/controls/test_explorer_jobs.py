"""Long work in a thread: told, stopped, and one at a time."""

from __future__ import annotations

import threading

from tlnb.controls.exploring.job import Job, counting
from tlnb.core.errors import TlnbError


def test_each_step_is_told_and_counts_only_now_and_then():
    texts = []
    job = Job(lambda: texts.append(job.text))

    def work(tell):
        for done in range(1, 1001):
            counting(tell, "Features")(done, 1000)
        tell("Lays out.")
        return 1

    job.start(work, lambda found: None)
    assert job.wait(30) and texts[0] == "Begins." and texts[-2:] == ["Lays out.", ""]
    assert len(texts) < 50 and not job.running and job.error == ""


def test_what_is_stopped_ends_at_its_next_word_and_counts_no_more():
    begun, go, found = threading.Event(), threading.Event(), []

    def work(tell):
        begun.set()
        go.wait(10)
        tell("More.")
        found.append("went on")

    job = Job(lambda: None)
    job.start(work, found.append)
    assert begun.wait(10)
    job.stop()
    assert not job.running
    go.set()
    assert job.wait(10) and found == []


def test_a_new_one_takes_the_place_of_the_one_before_once_that_has_ended():
    order, begun, go = [], threading.Event(), threading.Event()

    def first(tell):
        order.append("first begins")
        begun.set()
        go.wait(10)
        order.append("first ends")
        return "first"

    job, found = Job(lambda: None), []
    job.start(first, found.append)
    assert begun.wait(10)
    job.start(lambda tell: order.append("second") or "second", found.append)
    assert job.running
    go.set()
    assert job.wait(10) and found == ["second"] and order == ["first begins", "first ends", "second"]


def test_what_fails_says_why():
    def fail(error):
        def work(tell):
            raise error

        job = Job(lambda: None)
        job.start(work, lambda found: None)
        job.wait(10)
        return job.error

    assert fail(TlnbError("Too few images.")) == "Too few images."
    assert fail(KeyError("stem")) == "KeyError: 'stem'"
