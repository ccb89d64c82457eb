"""Every optimiser that a recipe takes: frozen is frozen, decay spares what it must, a resumed state goes on alike."""

import copy
import json

import pytest
import torch
from torch import nn

import tlnb
from tlnb.core.errors import RecipeError
from tlnb.training import LayerPlan, Recipe
from tlnb.training.checkpoints.state import _load_optimizer, _read_optimizer
from tlnb.training.optimisation import check_optimizer, make_optimizer, timm_optimizers
from tlnb.training.pull import Pull

EVERY = ("sgd", "adamw", "rmsprop", *timm_optimizers())
RECIPE = Recipe(learning_rate=0.01, momentum=0.9, weight_decay=0.1, rate_ratio=0.5)


def small_plan(trains):
    torch.manual_seed(0)
    body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4))
    model = nn.Sequential(*body, nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 3))
    plan = LayerPlan(model)
    plan.keep_training(trains(plan.names))
    return plan


def go(plan, optimizer, steps, seed=0):
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        plan.train()
        images = torch.randn(6, 3, 12, 12, generator=generator)
        loss = nn.functional.cross_entropy(plan.model(images), torch.arange(6) % 3)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()


def weights(plan):
    return {name: tensor.clone() for name, tensor in plan.model.state_dict().items()}


def moved(before, after):
    return {name for name in before if not torch.equal(before[name], after[name])}


@pytest.mark.parametrize("name", EVERY)
def test_what_is_frozen_stands_still_and_what_thaws_moves(name):
    plan = small_plan(lambda names: names[-1:])
    optimizer = make_optimizer(RECIPE.with_(optimizer=name), plan)
    head = {own for own, _ in plan.parameters(plan.names[-1])}
    before = weights(plan)
    go(plan, optimizer, 3)
    assert moved(before, weights(plan)) == head
    plan.keep_training(plan.names)
    before = weights(plan)
    go(plan, optimizer, 2, seed=1)
    kernels = {name for name, parameter in plan.model.named_parameters() if parameter.ndim > 1}
    assert kernels <= moved(before, weights(plan))
    assert all(tensor.isfinite().all() for tensor in weights(plan).values())


@pytest.mark.parametrize("name", EVERY)
def test_a_state_that_was_kept_goes_on_to_the_same_weights(name):
    plan = small_plan(lambda names: names)
    recipe = RECIPE.with_(optimizer=name)
    optimizer = make_optimizer(recipe, plan)
    go(plan, optimizer, 3)
    plain, tensors = _read_optimizer(optimizer)
    kept, plain, tensors = weights(plan), json.loads(json.dumps(plain)), copy.deepcopy(tensors)
    go(plan, optimizer, 2, seed=1)

    again = small_plan(lambda names: names)
    fresh = make_optimizer(recipe, again)
    again.model.load_state_dict(kept)
    _load_optimizer(fresh, plain, tensors)
    go(again, fresh, 2, seed=1)
    assert not moved(weights(plan), weights(again))


@pytest.mark.parametrize("name", EVERY)
def test_groups_have_their_own_rates_and_decay_spares_biases_and_normalisation(name):
    plan = small_plan(lambda names: names)
    optimizer = make_optimizer(RECIPE.with_(optimizer=name), plan)
    every = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    assert {id(parameter) for parameter in every} == {id(parameter) for parameter in plan.model.parameters()}
    for group in optimizer.param_groups:
        assert group["lr"] == group["peak"] == (0.01 if group["group"] == plan.names[-1] else 0.005)
        assert {parameter.ndim > 1 for parameter in group["params"]} == {group["weight_decay"] == 0.1}


def test_the_trust_ratio_of_lars_scales_each_layers_step():
    steps = {}
    for name in ("sgd", "lars"):
        plan = small_plan(lambda names: names)
        with torch.no_grad():
            plan.model[3].weight.mul_(10)  # batch normalisation undoes it: only the rates see it
        before = weights(plan)
        go(plan, make_optimizer(RECIPE.with_(optimizer=name, momentum=0.0, weight_decay=1e-9), plan), 1)
        after = weights(plan)
        steps[name] = (after["3.weight"] - before["3.weight"]).norm() / before["3.weight"].norm()
        steps[name, "first"] = (after["0.weight"] - before["0.weight"]).norm() / before["0.weight"].norm()
    assert steps["lars"] / steps["lars", "first"] > 20 * steps["sgd"] / steps["sgd", "first"]


