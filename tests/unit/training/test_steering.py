"""Steering: what a hand does to a training counts from the next step, is kept, and can be done again."""

import threading

import pytest
import torch

import tlnb
from tlnb.core.errors import RecipeError
from tlnb.training import Recipe, Steered, Steering

RECIPE = Recipe(epochs=3, batch_size=12, optimizer="sgd", learning_rate=0.01, rate_ratio=0.5)


def steered_fit(model, images, at, **options):
    """Train, and do something by hand after some steps: {step: function of the steering}."""
    steering = Steering()

    def hand(event):
        if event.kind == "step" and event.step in at:
            at[event.step](steering)

    return tlnb.fit(model, images, RECIPE, progress=False, steering=steering, on_event=hand, **options)


def test_what_is_done_by_hand_counts_from_the_next_step_and_is_kept(model, images):
    names = tuple(group.name for group in tlnb.layer_groups(model))
    last = names[-2]
    at = {
        2: lambda s: s.thaw(last),
        4: lambda s: s.scale_rate(0.1, ["head"]),
        6: lambda s: s.freeze(last),
    }
    rates = {}
    steering = Steering()
    for event in tlnb.train(model, images, RECIPE.with_(schedule="constant"), steering=steering):
        if event.kind == "step":
            rates[event.step] = event.rates["head"]
            at.get(event.step, lambda _: None)(steering)
        elif event.kind == "finished":
            run = event.run
    assert run.steering == (
        Steered(3, "thaw", (last,)),
        Steered(5, "scale_rate", ("head",), 0.1),
        Steered(7, "freeze", (last,)),
    )
    assert rates[4] == pytest.approx(0.01) and rates[5] == pytest.approx(0.001) == rates[9]


@pytest.fixture
def at(model):
    last = [group.name for group in tlnb.layer_groups(model)][-2]
    return {1: lambda s: s.thaw(last), 3: lambda s: s.scale_rate(0.5), 5: lambda s: s.freeze(last)}


