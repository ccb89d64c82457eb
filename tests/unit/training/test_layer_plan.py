"""Frozen is frozen: lines 1 to 9 of the list of what popular libraries get wrong, over many architectures."""

import copy

import pytest
import torch
from architectures import ARCHITECTURES, NAMES, SAMPLE, batch, changed, keys_of, make, over_architectures, snapshot
from torch import nn

from tlnb.backbones.membership import keeps_statistics
from tlnb.core.errors import RecipeError
from tlnb.training import LayerPlan, Recipe
from tlnb.training.optimisation import make_optimizer

OPTIMIZERS = ("sgd", "adamw", "rmsprop", "lars", "lamb")  # all of them on one network: test_optimizers.py
LIVELY = Recipe(optimizer="sgd", learning_rate=0.05, momentum=0.9, weight_decay=0.1)


def step(model, optimizer, images, labels, precision="fp32"):
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        loss = nn.functional.cross_entropy(model(images), labels)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


def test_the_forty_are_there_and_the_sample_is_a_part_of_them():
    assert len(ARCHITECTURES) >= 40 and len({name.partition("/")[0] for name in ARCHITECTURES}) == 2
    assert len(set(SAMPLE)) == 12 and set(SAMPLE) <= set(NAMES) <= set(ARCHITECTURES)


@over_architectures
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_1_a_frozen_body_does_not_move_in_train_mode(name, optimizer, precision):
    model = make(name)
    plan = LayerPlan(model)
    plan.keep_training(["head"])
    optimizer = make_optimizer(LIVELY.with_(optimizer=optimizer), plan)
    before = snapshot(model)
    for seed in range(3):
        (plan if seed % 2 else model).train()  # the plan's own, and that of a careless caller
        step(model, optimizer, *batch(name, seed=seed), precision)
    moved = changed(before, model)  # whatever is not the head's weight or bias was frozen, buffers too
    assert moved and moved <= {key for key, _ in plan.parameters("head")}


@over_architectures
def test_1_the_frozen_part_of_a_body_does_not_move_beside_a_group_that_trains(name):
    model = make(name)
    plan = LayerPlan(model)
    plan.keep_training(plan.names[-2:])
    optimizer = make_optimizer(LIVELY, plan)
    before = snapshot(model)
    for seed in range(2):
        plan.train()
        step(model, optimizer, *batch(name, seed=seed))
    moved = changed(before, model)
    assert not moved & keys_of(model, plan, plan.names[:-2])
    assert moved >= {
        key for group in plan.names[-2:] for key, parameter in plan.parameters(group) if parameter.ndim > 1
    }


def body_outputs(model, plan, images):
    """Return what every layer with weights below the head gives, by name."""
    head = {id(p) for _, p in plan.parameters("head")}
    outputs, handles = {}, []
    for key, module in model.named_modules():
        own = list(module.parameters(recurse=False))
        if own and module is not model and id(own[0]) not in head:
            keep = lambda _module, _inputs, output, key=key: outputs.update({key: output})  # noqa: E731
            handles.append(module.register_forward_hook(keep))
    with torch.no_grad():
        model(images)
    for handle in handles:
        handle.remove()
    return outputs


@over_architectures
def test_2_a_frozen_body_computes_the_same_in_train_and_evaluation_mode(name):
    model = make(name)
    plan = LayerPlan(model)
    plan.keep_training(["head"])
    images, _ = batch(name)
    model.train()
    trains = body_outputs(model, plan, images)
    model.eval()
    evaluates = body_outputs(model, plan, images)
    assert len(trains) == len(evaluates) > 5
    assert all(torch.equal(output, evaluates[key]) for key, output in trains.items())


@over_architectures
def test_3_model_train_does_not_undo_the_freeze(name):
    model = make(name)
    plan = LayerPlan(model)
    plan.keep_training(["head"])
    images, _ = batch(name)
    body = {id(p) for group in plan.names[:-1] for _, p in plan.parameters(group)}
    training = []  # of each module in the body, while it computes; some are there and never do
    for block in model.modules():
        own = list(block.parameters())
        if own and all(id(p) in body for p in own):
            for module in block.modules():
                module.register_forward_hook(lambda module, *_: training.append(module.training))
    model.train()  # a careless caller, every epoch
    before = snapshot(model)
    model(images)
    assert not changed(before, model)
    assert training and not any(training)


@over_architectures
def test_4_thawing_keeps_every_module_parameter_and_optimiser_entry(name):
    model = make(name)
    plan = LayerPlan(model)
    optimizer = make_optimizer(LIVELY, plan)
    parameters, modules = list(map(id, model.parameters())), list(map(id, model.modules()))
    plan.keep_training(["head"])
    plan.set_state(plan.names[0], "trains")
    assert list(map(id, model.parameters())) == parameters
    assert list(map(id, model.modules())) == modules
    before = snapshot(model)
    plan.train()
    step(model, optimizer, *batch(name))
    assert changed(before, model) & {key for key, _ in plan.parameters(plan.names[0])}


@over_architectures
def test_5_equal_valued_parameters_are_all_in_the_optimiser_once(name):
    model = make(name)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(0.5)
    optimizer = make_optimizer(LIVELY, LayerPlan(model))
    held = [id(p) for group in optimizer.param_groups for p in group["params"]]
    assert sorted(held) == sorted(map(id, model.parameters()))


