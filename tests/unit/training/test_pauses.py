"""Pauses: a training waits, hears what is asked meanwhile, goes on to the same losses, and no replay waits again."""

import os
import random
import signal
import threading
import time

import pytest

import tlnb
from tlnb.core.errors import RecipeError
from tlnb.training import Recipe, Steered, Steering
from tlnb.training.session import Session
from tlnb.training.steering import CHANGES

RECIPE = Recipe(epochs=3, batch_size=12, optimizer="sgd", learning_rate=0.01, rate_ratio=0.5)  # 9 steps


def changes(steering):
    return tuple(event for event in steering if event.action in CHANGES)


def later(do, seconds=0.3):
    """Do something from another thread, a little later."""
    timer = threading.Timer(seconds, do)
    timer.start()
    return timer


def hear(session, at):
    """Iterate over a session to its end and return its events; do what `at` says when an event of that name comes.

    A name is ``"step 3"``, or an action; what is to be done gets the steering.
    """
    told = []
    for event in session.events():
        told.append(event)
        name = f"step {event.step}" if event.kind == "step" else getattr(event, "action", event.kind)
        at.get(name, lambda _: None)(session.steering)
    return told


def actions(events):
    return [(event.step, event.action) for event in events if event.kind == "steered"]


@pytest.fixture
def session(model, images):
    return Session(model, images, RECIPE, "cpu")


@pytest.fixture
def plain(model, images):
    return tlnb.fit(model, images, RECIPE, progress=False).losses


def test_a_paused_training_waits_and_goes_on_to_the_same_losses(session, plain):
    seconds, paused = {}, []

    def pause(steering):
        seconds["before"] = session.seconds, time.monotonic()
        later(lambda: (paused.append(steering.paused), steering.go_on()))

    def go_on(steering):
        seconds["after"] = session.seconds, time.monotonic()
        paused.append(steering.paused)

    events = hear(session, {"step 4": lambda s: s.pause(), "pause": pause, "go_on": go_on})
    assert actions(events) == [(5, "pause"), (5, "go_on")] and paused == [True, False]
    (trained, began), (still, ended) = seconds["before"], seconds["after"]
    assert ended - began >= 0.3 and trained == still  # waiting is no training time
    run = events[-1].run
    assert run.losses == plain and run.stopped == "finished"
    assert run.cost.seconds == session.seconds < sum(record.seconds for record in run.history) + 1e-6


def test_waiting_costs_no_computing_time(session):
    session.steering.pause()
    events = session.events()
    assert [next(events).kind, next(events).action] == ["started", "pause"]
    later(session.steering.go_on, 1.0)
    computed, clock = time.thread_time(), time.monotonic()
    assert next(events).action == "go_on"
    assert time.monotonic() - clock >= 0.9 and time.thread_time() - computed < 0.1
    events.close()


def test_steps_are_taken_one_by_one_and_by_the_handful(session, plain):
    taken = []

    def pause(steering):
        taken.append(session.step)
        [steering.step, lambda: steering.step(3), steering.go_on][len(taken) - 1]()

    events = hear(session, {"step 2": lambda s: s.pause(), "pause": pause})
    assert taken == [2, 3, 6]
    run = events[-1].run
    assert run.losses == plain
    assert [(e.step, e.action, e.steps) for e in run.steering] == [
        (3, "pause", None),
        (3, "step", 1),
        (4, "pause", None),
        (4, "step", 3),
        (7, "pause", None),
        (7, "go_on", None),
    ]


def test_a_running_training_that_is_stepped_pauses_after_the_steps_unless_it_is_told_to_go_on(session):
    events = hear(session, {"step 1": lambda s: s.step(2), "pause": lambda s: s.go_on()})
    assert actions(events) == [(2, "step"), (4, "pause"), (4, "go_on")]
    other = Session(session.model, session.images, RECIPE, "cpu")
    events = hear(other, {"step 1": lambda s: s.step(3), "step 2": lambda s: s.go_on()})
    assert actions(events) == [(2, "step"), (3, "go_on")]


def test_what_is_asked_for_in_a_pause_is_done_at_once(session):
    last = session.plan.names[-2]
    seen = []

    def thawed(steering):
        seen.append((steering.paused, last in session.plan.trainable(), session.step))
        steering.scale_rate(0.5)

    events = hear(
        session,
        {
            "step 3": lambda s: s.pause(),
            "pause": lambda s: later(lambda: s.thaw(last)),
            "thaw": thawed,
            "scale_rate": lambda s: s.go_on(),
        },
    )
    assert seen == [(True, True, 3)]
    assert actions(events) == [(4, "pause"), (4, "thaw"), (4, "scale_rate"), (4, "go_on")]


def test_a_second_pause_and_going_on_without_one_say_nothing(session):
    def twice(steering):
        steering.pause()
        steering.go_on()

    events = hear(session, {"step 2": lambda s: s.go_on(), "step 4": lambda s: s.pause(), "pause": twice})
    assert actions(events) == [(5, "pause"), (5, "go_on")]


