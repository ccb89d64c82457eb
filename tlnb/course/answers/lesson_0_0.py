"""Exercises of lesson 0.0."""

from __future__ import annotations

import math
from typing import Any

from tlnb.course.checks import Exercise


def _gentle_recipe(answer: Any) -> str | None:
    from tlnb.training import Recipe

    if not isinstance(answer, Recipe):
        return f"This is a {type(answer).__name__}; a recipe comes from Recipe.preset(...) or Recipe(...)."
    if answer.weights != "keep":
        return "Its weights start at random: nothing that was learnt on ImageNet is left to transfer."
    if answer.thaw:
        return "Groups thaw later on in your recipe; here the same groups should train from start to end."
    if answer.trainable == "head":
        return "Only the head trains. Which field lets the group just below it train as well?"
    if answer.trainable == "all":
        return "Everything trains. Which field keeps all but the top of the body frozen?"
    if answer.trainable != 1:
        return (
            f"trainable is {answer.trainable!r}; the head and one group of the body should train. "
            "Written as a number, it counts the groups below the head."
        )
    if answer.parameters != "all":
        return f"parameters={answer.parameters!r} trains only a part of these groups. Leave it as the preset has it."
    if answer.epochs != 3:
        return f"The groups are right. It trains for {answer.epochs} epochs, and three are asked for."
    if answer.rate_factors:
        return "Groups and epochs are right. Rates of single groups are set by name; one field sets the whole body's."
    if not math.isclose(answer.rate_ratio, 0.1):
        return (
            "Groups and epochs are right. The body's rate over the head's is "
            f"{answer.rate_ratio:g} in your recipe; a tenth is asked for."
        )
    return None


EXERCISES = (
    Exercise(
        "0.0.a",
        _gentle_recipe,
        hints=(
            'Start from Recipe.preset("last_stage") and print it: three of its fields matter here.',
            "with_(...) gives a changed copy. trainable says what trains, rate_ratio the body's rate over "
            "the head's, epochs how often the images are seen.",
        ),
        solution='my_recipe = tlnb.Recipe.preset("last_stage").with_(rate_ratio=0.1, epochs=3)',
        wrong=(
            'my_recipe = tlnb.Recipe.preset("last_stage")',
            'my_recipe = tlnb.Recipe.preset("last_stage").with_(epochs=3)',
            'my_recipe = tlnb.Recipe.preset("last_stage").with_(learning_rate=0.0003, epochs=3)',
            'my_recipe = tlnb.Recipe.preset("probe").with_(epochs=3)',
            'my_recipe = tlnb.Recipe.preset("full").with_(rate_ratio=0.1, epochs=3)',
            'my_recipe = "last_stage"',
        ),
    ),
)
