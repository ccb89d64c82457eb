"""Trainings in threads: the losses of `fit`, a clean end however it comes, and nothing left behind."""

import asyncio
import itertools
import os
import signal
import threading
import time

import pytest
import torch

import tlnb
from tlnb.core.errors import ModelError, NonFiniteLossError, RecipeError
from tlnb.training import Recipe, Steering
from tlnb.training.background import start

RECIPE = Recipe(epochs=2, batch_size=12, learning_rate=0.003, optimizer="sgd")
LONG = RECIPE.with_(epochs=10_000)


@pytest.fixture(autouse=True)
def nothing_goes_on_afterwards():
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("tlnb ")] == []


def begun(background, steps=1):
    """Wait until a training has taken some steps."""
    until = time.monotonic() + 120
    while sum(event.kind == "step" for event in background.events) < steps:
        assert background.running and time.monotonic() < until
        time.sleep(0.01)
    return background


def test_it_returns_at_once_and_gives_the_losses_of_fit(model, images):
    told, threads = [], set()

    def hear(event):
        told.append(event)
        threads.add(threading.current_thread().name)

    background = start(model, images, RECIPE, on_event=hear)
    assert background.running
    assert repr(background) == "<BackgroundRun 'training': running>"
    run = background.result()
    assert run.losses == tlnb.fit(model, images, RECIPE, progress=False).losses
    assert tuple(told) == background.events and told[-1].run is run and threads == {"tlnb training"}
    assert not background.running and repr(background) == "<BackgroundRun 'training': finished>"
    assert background.result() is run


def test_it_stops_after_a_step_with_its_checkpoint_and_can_be_gone_on_with(model, images, tmp_path):
    recipe = RECIPE.with_(epochs=4)
    whole = tlnb.fit(model, images, recipe, progress=False)
    background = start(model, images, recipe, checkpoint=tmp_path, on_event=lambda e: e.kind == "step" and stop(e))

    def stop(event):
        if event.step == 5:
            background.stop()

    run = background.result()
    assert run.stopped == "stopped" and len(run.losses) == 5
    assert repr(background) == "<BackgroundRun 'training': stopped>"
    assert start(model, images, recipe, checkpoint=tmp_path, resume=True).result().losses == whole.losses


def test_it_is_steered_while_it_runs(model, images):
    background = begun(start(model, images, LONG))
    background.steering.pause()
    while not background.steering.paused:
        time.sleep(0.01)
    assert repr(background) == "<BackgroundRun 'training': paused>" and background.running
    steps = len(background.events)
    time.sleep(0.2)
    assert len(background.events) == steps
    background.stop()  # ends the pause as well
    assert background.result().stopped == "stopped"


def test_it_is_awaited_while_the_loop_serves_others(model, images):
    async def both():
        turns, background = 0, start(model, images, RECIPE)

        async def others():
            nonlocal turns
            while background.running:
                turns += 1
                await asyncio.sleep(0.005)

        run, _ = await asyncio.gather(background, others())
        return run, turns

    run, turns = asyncio.run(both())
    assert run.stopped == "finished" and turns > 5


def test_cancelling_what_awaits_it_stops_it(model, images):
    async def briefly(background):
        await asyncio.wait_for(background, 0.5)

    background = start(model, images, LONG)
    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(briefly(background))
    assert background.result().stopped == "stopped"


def test_an_interrupt_while_it_is_waited_for_ends_it_after_a_step(model, images):
    background = begun(start(model, images, LONG))
    threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    assert background.result().stopped == "stopped"


def test_a_wait_may_end_before_the_training_does(model, images):
    background = begun(start(model, images, LONG))
    with pytest.raises(TimeoutError, match=r"'training': running> has not ended within 0.1 seconds"):
        background.result(timeout=0.1)
    background.stop()
    assert background.result(timeout=60).stopped == "stopped"


