"""What freezing is said to cost is what real steps keep and compute."""

import copy
import statistics
import threading
import time

import pytest
import torch
from torch import nn

import tlnb
from tlnb.core.errors import RecipeError
from tlnb.training import FreezingCost, Recipe, StepSpeed, freezing_cost, measure_speed
from tlnb.training.layer_plan import LayerPlan
from tlnb.training.metering.work import learning_pattern, macs_per_image
from tlnb.training.optimisation import make_optimizer
from tlnb.training.optimizer_state import state_bytes
from tlnb.training.preview import thaw_epochs
from tlnb.training.step_speed import GroupSeconds

SIZE, BATCH = 32, 4
RECIPES = {
    "probe": Recipe.preset("probe", batch_size=BATCH),
    "last_stage": Recipe.preset("last_stage", batch_size=BATCH),
    "full": Recipe.preset("full", batch_size=BATCH),
    "norms": Recipe.preset("full", batch_size=BATCH, parameters="norms"),
    "fixed": Recipe.preset("full", batch_size=BATCH, fixed_statistics=True),
    "middle": Recipe(trainable=["stage2"], batch_size=BATCH),
    "dropout": Recipe(trainable="all", batch_size=BATCH, dropout=0.4, drop_path=0.2),
}
over_recipes = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)


@pytest.fixture(scope="module")
def model():
    return tlnb.create_model("resnet10t", 2, weights="random")


def prepared(model, recipe):
    """Return a copy of a model as it is when a run of the recipe begins, and its plan."""
    from tlnb.training.initial import initial_model

    own = initial_model(model, recipe, ["one", "other"])
    plan = LayerPlan(own, recipe.parameters)
    epochs = thaw_epochs(recipe, plan.names)
    fixed = plan.names[:-1] if recipe.fixed_statistics else ()
    plan.keep_training([name for name, epoch in epochs.items() if epoch == 0], fixed_statistics=fixed)
    plan.train()
    return own, plan


