"""The Python half of what learners steer by hand; each control shows itself as the last value of a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlnb.controls.quiz import Quiz, quiz

if TYPE_CHECKING:
    from tlnb.controls.bench import TryRecipe

__all__ = ["Quiz", "TryRecipe", "quiz"]


def __getattr__(name: str) -> Any:
    if name == "TryRecipe":  # needs torch and ipywidgets, which a quiz does not
        from tlnb.controls.bench import TryRecipe

        return TryRecipe
    raise AttributeError(f"tlnb.controls has no {name!r}; it has {', '.join(__all__)}.")