def test_a_steered_run_is_replayed_to_the_same_losses(model, images, at):
    run = steered_fit(model, images, at)
    assert run.losses != tlnb.fit(model, images, RECIPE, progress=False).losses
    again = tlnb.fit(model, images, RECIPE, progress=False, steering=Steering(run.steering))
    assert again.losses == run.losses and again.steering == run.steering
    for ours, theirs in zip(again.model.state_dict().values(), run.model.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("broken_off_after", [2, 4, 7])
def test_a_steered_run_that_was_broken_off_goes_on_as_it_was(model, images, at, tmp_path, broken_off_after):
    whole = steered_fit(model, images, at)
    steering = Steering()
    for event in tlnb.train(model, images, RECIPE, steering=steering, checkpoint=tmp_path, checkpoint_seconds=0):
        if event.kind == "step":
            at.get(event.step, lambda _: None)(steering)
            if event.step == broken_off_after:
                break  # as if it had been killed: nothing is written now
    later = {step: do for step, do in at.items() if step > broken_off_after}
    run = steered_fit(model, images, later, checkpoint=tmp_path, resume=True)
    assert run.losses == whole.losses and run.steering == whole.steering


def test_what_is_frozen_by_hand_stands_still_and_no_thaw_undoes_it(model, images):
    names = [group.name for group in tlnb.layer_groups(model)]
    recipe = Recipe(epochs=3, batch_size=12, trainable="all", thaw=(), optimizer="adamw", weight_decay=0.1)
    steering, before = Steering(), {}
    session = tlnb.training.session.Session(model, images, recipe, "cpu", steering=steering)
    frozen = names[:-1]
    for event in session.events():
        if event.kind == "step" and event.step == 3:
            steering.freeze(frozen)
        if event.kind == "steered":
            before = {key: value.clone() for key, value in session.model.state_dict().items()}
    after = session.model.state_dict()
    assert {key for key in after if not torch.equal(after[key], before[key])} == {"fc.weight", "fc.bias"}


def test_a_scheduled_thaw_of_what_was_thawed_by_hand_changes_nothing(model, images):
    last = [group.name for group in tlnb.layer_groups(model)][-2]
    recipe = RECIPE.with_(thaw=[(1, 1)])
    steering = Steering([Steered(2, "thaw", (last,))])
    kinds = [e.kind for e in tlnb.train(model, images, recipe, steering=steering)]
    assert "steered" in kinds and "thawed" not in kinds


def test_what_is_frozen_by_hand_before_its_planned_thaw_does_not_thaw_also_after_a_break(model, images, tmp_path):
    last = [group.name for group in tlnb.layer_groups(model)][-2]
    recipe = RECIPE.with_(thaw=[(2, 1)])
    steering = Steering([Steered(2, "freeze", (last,))])
    kinds = []
    for event in tlnb.train(model, images, recipe, steering=steering, checkpoint=tmp_path, checkpoint_seconds=0):
        kinds.append(event.kind)
        if event.kind == "step" and event.step == 3:
            break
    kinds += [event.kind for event in tlnb.train(model, images, recipe, checkpoint=tmp_path, resume=True)]
    assert "steered" in kinds and "thawed" not in kinds
    taken_back = Steering([Steered(2, "freeze", (last,)), Steered(3, "thaw", (last,)), Steered(4, "freeze", ("stem",))])
    run = tlnb.fit(model, images, recipe, progress=False, steering=taken_back)
    assert run.stopped == "finished"


def test_stop_ends_the_run_with_what_was_done(model, images):
    run = steered_fit(model, images, {4: lambda s: s.stop()})
    assert run.stopped == "stopped" and len(run.losses) == 4 and run.steering == (Steered(5, "stop"),)


def test_the_shape_of_a_schedule_stays(model, images):
    for schedule in ("cosine", "one_cycle"):
        recipe = RECIPE.with_(schedule=schedule)
        plain = [e.rates["head"] for e in tlnb.train(model, images, recipe) if e.kind == "step"]
        steering = Steering([Steered(4, "scale_rate", (), 0.25)])
        scaled = [e.rates["head"] for e in tlnb.train(model, images, recipe, steering=steering) if e.kind == "step"]
        assert scaled[:3] == plain[:3] and scaled[3:] == pytest.approx([0.25 * rate for rate in plain[3:]])


def test_another_thread_may_steer(model, images):
    steering, begun = Steering(), threading.Event()
    hand = threading.Thread(target=lambda: begun.wait(60) and steering.stop())
    hand.start()
    recipe = RECIPE.with_(epochs=1000)
    run = tlnb.fit(model, images, recipe, progress=False, steering=steering, on_event=lambda _: begun.set())
    hand.join()
    assert run.stopped == "stopped"


def test_freezing_everything_is_not_done_and_said(model, images, caplog):
    run = steered_fit(model, images, {2: lambda s: s.freeze("head")})
    assert run.stopped == "finished" and run.steering == () and "nothing would train" in caplog.text


@pytest.mark.parametrize("factor", [0, -1, float("nan"), float("inf"), "half"])
def test_a_factor_that_is_none_is_refused(factor):
    with pytest.raises(RecipeError, match="cannot be scaled by"):
        Steering().scale_rate(factor)


def test_names_that_are_not_there_are_told_to_whoever_gives_them(model, images):
    with pytest.raises(RecipeError, match="stage9"):
        tlnb.fit(model, images, RECIPE, progress=False, steering=Steering([Steered(2, "thaw", ("stage9",))]))
    steering = Steering()
    steering.bind(("stem", "head"))
    with pytest.raises(RecipeError, match=r"haed.*head"):
        steering.freeze("haed")
    with pytest.raises(RecipeError, match="needs the names"):
        steering.thaw(())
    with pytest.raises(RecipeError, match="steered to 'thwa'"):
        Steering([Steered(1, "thwa")])