@over_architectures
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_6_freezing_between_backward_and_step_holds_weights_with_momentum_and_decay(name, optimizer):
    model = make(name)
    plan = LayerPlan(model)
    optimizer = make_optimizer(LIVELY.with_(optimizer=optimizer), plan)
    plan.train()
    step(model, optimizer, *batch(name))  # momentum is there now
    images, labels = batch(name, seed=1)
    nn.functional.cross_entropy(model(images), labels).backward()
    plan.keep_training(["head"])
    before = snapshot(model)
    optimizer.step()
    assert not changed(before, model) & keys_of(model, plan, plan.names[:-1])


@over_architectures
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_7_a_plan_and_optimiser_that_are_read_back_go_on_as_they_were(name, optimizer):
    recipe = LIVELY.with_(optimizer=optimizer, learning_rate=1e-3)

    def prepared():
        model = make(name)
        plan = LayerPlan(model)
        plan.keep_training(["head"])
        return model, plan, make_optimizer(recipe, plan)

    def advance(model, plan, optimizer, seeds):
        for seed in seeds:
            plan.train()
            torch.manual_seed(seed)
            step(model, optimizer, *batch(name, seed=seed))

    model, plan, optimizer = prepared()
    advance(model, plan, optimizer, [0])
    plan.set_state(plan.names[-2], "trains")
    advance(model, plan, optimizer, [1])
    saved = copy.deepcopy((model.state_dict(), plan.state_dict(), optimizer.state_dict()))
    advance(model, plan, optimizer, [2])

    again, plan_again, optimizer_again = prepared()
    for part, state in zip((again, plan_again, optimizer_again), saved, strict=True):
        part.load_state_dict(state)
    assert plan_again.trainable() == plan.names[-2:]
    before = snapshot(again)
    advance(again, plan_again, optimizer_again, [2])
    moved = changed(before, again)
    assert moved & {key for key, _ in plan.parameters(plan.names[-2])}  # what had thawed is not frozen again
    assert not moved & keys_of(again, plan_again, plan.names[:-2])  # and what was frozen has not thawed
    assert not changed(snapshot(model), again)
    with pytest.raises(RecipeError, match="The checkpoint has the groups"):
        plan.load_state_dict({"learning": "all", "groups": {"elsewhere": "frozen"}})


@over_architectures
def test_8_the_head_has_as_many_logits_as_there_are_classes(name):
    model = make(name, classes=7).eval()
    assert model(batch(name)[0]).shape == (4, 7)


@over_architectures
def test_9_freezing_the_body_leaves_the_head_free(name):
    model = make(name)
    plan = LayerPlan(model)
    plan.keep_training(["head"])
    trainable = {id(p) for p in model.parameters() if p.requires_grad}
    assert trainable == {id(p) for _, p in plan.parameters("head")} and trainable


@over_architectures
def test_fixed_statistics_let_weights_learn_and_statistics_stand(name):
    model = make(name)
    plan = LayerPlan(model)
    plan.keep_training(plan.names, fixed_statistics=plan.names[:-1])
    optimizer = make_optimizer(LIVELY, plan)
    before = snapshot(model)
    plan.train()
    step(model, optimizer, *batch(name))
    moved = changed(before, model)
    assert not moved & {key for key, _ in model.named_buffers()}
    norms = {
        f"{key}.{own}"
        for key, module in model.named_modules()
        if keeps_statistics(module)
        for own, _ in module.named_parameters()
    }
    assert all(p.requires_grad for p in model.parameters()) and (moved & norms or not norms)


def test_groups_that_are_let_train_leave_the_others_as_they_are():
    plan = LayerPlan(make("timm/resnet18"))
    plan.keep_training(["stage4", "head"], fixed_statistics=["stage4", "stage1"])
    assert list(plan.states.values()) == ["frozen", "frozen", "frozen", "frozen", "fixed_statistics", "trains"]
    plan.let_train(["stage3", "stage2"], fixed_statistics=["stage3", "stage4", "stem"])
    states = ["frozen", "frozen", "trains", "fixed_statistics", "fixed_statistics", "trains"]
    assert list(plan.states.values()) == states
    with pytest.raises(RecipeError, match='Did you mean "stage3"'):
        plan.let_train([], fixed_statistics=["stge3"])
    assert list(plan.states.values()) == states


@over_architectures
def test_a_copy_of_a_planned_model_stays_frozen_and_release_frees_it(name):
    model = make(name)
    plan = LayerPlan(model)
    plan.keep_training(["head"])
    twin = copy.deepcopy(model).train()
    before = snapshot(twin)
    twin(batch(name)[0])
    assert not changed(before, twin)
    plan.release()
    model.train()
    assert all(module.training for module in model.modules())
    assert not any(module._forward_pre_hooks for module in model.modules())


@over_architectures
def test_an_unknown_group_or_state_is_refused(name):
    plan = LayerPlan(make(name))
    with pytest.raises(RecipeError, match='Did you mean "stem"'):
        plan.set_state("sten", "frozen")
    with pytest.raises(RecipeError, match="cannot be 'cold'"):
        plan.set_state("stem", "cold")
