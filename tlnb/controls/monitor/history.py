"""All that is known of one run so far, from its events; numbers only, so that alerts and pictures can be made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlnb.controls.monitor.alerts import Alert, LossPoint, divergence, idle, moving_statistics, overfitting, stuck
from tlnb.controls.monitor.curve import RECENT, Curve
from tlnb.controls.monitor.marks import Mark, marked
from tlnb.controls.monitor.pace import Pace
from tlnb.training import EpochDone, EpochRecord, Event, Started, Steered, StepDone, Thawed

if TYPE_CHECKING:
    import torch

    from tlnb.training.assess import Outputs

_FIRSTS = 5
_ENOUGH = 10  # steps whose mean is taken for the lowest
_LONG_ENOUGH = 2 * RECENT  # steps before a loss can be called stuck
_RATIOS_KEPT = 50


class RunHistory:
    """Hears the events of one run.

    Parameters
    ----------
    started : Started
        Its first event.

    Attributes
    ----------
    curve, of_method : Curve
        The losses and rates; and what a method measured, of as many steps in as wide bins, or of none.
    step : int
        Steps done, those before a resumption among them.
    trainable : set of str
        The groups that train now.
    epochs : list of EpochRecord
        One an epoch.
    epoch_steps : list of int
        After which step each of them ended.
    ratios : list of (int, dict, dict)
        Measured steps, with each group's update ratio and rate.
    said : dict of int to torch.Tensor
        Epoch to the class that the model found likeliest for each validation image after it, int64 (n,); not of what
        was done before the run was resumed.
    outputs : Outputs or None
        Of the validation images, after the last epoch.
    alerts : list of (int, Alert)
        With the step after which each came up.

    Examples
    --------
    >>> history = RunHistory(Started(20, 2, ("stem", "head"), ("head",), None))
    >>> history.hear(StepDone(1, 0.7, 8, {"stem": 0.01, "head": 0.01}))
    >>> history.curve.bins[0].rates
    (None, 0.01)
    """

    def __init__(self, started: Started) -> None:
        self.groups, self.steps, self.epochs_planned = started.groups, started.steps, started.epochs
        self.trainable = set(started.trainable)
        self.step = started.done
        self.first = started.done - len(started.losses)
        self.curve, self.of_method, self.pace = Curve(self.first), Curve(self.first), Pace()
        self.epochs: list[EpochRecord] = []
        self.epoch_steps: list[int] = []
        self.marks: list[Mark] = []
        self.ratios: list[tuple[int, dict[str, float], dict[str, float]]] = []
        self.said: dict[int, torch.Tensor] = {}
        self.outputs: Outputs | None = None
        self.alerts: list[tuple[int, Alert]] = []
        self._rates: dict[str, float] = {}
        self._firsts: list[float] = []  # the first losses; the least of them is what the run began with
        self._start: LossPoint | None = None
        self._lowest: LossPoint | None = None
        for loss in started.losses:  # their rates are not kept
            self.curve.add(loss, [None] * len(self.groups))
        for value in started.measured:
            self.of_method.add(value, ())
        for record in started.history:
            self._epoch(record, record.epoch * self.per_epoch)
        for event in started.steered:
            self.marks = marked(self.marks, event)
        self.pace.begin()

    @property
    def per_epoch(self) -> int:
        """Steps of an epoch."""
        return self.steps // self.epochs_planned

    @property
    def now(self) -> LossPoint | None:
        """The running mean of the loss; None before the first step."""
        if not self.curve.bins:
            return None
        last = self.curve.bins[-1]
        return LossPoint(last.mean, last.deviation, min(RECENT, self.step - self.first))

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes, by how long steps and validations took."""
        return self.pace.left(self.steps - self.step, self.epochs_planned - self.step // self.per_epoch)

    def score(self, metric: str) -> dict[int, float]:
        """Return epoch to AUC or accuracy on the validation images, where there is one."""
        field = "valid_auc" if metric == "AUC" else "valid_accuracy"
        found = {record.epoch: getattr(record, field) for record in self.epochs}
        return {epoch: value for epoch, value in found.items() if value is not None}

    def hear(self, event: Event) -> None:
        """Take in what happened."""
        if isinstance(event, StepDone):
            self.step, self._rates = event.step, dict(event.rates)
            self.curve.add(event.loss, [self._rate(name) for name in self.groups])
            if event.measured is not None:
                self.of_method.add(event.measured, ())
            self.pace.step()
            self._note_loss(event.loss)
        elif isinstance(event, EpochDone):
            self.pace.epoch()
            self._epoch(event.record, self.step)
            if event.outputs is not None:
                self.outputs = event.outputs
                self.said[event.record.epoch] = self.outputs.logits.argmax(1)
            self._alert(overfitting(self.epochs))
            self._look_for_movement()
        elif isinstance(event, (Thawed, Steered)):
            self._steered(event)

    def goes_on(self, started: Started) -> None:
        """Take up the same run where it was broken off."""
        self.trainable = set(started.trainable)
        self.pace.begin()

    def measured(self, ratios: dict[str, float]) -> None:
        """Take in the update ratios of the last step."""
        self.ratios = [*self.ratios, (self.step, ratios, self._rates)][-_RATIOS_KEPT:]
        self._alert(idle([found for _, found, _ in self.ratios], [rates for _, _, rates in self.ratios]))

    def checked(self, moved: dict[str, tuple[str, ...]]) -> None:
        """Take in which buffers of frozen groups have moved."""
        self._alert(moving_statistics(moved))

    def _epoch(self, record: EpochRecord, step: int) -> None:
        self.epochs.append(record)
        self.epoch_steps.append(step)

    def _rate(self, name: str) -> float | None:
        return self._rates.get(name) if name in self.trainable else None

    def _steered(self, event: Thawed | Steered) -> None:
        self.marks = marked(self.marks, event)
        if isinstance(event, Thawed) or event.action == "thaw":
            self.trainable.update(event.groups)
        elif event.action == "freeze":
            self.trainable.difference_update(event.groups)
        elif event.action == "go_on" or event.action == "step":
            self.pace.begin()

    def _note_loss(self, loss: float) -> None:
        now = self.now
        if len(self._firsts) < _FIRSTS:
            self._firsts.append(loss)
        if now is None or now.steps < _ENOUGH:
            return
        if self._start is None and now.steps == RECENT:
            self._start = now
        if self._lowest is None or now.mean < self._lowest.mean:
            self._lowest = now
        self._alert(divergence(min(self._firsts), self._lowest, now))

    def _look_for_movement(self) -> None:
        passed = self.step - self.first
        if self._start is not None and self.now is not None and passed >= _LONG_ENOUGH:
            self._alert(stuck(self._start, self._lowest or self.now, self.now, passed))

    def _alert(self, alert: Alert | None) -> None:
        # The first of a kind stays as it was: what it says was true then, and one that changed would be read again.
        known = {(one.kind, one.groups) for _, one in self.alerts}
        if alert is not None and (alert.kind, alert.groups) not in known:
            self.alerts.append((self.step, alert))
