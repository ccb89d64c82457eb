"""Low-rank updates and adapters: they start from the same outputs, only they train, and a task is small."""

import copy

import pytest
import torch
from torch import nn

import tlnb
from tlnb.core.errors import ModelError, RecipeError
from tlnb.methods import (
    AdaptedConv2d,
    LowRankConv2d,
    add_adapters,
    add_low_rank,
    apply_task,
    merge_low_rank,
    task_bytes,
    task_tensors,
)
from tlnb.training import Recipe, layer_movement

# Padding as TensorFlow's, plain, torchvision's; patches, grouped convolutions, squeeze and excitation.
NAMES = ["tf_efficientnet_lite0", "resnet10t", "torchvision/resnet18"]
MORE = ["convnext_atto", "regnety_002", "mobilenetv3_small_050"]
METHODS = [add_low_rank, add_adapters]
ADDED = Recipe(trainable="all", parameters="added", epochs=1, batch_size=12, learning_rate=0.01)


def make(name, classes=2):
    model = tlnb.create_model(name, classes, weights="random")
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1 and parameter.abs().max() < 1e-3 and not parameter.equal(parameter * 2):
                parameter.fill_(1.0)  # layer scales that start next to nothing would hide what is beside them
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d) and not module.weight.any():
                module.weight.fill_(1.0)  # as would the last normalisation of a residual block
    return model


def pictures(side=65, n=2):  # an odd side: at stride 2 "same" padding then differs from other sides
    return torch.randn(n, 3, side, side, generator=torch.Generator().manual_seed(0))


def answers(model, images):
    own = copy.deepcopy(model).eval()
    if images.is_contiguous():  # fit may have chosen another memory format, whose roundings differ
        own = own.to(memory_format=torch.contiguous_format)
    with torch.no_grad():
        return own(images)


def stirred(model):
    """Copy a model, and let its additions say something."""
    own = copy.deepcopy(model)
    generator = torch.Generator().manual_seed(1)
    for module in own.modules():
        if isinstance(module, (LowRankConv2d, AdaptedConv2d)):
            module.up.data += torch.randn(module.up.shape, generator=generator) * 0.1
    return own


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8, generator=generator)
    return tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])


@pytest.mark.parametrize("add", METHODS)
@pytest.mark.parametrize("name", NAMES + MORE)
def test_nothing_changes_until_it_learns_and_then_it_does(name, add):
    model = make(name)
    for side in (64, 65):
        images = pictures(side)
        before = answers(model, images)
        own = add(model)
        assert torch.equal(answers(own, images), before)
        assert not torch.allclose(answers(stirred(own), images), before, atol=1e-4)
        assert torch.equal(answers(model, images), before)  # the one given is as it was


@pytest.mark.parametrize("add", METHODS)
@pytest.mark.parametrize("name", NAMES + MORE)
def test_old_names_and_layer_groups_stay_and_additions_go_with_their_layer(name, add):
    model = make(name)
    own = add(model)
    before, after = model.state_dict(), own.state_dict()
    assert [key for key in after if key in before] == list(before)
    new = [key for key in after if key not in before]
    assert new and all(key.rpartition(".")[2] in ("down", "up") for key in new)
    groups, added = tlnb.layer_groups(model), tlnb.layer_groups(own)
    assert [g.name for g in groups] == [g.name for g in added] and groups[-1] == added[-1]
    for plain, adapted in zip(groups, added, strict=True):
        assert [key for key in adapted.parameters if key in before] == list(plain.parameters)
        layers = {key.rpartition(".")[0] for key in plain.parameters}
        assert {key.rpartition(".")[0] for key in adapted.parameters} == layers
    own.load_state_dict(before, strict=False)
    assert tlnb.model_card(own) == tlnb.model_card(model)


