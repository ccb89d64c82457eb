"""Figures of a run, and of the way that its weights went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlnb.core.figures import COLOURS, Figure, label_end, label_ends
from tlnb.core.group_colours import group_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tlnb.training.movement import Movement
    from tlnb.training.rate_curves import RateCurves
    from tlnb.training.run import Run


def plot_history(run: Run) -> Figure:
    """Draw a run's losses by epoch on the left, its validation score on the right.

    Parameters
    ----------
    run : Run
        With at least one epoch done.
    """
    figure = Figure(7.0, 3.0)
    losses, scores = figure.subplots(1, 2)
    epochs = [record.epoch for record in run.history]
    _line(losses, epochs, [r.train_loss for r in run.history], "train")
    _line(losses, epochs, [r.valid_loss for r in run.history], "valid")
    auc = any(r.valid_auc is not None for r in run.history)
    _line(scores, epochs, [r.valid_auc if auc else r.valid_accuracy for r in run.history], "valid")
    losses.set(xlabel="epoch", ylabel="cross-entropy (nats)")
    losses.set_title("Loss", loc="left", fontsize=11)
    scores.set(xlabel="epoch", ylabel="AUC" if auc else "accuracy")
    scores.set_title("Score on the validation images", loc="left", fontsize=11)
    for axes in (losses, scores):
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.margins(x=0.18)
        for epoch in (epoch for epoch, _ in run.recipe.thaw):
            axes.axvline(epoch + 0.5, color=COLOURS["thawed"], linewidth=1, linestyle=":")
            axes.annotate(
                "thaw",
                (epoch + 0.5, 1),
                xycoords=("data", "axes fraction"),
                fontsize=9,
                color=COLOURS["thawed"],
                ha="center",
                va="bottom",
            )
    return figure


def plot_rates(curves: RateCurves) -> Figure:
    """Draw each group's rate over the epochs; a frozen group has no line.

    Parameters
    ----------
    curves : RateCurves
        From `Recipe.rates`.
    """
    figure = Figure(7.0, 3.6)
    axes = figure.add_subplot()
    axes.set_title("Learning rate of each layer group", loc="left", fontsize=11)
    draw_rates(axes, curves)
    return figure


def draw_rates(axes: Axes, curves: RateCurves) -> None:
    """Draw what `plot_rates` shows into axes, whose title is set and whose figure has all else that it will have."""
    epochs = np.arange(len(curves)) / curves.steps_per_epoch
    shades = group_colours(len(curves.groups))
    ends: list[tuple[float, float, list[str], str]] = []  # of each line; groups with one rate share a line and a name
    for name, rates, shade in zip(curves.groups, curves.rates.T, shades, strict=True):
        trains = np.flatnonzero(rates)
        if not len(trains):
            continue
        axes.plot(epochs[trains], rates[trains], color=shade, linewidth=1.6)
        last = float(rates[trains[-1]])
        if ends and np.isclose(ends[-1][1], last, rtol=1e-3, atol=0):
            ends[-1] = (*ends[-1][:2], [*ends[-1][2], name], shade)  # the line drawn last lies on top
        else:
            ends.append((float(epochs[trains[-1]]), last, [name], shade))
    axes.set(xlabel="epoch", ylabel="learning rate", yscale="log")
    axes.margins(x=0.16)
    axes.set_ylim(bottom=max(axes.get_ylim()[0], 1e-3 * min(rates.max() for rates in curves.rates.T if rates.any())))
    assert isinstance(axes.figure, Figure)
    axes.figure.draw_without_rendering()  # labels are placed by the laid-out axes
    label_ends(
        axes,
        [
            (epoch, last, names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}", colour)
            for epoch, last, names, colour in ends
        ],
    )


def plot_movement(movement: Movement) -> Figure:
    """Draw how far each layer group moved, a bar each, input on the left.

    Parameters
    ----------
    movement : Movement
        From `tlnb.training.layer_movement`.
    """
    figure = Figure(7.0, 2.8)
    axes = figure.add_subplot()
    bars = axes.bar(list(movement.distances), list(movement.distances.values()), color=COLOURS["thawed"], width=0.6)
    axes.bar_label(bars, [f"{value:.2g}" for value in movement.distances.values()], fontsize=9, padding=2)
    axes.set(ylabel="distance / length before")
    axes.set_title("How far each layer group moved", loc="left", fontsize=11)
    axes.grid(False, axis="x")
    axes.margins(y=0.12)
    return figure


def _line(axes, epochs, values, name):  # type: ignore[no-untyped-def]
    points = [(x, y) for x, y in zip(epochs, values, strict=True) if y is not None]
    if points:
        axes.plot(*zip(*points, strict=True), color=COLOURS[name], marker="o", markersize=4)
        label_end(axes, *points[-1], name, COLOURS[name])
