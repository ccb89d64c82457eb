"""What a history gives cause to say, in plain words, with what to do about it. Pure functions of numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tlnb.controls.monitor.marks import named
from tlnb.training import EpochRecord

RISES = 2  # epochs in a row
RISE, LEAST_RISE = 0.02, 0.01  # of the lowest validation loss, and in nats: less may be chance
WORSE, LEAST_WORSE = 1.25, 0.3  # times the loss that the run began with, and nats beyond it
FAR_WORSE = 10.0  # times: then noise does not matter
LEARNT = 0.05  # nats: a mean probability of 95 % of the right class; what lies below has little left to move
NOTHING = 1e-5  # of a group's weights: what a step that changes less does, float32 hardly keeps
SAMPLES = 3
TIMES_NOISE = 4.0  # standard deviations


@dataclass(frozen=True)
class Alert:
    """One thing to know of a run.

    Attributes
    ----------
    kind : {"overfitting", "divergence", "idle", "stuck", "statistics", "failed"}
        Which.
    text : str
        What is seen, with its numbers.
    todo : str
        What to do.
    groups : tuple of str
        The layer groups that it is about; none for all.
    """

    kind: str
    text: str
    todo: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class LossPoint:
    """The running mean of the loss and its standard deviation, over so many steps, in nats."""

    mean: float
    deviation: float
    steps: int


def overfitting(history: Sequence[EpochRecord]) -> Alert | None:
    """Tell of a validation loss that rises while the training loss falls.

    Parameters
    ----------
    history : sequence of EpochRecord
        All epochs so far.

    Examples
    --------
    >>> def epoch(n, train, valid):
    ...     return EpochRecord(n, train, valid, None, None, 1.0, 1.0)
    >>> overfitting([epoch(1, 0.5, 0.6), epoch(2, 0.3, 0.5), epoch(3, 0.2, 0.55), epoch(4, 0.1, 0.7)]).text
    'Overfitting: for 2 epochs the validation loss has risen (0.500 to 0.700) while the training loss fell.'
    """
    losses = [r.valid_loss for r in history]
    rising = 0
    while rising < len(history) - 1:
        later, earlier = losses[-1 - rising], losses[-2 - rising]
        if later is None or earlier is None or later <= earlier:
            break
        rising += 1
    if rising < RISES:
        return None
    before, last = history[-1 - rising], history[-1]
    low, high = before.valid_loss or 0.0, last.valid_loss or 0.0
    if last.train_loss >= before.train_loss or high - low < max(RISE * low, LEAST_RISE):
        return None
    return Alert(
        "overfitting",
        f"Overfitting: for {rising} epochs the validation loss has risen ({low:.3f} to {high:.3f}) while the training "
        "loss fell.",
        f"Stop, and take epoch {before.epoch} next time (patience={RISES} does so by itself); or train fewer groups, "
        "augment, or decay the weights more.",
    )


def divergence(first: float, lowest: LossPoint, now: LossPoint) -> Alert | None:
    """Tell of a loss that has grown beyond where it began.

    Parameters
    ----------
    first : float
        The loss that the run began with, in nats.
    lowest, now : LossPoint
        Of the best steps so far, and of the last ones.

    Examples
    --------
    >>> divergence(0.7, LossPoint(0.6, 0.05, 20), LossPoint(1.9, 0.4, 20)).text
    'Divergence: the training loss is 1.900, and was 0.700 at the start.'
    >>> divergence(0.7, LossPoint(0.6, 0.05, 20), LossPoint(0.8, 0.05, 20))
    """
    grown = now.mean > max(WORSE * first, first + LEAST_WORSE)
    beyond_noise = now.mean - lowest.mean > TIMES_NOISE * lowest.deviation or now.mean > FAR_WORSE * first
    if not grown or not beyond_noise:
        return None
    return Alert(
        "divergence",
        f"Divergence: the training loss is {now.mean:.3f}, and was {first:.3f} at the start.",
        "Lower the learning rate to a tenth, or bound the gradient (clip_norm=1.0) and warm up; then start again.",
    )


def stuck(first: LossPoint, lowest: LossPoint, now: LossPoint, steps: int) -> Alert | None:
    """Tell of a loss that has not moved beyond its noise since the start, though there is something left to learn.

    Parameters
    ----------
    first, lowest, now : LossPoint
        Of the first steps, of the best ones so far, and of the last ones.
    steps : int
        Steps between the two.

    Examples
    --------
    >>> start, now = LossPoint(0.7, 0.1, 20), LossPoint(0.69, 0.1, 20)
    >>> stuck(start, now, now, steps=60).text
    'The loss does not move: after 60 steps it is 0.690, and was 0.700 at the start; its noise is ± 0.10.'
    >>> stuck(start, LossPoint(0.5, 0.1, 20), now, steps=60)
    """
    if now.mean < LEARNT or _apart(first, now) or _apart(first, lowest):
        return None
    noise = max(first.deviation, now.deviation)
    return Alert(
        "stuck",
        f"The loss does not move: after {steps} steps it is {now.mean:.3f}, and was {first.mean:.3f} at the start; "
        f"its noise is ± {noise:.2f}.",
        "Raise the learning rate tenfold (LearningRates has a range test), or let more groups train.",
    )


def _apart(one: LossPoint, other: LossPoint) -> bool:
    """Whether two means differ by more than chance would make them."""
    error = math.hypot(one.deviation / math.sqrt(one.steps), other.deviation / math.sqrt(other.steps))
    return abs(one.mean - other.mean) > 2 * error


def idle(samples: Sequence[Mapping[str, float]], rates: Sequence[Mapping[str, float]]) -> Alert | None:
    """Tell of groups whose rate does nothing: their last three measured steps changed next to none of their weights.

    Steps at less than half of a group's highest rate so far do not count: schedules end at nothing on purpose.

    Parameters
    ----------
    samples : sequence of mapping of str to float
        Update ratios by group, of the measured steps.
    rates : sequence of mapping of str to float
        The groups' learning rates at those steps.

    Examples
    --------
    >>> idle([{"stem": 2e-7, "head": 1e-3}] * 3, [{"stem": 1e-7, "head": 1e-3}] * 3).text
    'A rate that does nothing: a step changes stem by 2e-07 of its weights.'
    """
    found = {}
    for group in samples[-1] if samples else ():
        seen = [
            (ratio[group], rate.get(group, 0.0)) for ratio, rate in zip(samples, rates, strict=True) if group in ratio
        ]
        highest = max(rate for _, rate in seen)
        counted = [ratio for ratio, rate in seen[-SAMPLES:] if rate >= highest / 2]
        if len(counted) == SAMPLES and max(counted) < NOTHING:
            found[group] = counted[-1]
    if not found:
        return None
    groups = tuple(found)
    return Alert(
        "idle",
        f"A rate that does nothing: a step changes {named(groups)} by {max(found.values()):.0e} of its weights.",
        "Freeze it, which is faster and the same; or raise its rate until a step changes about 1e-3.",
        groups,
    )


def moving_statistics(moved: Mapping[str, Sequence[str]]) -> Alert | None:
    """Tell of frozen groups whose buffers move.

    Parameters
    ----------
    moved : mapping of str to sequence of str
        Group to the names of its buffers that moved.

    Examples
    --------
    >>> moving_statistics({"stem": ["bn1.running_mean"]}).text
    'stem is frozen, and its statistics move: bn1.running_mean.'
    """
    if not moved:
        return None
    groups = tuple(moved)
    names = [name for found in moved.values() for name in found]
    few = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return Alert(
        "statistics",
        f"{named(groups)} is frozen, and its statistics move: {few}.",
        "A layer there updates them even in evaluation mode: its features drift under the head. Replace it by "
        "torch.nn.BatchNorm2d, or let the block train.",
        groups,
    )
