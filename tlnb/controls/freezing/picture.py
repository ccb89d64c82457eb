"""The freeze map as a still picture, for pages where no widget is alive."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.patches import FancyArrowPatch, Rectangle

from tlnb.backbones import Anatomy
from tlnb.controls.freezing.states import BlockStates
from tlnb.core.figures import COLOURS, Figure, legible
from tlnb.core.group_colours import group_colours
from tlnb.training.layer_plan import FIXED_STATISTICS, FROZEN

_LEAST = 0.65  # of the mean width of a block


def draw(anatomy: Anatomy, states: BlockStates, totals: Sequence[tuple[str, str, str]]) -> Figure:
    """Draw blocks, input on the left: wide with many parameters, high with large maps, dashed where frozen."""
    made = Figure(7.0, 2.5 + 0.2 * len(totals))
    axes = made.add_subplot()
    blocks = anatomy.blocks
    weights = [math.sqrt(block.parameters) for block in blocks]
    widths = [_LEAST + (1 - _LEAST) * len(blocks) * weight / sum(weights) for weight in weights]
    sides = [block.shape[1] if block.shape else 1 for block in blocks]
    left = 0.0
    for block, colour, width, side in zip(blocks, group_colours(len(blocks)), widths, sides, strict=True):
        height = 0.35 + 0.65 * math.log2(max(1, side)) / max(1.0, math.log2(max(sides)))
        state, start = states.state(block.name), states.starts[block.name]
        frozen = state == FROZEN or bool(start)
        axes.add_patch(
            Rectangle(
                (left, -height / 2),
                width * 0.92,
                height,
                facecolor="white" if frozen else colour,
                edgecolor=COLOURS["frozen"] if state == FROZEN else "#222222",
                linestyle="--" if frozen else "-",
                hatch="//" if state == FIXED_STATISTICS else None,
                linewidth=1.6,
            )
        )
        word = "frozen" if state == FROZEN else f"from {start:g}" if start else "trains"
        place = {"ha": "center", "va": "top", "fontsize": 8}
        axes.text(left + width * 0.46, -0.56, block.name, weight="bold", **place)
        ink = legible(COLOURS["frozen"]) if state == FROZEN else "#222222"
        axes.text(left + width * 0.46, -0.68, "fixed" if state == FIXED_STATISTICS else word, color=ink, **place)
        left += width
    axes.add_patch(FancyArrowPatch((-0.35, 0), (-0.02, 0), arrowstyle="-|>", mutation_scale=10, color="#666666"))
    axes.set_xlim(-0.4, left)
    axes.set_ylim(-0.85 - 0.13 * len(totals), 0.55)
    for row, (name, value, everything) in enumerate(totals):
        told = f"{name}: {value}" + (f" (if all trained: {everything})" if everything not in ("", value) else "")
        axes.text(0, -0.9 - 0.13 * row, told, fontsize=9, va="top")
    axes.set_title("What trains, input to head", loc="left", fontsize=11)
    axes.axis("off")
    return made
