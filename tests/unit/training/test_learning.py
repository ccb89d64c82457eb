"""Frozen is frozen inside a group that trains as well: the list of test_layer_plan.py, parameter by parameter."""

import copy

import pytest
import torch
from architectures import batch, make
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

import tlnb
from tlnb.core.errors import RecipeError
from tlnb.methods import add_adapters, add_low_rank
from tlnb.training import LayerPlan, Recipe
from tlnb.training.learning import learning_parameters
from tlnb.training.optimisation import make_optimizer

LIVELY = Recipe(optimizer="sgd", learning_rate=0.05, momentum=0.9, weight_decay=0.1)
# One of each kind of normalisation and of nesting: the whole list would take minutes.
KINDS = ("timm/resnet18", "timm/vgg11_bn", "timm/mobilenetv3_small_050", "timm/tf_efficientnet_lite0")
NORMS = [(name, "norms") for name in (*KINDS, "timm/convnext_atto", "torchvision/shufflenet_v2_x0_5")]
ADDED = [(name, "added") for name in ("timm/resnet18", "timm/tf_efficientnet_lite0", "torchvision/resnet18")]

both = pytest.mark.parametrize(("name", "learning"), NORMS + ADDED)


def made(name, learning):
    return make(name) if learning == "norms" else add_low_rank(make(name))


def learners(model, plan):
    """Names of the parameters that should learn when every group trains."""
    return learning_parameters(model, tlnb.layer_groups(model), plan.learning)


def snapshot(model):
    return {key: value.clone() for key, value in model.state_dict().items()}


def changed(before, model):
    return {key for key, value in model.state_dict().items() if not torch.equal(value, before[key])}


def step(model, optimizer, images, labels):
    optimizer.zero_grad(set_to_none=True)
    nn.functional.cross_entropy(model(images), labels).backward()
    optimizer.step()


@both
def test_1_only_what_is_meant_moves_whatever_momentum_and_decay_say(name, learning):
    model = made(name, learning)
    plan = LayerPlan(model, learning)
    optimizer = make_optimizer(LIVELY, plan)
    before = snapshot(model)
    for seed in range(2):
        plan.train()
        step(model, optimizer, *batch(name, seed=seed))
    parameters = {key for key, _ in model.named_parameters()}
    moved = changed(before, model)
    assert moved & parameters <= learners(model, plan) and {key for key, _ in plan.parameters("head")} & moved
    statistics = moved - parameters
    has_batch_norm = any(isinstance(module, _BatchNorm) for module in model.modules())
    assert bool(statistics) is (learning == "norms" and has_batch_norm)
    assert all(p.grad is None for key, p in model.named_parameters() if key not in learners(model, plan))


@both
def test_2_and_3_normalisation_that_is_frozen_stays_in_evaluation_mode(name, learning):
    model = made(name, learning)
    plan = LayerPlan(model, learning)
    for fixed in ((), plan.names[:-1]):
        plan.keep_training(plan.names, fixed_statistics=fixed)
        model.train()  # a careless caller, every epoch
        model(batch(name)[0])
        held = [not module.training for module in model.modules() if isinstance(module, _BatchNorm)]
        assert all(held) if learning == "added" or fixed else not any(held)


@both
def test_4_and_5_every_parameter_is_in_the_optimiser_once_by_identity(name, learning):
    model = made(name, learning)
    identities = list(map(id, model.parameters()))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(0.5)
    plan = LayerPlan(model, learning)
    plan.keep_training(["head"])
    optimizer = make_optimizer(LIVELY, plan)
    plan.set_state(plan.names, "trains")
    held = [id(p) for group in optimizer.param_groups for p in group["params"]]
    assert sorted(held) == sorted(identities) and list(map(id, model.parameters())) == identities


@both
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_6_narrowing_between_backward_and_step_holds_weights_with_momentum(name, learning, optimizer):
    model = made(name, learning)
    everything = LayerPlan(model)
    optimizer = make_optimizer(LIVELY.with_(optimizer=optimizer), everything)
    everything.train()
    step(model, optimizer, *batch(name))  # every parameter has momentum now
    images, labels = batch(name, seed=1)
    nn.functional.cross_entropy(model(images), labels).backward()
    plan = LayerPlan(model, learning)
    plan.apply()
    before = snapshot(model)
    optimizer.step()
    assert changed(before, model) <= learners(model, plan)
    plan.keep_training(["head"])
    model(batch(name)[0]).sum().backward()
    before = snapshot(model)
    optimizer.step()
    assert changed(before, model) <= {key for key, _ in plan.parameters("head")}


