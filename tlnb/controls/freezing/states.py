"""A recipe as states of blocks, and states of blocks as a recipe, in the shortest words that a recipe has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tlnb.core.errors import RecipeError
from tlnb.training import Recipe
from tlnb.training.layer_plan import FIXED_STATISTICS, FROZEN, STATES, TRAINS
from tlnb.training.preview import thaw_epochs
from tlnb.training.recipe.selection import Selector, check_group, fixed_groups


@dataclass(frozen=True)
class BlockStates:
    """What a recipe does to each block.

    Attributes
    ----------
    starts : dict of str to float or None
        From which epoch a block trains: 0 for the start, None for never. Input to head.
    fixed : frozenset of str
        Blocks whose running statistics stand still while they train.
    """

    starts: dict[str, float | None]
    fixed: frozenset[str]

    @classmethod
    def of(cls, recipe: Recipe, names: tuple[str, ...]) -> BlockStates:
        """Read them from a recipe."""
        return cls(thaw_epochs(recipe, names), frozenset(fixed_groups(names, recipe.fixed_statistics)))

    def state(self, name: str) -> str:
        """Return the state that a block is in once it trains, or ``"frozen"`` if it never does."""
        if self.starts[name] is None:
            return FROZEN
        return FIXED_STATISTICS if name in self.fixed else TRAINS

    def put(self, states: Mapping[str, str]) -> BlockStates:
        """Put blocks into states; what trains now trains from the start, unless a thaw was planned for it.

        Raises
        ------
        RecipeError
            If a block or a state is unknown.
        """
        starts, fixed = dict(self.starts), set(self.fixed)
        for name, state in states.items():
            check_group(name, tuple(starts))
            if state not in STATES:
                raise RecipeError(f"The block {name!r} cannot be {state!r}; it can be {', '.join(STATES)}.")
            if state == FROZEN:
                starts[name] = None
            elif starts[name] is None:
                starts[name] = 0.0
            (fixed.add if state == FIXED_STATISTICS else fixed.discard)(name)
        return BlockStates(starts, frozenset(fixed))

    def thaw(self, starts: Mapping[str, float | None]) -> BlockStates:
        """Say from which epoch blocks train; None for never.

        Raises
        ------
        RecipeError
            If a block is unknown.
        """
        for name in starts:
            check_group(name, tuple(self.starts))
        wanted = {name: None if start is None else float(start) for name, start in starts.items()}
        return BlockStates({**self.starts, **wanted}, self.fixed)

    def recipe(self, recipe: Recipe) -> Recipe:
        """Return a recipe that does this to the blocks, and else as a given one does.

        Raises
        ------
        RecipeError
            If nothing would train at the start.
        """
        names = tuple(self.starts)
        training = [name for name in names if self.starts[name] == 0]
        if not training:
            raise RecipeError("Nothing would train at the start: let one block at least train from there.")
        trainable, thaw = selector(names, training), []
        for epoch in sorted({start for start in self.starts.values() if start}):
            new = [name for name in names if self.starts[name] == epoch]
            training += new
            # Thaws add to what trains: the short word for all of it will do where there is one.
            together = selector(names, training)
            thaw.append((epoch, tuple(new) if isinstance(together, tuple) else together))
        fixed = tuple(name for name in names if name in self.fixed and self.starts[name] is not None)
        return recipe.with_(trainable=trainable, thaw=tuple(thaw), fixed_statistics=self._fixed(recipe, fixed))

    def _fixed(self, recipe: Recipe, fixed: tuple[str, ...]) -> bool | tuple[str, ...]:
        """Leave a plain True where it says the same, so that a click and its opposite give the recipe back."""
        names = tuple(self.starts)
        now = tuple(n for n in fixed_groups(names, recipe.fixed_statistics) if self.starts[n] is not None)
        return True if recipe.fixed_statistics is True and now == fixed else fixed


def selector(names: Sequence[str], chosen: Sequence[str]) -> Selector:
    """Return the shortest word for some blocks.

    Parameters
    ----------
    names : sequence of str
        All blocks, input to head.
    chosen : sequence of str
        Some of them, in any order.

    Examples
    --------
    >>> names = ["stem", "stage1", "stage2", "head"]
    >>> selector(names, ["head"]), selector(names, ["head", "stage2"]), selector(names, ["stem", "head"])
    ('head', 'from stage2', ('stem', 'head'))
    """
    own = [name for name in names if name in set(chosen)]
    if len(own) == len(names):
        return "all"
    if own == [names[-1]]:
        return "head"
    return f"from {own[0]}" if own == list(names[len(names) - len(own) :]) else tuple(own)
