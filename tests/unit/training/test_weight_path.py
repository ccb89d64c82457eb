"""A listener measures how far each epoch moved the weights."""

import pytest
import torch

import tlnb
from tlnb.training import Recipe, WeightPath, layer_movement


def path_of(model, images, **changes):
    path = WeightPath()
    recipe = Recipe(trainable=1, epochs=3, batch_size=12, learning_rate=1e-3, schedule="constant").with_(**changes)
    return path, tlnb.fit(model, images, recipe, progress=False, on_event=path)


def test_one_epochs_way_is_that_from_the_start_to_the_end(model, images):
    path, run = path_of(model, images, epochs=1)
    moved = layer_movement(model, run.model).distances
    assert len(path.lengths) == 1 and path.lengths[0] > 0
    assert sum(moved.values()) > 0
    before = tlnb.fit(model, images, run.recipe.with_(learning_rate=1e-12, weight_decay=0), progress=False).model
    ways = [torch.cat([p.detach().flatten() for p in one.parameters()]) for one in (before, run.model)]
    assert path.lengths[0] == pytest.approx(float((ways[1] - ways[0]).norm() / ways[0].norm()), rel=1e-3)


def test_a_rate_that_falls_shortens_the_way(model, images):
    falling, _ = path_of(model, images, schedule="step", schedule_options={"every": 1})
    level, _ = path_of(model, images)
    assert len(falling.lengths) == len(level.lengths) == 3
    assert falling.lengths[2] < 0.05 * falling.lengths[0]
    assert level.lengths[2] > 0.2 * level.lengths[0]


def test_a_training_is_the_same_with_and_without_it(model, images):
    _, run = path_of(model, images)
    assert run.losses == tlnb.fit(model, images, run.recipe, progress=False).losses
