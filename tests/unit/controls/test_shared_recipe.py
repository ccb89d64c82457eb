from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlnb.controls import SharedRecipe
from tlnb.controls.shared_recipe import shared
from tlnb.core.errors import RecipeError
from tlnb.core.steps import MOST
from tlnb.training import Recipe

START = Recipe(epochs=5)


@pytest.fixture
def held():
    return SharedRecipe(START)


def test_whoever_listens_hears_each_change_until_it_stops(held):
    heard = []
    stop = held.observe(heard.append)
    held.change(epochs=6)
    stop()
    held.change(epochs=7)
    assert [recipe.epochs for recipe in heard] == [6]


def test_a_listener_that_is_gone_is_forgotten(held):
    class Listener:
        heard = 0

        def hear(self, _):
            Listener.heard += 1

    listener = Listener()
    held.observe(listener.hear)
    held.change(epochs=6)
    del listener
    gc.collect()
    held.change(epochs=7)
    assert Listener.heard == 1 and held._observers._held == []


def test_a_refused_change_leaves_the_recipe_and_nothing_to_undo(held):
    with pytest.raises(RecipeError, match="epochs=0"):
        held.change(epochs=0)
    assert held.recipe == START and not held.can_undo


def test_a_drag_is_one_step_back(held):
    for epochs in range(6, 20):
        held.change(epochs=epochs, commit=False)
    held.change(epochs=20)
    held.undo()
    assert held.recipe == START and not held.can_undo and held.can_redo
    held.redo()
    assert held.recipe.epochs == 20


def test_undo_in_the_middle_of_a_drag_goes_back_to_before_it(held):
    held.change(epochs=6)
    held.change(epochs=9, commit=False)
    held.undo()
    assert held.recipe.epochs == 6


def test_a_change_after_undo_ends_what_could_be_done_again(held):
    held.change(epochs=6)
    held.undo()
    held.change(epochs=7)
    assert not held.can_redo
    held.redo()
    assert held.recipe.epochs == 7


def test_setting_the_same_recipe_is_no_step(held):
    held.set(START)
    assert not held.can_undo


@given(st.lists(st.integers(1, 30), min_size=1, max_size=20))
def test_undo_all_the_way_and_redo_all_the_way_are_opposites(changes):
    held = SharedRecipe(START)
    for epochs in changes:
        held.change(epochs=epochs)
    end = held.recipe
    while held.can_undo:
        held.undo()
    assert held.recipe == START
    while held.can_redo:
        held.redo()
    assert held.recipe == end


def test_the_way_back_is_bounded(held):
    for place in range(2 * MOST):
        held.change(seed=place + 1)
    assert len(held._steps._past) == MOST


def test_a_recipe_a_holder_and_a_control_can_be_shared(held):
    assert shared(held) is held and shared(START).recipe == START
    with pytest.raises(TypeError, match="'probe' is no recipe"):
        shared("probe")