@pytest.mark.parametrize("name", NAMES + MORE)
def test_merged_updates_answer_alike_in_the_plain_architecture(name):
    plain, tuned = make(name), stirred(add_low_rank(make(name), rank=3))
    merged = merge_low_rank(tuned)
    expected = answers(tuned, pictures())
    assert torch.allclose(answers(merged, pictures()), expected, atol=1e-5 * max(1, float(expected.abs().max())))
    assert [type(m) for m in merged.modules()] == [type(m) for m in plain.modules()]
    assert list(merged.state_dict()) == list(plain.state_dict()) and repr(merged) == repr(plain)
    assert any(isinstance(m, LowRankConv2d) for m in tuned.modules())


@pytest.mark.parametrize("add", METHODS)
def test_copies_formats_seeds_and_the_global_random_state(add):
    model = make("tf_efficientnet_lite0")
    state = torch.get_rng_state()
    one, two, other = add(model), add(model, seed=0), add(model, seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    same = [torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True)]
    assert all(same)
    assert not all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    stir, images = stirred(one), pictures(64)
    expected = answers(stir, images)
    last = copy.deepcopy(stir).to(memory_format=torch.channels_last)
    assert torch.allclose(answers(last, images.contiguous(memory_format=torch.channels_last)), expected, atol=1e-5)


def test_some_groups_only_and_ranks_that_a_layer_can_have():
    own = add_low_rank(make("resnet10t"), rank=1000, groups=["stage3", "stage4"])
    added = {name.split(".")[0] for name, m in own.named_modules() if isinstance(m, LowRankConv2d)}
    assert added == {"layer3", "layer4"}
    assert all(len(m.down) <= min(m.weight.shape[0], m.weight[0].numel()) for m in own.modules() if hasattr(m, "down"))
    assert not any(isinstance(m, LowRankConv2d) for m in own.conv1.modules())


def test_depthwise_convolutions_get_adapters_and_no_low_rank_updates():
    kinds = {}
    for add, kind in ((add_low_rank, LowRankConv2d), (add_adapters, AdaptedConv2d)):
        kinds[kind] = [m for m in add(make("tf_efficientnet_lite0")).modules() if isinstance(m, kind)]
    assert all(m.groups == 1 for m in kinds[LowRankConv2d])
    assert all(m.kernel_size[0] > 1 for m in kinds[AdaptedConv2d])
    assert sum(m.groups > 1 for m in kinds[AdaptedConv2d]) == 16


@pytest.mark.parametrize(("add", "method"), [(add_low_rank, "low-rank updates"), (add_adapters, "adapters")])
@pytest.mark.parametrize("name", NAMES)
def test_fit_trains_what_was_added_and_the_head_and_nothing_else(name, add, method, images):
    own = add(make(name))
    run = tlnb.fit(own, images, ADDED, progress=False)
    before, after = own.state_dict(), run.model.state_dict()
    head = tlnb.layer_groups(own)[-1].parameters
    moved = {key for key in after if not torch.equal(before[key], after[key])}
    ups = {key for key in after if key.endswith(".up")}
    assert ups <= moved and set(head) <= moved
    assert all(key in head or key.rpartition(".")[2] in ("up", "down") for key in moved)
    assert {method, "freezing", "frozen batch normalisation"} <= set(run.used["method"])
    events = [event.kind for event in tlnb.train(own, images, ADDED)]
    assert events[-1] == "finished"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("add", METHODS)
def test_a_task_comes_back_exactly_from_its_few_bytes(name, add, images, tmp_path):
    from safetensors.torch import load_file, save_file

    base = make(name)
    run = tlnb.fit(add(base), images, ADDED, progress=False)
    tensors = task_tensors(base, run.model)
    save_file(tensors, tmp_path / "task.safetensors")
    again = apply_task(add(base, seed=7), load_file(tmp_path / "task.safetensors"))
    normalised = pictures(32)
    assert torch.equal(answers(again, normalised), answers(run.model, normalised))
    whole = sum(t.numel() * t.element_size() for t in base.state_dict().values())
    assert task_bytes(base, run.model) == sum(t.numel() * t.element_size() for t in tensors.values()) < whole / 5


