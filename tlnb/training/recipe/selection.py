"""Which layer groups a recipe means by "head", 2, "from stage4" or a list of names."""

from __future__ import annotations

from collections.abc import Sequence

from tlnb.core.errors import RecipeError, did_you_mean

# "head" | "all" | the number of body groups below the head | "from <group>" | exact names
Selector = str | int | tuple[str, ...]


def check_selector(selector: object, field: str) -> Selector:
    """Return a selector in its plain form, or say what is wrong with it.

    Parameters
    ----------
    selector : object
        What a recipe's field was given.
    field : str
        The field's name, for the error.

    Returns
    -------
    str, int or tuple of str
        Lists become tuples, so that a recipe stays hashable.

    Raises
    ------
    RecipeError
        If it is none of the five forms.
    """
    if isinstance(selector, bool):
        pass
    elif isinstance(selector, int):
        if selector >= 0:
            return selector
    elif isinstance(selector, str):
        if selector in ("head", "all") or selector.startswith("from "):
            return selector
    elif isinstance(selector, Sequence) and selector and all(isinstance(name, str) for name in selector):
        return tuple(selector)
    raise RecipeError(
        f'{field}={selector!r} names no layer groups. Give "head", "all", how many groups below the head '
        f'(2), "from stage4", or a list of group names (["stage4", "head"]).'
    )


def check_group(name: str, names: Sequence[str]) -> str:
    """Return a group's name, or raise RecipeError with the near ones if the model has no such group."""
    if name not in names:
        raise RecipeError(f"This model has no group {name!r}; it has {', '.join(names)}.{did_you_mean(name, names)}")
    return name


def check_fixed_statistics(value: object) -> bool | tuple[str, ...]:
    """Return which groups keep their statistics in the plain form, by name, or say what is wrong with it.

    No groups at all are False, so that equal recipes compare equal.

    Raises
    ------
    RecipeError
        If it is neither a bool nor a sequence that names each group once.

    Examples
    --------
    >>> check_fixed_statistics(["stage5", "stage4"]), check_fixed_statistics([])
    (('stage4', 'stage5'), False)
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(name, str) for name in value):
        raise RecipeError(
            f"fixed_statistics={value!r} names no layer groups. Give True for the whole body, False for none of it, or "
            'a list of group names (["stage4", "stage5"]).'
        )
    repeated = [name for name in dict.fromkeys(value) if list(value).count(name) > 1]
    if repeated:
        raise RecipeError(f"fixed_statistics names the group {repeated[0]!r} more than once; give each name once.")
    return tuple(sorted(value)) or False


def fixed_groups(names: Sequence[str], fixed_statistics: bool | Sequence[str]) -> tuple[str, ...]:
    """Return the layer groups of one model that keep their running statistics where they train.

    Parameters
    ----------
    names : sequence of str
        The group names, input to head.
    fixed_statistics : bool or sequence of str
        See `Recipe.fixed_statistics`.

    Returns
    -------
    tuple of str
        Their names, input to head.

    Raises
    ------
    RecipeError
        If a name is not a group of this model.

    Examples
    --------
    >>> fixed_groups(["stem", "stage1", "head"], True), fixed_groups(["stem", "stage1", "head"], ("stage1",))
    (('stem', 'stage1'), ('stage1',))
    """
    if isinstance(fixed_statistics, bool):
        return tuple(names[:-1]) if fixed_statistics else ()
    for name in fixed_statistics:
        check_group(name, names)
    return tuple(name for name in names if name in fixed_statistics)


def select_groups(names: Sequence[str], selector: Selector) -> tuple[str, ...]:
    """Resolve a selector against the layer groups of one model.

    Parameters
    ----------
    names : sequence of str
        The group names, input to head.
    selector : str, int or tuple of str
        See `Recipe.trainable`.

    Returns
    -------
    tuple of str
        The selected names, input to head.

    Raises
    ------
    RecipeError
        If a name is not a group of this model, or more groups are asked for than there are.

    Examples
    --------
    >>> select_groups(["stem", "stage1", "stage2", "head"], 1)
    ('stage2', 'head')
    >>> select_groups(["stem", "stage1", "stage2", "head"], "from stage1")
    ('stage1', 'stage2', 'head')
    """
    names = tuple(names)
    if selector == "all":
        return names
    if selector == "head":
        return names[-1:]
    if isinstance(selector, int):
        if selector > len(names) - 1:
            raise RecipeError(
                f"{selector} groups below the head were asked for, but this model has {len(names) - 1}: "
                f'{", ".join(names[:-1])}. Use "all" for every one.'
            )
        return names[len(names) - 1 - selector :]
    wanted = (selector.removeprefix("from "),) if isinstance(selector, str) else selector
    for name in wanted:
        check_group(name, names)
    if isinstance(selector, str):
        return names[names.index(wanted[0]) :]
    return tuple(name for name in names if name in wanted)
