"""What a hand may do to a recipe's steps of augmentation, by code and by buttons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tlnb.controls.augmenting import pipeline
from tlnb.controls.recipe_control import RecipeControl
from tlnb.controls.shared_recipe import SharedRecipe
from tlnb.training import Recipe


class PipelineHand(RecipeControl):
    """The part of the preview that changes ``recipe.augmentation``; the other part shows it."""

    def __init__(self, held: SharedRecipe) -> None:
        self._kept: dict[str, float] = {}  # the last strength above 0 of each step: where its slider stands while off
        self._focus = ""  # the step that was touched last
        super().__init__(held)
        self._follow(held.recipe)

    def _look(self) -> None:
        """Show what there is now."""
        raise NotImplementedError

    def set_strength(self, name: str, strength: float) -> None:
        """Set the strength of a step, from 0 (no change) to 1.

        Raises
        ------
        RecipeError
            If it is not among the recipe's, or that is no strength.
        """
        self._do_set(name, strength)

    def add(self, name: str, strength: float | None = None) -> None:
        """Add a step of `tlnb.data.augmentation.AUGMENTATIONS`, last of its kind; what mixes images stays at the end.

        Parameters
        ----------
        name : str
            Which.
        strength : float, optional
            From 0 to 1; what it was before it was removed, or the middle, if not given.

        Raises
        ------
        RecipeError
            If it is unknown, or there already.
        """
        self._do_add(name, strength)

    def remove(self, name: str) -> None:
        """Take a step out; if it is added again, it has its strength again.

        Raises
        ------
        RecipeError
            If it is not among the recipe's.
        """
        self._do_remove(name)

    def switch(self, name: str, on: bool) -> None:
        """Switch a step off, which leaves it in the recipe with strength 0, or on again with the strength that it had.

        Raises
        ------
        RecipeError
            If it is not among the recipe's.
        """
        self._do_switch(name, on)

    def reorder(self, names: Sequence[str]) -> None:
        """Put the steps into another order; what mixes images stays at the end.

        Raises
        ------
        RecipeError
            If these are not the names of all steps.
        """
        self._do_reorder(names)

    # What the page asks for. `pipeline` says what it makes of the steps.

    def _do_set(self, name: str, strength: Any, commit: bool = True) -> None:
        steps = pipeline.with_strength(self.recipe.augmentation, name, strength)
        if not strength:
            self._kept.pop(name, None)  # it was dragged there, and not switched off
        self._put(steps, name, commit)

    def _do_add(self, name: str, strength: float | None = None, commit: bool = True) -> None:
        wanted = self._kept.get(name, pipeline.MIDDLE) if strength is None else strength
        self._put(pipeline.with_step(self.recipe.augmentation, name, wanted), name, commit)

    def _do_remove(self, name: str, commit: bool = True) -> None:
        self._put(pipeline.without(self.recipe.augmentation, name), "", commit)

    def _do_switch(self, name: str, on: bool, commit: bool = True) -> None:
        strength = self._kept.get(name, pipeline.MIDDLE) if on else 0.0
        self._put(pipeline.with_strength(self.recipe.augmentation, name, strength), name, commit)

    def _do_reorder(self, names: Sequence[str], commit: bool = True) -> None:
        self._put(pipeline.reordered(self.recipe.augmentation, names), self._focus, commit)

    def _do_focus(self, name: str, commit: bool = True) -> None:
        self._focus = name
        self._follow(self.recipe)
        self._look()

    def _put(self, steps: pipeline.Steps, focus: str, commit: bool) -> None:
        recipe = self.recipe.with_(augmentation=steps)  # or its error, before anything has changed
        self._focus = focus
        self.shared.set(recipe, commit=commit)

    def _recipe_changed(self, recipe: Recipe) -> None:
        self._follow(recipe)
        self._look()

    def _follow(self, recipe: Recipe) -> None:
        self._kept |= {name: strength for name, strength in recipe.augmentation if strength}
        names = [name for name, _ in pipeline.applied(recipe.augmentation)]
        if self._focus not in names:
            self._focus = names[-1] if names else ""
