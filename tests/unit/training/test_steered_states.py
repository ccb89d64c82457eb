"""A hand puts layer groups into any of their three states: weights and statistics then do what the state says."""

import pytest
import torch

import tlnb
from tlnb.core.errors import RecipeError
from tlnb.training import Recipe, Steered, Steering
from tlnb.training.checkpoints.state import load_state, read_state
from tlnb.training.recipe.selection import fixed_groups
from tlnb.training.session import Session

RECIPE = Recipe(epochs=3, batch_size=12, optimizer="sgd", learning_rate=0.01)  # nine steps
FROZEN, FIXED, TRAINS = "frozen", "fixed_statistics", "trains"
BY_HAND = {
    1: lambda s: s.thaw("stage4", fixed_statistics=True),
    3: lambda s: s.thaw(["stage3", "stage4"], fixed_statistics=False),
    5: lambda s: (s.freeze("stage3"), s.thaw("stage4", fixed_statistics=True)),
    7: lambda s: s.thaw(["stage3", "stage4"]),
}
# Of stage 3 and stage 4: in step 1, in steps 2 and 3, in 4 and 5, in 6 and 7; in the last two as the recipe says.
STATES = [(FROZEN, FROZEN), (FROZEN, FIXED), (TRAINS, TRAINS), (FROZEN, FIXED)]
AT_LAST = {RECIPE: (TRAINS, TRAINS), RECIPE.with_(fixed_statistics=["stage3"]): (FIXED, TRAINS)}


def tensors_of(session):
    return {key: tensor.clone() for key, tensor in session.model.state_dict().items()}


def steered(session, at):
    """Train, do something by hand after some steps, and yield after each what moved and in which states."""
    before = tensors_of(session)
    for event in session.events():
        if event.kind == "step":
            now = tensors_of(session)
            yield event, {key for key in now if not torch.equal(now[key], before[key])}, dict(session.plan.states)
            before = now
            at.get(event.step, lambda _: None)(session.steering)


