"""One recipe that several controls show and change together, with undo."""

from __future__ import annotations

import inspect
import threading
import weakref
from collections.abc import Callable
from typing import Any

from tlnb.training import Recipe

MOST_STEPS_BACK = 100


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
        self._now = self._settled = recipe
        self._past: list[Recipe] = []
        self._future: list[Recipe] = []
        self._listeners: list[Callable[[], Callable[[Recipe], None] | None]] = []
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
            if commit and recipe != self._settled:
                self._past = [*self._past, self._settled][-MOST_STEPS_BACK:]
                self._future.clear()
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
        return self._now == self._settled

    @property
    def can_undo(self) -> bool:
        """Whether there is anything to go back to."""
        return bool(self._past) or self._now != self._settled

    @property
    def can_redo(self) -> bool:
        """Whether something was undone, and nothing changed since."""
        return bool(self._future)

    def undo(self) -> None:
        """Go back by one change; nothing happens where there is none."""
        with self._lock:
            if self._now != self._settled:  # in the middle of a drag
                self._put(self._settled)
            elif self._past:
                self._future.append(self._settled)
                self._put(self._past.pop())

    def redo(self) -> None:
        """Do again what was undone last."""
        with self._lock:
            if self._future:
                self._past.append(self._settled)
                self._put(self._future.pop())

    def observe(self, listener: Callable[[Recipe], None]) -> Callable[[], None]:
        """Call back with the new recipe after each change, in the thread that made it; return how to stop that.

        A bound method is held weakly: who listens may go.
        """
        held: Callable[[], Callable[[Recipe], None] | None]
        held = weakref.WeakMethod(listener) if inspect.ismethod(listener) else lambda: listener
        with self._lock:
            self._listeners.append(held)

        def stop() -> None:
            with self._lock:
                if held in self._listeners:
                    self._listeners.remove(held)

        return stop

    def _put(self, recipe: Recipe, settled: bool = True) -> None:
        changed = recipe != self._now
        self._now = recipe
        if settled:
            self._settled = recipe
        listeners = [(held, held()) for held in self._listeners]
        self._listeners = [held for held, listener in listeners if listener is not None]
        for _, listener in listeners if changed or settled else ():
            if listener is not None:
                listener(recipe)

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
