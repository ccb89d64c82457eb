"""Names of some among many, in few words."""

from __future__ import annotations

from collections.abc import Sequence


def listed(some: Sequence[str], names: Sequence[str]) -> str:
    """Name some of what stands in an order; runs of three or more by their ends.

    Parameters
    ----------
    some : sequence of str
        At least one, in the order of `names`.
    names : sequence of str
        All there are, as layer groups from input to head.

    Examples
    --------
    >>> names = ["stem", "stage1", "stage2", "stage3", "head"]
    >>> listed(names[:4], names), listed(["stem", "head"], names), listed(["head"], names)
    ('stem to stage3', 'stem and head', 'head')
    """
    runs: list[list[str]] = []
    for name in some:
        if runs and names.index(runs[-1][-1]) + 1 == names.index(name):
            runs[-1].append(name)
        else:
            runs.append([name])
    told = [text for run in runs for text in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else run)]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