@both
def test_7_a_plan_that_is_read_back_goes_on_with_what_learnt(name, learning):
    def prepared(which):
        model = made(name, learning)
        plan = LayerPlan(model, which)
        plan.keep_training(["head"])
        return model, plan, make_optimizer(LIVELY, plan)

    def advance(model, plan, optimizer, seed):
        plan.train()
        torch.manual_seed(seed)
        step(model, optimizer, *batch(name, seed=seed))

    model, plan, optimizer = prepared(learning)
    advance(model, plan, optimizer, 0)
    plan.set_state(plan.names[-2], "trains")
    advance(model, plan, optimizer, 1)
    saved = copy.deepcopy((model.state_dict(), plan.state_dict(), optimizer.state_dict()))
    advance(model, plan, optimizer, 2)
    again, plan_again, optimizer_again = prepared("all")  # what learns comes from the checkpoint
    for part, state in zip((again, plan_again, optimizer_again), saved, strict=True):
        part.load_state_dict(state)
    assert plan_again.learning == learning and plan_again.states == plan.states
    advance(again, plan_again, optimizer_again, 2)
    expected = model.state_dict()
    assert all(torch.allclose(expected[key], value, atol=1e-6) for key, value in again.state_dict().items())


def test_the_wider_state_comes_back_from_a_checkpoint_too():
    model = add_low_rank(make("timm/resnet18"))
    state = LayerPlan(model).state_dict()
    plan = LayerPlan(model, "added")
    plan.load_state_dict(state)
    assert all(p.requires_grad for p in model.parameters()) and plan.learning == "all"
    model.train()
    model(batch("timm/resnet18")[0])
    assert all(module.training for module in model.modules())


def test_what_the_body_lacks_cannot_learn():
    with pytest.raises(RecipeError, match="no normalisation"):
        LayerPlan(make("timm/vgg11"), "norms")
    with pytest.raises(RecipeError, match="nothing was added"):
        LayerPlan(make("timm/resnet18"), "added")
    with pytest.raises(RecipeError, match="'some' is not one of 'all', 'norms', 'added'"):
        LayerPlan(make("timm/resnet18"), "some")


@pytest.mark.parametrize("changes", [{}, {"trainable": 0}, {"trainable": ["head"]}])
def test_choosing_in_a_body_that_is_frozen_throughout_is_refused(changes):
    with pytest.raises(RecipeError, match='set trainable="all"'):
        Recipe(parameters="norms", **changes)
    assert Recipe(parameters="norms", thaw=[(1, "all")], **changes).parameters == "norms"


def test_noise_cannot_be_frozen_by_parameters_either():
    with pytest.raises(RecipeError, match="freeze noise"):
        Recipe.preset("scratch", parameters="norms")


def test_the_preview_counts_what_learns_and_shows_it_only_then(model):
    preview = Recipe(trainable="all", parameters="norms").preview(model)
    norms = sum(p.numel() for m in model.modules() if isinstance(m, _BatchNorm) for p in m.parameters())
    head = sum(p.numel() for p in model.fc.parameters())
    assert preview.trainable_parameters == norms + head and "that learn" in repr(preview)
    assert "that learn" not in repr(Recipe(trainable="all").preview(model))


def test_a_group_in_which_nothing_was_added_is_shown_as_frozen_and_never_thaws(model, images):
    own = add_adapters(model, groups=["stage4"])
    recipe = Recipe(parameters="added", thaw=[(1, "from stage3")], epochs=2, batch_size=12)
    starts = {group.name: group.trains_from for group in recipe.preview(own).groups}
    assert starts == {"stem": None, "stage1": None, "stage2": None, "stage3": None, "stage4": 1.0, "head": 0.0}
    events = list(tlnb.train(own, images, recipe))
    assert [event.groups for event in events if event.kind == "thawed"] == [("stage4",)]
    assert events[0].trainable == ("head",)


def test_normalisation_alone_is_noted_as_such(model, images):
    run = tlnb.fit(model, images, Recipe(trainable="all", parameters="norms", epochs=1), progress=False)
    assert run.used["method"][1:3] == ("freezing", "batch-norm only")


@pytest.mark.parametrize(
    ("fixed", "expected"),
    [
        (True, {"stage1": "fixed", "stage2": "fixed", "stage3": "fixed", "stage4": "fixed"}),
        (["stage4"], {"stage1": "fixed", "stage2": "fixed", "stage3": "follow", "stage4": "fixed"}),
        (["stage1"], {"stage1": "fixed", "stage2": "fixed", "stage3": "follow", "stage4": "follow"}),
    ],
)
def test_the_preview_says_whose_statistics_stand_still(model, fixed, expected):
    recipe = Recipe(trainable=1, thaw=[(1, 2)], fixed_statistics=fixed)
    preview = recipe.preview(model)
    header, rows = preview.table()
    assert header[-1] == "running statistics"
    assert {row[0]: row[-1] for row in rows} == {"stem": "fixed", **expected, "head": "none"}
    plain = recipe.with_(fixed_statistics=False).preview(model)
    assert "statistics" not in repr(plain) and [group.statistics for group in plain.groups][-2:] == ["follow", None]


def test_the_preview_knows_that_what_is_added_trains_with_fixed_statistics(model):
    preview = Recipe(trainable="all", parameters="added").preview(add_low_rank(model, rank=2))
    assert {group.statistics for group in preview.groups[:-1]} == {"fixed"}
