"""What happens to a training between two steps: what a hand asks for, pauses, and the thaws that its recipe plans."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tlnb.training.events import Event, Thawed
from tlnb.training.layer_plan import FROZEN
from tlnb.training.steering import Steered

if TYPE_CHECKING:
    from tlnb.training.session import Session

log = logging.getLogger("tlnb")


def before_step(session: Session) -> Iterator[Event]:
    """Do what counts from the next step on, and tell of it; wait while the training is paused.

    Parameters
    ----------
    session : Session
        Between two steps. What was done by hand is added to its `steered`; `stopped` says whether it shall end.
    """
    yield from _steer(session)
    while session.stopped == "running" and session.steering.paused:
        session.steering.wait(session.stop)
        if session.stop.is_set():
            session.stopped = "stopped"
            return
        yield from _steer(session)
    if session.stopped == "running":
        thawed = _thaw_due(session)
        if thawed:
            yield Thawed(session.step + 1, thawed)


def _steer(session: Session) -> Iterator[Event]:
    for event in session.steering.due(session.step):
        if not _done(event, session):
            continue
        session.steered.append(event)
        yield event
        if session.stopped == "stopped":
            return


def _done(event: Steered, session: Session) -> bool:
    """Do one thing; return False if it cannot be."""
    plan, scales = session.plan, session.stepper.scales
    groups = event.groups or plan.names
    if event.action == "freeze":
        if set(plan.trainable()) <= set(groups):
            log.warning("Not frozen: without %s nothing would train. Stop the run instead.", ", ".join(groups))
            return False
        plan.set_state(groups, FROZEN)
    elif event.action == "thaw":
        _thaw(session, groups, event.fixed_statistics)
    elif event.action == "scale_rate":
        for name in event.groups or session.stepper.rate_groups:
            scales[name] = scales.get(name, 1.0) * (event.factor or 1.0)
    elif event.action == "set" and session.method is not None:
        session.method.settings.change(**{event.name or "": event.value})
    elif event.action == "stop":
        session.stopped = "stopped"
    return True


def _thaw_due(session: Session) -> tuple[str, ...]:
    # Once, at its step: what was frozen by hand, before or since, stays so.
    plan, held = session.plan, _frozen_by_hand(session.steered)
    now = [g for g, at in session.thaws.items() if at == session.step > 0]
    due = tuple(g for g in now if plan.states[g] == FROZEN and g not in held)
    if due:
        _thaw(session, due)
    return tuple(name for name in due if name in plan.trainable())


def _frozen_by_hand(steered: Iterable[Steered]) -> set[str]:
    held: set[str] = set()
    for event in steered:
        if event.action == "freeze":
            held.update(event.groups)
        elif event.action == "thaw":
            held.difference_update(event.groups)
    return held


def _thaw(session: Session, groups: tuple[str, ...], fixed_statistics: bool | None = None) -> None:
    fixed = session.fixed if fixed_statistics is None else groups if fixed_statistics else ()
    session.plan.let_train(groups, fixed_statistics=fixed)
    session.plan.train()
