"""A control that is a view of a recipe, which others may show and change too."""

from __future__ import annotations

from typing import Any

from tlnb.controls.control import Control
from tlnb.controls.shared_recipe import SharedRecipe
from tlnb.training import Recipe


class RecipeControl(Control):
    """Base of the controls that are views of a recipe.

    Parameters
    ----------
    held : SharedRecipe
        The recipe, which other controls may show too.

    Attributes
    ----------
    shared : SharedRecipe
        Give it to another control to keep both in step.
    """

    def __init__(self, held: SharedRecipe) -> None:
        super().__init__()
        self.shared = held
        held.observe(self._recipe_changed)

    @property
    def recipe(self) -> Recipe:
        """The recipe as it is now; set it, and every control on it follows."""
        return self.shared.recipe

    @recipe.setter
    def recipe(self, recipe: Recipe) -> None:
        self.shared.recipe = recipe

    def _recipe_changed(self, _: Recipe) -> None:
        self._changed()

    def _whole_state(self) -> dict[str, Any]:
        return {**super()._whole_state(), **self._undoable()}

    def _undoable(self) -> dict[str, bool]:
        return {"undo": self.shared.can_undo, "redo": self.shared.can_redo}

    def _do_undo(self, commit: bool = True) -> None:
        self.shared.undo()

    def _do_redo(self, commit: bool = True) -> None:
        self.shared.redo()
