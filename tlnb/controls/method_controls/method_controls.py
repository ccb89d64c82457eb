"""The control: sliders and switches for what a method declares, which a training under way follows."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from tlnb.controls.control import Control
from tlnb.controls.following import FollowedMethod, ended_note
from tlnb.controls.method_controls import words
from tlnb.controls.method_controls.picture import picture
from tlnb.controls.monitor import TrainingMonitor
from tlnb.core.errors import TlnbError
from tlnb.core.figures import Figure
from tlnb.core.setting_values import Settings
from tlnb.core.steps import Steps
from tlnb.training import BackgroundRun, Run, Steering

log = logging.getLogger("tlnb")

_WHEN = (
    "A change counts from the next step of a training that is under way. Where none is, it counts from the first step "
    "of the next one, or of one that is resumed."
)


class MethodControls(Control):
    """Sliders, switches, choices and shares, made from the settings that a method declares.

    What is set here is set on the method, and what Python sets there is shown here. A training that begins takes the
    settings as they are; one that is under way takes a change at its next step, and the monitor's curve marks it. What
    it cannot take in its middle is told, and counts for the next one. Once it has ended, what it ended with is told
    where something else is set now.

    A slider goes by the ``stops`` of its `tlnb.training.Number`, which the useful values fill; any other value that the
    method takes is typed.

    Parameters
    ----------
    method : object
        With ``settings``, a `tlnb.training.Settings`: a method as `tlnb.methods.DANN`, or anything else that has some
        to be set, as a sampler of episodes. Or such settings themselves.
    monitor : TrainingMonitor, BackgroundRun or Steering, optional
        What a change steers: the monitor that was given the same method, a training from `tlnb.training.start`, or the
        ``steering`` of one.
    on_change : callable, optional
        Called with all values, name to value, after each change that is final (not while a slider is dragged), in the
        thread that made it.

    Attributes
    ----------
    settings : Settings
        The method's own.

    Raises
    ------
    TypeError
        If the method has no settings, or the monitor is none.
    TlnbError
        If the monitor has another method.

    Examples
    --------
    >>> from tlnb.training import Number, Settings
    >>> episodes = Settings([Number("shots", 1, 20, 1, whole=True), Number("ways", 2, 20, 5, whole=True)])
    >>> control = MethodControls(episodes, on_change=lambda now: print(now["shots"], "shots"))
    >>> episodes["shots"] = 5
    5 shots
    >>> control
    MethodControls: Settings: shots 5, ways 5.
    """

    bundle_name = "method_controls"

    def __init__(
        self, method: Any, monitor: Any = None, *, on_change: Callable[[Mapping[str, Any]], None] | None = None
    ) -> None:
        settings: Any = method if isinstance(method, Settings) else getattr(method, "settings", None)
        if not isinstance(settings, Settings):
            raise TypeError(
                f"{method!r} has nothing to be set: give an object whose .settings are a tlnb.training.Settings, as "
                "tlnb.methods.DANN(target)."
            )
        self.settings: Settings = settings
        self._monitor, self._hand = _monitor(monitor, self.settings)
        self._name = str(getattr(method, "name", type(method).__name__))
        self._on_change, self._failed = on_change, ""
        self._dragged = False
        self._steps = Steps(dict(self.settings))
        self._followed: FollowedMethod | None = None
        self._in_force: Settings | None = None
        self._went_by: Mapping[str, Any] = {}  # the last run, to its end; nothing while one is under way
        super().__init__()
        self.settings.observe(self._settings_changed)
        mine = weakref.ref(self)  # a monitor or a run lives longer than a control whose cell is run again
        if self._monitor is not None:
            self._monitor.on_begin(lambda: _look_again(mine, None))
            self._monitor.on_end(lambda run: _look_again(mine, run))
        elif isinstance(monitor, BackgroundRun):
            monitor.add_done_callback(lambda run, _: _look_again(mine, run))

    # What a hand does.

    def _do_set(self, name: str, value: Any, commit: bool = True) -> None:
        self._dragged = not commit
        try:
            self.settings.change(**{name: value})
        finally:
            self._dragged = False
        if commit:
            self._settle()

    def _do_reset(self, name: str | None = None, commit: bool = True) -> None:
        self.settings.reset(*([] if name is None else [name]))

    def _do_undo(self, commit: bool = True) -> None:
        self._go(self._steps.back())

    def _do_redo(self, commit: bool = True) -> None:
        self._go(self._steps.forth())

    def _go(self, values: Mapping[str, Any] | None) -> None:
        if values is not None:
            self.settings.change(**values)
            self._call()

    # What follows from it, whoever did it.

    def _settings_changed(self, _: Settings) -> None:
        followed = self._under_way()
        if followed is not None and self._hand is not None:
            followed.follow(self._hand)
        if not self._dragged:
            self._settle()
        self._changed()

    def _under_way(self) -> FollowedMethod | None:
        """Return how the training that this control itself steers follows; None where none is under way."""
        in_force = None if self._hand is None else self._hand.settings
        if in_force is not self._in_force:
            self._went_by = {} if self._in_force is None or in_force is not None else dict(self._in_force)
            self._in_force = in_force
            self._followed = None if in_force is None else FollowedMethod(self.settings, in_force)
        return self._followed

    def _settle(self) -> None:
        if self._steps.settle(dict(self.settings)):
            self._call()

    def _call(self) -> None:
        """Tell whoever wanted to be told; an error there is shown, and changes nothing."""
        self._failed = ""
        if self._on_change is None:
            return
        try:
            self._on_change(dict(self.settings))
        except Exception as error:
            log.warning("What was to be called at a change of settings failed.", exc_info=True)
            self._failed = f"It is set, but what was to follow failed: {error or type(error).__name__}"[:500]

    # What is told.

    def _says(self) -> str:
        return words.sentence(self._name, self.settings)

    def _code(self) -> str:
        return words.code(self.settings, self._steered)

    @property
    def _steered(self) -> bool:
        return self._monitor is not None or self._hand is not None

    def _note(self) -> str:
        followed = self._under_way()
        if self._monitor is not None:
            kept = self._monitor.method_note
        else:
            kept = "" if followed is None else followed.note
        return kept or ended_note(self.settings, self._went_by)

    def _state(self) -> dict[str, Any]:
        note = " ".join(filter(None, [self._note(), self._failed]))
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in self.settings.items()}
        return {"values": values, "note": note, "undo": self._steps.can_undo, "redo": self._steps.can_redo}

    def _greeting(self) -> list[dict[str, Any]]:
        return [{"kind": "settings", "settings": words.plain(self.settings), "when": _WHEN if self._steered else ""}]

    def _picture(self) -> Figure:
        return picture(self._says(), self.settings)


def _look_again(control: weakref.ref[MethodControls], ended: Run | None) -> None:
    """Take in that a run has begun, or which one has ended."""
    found = control()
    if found is not None:
        found._under_way()
        found._went_by = {} if ended is None or ended.method is None else ended.method.settings
        found._tell_state()


def _monitor(monitor: Any, settings: Settings) -> tuple[TrainingMonitor | None, Steering | None]:
    """Return the monitor, which follows by itself, or the hand that this control steers by."""
    if monitor is None:
        return None, None
    if isinstance(monitor, TrainingMonitor):
        if getattr(monitor.method, "settings", None) is not settings:
            raise TlnbError(
                f"{monitor!r} has another method, or none: give both the same, as TrainingMonitor(model, images, "
                "recipe, method=method)."
            )
        return monitor, None
    hand = getattr(monitor, "steering", monitor)
    if not isinstance(hand, Steering):
        raise TypeError(f"{monitor!r} cannot be steered: give a TrainingMonitor, a BackgroundRun or a Steering.")
    return None, hand
