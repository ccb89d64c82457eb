"""One recipe that several controls show and change together, with undo."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tlnb.core.observers import Observers
from tlnb.core.steps import Steps
from tlnb.training import Recipe


class SharedRecipe:
    """Holds a recipe for several controls: what one of them changes, all of them show.

    A recipe itself never changes; this says which recipe it is now.

    Parameters
    ----------
    recipe : Recipe
        Where it begins.

    Examples
    --------
    >>> shared = SharedRecipe(Recipe(epochs=5))
    >>> stop = shared.observe(lambda recipe: print(recipe.epochs))
    >>> shared.change(epochs=8)
    8
    >>> shared.undo()
    5
    >>> shared.recipe == Recipe(epochs=5)
    True
    """

    def __init__(self, recipe: Recipe) -> None:
        self._now = recipe
        self._steps = Steps(recipe)
        self._observers: Observers[Recipe] = Observers()
        self._lock = threading.RLock()

    @property
    def recipe(self) -> Recipe:
        """What it is now; set it to change it."""
        return self._now

    @recipe.setter
    def recipe(self, recipe: Recipe) -> None:
        self.set(recipe)

    def set(self, recipe: Recipe, *, commit: bool = True) -> None:
        """Put another recipe in its place.

        Parameters
        ----------
        recipe : Recipe
            The new one.
        commit : bool
            False while a hand still drags: `undo` then goes back to before the whole drag.
        """
        with self._lock:
            if commit:
                self._steps.settle(recipe)
            self._put(recipe, settled=commit)

    def change(self, *, commit: bool = True, **fields: Any) -> None:
        """Change fields of the recipe, as `Recipe.with_`; an error leaves it as it was.

        Raises
        ------
        RecipeError
            If the recipe would contradict itself.
        """
        with self._lock:
            self.set(self._now.with_(**fields), commit=commit)

    @property
    def settled(self) -> bool:
        """Whether no hand is in the middle of a drag."""
        return self._now == self._steps.now

    @property
    def can_undo(self) -> bool:
        """Whether there is anything to go back to."""
        return self._steps.can_undo or not self.settled

    @property
    def can_redo(self) -> bool:
        """Whether something was undone, and nothing changed since."""
        return self._steps.can_redo

    def undo(self) -> None:
        """Go back by one change; nothing happens where there is none."""
        with self._lock:
            before = self._steps.back() if self.settled else self._steps.now  # not settled: in the middle of a drag
            if before is not None:
                self._put(before)

    def redo(self) -> None:
        """Do again what was undone last."""
        with self._lock:
            after = self._steps.forth()
            if after is not None:
                self._put(after)

    def observe(self, listener: Callable[[Recipe], None]) -> Callable[[], None]:
        """Call back with the new recipe after each change, in the thread that made it; return how to stop that.

        A bound method is held weakly: who listens may go.
        """
        return self._observers.add(listener)

    def _put(self, recipe: Recipe, settled: bool = True) -> None:
        changed, self._now = recipe != self._now, recipe
        if changed or settled:
            self._observers.tell(recipe)

    def __repr__(self) -> str:
        return f"SharedRecipe({self._now!r})"


def shared(recipe: Any) -> SharedRecipe:
    """Return what holds a recipe: a new holder for a plain one, the same for a holder or a control.

    Raises
    ------
    TypeError
        If it is neither.
    """
    if isinstance(recipe, Recipe):
        return SharedRecipe(recipe)
    held = getattr(recipe, "shared", recipe)
    if isinstance(held, SharedRecipe):
        return held
    raise TypeError(
        f"{recipe!r} is no recipe. Give a tlnb.Recipe, a SharedRecipe that other controls show too, or another control."
    )