@pytest.mark.parametrize("classes", [2, 5])
def test_a_task_of_normalisation_brings_statistics_and_a_head_of_its_own(classes, images):
    base = make("resnet10t")
    data = tlnb.ImageData.from_tensors(images.images, torch.arange(40) % classes, [f"c{i}" for i in range(classes)])
    recipe = Recipe(trainable="all", parameters="norms", epochs=1, batch_size=12)
    run = tlnb.fit(make("resnet10t", classes), data, recipe, progress=False)
    tensors = task_tensors(base, run.model)
    assert {key.rpartition(".")[2] for key in tensors} == {
        "weight",
        "bias",
        "running_mean",
        "running_var",
        "num_batches_tracked",
    }
    again = apply_task(base, tensors)
    assert torch.equal(answers(again, pictures(32)), answers(run.model, pictures(32)))
    assert len(tlnb.model_card(again).classes) == classes and not tlnb.model_card(again).new_head
    assert "batch-norm only" in run.used["method"]


def test_a_task_that_does_not_fit_says_what_to_do():
    base = make("resnet10t")
    tensors = task_tensors(base, stirred(add_low_rank(base)))
    with pytest.raises(ModelError, match=r"add_low_rank\(base, rank"):
        apply_task(base, tensors)
    with pytest.raises(ModelError, match="another rank or width"):
        apply_task(add_low_rank(base, rank=2), tensors)
    with pytest.raises(ModelError, match="not made from this base"):
        task_tensors(base, make("resnet18"))


@pytest.mark.parametrize("add", METHODS)
def test_what_cannot_be_added_is_refused(add):
    model = make("resnet10t")
    with pytest.raises(ModelError, match=r"has (low-rank updates|adapters) already"):
        add(add(model))
    with pytest.raises(ModelError, match="0 is not a whole number"):
        add(model, 0)
    with pytest.raises(RecipeError, match="stage9"):
        add(model, groups=["stage9"])
    with pytest.raises(ModelError, match="choose others"):
        add(nn.Sequential(nn.Flatten(), nn.Linear(12, 4), nn.Linear(4, 2)))


def test_added_parameters_meet_recipes_that_cannot_serve_them(images):
    plain = make("resnet10t")
    own = add_low_rank(plain)
    with pytest.raises(RecipeError, match="nothing was added"):
        tlnb.fit(plain, images, ADDED, progress=False)
    with pytest.raises(RecipeError, match="would lose what was added"):
        tlnb.fit(own, images, Recipe.preset("scratch"), progress=False)
    with pytest.raises(RecipeError, match="to_code: what a method added"):
        Recipe().to_code(own, images)
    with pytest.raises(ModelError, match="no low-rank updates"):
        merge_low_rank(plain)
    with pytest.raises(ModelError, match="merge_low_rank"):
        layer_movement(plain, own)


def test_frozen_convolutions_get_no_weight_gradient(images):
    own = add_low_rank(make("resnet10t"))
    plan = tlnb.training.LayerPlan(own, "added")
    plan.keep_training(plan.names)
    plan.train()
    own(pictures(64)).sum().backward()
    with_gradient = {name for name, p in own.named_parameters() if p.grad is not None}
    assert with_gradient and all(name.endswith((".down", ".up")) or name.startswith("fc.") for name in with_gradient)


@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format])
def test_adapters_beside_the_first_layer_survive_their_backward_pass(memory_format):
    # A strided 1 x 1 convolution of three channels brought the whole process down (torch 2.15, CPU, channels_last).
    model = add_adapters(tlnb.create_model("tf_efficientnet_lite0", 2, weights="random"), groups=["stem"])
    model.to(memory_format=memory_format).eval()
    for _ in range(3):
        model(torch.randn(8, 3, 96, 96).contiguous(memory_format=memory_format)).square().sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in model.parameters())


def test_an_adapter_leaves_convolutions_alone_whose_maps_it_would_not_fit():
    layers = [nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 2, 2), nn.Conv2d(8, 8, 3, 1, "same"), nn.Conv2d(8, 8, 5, 2, 4, 2)]
    network = nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(2))
    expected = network(pictures(32))
    own = add_adapters(network)
    assert [type(layer) is AdaptedConv2d for layer in own[:4]] == [False, False, True, True]
    assert torch.equal(own(pictures(32)), expected)
