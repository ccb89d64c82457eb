"""How the panel of `tlnb.controls.bench` looks: dials, the curve, the table of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

import ipywidgets
from matplotlib.ticker import MaxNLocator

from tlnb.core.figures import COLOURS, Figure, figure, label_end
from tlnb.core.tables import html_table
from tlnb.training import Recipe


@dataclass
class Trial:
    """One run of the panel: what was asked, and its validation score after each epoch, in [0, 1]."""

    number: int
    preset: str
    recipe: Recipe
    scores: list[float] = field(default_factory=list)
    loss: float | None = None
    status: str = "running"


class Dials:
    """The widgets, without a meaning: the panel listens to them and writes into them."""

    def __init__(self, presets: Sequence[str], recipe: Recipe) -> None:
        wide = {"description_width": "7.5em"}
        row = {"width": "26em"}
        self.preset = ipywidgets.Dropdown(options=list(presets), description="What trains", style=wide, layout=row)
        self.rate = ipywidgets.SelectionSlider(
            options=_rates(recipe.learning_rate), description="Learning rate", style=wide, layout=row
        )
        self.epochs = ipywidgets.IntSlider(value=3, min=1, max=10, description="Epochs", style=wide, layout=row)
        self.augment = ipywidgets.Checkbox(
            description="Flip and turn the training images", indent=False, layout={"margin": "0 0 0 8em"}
        )
        self.start = ipywidgets.Button(description="Start", button_style="primary", icon="play")
        self.stop = ipywidgets.Button(description="Stop", icon="stop", disabled=True)
        self.bar = ipywidgets.IntProgress(value=0, layout={"width": "12em"})
        self.line = ipywidgets.HTML()
        self.curve = ipywidgets.Image(format="png", layout={"max_width": "100%", "width": "620px", "display": "none"})
        self.table = ipywidgets.HTML()
        self.take(recipe)
        self.box = ipywidgets.VBox(
            [
                self.preset,
                self.rate,
                self.epochs,
                self.augment,
                ipywidgets.HBox([self.start, self.stop, self.bar]),
                self.line,
                self.curve,
                self.table,
            ]
        )

    def take(self, recipe: Recipe) -> None:
        """Set the dials as a recipe says."""
        self.rate.options = _rates(recipe.learning_rate)
        self.rate.value = recipe.learning_rate
        self.epochs.max = max(10, recipe.epochs)
        self.epochs.value = recipe.epochs
        self.augment.value = bool(recipe.augmentation)

    def set_running(self, running: bool) -> None:
        """Let Stop be pressed during a run only; Start always: it begins anew."""
        self.stop.disabled = not running
        self.start.description = "Start again" if running else "Start"

    def say(self, text: str, failed: bool = False) -> None:
        """Write one line under the buttons."""
        mark = f'<b style="color: {COLOURS["thawed"]}">Did not work.</b> ' if failed else ""
        self.line.value = f'<div role="status">{mark}{escape(text)}</div>'


def _rates(also: float) -> list[tuple[str, float]]:
    """Offer rates in even steps of the logarithm, and one more, exactly."""
    even = {float(f"{digit}e{power}") for power in range(-5, -1) for digit in (1, 2, 3, 5)}
    return [(f"{rate:.2g}", rate) for rate in sorted(even | {0.1, also})]


def curve(trials: Sequence[Trial], metric: str, baseline: float | None) -> Figure:
    """Draw each run's validation score by epoch, the newest in colour, with the score to beat.

    Parameters
    ----------
    trials : sequence of Trial
        In the order of their start.
    metric : str
        What the score is.
    baseline : float or None
        The score to beat.
    """
    made, axes = figure(6.2, 2.8)
    for trial in trials:
        if not trial.scores:
            continue
        last = trial is trials[-1]
        colour = COLOURS["valid"] if last else "#999999"
        epochs, width = range(1, len(trial.scores) + 1), 2 if last else 1
        axes.plot(epochs, trial.scores, color=colour, marker="o", linewidth=width, zorder=2 + width)
        label_end(axes, len(trial.scores), trial.scores[-1], f"run {trial.number}", colour)
    if baseline is not None:
        axes.axhline(baseline, color=COLOURS["thawed"], linestyle="--", linewidth=1.2)
        axes.annotate(
            f"to beat: {baseline:.3f}",
            (1, baseline),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            color=COLOURS["thawed"],
            fontsize=9,
        )
    axes.set(xlabel="epoch", ylabel=metric, xlim=(0.8, max(2, *(t.recipe.epochs for t in trials)) + 0.2))
    axes.set_title(f"{metric} on the validation images", loc="left", fontsize=11)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return made


def trials_html(trials: Sequence[Trial], metric: str, baseline: float | None) -> str:
    """Return the table of runs: a row a run, then the score to beat."""
    rows = [
        [
            f"run {trial.number}",
            trial.preset,
            f"{trial.recipe.learning_rate:.2g}",
            f"{len(trial.scores)} of {trial.recipe.epochs}",
            "yes" if trial.recipe.augmentation else "no",
            f"{trial.scores[-1]:.3f}" if trial.scores else "",
            f"{trial.scores[-1] - baseline:+.3f}" if trial.scores and baseline is not None else "",
            trial.status,
        ]
        for trial in trials
    ]
    if baseline is not None:
        rows.append(["to beat", "", "", "", "", f"{baseline:.3f}", "", ""])
    header = ["", "what trains", "rate", "epochs", "augmented", metric, "difference", ""]
    return html_table(header, rows) if rows else ""


def still_html(trials: Sequence[Trial], metric: str, baseline: float | None) -> str:
    """Return what stands for the panel where no widget can be shown."""
    asked = "<p><i>A panel to try recipes: it comes alive when this cell is run in Jupyter.</i></p>"
    return asked + trials_html(trials, metric, baseline)
