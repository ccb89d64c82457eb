"""A recipe's rates in words: the sentence that the control says, and how numbers are written in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tlnb.core.naming import listed
from tlnb.training import SCHEDULES, Recipe
from tlnb.training.optimisation import group_rates
from tlnb.training.preview import thaw_epochs
from tlnb.training.recipe.schedule_options import schedule_values


def sentence(recipe: Recipe, names: tuple[str, ...]) -> str:
    """Say a recipe's peak rates and its schedule.

    Parameters
    ----------
    recipe : Recipe
        Whose rates.
    names : tuple of str
        The model's layer groups, input to head.

    Examples
    --------
    >>> recipe = Recipe(trainable="all", rate_ratio=0.3, layer_decay=0.5, warmup_epochs=0.5)
    >>> sentence(recipe, ("stem", "stage1", "stage2", "head"))
    'Head at 0.003, the body between 2.2e-4 and 9e-4; cosine decay after half an epoch of warm-up.'
    """
    rates, starts = group_rates(recipe, names), thaw_epochs(recipe, names)
    body = [name for name in names[:-1] if starts[name] is not None]
    head = f"Head at {told(rates[names[-1]])}" + ("" if starts[names[-1]] is not None else " but frozen")
    return f"{', '.join(filter(None, [head, *_body(body, names, rates, starts)]))}; {schedule_words(recipe)}."


def schedule_words(recipe: Recipe) -> str:
    """Say a recipe's schedule with what is set of it.

    Examples
    --------
    >>> schedule_words(Recipe(schedule="step", schedule_options={"every": 2}))
    'step decay, 0.1 times every 2 epochs'
    """
    values = schedule_values(recipe.schedule, recipe.schedule_options, recipe.epochs)
    more = _MORE[recipe.schedule](values) if recipe.schedule in _MORE else ""
    if recipe.schedule == "one_cycle" and recipe.warmup_epochs:
        return f"one-cycle, rising for {epochs_told(recipe.warmup_epochs)}"
    warmup = f" after {epochs_told(recipe.warmup_epochs)} of warm-up" if recipe.warmup_epochs else ""
    return f"{SCHEDULES[recipe.schedule].title}{more}{warmup}"


def told(rate: float) -> str:
    """Write a rate in few digits.

    Examples
    --------
    >>> told(0.003), told(9e-4), told(0.0001234)
    ('0.003', '9e-4', '1.2e-4')
    """
    if rate >= 1e-3 or rate == 0:
        return f"{rate:.3g}"
    digits, _, power = f"{rate:.1e}".partition("e")
    return f"{digits.removesuffix('.0')}e{int(power)}"


def epochs_told(epochs: float) -> str:
    """Write a number of epochs.

    Examples
    --------
    >>> epochs_told(0.5), epochs_told(1.0), epochs_told(2.5)
    ('half an epoch', 'one epoch', '2.5 epochs')
    """
    return {0.5: "half an epoch", 1.0: "one epoch"}.get(epochs) or f"{epochs:g} epochs"


def _body(
    body: Sequence[str], names: Sequence[str], rates: Mapping[str, float], starts: Mapping[str, float | None]
) -> list[str]:
    """Say what the groups below the head have."""
    if len(names) == 1:
        return []
    if not body:
        return ["the body frozen"]
    whole = len(body) == len(names) - 1
    low, high = (told(pick(rates[name] for name in body)) for pick in (min, max))
    who = "the body" if whole and len(body) > 1 else listed(body, names)
    says = [f"{who} at {low}" if low == high else f"{who} between {low} and {high}"]
    later = [name for name in body if starts[name]]
    if later and len(body) == 1:
        says.append(f"from epoch {starts[later[0]]:g}")
    elif later:
        says.append(f"{listed(later, names)} thawing on the way" if len(later) < len(body) else "thawing on the way")
    return says if whole else [*says, "the rest frozen"]


def _times(factor: float) -> str:
    return f"{factor:g} times"


_MORE: dict[str, Callable[[Mapping[str, float]], str]] = {
    "step": lambda v: f", {_times(v['factor'])} every {'epoch' if v['every'] == 1 else epochs_told(v['every'])}",
    "exponential": lambda v: f", {_times(v['factor'])} an epoch",
    "cosine": lambda v: f" to {v['floor']:g} of the peak" if v["floor"] else "",
    "one_cycle": lambda v: f", rising for {v['rise']:.3g} of the run",
    "triangular": lambda v: f", {epochs_told(v['cycle'])} a cycle",
    "exp_range": lambda v: f", {epochs_told(v['cycle'])} a cycle, each {_times(v['factor'])} as high",
    "restarts": lambda v: f", the first after {epochs_told(v['cycle'])}",
    "polynomial": lambda v: f" with power {v['power']:g}",
    "plateau": lambda v: f", {_times(v['factor'])} after more than {epochs_told(v['patience'])} without progress",
}