def kept_in_a_real_pass(own):
    weights, kept = {p.untyped_storage().data_ptr() for p in own.parameters()}, {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        logits = own(torch.rand(BATCH, 3, SIZE, SIZE))
    assert logits.requires_grad
    return sum(count for address, count in kept.items() if address not in weights)


@over_recipes
def test_activations_are_those_that_a_real_step_of_the_frozen_model_keeps(model, recipe):
    own, _ = prepared(model, recipe)
    (stage,) = freezing_cost(model, recipe, 100, SIZE).stages
    assert stage.activation_bytes == pytest.approx(kept_in_a_real_pass(own), rel=0.02, abs=64)


@over_recipes
def test_operations_and_parameters_are_those_of_the_plan(model, recipe):
    own, plan = prepared(model, recipe)
    (stage,) = freezing_cost(model, recipe, 100, SIZE).stages
    learning = [p for p in own.parameters() if p.requires_grad]
    each = macs_per_image(own, (3, SIZE, SIZE), learning_pattern(list(own.parameters())))
    assert (stage.forward_macs, stage.backward_macs) == (BATCH * each[0], BATCH * each[1])
    assert stage.training == plan.trainable() and stage.parameters == sum(p.numel() for p in learning)
    assert stage.gradient_bytes == 4 * stage.parameters


@pytest.mark.parametrize(
    "optimizer", ["sgd", "adamw", "rmsprop", "lion", "lamb", "adafactor", "adamp", "novograd", "muon", "madgrad"]
)
def test_what_an_optimiser_keeps_is_what_it_keeps_after_a_real_step(model, optimizer):
    recipe = RECIPES["last_stage"].with_(optimizer=optimizer, learning_rate=1e-3)
    own, plan = prepared(model, recipe)
    real = make_optimizer(recipe, plan)
    own(torch.rand(BATCH, 3, SIZE, SIZE)).sum().backward()
    real.step()
    tensors = [value for state in real.state.values() for value in state.values() if isinstance(value, torch.Tensor)]
    (stage,) = freezing_cost(model, recipe, 100, SIZE).stages
    assert stage.optimizer_bytes == sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def test_momentum_and_two_moments_are_counted_as_on_paper():
    shape = (64, 3, 7, 7)
    numbers = 4 * 64 * 3 * 7 * 7
    assert state_bytes("sgd", 0.9, shape) == numbers and state_bytes("sgd", 0.0, shape) == 0
    assert state_bytes("adamw", 0.9, shape) == 2 * numbers + 4  # and a counter


def test_below_the_lowest_group_that_learns_nothing_is_kept(model):
    names = [group.name for group in tlnb.layer_groups(model)]
    kept = [freezing_cost(model, Recipe(trainable=names[i:], batch_size=8), 100, 64) for i in range(len(names))]
    costs = [cost.stages[0] for cost in kept]
    for field in ("activation_bytes", "backward_macs", "parameters", "optimizer_bytes"):
        values = [getattr(cost, field) for cost in costs]
        assert values == sorted(values, reverse=True) and values[0] > values[-1]
    assert len({cost.forward_macs for cost in costs}) == 1
    assert costs[0] == kept[-1].everything


def test_each_thaw_is_a_stage(model):
    recipe = Recipe.preset("gradual", epochs=4, thaw=[(1.5, 1), (3, "all")])
    cost = freezing_cost(model, recipe, 100, SIZE)
    assert [stage.from_epoch for stage in cost.stages] == [0, 1.5, 3]
    assert [len(stage.training) for stage in cost.stages] == [1, 2, len(tlnb.layer_groups(model))]
    assert cost.table()[0] == ["cost", "start", "epoch 1.5", "epoch 3", "if all trained"]


EVEN = GroupSeconds(frozen=0.001, forward=0.002, backward=0.004)


def speed_of(model, size=SIZE):
    groups = {group.name: EVEN for group in tlnb.layer_groups(model)}
    return StepSpeed(groups, size, 8, 3, "cpu", "fp32", "contiguous")


def test_seconds_are_worked_out_from_the_speed(model):
    speed, body = speed_of(model), len(tlnb.layer_groups(model)) - 1
    (probe,) = freezing_cost(model, RECIPES["probe"], 100, SIZE, speed=speed).stages
    assert probe.seconds == pytest.approx(100 * (body * 0.001 + 0.002 + 0.004))
    assert probe.stored_seconds == pytest.approx(100 * body * 0.001)
    (full,) = freezing_cost(model, RECIPES["full"], 100, SIZE, speed=speed).stages
    assert full.seconds == pytest.approx(100 * (body + 1) * 0.006) and full.stored_seconds == 0
    (head_frozen,) = freezing_cost(model, RECIPES["middle"], 100, SIZE, speed=speed).stages
    assert head_frozen.seconds < full.seconds and head_frozen.stored_seconds == pytest.approx(100 * 2 * 0.001)


def test_without_a_speed_there_are_no_seconds_and_it_says_how_to_get_them(model):
    cost = freezing_cost(model, RECIPES["probe"], 100, SIZE)
    assert cost.stages[0].seconds is None and "measure_speed" in cost.says and "epoch of" not in repr(cost)
    told = freezing_cost(model, RECIPES["probe"], 100, SIZE, speed=speed_of(model))
    assert "estimate, from 3 steps of 8 images of 32 px" in told.says and "an epoch of 100" in repr(told)


def test_a_speed_of_another_size_is_refused(model):
    with pytest.raises(RecipeError, match=r"measured with images of 64 px .* measure_speed\(model, 32\)"):
        freezing_cost(model, RECIPES["probe"], 100, SIZE, speed=speed_of(model, 64))


def test_random_augmentation_leaves_nothing_to_store_but_views_do(model):
    recipe = Recipe(augmentation=[("flip", 0.5)])
    uses = [freezing_cost(model, r, 100, SIZE).uses_store for r in (Recipe(), recipe, recipe.with_(store="views"))]
    assert uses == [True, False, True] and not freezing_cost(model, Recipe(store="off"), 100, SIZE).uses_store


def test_images_may_be_given_instead_of_a_count_and_a_size(model, images):
    cost = freezing_cost(model, RECIPES["probe"], images)
    assert (cost.images, cost.size, cost.batch) == (len(images.train), 32, BATCH)
    with pytest.raises(RecipeError, match="images=0: pass image data"):
        freezing_cost(model, RECIPES["probe"], 0)
    with pytest.raises(RecipeError, match="size=0"):
        freezing_cost(model, RECIPES["probe"], 10, 0)
    with pytest.raises(RecipeError, match="no group 'stage9'"):
        freezing_cost(model, Recipe(trainable="from stage9"), 10, SIZE)


class LooksAtData(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Conv2d(3, 8, 3), nn.Linear(8, 2)

    def forward(self, images):
        maps = self.body(images)
        return self.head(maps.mean((2, 3)) if float(maps.detach().max()) > 0 else maps.amax((2, 3)))


def test_what_needs_no_pass_is_known_of_a_network_that_cannot_be_followed():
    (stage,) = freezing_cost(LooksAtData(), RECIPES["full"], 100, SIZE).stages
    assert stage.activation_bytes is stage.forward_macs is stage.training_bytes is None
    assert stage.parameters == 224 + 18 and stage.optimizer_bytes == 2 * 4 * 242 + 4 * 4


def test_a_model_that_gets_a_new_head_is_counted_anew():
    model = tlnb.create_model("test_resnet", 2, weights="random")
    before = freezing_cost(model, RECIPES["probe"], 100, SIZE).stages[0].parameters
    model.fc = nn.Linear(model.fc.in_features, 7)
    assert freezing_cost(model, RECIPES["probe"], 100, SIZE).stages[0].parameters == before / 2 * 7


def test_neither_the_model_nor_random_numbers_are_touched(model):
    model = copy.deepcopy(model).train()
    model.bn1.eval()
    model.bn1.weight.requires_grad_(False)
    before, random = {k: v.clone() for k, v in model.state_dict().items()}, torch.get_rng_state()
    modes = [module.training for module in model.modules()]
    needs = [parameter.requires_grad for parameter in model.parameters()]
    speed = measure_speed(model, SIZE, 2, device="cpu")
    for recipe in RECIPES.values():
        freezing_cost(model, recipe, 100, SIZE, speed=speed)
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
    assert [module.training for module in model.modules()] == modes
    assert [parameter.requires_grad for parameter in model.parameters()] == needs
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_a_pattern_that_is_known_is_not_counted_again():
    model = tlnb.create_model("tf_efficientnet_lite0", 2, weights="random")

    def seconds(recipe: Recipe) -> float:
        start = time.thread_time()  # what others compute meanwhile does not count
        freezing_cost(model, recipe, 1000, 160, speed=speed_of(model, 160))
        return time.thread_time() - start

    seconds(Recipe())
    new = statistics.median(seconds(Recipe(trainable=n)) for n in (1, 2, 3, 4, 5))
    known = statistics.median(seconds(Recipe(trainable=n)) for n in (1, 2, 3, 4, 5))
    assert known < new / 4


def test_it_works_while_another_thread_trains_and_does_not_disturb_it(model, images):
    recipe = Recipe.preset("full", epochs=3, batch_size=8, dropout=0.3)
    alone = tlnb.fit(model, images, recipe, progress=False, device="cpu").losses
    trained: list[tuple[float, ...]] = []
    thread = threading.Thread(
        target=lambda: trained.append(tlnb.fit(model, images, recipe, progress=False, device="cpu").losses)
    )
    thread.start()
    costs: list[FreezingCost] = []
    while thread.is_alive():
        some = Recipe(trainable=len(costs) % 5, batch_size=2 + len(costs) % 50)
        costs.append(freezing_cost(model, some, 100, SIZE))
    thread.join()
    assert trained == [alone] and len(costs) > 5
    again = Recipe(trainable=3, batch_size=5)
    assert costs[3] == freezing_cost(copy.deepcopy(model), again, 100, SIZE)