def test_a_stop_ends_a_pause(session):
    events = hear(session, {"step 4": lambda s: s.pause(), "pause": lambda s: later(s.stop)})
    assert [event.kind for event in events[-3:]] == ["steered", "stopping", "finished"]
    assert session.stopped == "stopped" and session.step == 4


def test_the_stop_event_ends_a_pause(model, images):
    stop, steering = threading.Event(), Steering()
    steering.pause()
    later(stop.set)
    run = tlnb.fit(model, images, RECIPE, progress=False, stop=stop, steering=steering)
    assert run.stopped == "stopped" and run.losses == () and not steering.paused


def test_an_interrupt_ends_a_pause(model, images):
    def hand(event):
        if event.kind == "step" and event.step == 3:
            steering.pause()
        if event.kind == "steered":
            later(lambda: os.kill(os.getpid(), signal.SIGINT))

    steering = Steering()
    run = tlnb.fit(model, images, RECIPE, progress=False, steering=steering, on_event=hand)
    assert run.stopped == "stopped" and len(run.losses) == 3
    assert run.steering == (Steered(4, "pause"),)


def test_a_replay_does_what_changed_the_training_and_waits_for_nobody(session, model, images):
    last = session.plan.names[-2]

    def paused(steering):
        steering.thaw(last)
        steering.scale_rate(0.1)
        steering.step(2) if session.step < 4 else steering.go_on()

    run = hear(session, {"step 2": lambda s: s.pause(), "pause": paused})[-1].run
    assert actions(run.steering)[0] == (3, "pause") and len(changes(run.steering)) == 4
    again = tlnb.fit(model, images, RECIPE, progress=False, steering=Steering(run.steering))
    assert again.losses == run.losses and again.steering == changes(run.steering)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3))])
def test_whatever_another_thread_does_and_when_is_replayed_to_the_same_losses(model, images, seed):
    chance, steering, begun = random.Random(seed), Steering(), threading.Event()
    names = [group.name for group in tlnb.layer_groups(model)]
    ended = threading.Event()

    def hand():
        begun.wait(60)
        while not ended.wait(chance.uniform(0, 0.03)):
            some = chance.sample(names, chance.randint(1, 3))
            what, *how = chance.choice(
                [
                    (steering.thaw, some),
                    (steering.freeze, some),
                    (steering.scale_rate, chance.choice([0.5, 0.8, 1.25]), some),
                    (steering.pause,),
                    (steering.step, chance.randint(1, 3)),
                    (steering.go_on,),
                ]
            )
            what(*how)

    thread = threading.Thread(target=hand)
    thread.start()
    recipe = RECIPE.with_(epochs=5, optimizer="adamw", learning_rate=1e-3, thaw=[(2, 1)])
    try:
        run = tlnb.fit(model, images, recipe, progress=False, steering=steering, on_event=lambda _: begun.set())
    finally:
        ended.set()
        thread.join()
    assert len({event.step for event in changes(run.steering)}) > 3
    again = tlnb.fit(model, images, recipe, progress=False, steering=Steering(run.steering))
    assert again.losses == run.losses and again.steering == changes(run.steering)


def test_what_a_checkpoint_holds_is_not_done_twice_and_a_stop_that_was_gone_on_from_is_none(model, images, tmp_path):
    by_hand = [Steered(3, "scale_rate", (), 0.5), Steered(5, "scale_rate", (), 0.5), Steered(5, "stop")]
    first = tlnb.fit(model, images, RECIPE, progress=False, steering=Steering(by_hand), checkpoint=tmp_path)
    assert first.stopped == "stopped" and first.steering == tuple(by_hand)
    replay = Steering(first.steering)
    run = tlnb.fit(model, images, RECIPE, progress=False, steering=replay, checkpoint=tmp_path, resume=True)
    assert run.stopped == "finished" and run.steering == tuple(by_hand[:2])
    again = tlnb.fit(model, images, RECIPE, progress=False, steering=Steering(run.steering))
    assert again.losses == run.losses


def test_what_comes_after_the_end_is_not_done_and_said(session, model, images, caplog):
    hear(session, {"finished": lambda s: s.pause()})
    assert not session.steering.paused and "pause came too late" in caplog.text
    run = tlnb.fit(model, images, RECIPE, progress=False, steering=session.steering)  # the hand may be used again
    assert run.stopped == "finished" and run.steering == ()


def test_what_is_asked_during_the_last_step_is_said_to_be_too_late(session, caplog):
    events = hear(session, {"step 9": lambda s: s.pause()})
    assert events[-1].run.stopped == "finished" and "pause came too late" in caplog.text


@pytest.mark.parametrize("steps", [0, -1, "x", 1.5, True, None])
def test_steps_that_cannot_be_taken_are_refused(steps):
    with pytest.raises(RecipeError, match="give how many steps to take"):
        Steering().step(steps)
