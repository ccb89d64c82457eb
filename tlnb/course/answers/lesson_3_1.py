"""Exercises of lesson 3.1."""

from __future__ import annotations

import copy
import math
from typing import Any

from tlnb.course.answering import call_answer
from tlnb.course.checks import Exercise

_GROUPS = ("stem", *(f"stage{i}" for i in range(1, 8)), "head")  # of tf_efficientnet_lite0
_WANTED = dict.fromkeys(_GROUPS[3:6], 0.01) | dict.fromkeys(_GROUPS[6:8], 0.1)


_DEAD_HEAD = "The head does not learn any more. Everything but `model.classifier` should be frozen."


def _banded_recipe(answer: Any) -> str | None:
    from tlnb.training import Recipe
    from tlnb.training.optimisation import group_rates
    from tlnb.training.recipe.selection import select_groups

    if not isinstance(answer, Recipe):
        return f"This is a {type(answer).__name__}; a recipe comes from Recipe(...) or Recipe.preset(...)."
    if answer.weights != "keep" or answer.parameters != "all":
        return "Keep the pre-trained weights, and let whole layers train: `weights` and `parameters` stay as they are."
    if answer.thaw:
        return "Groups thaw later on in your recipe; here what is frozen stays frozen to the end."
    trained = select_groups(_GROUPS, answer.trainable)
    for name in _GROUPS[:3]:
        if name in trained:
            return f"{name} trains in your recipe. A small rate is not zero: which field says what trains at all?"
    for name in _GROUPS[3:]:
        if name not in trained:
            return f"{name} is frozen in your recipe; everything from stage 3 on should train."
    rates = group_rates(answer, _GROUPS)
    for name, factor in _WANTED.items():
        if not math.isclose(rates[name], factor * answer.learning_rate, rel_tol=1e-6):
            found = rates[name] / answer.learning_rate
            return f"What is frozen is right. {name} has {found:.3g} times the head's rate, not yet what is asked for."
    return None


def _frozen_body(answer: Any) -> str | None:
    import torch
    from torch import nn

    from tlnb.backbones import create_model

    model = create_model("test_efficientnet", 2, weights="random")
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(16, 3, 64, 64, generator=generator) + 1
    labels = torch.arange(16) % 2
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1)

    def step() -> None:
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

    step()  # it was free, so the optimiser remembers and the gradients lie there
    before = copy.deepcopy(model.state_dict())
    # Not call_answer's copies: a copied parameter has no gradient, and another optimiser's memory.
    given = call_answer(lambda: answer(model)).returned if callable(answer) else call_answer(answer)
    if given is not None and given is not model:
        return "Change the model that you are given, in place: its optimiser holds these very parameters."
    if not any(parameter.requires_grad for parameter in model.classifier.parameters()):  # type: ignore[union-attr]
        return _DEAD_HEAD
    for _ in range(3):
        model.train()
        step()
        optimizer.zero_grad()
    after = model.state_dict()
    counters = "num_batches_tracked"  # they say that the layer was in training mode; what that does is looked at below
    moved = [n for n in before if not n.endswith(counters) and not torch.equal(before[n], after[n])]
    weights = {name for name, _ in model.named_parameters()}
    body = [name for name in moved if not name.startswith("classifier.")]
    if not any(name.startswith("classifier.") for name in moved):
        return _DEAD_HEAD
    if any(name in weights and not _has_gradient(model, name) for name in body):
        return (
            f"{next(n for n in body if n in weights)} moved, though it needs no gradient any more: the optimiser found "
            "an old one. What should become of it when the layer is frozen?"
        )
    if any(name in weights for name in body):
        return f"{next(n for n in body if n in weights)} still learns."
    if body:
        return (
            f"No weight moves, but {body[0]} does, after model.train(). What could bring the layer back into "
            "evaluation mode each time, just before it computes?"
        )
    model.train()
    with torch.no_grad():
        training = model.forward_features(images)  # type: ignore[operator]
        evaluated = copy.deepcopy(model).eval().forward_features(images)  # type: ignore[operator]
    if not torch.allclose(training, evaluated, atol=1e-4):
        return "Nothing moves. But in training mode the body still normalises by the batch: compare failure 2."
    return None


def _has_gradient(model: Any, name: str) -> bool:
    return bool(model.get_parameter(name).requires_grad)


_FREEZE = """def freeze_body(model):
    def stay_in_evaluation(module, inputs):
        module.eval()

    head = {id(parameter) for parameter in model.classifier.parameters()}
    for parameter in model.parameters():
        if id(parameter) not in head:
            parameter.requires_grad_(False)
            parameter.grad = None  # an old gradient would move it once more
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.register_forward_pre_hook(stay_in_evaluation)
"""

_ONLY_FLAG = """def freeze_body(model):
    model.requires_grad_(False)
    model.classifier.requires_grad_(True)
"""

_NO_OLD_GRADIENT = """def freeze_body(model):
    for name, parameter in model.named_parameters():
        if not name.startswith("classifier"):
            parameter.requires_grad_(False)
            parameter.grad = None
"""

EXERCISES = (
    Exercise(
        "3.1.a",
        _banded_recipe,
        hints=(
            "Two fields do it: one says from which group on training goes, the other gives single groups a rate.",
            'trainable="from ..." freezes what lies before; rate_factors={"stage3": ..., ...} counts in shares of the '
            "head's rate.",
        ),
        solution="my_recipe = tlnb.Recipe(\n"
        '    trainable="from stage3",\n'
        '    rate_factors={"stage3": 0.01, "stage4": 0.01, "stage5": 0.01, "stage6": 0.1, "stage7": 0.1},\n'
        ")",
        wrong=(
            'my_recipe = tlnb.Recipe(trainable="from stage3", rate_ratio=0.1)',
            'my_recipe = tlnb.Recipe(trainable="all", rate_factors={"stage3": 0.01, "stage6": 0.1, "stage7": 0.1})',
            'my_recipe = tlnb.Recipe(trainable="from stage3", rate_ratio=0.1, layer_decay=0.1)',
            'my_recipe = tlnb.Recipe(trainable="from stage6", rate_ratio=0.1)',
        ),
        setup="import tlnb",
    ),
    Exercise(
        "3.1.b",
        _frozen_body,
        hints=(
            "Three things: no gradient, no old gradient either, and evaluation mode for batch normalisation. The "
            "third is the one that model.train() undoes.",
            "register_forward_pre_hook(f) makes a module call f(module, inputs) just before it computes. What could "
            "such an f do to the module?",
        ),
        solution=_FREEZE,
        wrong=(
            _ONLY_FLAG,
            _NO_OLD_GRADIENT,
            _NO_OLD_GRADIENT + "    model.eval()\n",
            _NO_OLD_GRADIENT
            + "    for module in model.modules():\n"
            + "        if isinstance(module, torch.nn.BatchNorm2d):\n"
            + "            module.momentum = 0.0\n",
            "def freeze_body(model):\n    model.requires_grad_(False)\n",
        ),
        setup="import torch",
    ),
)
