"""The colours of layer groups: the same in every control and figure, dark near the head."""

from __future__ import annotations


def group_colours(count: int) -> list[str]:
    """Return a colour for each group, input to head.

    Examples
    --------
    >>> group_colours(3)
    ['#7ad151', '#25848e', '#482475']
    """
    import numpy as np
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(shade) for shade in colormaps["viridis"](np.linspace(0.8, 0.1, count))]