@pytest.mark.parametrize(("name", "rate", "warned"), [("lars", 10, True), ("lars", 1, False), ("sgd", 10, False)])
def test_a_rate_for_lars_that_its_plain_steps_may_not_survive_is_warned_of(name, rate, warned, caplog):
    make_optimizer(RECIPE.with_(optimizer=name, learning_rate=rate), small_plan(lambda names: names))
    assert ("take plain steps at the full rate" in caplog.text) == warned


@pytest.mark.parametrize("name", ["bnbadam", "fusedsgd", "adahessian", "kron", "lbfgs", "LAMB", 3])
def test_an_optimizer_that_cannot_serve_is_refused_by_name(name):
    with pytest.raises(RecipeError, match=f"optimizer={name!r}"):
        check_optimizer(name)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_decay_to_the_pre_trained_weights_has_its_rest_there(optimizer):
    recipe = RECIPE.with_(optimizer=optimizer, decay_to="pretrained", momentum=0.0)
    plan = small_plan(lambda names: names)
    made = make_optimizer(recipe, plan)
    pull = Pull(made, apart=optimizer == "adamw")
    start = weights(plan)
    with torch.no_grad():
        for parameter in plan.model.parameters():
            parameter.add_(0.5)
            parameter.grad = torch.zeros_like(parameter)
    away = weights(plan)
    pull.before_step()
    made.step()
    after, head = weights(plan), {own for own, _ in plan.parameters(plan.names[-1])}
    for name, parameter in plan.model.named_parameters():
        if name in head or parameter.ndim == 1:
            continue
        assert torch.allclose(after[name] - start[name], (away[name] - start[name]) * (1 - 0.005 * 0.1), atol=1e-6)
    kernel = next(name for name in head if after[name].ndim > 1)
    assert torch.allclose(after[kernel], away[kernel] * (1 - 0.01 * 0.1), atol=1e-6)


def test_the_pull_does_not_move_what_is_frozen():
    plan = small_plan(lambda names: names[-1:])
    optimizer = make_optimizer(RECIPE.with_(decay_to="pretrained"), plan)
    pull = Pull(optimizer, apart=True)
    with torch.no_grad():
        plan.model[0].weight.add_(1.0)
    before = weights(plan)
    pull.before_step()
    assert not moved(before, weights(plan))


def test_a_strong_pull_keeps_a_run_nearer_to_its_start(run_inputs):
    model, images = run_inputs
    recipe = Recipe(trainable="all", epochs=4, batch_size=12, optimizer="sgd", learning_rate=0.01, momentum=0.0)
    start = {name: tensor.clone() for name, tensor in model.state_dict().items()}

    def distance(**changes):
        run = tlnb.fit(model, images, recipe.with_(**changes), progress=False)
        body = [name for name, parameter in run.model.named_parameters() if parameter.ndim > 1 and "fc" not in name]
        return sum((run.model.state_dict()[name] - start[name]).norm().item() ** 2 for name in body) ** 0.5

    free = distance(weight_decay=0.0)
    assert distance(weight_decay=5.0, decay_to="pretrained") < 0.95 * free < distance(weight_decay=5.0)


@pytest.fixture
def run_inputs():
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (48, 3, 32, 32), dtype=torch.uint8, generator=generator)
    images = tlnb.ImageData.from_tensors(pixels, torch.arange(48) % 2, ["even", "odd"])
    return tlnb.create_model("resnet10t", images, weights="random"), images


def test_an_average_of_the_weights_is_what_is_kept_and_it_is_the_average(run_inputs):
    model, images = run_inputs
    recipe = Recipe(trainable="all", epochs=1, batch_size=12, ema_decay=0.8)
    seen = []

    def look(event):
        if event.kind == "step":
            seen.append({k: v.clone() for k, v in session.model.state_dict().items() if v.is_floating_point()})

    from tlnb.training.session import Session

    session = Session(model, images, recipe)
    average = {k: v.clone() for k, v in session.model.state_dict().items() if v.is_floating_point()}
    for event in session.events():
        look(event)
        if event.kind == "finished":
            kept = event.run.model.state_dict()
    for done, state in enumerate(seen, 1):
        decay = min(0.8, (1 + done) / (10 + done))
        average = {name: decay * average[name] + (1 - decay) * state[name] for name in average}
    for name in average:
        assert torch.allclose(kept[name], average[name], rtol=1e-4, atol=1e-6), name
    assert not torch.allclose(kept["conv1.0.weight"], seen[-1]["conv1.0.weight"], atol=1e-7)


def test_the_average_changes_no_step_of_the_training(run_inputs):
    recipe = Recipe(trainable="all", epochs=2, batch_size=12)
    with_it, without = (tlnb.fit(*run_inputs, recipe.with_(ema_decay=decay), progress=False) for decay in (0.9, None))
    assert with_it.losses == without.losses and with_it.history != without.history
