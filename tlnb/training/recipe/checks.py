"""The checks that a recipe makes of itself: each wrong field is one error that gives its value and the mend."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tlnb.core.errors import RecipeError, did_you_mean
from tlnb.data.augmentation.table import AUGMENTATIONS
from tlnb.training.learning import LEARNING
from tlnb.training.recipe.schedule_options import SCHEDULES, checked_schedule_options
from tlnb.training.recipe.selection import Selector, check_selector

if TYPE_CHECKING:
    from tlnb.training.recipe.recipe import Recipe

TORCH_OPTIMIZERS = ("sgd", "adamw", "rmsprop")  # other names are timm's
CHOICES: dict[str, tuple[Any, ...]] = {
    "parameters": LEARNING,
    "weights": ("keep", "random"),
    "decay_to": ("zero", "pretrained"),
    "schedule": tuple(SCHEDULES),
    "precision": ("auto", "fp32", "bf16", "fp16"),
    "class_weights": (None, "balanced"),
    "monitor": ("loss", "accuracy", "auc"),
    "store": ("auto", "off", "exact", "views"),
    "store_precision": ("fp32", "fp16", "bf16"),
}
# field -> least value, greatest value, and whether each is itself allowed
RANGES: dict[str, tuple[float, float, str]] = {
    "learning_rate": (0, math.inf, "()"),
    "rate_ratio": (0, 1, "(]"),
    "layer_decay": (0, 1, "(]"),
    "momentum": (0, 1, "[)"),
    "weight_decay": (0, math.inf, "[)"),
    "label_smoothing": (0, 1, "[)"),
    "clip_norm": (0, math.inf, "()"),
    "ema_decay": (0, 1, "()"),
    "dropout": (0, 1, "[)"),
    "drop_path": (0, 1, "[)"),
}
LEAST = {"epochs": 1, "batch_size": 1, "seed": 0, "patience": 1, "store_views": 1}
OPTIONAL = ("clip_norm", "patience", "ema_decay", "dropout", "drop_path")


def check_choices(recipe: Recipe) -> None:
    """Raise RecipeError for a field that is not one of its choices."""
    for name, options in CHOICES.items():
        value = getattr(recipe, name)
        if not any(value is option or (isinstance(value, str) and value == option) for option in options):
            near = did_you_mean(str(value), [option for option in options if isinstance(option, str)])
            raise RecipeError(f"{name}={value!r} is not one of {', '.join(map(repr, options))}.{near}")
    if recipe.optimizer not in TORCH_OPTIMIZERS:  # others are timm's: only then is it loaded
        from tlnb.training.optimisation import check_optimizer

        check_optimizer(recipe.optimizer)


def check_combinations(recipe: Recipe) -> None:
    """Raise RecipeError for fields that contradict each other."""
    everything = recipe.trainable == "all" and not recipe.thaw and recipe.parameters == "all"
    if recipe.weights == "random" and not everything:
        raise RecipeError(
            'weights="random" with frozen parameters would freeze noise: set trainable="all", thaw=() and '
            'parameters="all", or weights="keep".'
        )
    if recipe.decay_to == "pretrained" and recipe.weights == "random":
        raise RecipeError('decay_to="pretrained" with weights="random": there is nothing to decay to. Use "zero".')
    if recipe.parameters != "all" and recipe.trainable in ("head", 0, ("head",)) and not recipe.thaw:
        raise RecipeError(
            f"parameters={recipe.parameters!r} chooses what learns in the body, and with trainable="
            f'{recipe.trainable!r} the whole body is frozen: set trainable="all", or parameters="all".'
        )


def check_store(recipe: Recipe) -> None:
    """Raise RecipeError if what is to be kept of images cannot be, whatever the network."""
    at_work = [name for name, strength in recipe.augmentation if strength > 0]
    mixed = [name for name in at_work if AUGMENTATIONS[name].mixes]
    if recipe.store == "exact" and at_work:
        raise RecipeError(
            f'store="exact" keeps images as they are, and augmentation changes them in each epoch ({at_work[0]}). Keep '
            'some views of each (store="views"), or leave it to tlnb (store="auto").'
        )
    if recipe.store == "views" and mixed:
        raise RecipeError(
            f'store="views" keeps views of single images, and {mixed[0]} mixes those of a batch. Leave it out, or use '
            'store="auto".'
        )
    if recipe.store == "views" and not at_work:
        raise RecipeError('store="views" keeps augmented views, and there is no augmentation. Use store="exact".')
    if recipe.store in ("exact", "views") and recipe.trainable == "all":
        raise RecipeError(
            f'store="{recipe.store}" keeps what frozen layers say, and trainable="all" freezes none. Use store="auto".'
        )


def check_numbers(recipe: Recipe) -> None:
    """Raise RecipeError for a number that is not finite, not whole where it must be, or out of its range."""
    for name, least in LEAST.items():
        value = getattr(recipe, name)
        whole = isinstance(value, int) and not isinstance(value, bool) and value >= least
        if not whole and not (value is None and name in OPTIONAL):
            raise RecipeError(f"{name}={value!r} is not a whole number of at least {least}.")
    for name, (low, high, ends) in {**RANGES, "warmup_epochs": (0, recipe.epochs, "[)")}.items():
        value = getattr(recipe, name)
        if not (value is None and name in OPTIONAL) and not _inside(value, low, high, ends):
            raise RecipeError(f"{name}={value!r} is not a number in {ends[0]}{low:g}, {high:g}{ends[1]}.")


def _inside(value: object, low: float, high: float, ends: str) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return False
    return (value >= low if ends[0] == "[" else value > low) and (value <= high if ends[1] == "]" else value < high)


def checked_thaw(thaw: Iterable[Any], epochs: Any) -> tuple[tuple[float, Selector], ...]:
    """Return the timeline in its plain form, or raise RecipeError."""
    timeline = []
    for epoch, selector in _pairs(thaw, "thaw", '(epoch, trainable), for example (2, "all")'):
        # epochs itself is checked later; whatever it is, a thaw must come before the end
        if not _inside(epoch, 0, epochs if isinstance(epochs, (int, float)) else math.inf, "()"):
            raise RecipeError(
                f"thaw at epoch {epoch!r} lies outside the run: with epochs={epochs!r} it must be more than 0 and less "
                f"than {epochs!r}."
            )
        timeline.append((float(epoch), check_selector(selector, "thaw")))
    if timeline != sorted(timeline, key=lambda entry: entry[0]):
        raise RecipeError(f"thaw={thaw!r} is not in order of epochs; sort it.")
    return tuple(timeline)


def checked_factors(rates: Any) -> tuple[tuple[str, float], ...]:
    """Return the factors in their plain form, by name, so that equal ones compare equal; or raise RecipeError."""
    entries = rates.items() if isinstance(rates, Mapping) else rates
    factors: dict[str, float] = {}
    for name, factor in _pairs(entries, "rate_factors", '(group, factor), for example ("stage4", 0.1)'):
        if not isinstance(name, str) or name in factors:
            raise RecipeError(f"rate_factors names the group {name!r}; give each group's name once.")
        if factor == 0:
            # Not the same: at rate 0 batch normalisation would go on moving its statistics.
            raise RecipeError(
                f"rate_factors gives {name!r} a rate of 0: freeze it instead, by leaving it out of `trainable`."
            )
        if not _inside(factor, 0, math.inf, "()"):
            raise RecipeError(f"rate_factors gives {name!r} the factor {factor!r}; give a number more than 0.")
        factors[name] = float(factor)
    return tuple(sorted(factors.items()))


def checked_options(recipe: Recipe) -> tuple[tuple[str, float], ...]:
    """Return what is set of the schedule in its plain form, or raise RecipeError."""
    given: Any = recipe.schedule_options
    entries = given.items() if isinstance(given, Mapping) else given
    pairs = _pairs(entries, "schedule_options", '(option, value), for example ("floor", 0.01)')
    return checked_schedule_options(recipe.schedule, pairs, recipe.epochs)


def _pairs(entries: Iterable[Any], field: str, form: str) -> list[tuple[Any, Any]]:
    if isinstance(entries, str) or not isinstance(entries, Iterable):
        raise RecipeError(f"{field}={entries!r} is not a sequence of {form}.")
    entries = list(entries)
    for entry in entries:
        if not (isinstance(entry, (tuple, list)) and len(entry) == 2):
            raise RecipeError(f"{field} holds {entry!r}; each entry is {form}.")
    return [(first, second) for first, second in entries]