@pytest.mark.parametrize("recipe", AT_LAST, ids=["the recipe fixes none", "the recipe fixes stage 3"])
def test_weights_and_statistics_do_what_the_state_says_from_the_next_step_on(recipe, model, images):
    session = Session(model, images, recipe, "cpu")
    expected = [*STATES, AT_LAST[recipe]]
    for event, moved, states in steered(session, BY_HAND):
        assert (states["stage3"], states["stage4"]) == expected[event.step // 2]
        for group, layer in (("stage3", "layer3."), ("stage4", "layer4.")):
            weights = {key for key, _ in session.plan.parameters(group)}
            statistics = {key for key in session.model.state_dict() if key.startswith(layer) and "running_" in key}
            assert statistics and bool(moved & weights) == (states[group] != FROZEN), event
            assert moved & statistics == (statistics if states[group] == TRAINS else set()), event
    assert event.step == 9


def test_a_training_whose_states_a_hand_chose_is_replayed_to_the_same_losses_and_states(model, images):
    session = Session(model, images, RECIPE, "cpu")
    states = [states for _, _, states in steered(session, BY_HAND)]
    again = Session(model, images, RECIPE, "cpu", steering=Steering(session.steered))
    assert [states for _, _, states in steered(again, {})] == states
    assert again.losses == session.losses and again.steered == session.steered
    assert all(torch.equal(tensor, tensors_of(session)[key]) for key, tensor in tensors_of(again).items())
    plain = [Steered(event.step, event.action, event.groups) for event in session.steered]
    assert tlnb.fit(model, images, RECIPE, progress=False, steering=Steering(plain)).losses != again.losses


@pytest.mark.parametrize("broken_off_after", [2, 6])
def test_it_goes_on_in_these_states_after_a_break(model, images, tmp_path, broken_off_after):
    whole = Session(model, images, RECIPE, "cpu")
    states = [states for _, _, states in steered(whole, BY_HAND)]
    steering = Steering()
    for event in tlnb.train(model, images, RECIPE, steering=steering, checkpoint=tmp_path, checkpoint_seconds=0):
        if event.kind == "step":
            BY_HAND.get(event.step, lambda _: None)(steering)
            if event.step == broken_off_after:
                break  # as if it had been killed
    steering, started = Steering(), None
    for event in tlnb.train(model, images, RECIPE, steering=steering, checkpoint=tmp_path, resume=True):
        started = started or event
        if event.kind == "step":
            BY_HAND.get(event.step, lambda _: None)(steering)
    assert (started.kind, started.done) == ("started", broken_off_after)
    assert started.states == states[broken_off_after - 1]
    assert event.run.losses == tuple(whole.losses) and event.run.steering == tuple(whole.steered)


def test_a_checkpoint_from_before_states_could_be_chosen_still_loads(model, images):
    session = Session(model, images, RECIPE, "cpu", steering=Steering([Steered(2, "thaw", ("stage4",))]))
    list(session.events())
    plain, tensors = read_state(session)
    assert [event.pop("fixed_statistics") for event in plain["steering"]] == [None]
    again = Session(model, images, RECIPE, "cpu")
    load_state(again, plain, tensors)
    assert again.steered == session.steered


def test_whoever_listens_can_follow_the_states(model, images):
    recipe = RECIPE.with_(fixed_statistics=["stage2", "stage3"], thaw=[(1, "from stage2"), (2, "all")])
    session, shown = Session(model, images, recipe, "cpu"), {}
    by_hand = {**BY_HAND, 6: lambda s: s.freeze("stem")}
    for event in session.events():
        action = getattr(event, "action", "thaw" if event.kind == "thawed" else "")
        if event.kind == "started":
            shown = dict(event.states)
            assert shown == {**dict.fromkeys(event.groups, FROZEN), "head": TRAINS}
        elif action == "freeze":
            shown |= dict.fromkeys(event.groups, FROZEN)
        elif action == "thaw":
            asked = getattr(event, "fixed_statistics", None)
            fixed = fixed_groups(session.plan.names, recipe.fixed_statistics) if asked is None else event.groups
            shown |= {group: FIXED if group in fixed and asked is not False else TRAINS for group in event.groups}
        elif event.kind == "step":
            assert shown == session.plan.states
            by_hand.get(event.step, lambda _: None)(session.steering)
    assert shown["stage2"] == FIXED and shown["stage1"] == TRAINS


@pytest.mark.parametrize(("given", "state"), [(True, TRAINS), (["head"], FIXED)])
def test_the_head_keeps_its_statistics_only_where_it_is_named(given, state, model, images):
    at = [(2, "thaw", ("stage4",)), (2, "freeze", ("head",)), (3, "thaw", ("head",))]
    steering = Steering([Steered(*event) for event in at])
    session = Session(model, images, RECIPE.with_(fixed_statistics=given), "cpu", steering=steering)
    assert [states["head"] for _, _, states in steered(session, {})] == [state, FROZEN, *[state] * 7]


@pytest.mark.parametrize("wrong", [1, "yes", ["stage4"]])
def test_what_is_neither_fixed_nor_free_is_refused(wrong):
    with pytest.raises(RecipeError, match="takes True or False for all the groups"):
        Steering().thaw("stage4", wrong)


def test_only_a_thaw_says_what_statistics_do():
    with pytest.raises(RecipeError, match="freeze with fixed_statistics=True"):
        Steering([Steered(1, "freeze", ("stage4",), fixed_statistics=True)])


def test_the_store_follows_a_hand_that_changes_states(model, images):
    by_hand = [Steered(step, "thaw", (group,), fixed_statistics=True) for step, group in ((3, "stage4"), (6, "stage3"))]
    runs = [
        tlnb.fit(model, images, RECIPE.with_(store=store), progress=False, steering=Steering(by_hand))
        for store in ("exact", "off")
    ]
    assert [use.upto for use in runs[0].cost.store] == ["stage4", "stage3", "stage2"]
    assert runs[0].losses == pytest.approx(runs[1].losses, rel=2e-3)
