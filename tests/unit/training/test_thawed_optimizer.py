"""The optimiser's state: of what is frozen by hand it does not drift, of what thaws it is right."""

import pytest
import torch

import tlnb
from tlnb.training import Recipe, Steered, Steering
from tlnb.training.session import Session

RECIPE = Recipe(
    epochs=3,  # 9 steps
    batch_size=12,
    learning_rate=1e-3,
    rate_ratio=1.0,
    layer_decay=1.0,
    schedule="constant",
    warmup_epochs=0,
    trainable="all",
    weight_decay=0.1,
    momentum=0.9,
)
SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("rmsprop", "adan")]
over_optimizers = pytest.mark.parametrize("optimizer", ["sgd", "adamw", "lamb", *SLOW])


def sets_of(session, group):
    return [own for own in session.stepper.optimizer.param_groups if own["group"] == group]


def state_of(session, group):
    """Return all that the optimiser keeps about a layer group: moments, and counters wherever they are."""
    optimizer, found = session.stepper.optimizer, {}
    for place, own in enumerate(sets_of(session, group)):
        found |= {(place, name): entry for name, entry in own.items() if name not in ("params", "lr")}
        for number, parameter in enumerate(own["params"]):
            found |= {(place, number, name): entry for name, entry in optimizer.state[parameter].items()}
    return {key: entry.clone() if isinstance(entry, torch.Tensor) else entry for key, entry in found.items()}


def same(a, b):
    return a.keys() == b.keys() and all(
        torch.equal(a[key], b[key]) if isinstance(a[key], torch.Tensor) else a[key] == b[key] for key in a
    )


@over_optimizers
def test_while_it_is_frozen_by_hand_nothing_drifts_and_then_it_goes_on_from_there(model, images, optimizer):
    group = [own.name for own in tlnb.layer_groups(model)][-2]
    steering = Steering([Steered(4, "freeze", (group,)), Steered(8, "thaw", (group,))])
    session = Session(model, images, RECIPE.with_(optimizer=optimizer), "cpu", steering=steering)
    states, weights = {}, {}
    for event in session.events():
        if event.kind in ("steered", "step"):
            states[event.kind, event.step] = state_of(session, group)
            weights[event.kind, event.step] = [p.detach().clone() for _, p in session.plan.parameters(group)]
    frozen, thawed, moved = ("steered", 4), ("steered", 8), ("step", 8)
    assert len(states[frozen]) > 8 and not same(states["step", 2], states[frozen])
    assert same(states[frozen], states[thawed]) and not same(states[thawed], states[moved])
    assert all(torch.equal(a, b) for a, b in zip(weights[frozen], weights[thawed], strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(weights[thawed], weights[moved], strict=True))


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", SLOW[0]])
def test_it_moves_as_if_only_its_own_gradients_had_ever_been(model, images, optimizer):
    group = [own.name for own in tlnb.layer_groups(model)][-2]
    steering = Steering([Steered(4, "freeze", (group,)), Steered(8, "thaw", (group,))])
    session = Session(model, images, RECIPE.with_(optimizer=optimizer), "cpu", steering=steering)
    ours = [parameter for own in sets_of(session, group) for parameter in own["params"]]
    alone = [torch.nn.Parameter(parameter.detach().clone()) for parameter in ours]
    copies = dict(zip(ours, alone, strict=True))
    sets = [{**own, "params": [copies[p] for p in own["params"]]} for own in sets_of(session, group)]
    reference, steps = type(session.stepper.optimizer)(sets, lr=RECIPE.learning_rate), 0
    for event in session.events():
        if event.kind == "step" and ours[0].grad is not None:
            steps += 1
            for own, copy in copies.items():
                copy.grad = own.grad.clone()
            reference.step()
    assert steps == 5
    assert all(torch.equal(own, copy) for own, copy in copies.items())


@pytest.mark.parametrize("optimizer", ["adamw", "lamb", SLOW[-1]])
@pytest.mark.parametrize("by_hand", [True, False])
def test_what_thaws_for_the_first_time_begins_with_fresh_moments_and_their_bias_corrected(
    model, images, optimizer, by_hand
):
    # Where nothing decays, the first update of each of them is the learning rate, up or down; 3.16 times that where
    # the steps before the thaw are taken for its own.
    group = [own.name for own in tlnb.layer_groups(model)][-2]
    recipe = RECIPE.with_(optimizer=optimizer, trainable="head", thaw=() if by_hand else [(2, 1)])
    steering = Steering([Steered(7, "thaw", (group,))] if by_hand else ())
    session = Session(model, images, recipe, "cpu", steering=steering)
    for event in session.events():
        if event.kind == "step" and event.step == 6:
            spared = [p for own in sets_of(session, group) if not own["weight_decay"] for p in own["params"]]
            before = [parameter.detach().clone() for parameter in spared]
            assert not any(session.stepper.optimizer.state[parameter] for parameter in spared)
        elif event.kind == "step" and event.step == 7:
            moves = torch.cat([(p.detach() - b).abs() for p, b in zip(spared, before, strict=True)])
            break
    assert moves.median().item() == pytest.approx(recipe.learning_rate, rel=0.01)
    assert moves.max().item() < 1.01 * recipe.learning_rate