def test_its_own_error_is_raised_to_whoever_asks_for_the_result(model, images, caplog):
    background = start(model, images, RECIPE.with_(learning_rate=1e30, warmup_epochs=0))
    with pytest.raises(NonFiniteLossError, match="step"):
        background.result()
    with pytest.raises(NonFiniteLossError):
        asyncio.run(background._awaited())
    assert repr(background) == "<BackgroundRun 'training': ended by NonFiniteLossError>"
    assert "was ended by NonFiniteLossError" in caplog.text
    with pytest.raises(ModelError):
        start(torch.nn.Linear(3, 7), images, RECIPE).result()
    with pytest.raises(RecipeError, match="stage9"):
        start(model, images, RECIPE.with_(trainable=["stage9"])).result()
    with pytest.raises(TypeError, match="checkpiont"):
        start(model, images, RECIPE, checkpiont="somewhere")


def test_an_error_in_on_event_ends_it(model, images):
    def hear(event):
        raise LookupError(event.kind)

    with pytest.raises(LookupError, match="started"):
        start(model, images, RECIPE, on_event=hear).result()


def test_starting_again_ends_the_first_one_cleanly(model, images, tmp_path):
    first = begun(start(model, images, LONG, name="lesson 3.1", checkpoint=tmp_path))
    other = start(model, images, LONG, name="another")
    second = start(model, images, RECIPE, name="lesson 3.1", checkpoint=tmp_path / "second")
    assert not first.running and first.result().stopped == "stopped" and other.running
    assert second.result().stopped == "finished"
    other.stop()
    assert other.result().stopped == "stopped"


def test_one_hand_steers_one_training(model, images):
    steering = Steering()
    first = begun(start(model, images, LONG, name="first", steering=steering))
    steering.pause()
    second = start(model, images, RECIPE, name="second", steering=steering)
    steering.scale_rate(0.5)
    assert first.result().stopped == "stopped"
    run = second.result()
    assert run.stopped == "finished" and "scale_rate" in [event.action for event in run.steering]


def test_what_a_training_cannot_do_to_itself_is_said(model, images):
    with pytest.raises(tlnb.core.errors.TlnbError, match="by its own on_event"):
        start(model, images, LONG, on_event=lambda _: start(model, images, LONG)).result()


def test_trainings_that_run_at_once_give_the_losses_they_give_alone(images):
    # Dropout and stochastic depth, and augmentation, all draw from torch's global generators.
    model = tlnb.create_model("resnet10t", images, weights="random")
    recipes = [
        RECIPE.with_(epochs=3, trainable="all", seed=seed, dropout=0.5, drop_path=0.3, augmentation=augmentation)
        for seed, augmentation in enumerate([(), (("flip", 0.5), ("colour_jitter", 0.5)), (("mixup", 0.4),)])
    ]
    alone = [tlnb.fit(model, images, recipe, progress=False).losses for recipe in recipes]
    state = torch.get_rng_state()
    first, second, third = (start(model, images, recipe, name=f"{recipe.seed}") for recipe in recipes)
    assert [run.result().losses for run in (first, second, third)] == alone
    assert torch.equal(torch.get_rng_state(), state)


def test_trainings_that_run_at_once_take_turns(model, images):
    order = []
    both = [
        start(model, images, LONG, name=name, on_event=lambda e, name=name: e.kind == "step" and order.append(name))
        for name in "ab"
    ]
    for background in both:
        begun(background, steps=40)
    for background in both:
        background.stop()
        background.result()
    least = min(order.count("a"), order.count("b"))
    assert least >= 40 and sum(a != b for a, b in itertools.pairwise(order)) > least / 4


def test_the_end_is_told_with_the_run_or_with_the_error(model, images):
    ends = []
    for recipe in (RECIPE, RECIPE.with_(learning_rate=1e30, epochs=50)):
        background = start(model, images, recipe)
        background.add_done_callback(lambda run, error: ends.append((run, error)))
        background._wait()
    assert ends[0][0].stopped == "finished" and ends[0][1] is None
    assert ends[1][0] is None and isinstance(ends[1][1], ArithmeticError)


def test_an_epoch_tells_what_the_model_says_of_each_validation_image_and_does_not_keep_it(model, images):
    epochs, agreed = [], []
    for event in tlnb.train(model, images, RECIPE):
        if event.kind == "epoch":
            epochs.append(event)
            said = event.outputs
            assert torch.equal(said.indices, images.valid.indices)
            right = (said.logits.argmax(1) == said.labels).float().mean()
            agreed.append(float(right) == pytest.approx(event.record.valid_accuracy))
            del said
    assert agreed == [True, True] and epochs[0].outputs is None
