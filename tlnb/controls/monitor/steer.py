"""What a changed recipe means for a run that is under way: what to thaw, freeze and scale, and what cannot be."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields

from tlnb.training import Recipe, Steering
from tlnb.training.optimisation import group_rates
from tlnb.training.preview import thaw_steps
from tlnb.training.recipe.selection import fixed_groups

STEERED = ("trainable", "thaw", "fixed_statistics", "learning_rate", "rate_ratio", "layer_decay", "rate_factors")


@dataclass(frozen=True)
class Order:
    """One call of a `Steering`: its action, the groups, the factor of a rate, and what a thaw does to statistics."""

    action: str
    groups: tuple[str, ...]
    factor: float = 1.0
    fixed: bool | None = None

    def give(self, steering: Steering) -> None:
        """Make the call."""
        if self.action == "scale_rate":
            steering.scale_rate(self.factor, self.groups)
        elif self.action == "thaw":
            steering.thaw(self.groups, self.fixed)
        else:
            getattr(steering, self.action)(self.groups)


def orders(before: Recipe, after: Recipe, names: Sequence[str], step: int, per_epoch: int) -> tuple[Order, ...]:
    """Return what to do to a run that was going by one recipe and shall go by another.

    Parameters
    ----------
    before, after : Recipe
        The two.
    names : sequence of str
        The layer groups, input to head.
    step : int
        Steps done so far.
    per_epoch : int
        Steps of an epoch.

    Raises
    ------
    RecipeError
        If a recipe names groups that are not among them.

    Examples
    --------
    >>> names, recipe = ("stem", "stage1", "head"), Recipe(trainable="head")
    >>> orders(recipe, recipe.with_(trainable=1, learning_rate=6e-3), names, step=3, per_epoch=10)
    (Order(action='thaw', groups=('stage1',), factor=1.0, fixed=None), Order(action='scale_rate', groups=(), \
factor=2.0, fixed=None))
    """
    own = tuple(names)
    old, new = (thaw_steps(recipe, own, per_epoch) for recipe in (before, after))
    thaw = thaws(
        before, after, {n for n in own if _trains(old[n], step)}, [n for n in own if _trains(new[n], step)], own
    )
    freeze = [name for name in own if not _trains(new[name], step) and _frozen_anew(old[name], new[name], step)]
    was, will = group_rates(before, own), group_rates(after, own)
    scaled: dict[float, list[str]] = {}
    for name in own:
        if will[name] != was[name]:
            scaled.setdefault(float(f"{will[name] / was[name]:.9g}"), []).append(name)
    return (
        *thaw,  # first: without anything that trains a freeze is refused
        *([Order("freeze", tuple(freeze))] if freeze else []),
        *(Order("scale_rate", _unless_all(groups, own), factor) for factor, groups in scaled.items()),
    )


def thaws(
    before: Recipe, after: Recipe, did: Collection[str], do: Sequence[str], names: tuple[str, ...]
) -> list[Order]:
    """Return a thaw for what trains anew (is in `do` and not in `did`), and for what trains on in another state."""
    was, will = (set(fixed_groups(names, recipe.fixed_statistics)) for recipe in (before, after))
    if not was and not will:
        new = tuple(name for name in do if name not in did)
        return [Order("thaw", new)] if new else []
    found = []
    for fixed in (False, True):
        changed = tuple(name for name in do if (name in will) == fixed and (name not in did or (name in was) != fixed))
        if changed:
            found.append(Order("thaw", changed, fixed=fixed))
    return found


def later_thaws(recipe: Recipe, names: Sequence[str], step: int, per_epoch: int) -> dict[str, int]:
    """Return before which step each group thaws that does so later than now."""
    planned = thaw_steps(recipe, tuple(names), per_epoch)
    return {name: at for name, at in planned.items() if at is not None and at > step}


def for_the_next_run(started: Recipe, now: Recipe) -> str:
    """Say which changes a run cannot take up; empty if it has taken up all.

    Examples
    --------
    >>> for_the_next_run(Recipe(), Recipe(batch_size=16, trainable="all"))
    'In this run these stay as they are, and count for the next one: batch_size (32 → 16).'
    """
    changed = started.diff(now)
    told = [
        f"{field.name} ({_short(changed[field.name][0])} → {_short(changed[field.name][1])})"
        for field in fields(Recipe)
        if field.name in changed and field.name not in STEERED
    ]
    if not told:
        return ""
    more = f" and {len(told) - 5} more" if len(told) > 5 else ""
    return f"In this run these stay as they are, and count for the next one: {', '.join(told[:5])}{more}."


def _unless_all(groups: Sequence[str], names: tuple[str, ...]) -> tuple[str, ...]:
    return () if len(groups) == len(names) else tuple(groups)


def _trains(at: int | None, step: int) -> bool:
    return at is not None and at <= step


def _frozen_anew(old: int | None, new: int | None, step: int) -> bool:
    """Whether a hand must freeze: what trains now, and what would thaw before its new time."""
    return _trains(old, step) or (old is not None and (new is None or new > old))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 30 else f"{text[:27]}…"
