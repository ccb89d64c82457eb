"""How a training that is under way follows the settings of its method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tlnb.core.setting_values import Settings
from tlnb.training import Steering
from tlnb.training.method import AsSet, Method


class FollowedMethod:
    """A method whose settings a hand changes, and what one training goes by of them.

    Parameters
    ----------
    settings : Settings
        What the hand changes.
    applied : mapping of str to object, optional
        What the training goes by; the same as it is now, if not given.

    Attributes
    ----------
    began : dict of str to object
        The settings as the training begins.
    """

    def __init__(self, settings: Settings, applied: Mapping[str, Any] | None = None) -> None:
        self._settings = settings
        self.began = dict(settings if applied is None else applied)
        self._applied = dict(self.began)

    def as_begun(self, method: Method) -> Method:
        """Return the method with the settings that the training began with, to go on with it after a stop."""
        return AsSet(method, self.began)

    def goes_by(self, in_force: Mapping[str, Any]) -> None:
        """Take in what the training really goes by: one that goes on after a stop has what was set before it."""
        self._applied = dict(in_force)

    def follow(self, hand: Steering) -> None:
        """Ask a training for what has been set since; it counts from its next step."""
        for setting in self._settings.declared:
            name, value = setting.name, self._settings[setting.name]
            if setting.while_training and value != self._applied[name]:
                hand.set(name, value)
                self._applied[name] = value

    @property
    def note(self) -> str:
        """What the training cannot take in its middle, in words; empty if there is nothing."""
        told = [
            f"{words(setting.name)} ({told_value(self._applied[setting.name])} → {told_value(value)})"
            for setting in self._settings.declared
            if (value := self._settings[setting.name]) != self._applied[setting.name]
        ]
        if not told:
            return ""
        return f"In this run these stay as they are, and count for the next one: {', '.join(told)}."


def ended_note(settings: Settings, went_by: Mapping[str, Any]) -> str:
    """Say what the run that ended last went by to its end, where something else is set now; empty if all is the same.

    Examples
    --------
    >>> from tlnb.core.settings import Number
    >>> ended_note(Settings([Number("reversal_weight", 0.0, 2.0, 0.94)]), {"reversal_weight": 0.98})
    'The last run ended with reversal weight 0.98; what is set now counts for the next one.'
    """
    other = [
        f"{words(name)} {told_value(went_by[name])}"
        for name, value in settings.items()
        if name in went_by and went_by[name] != value
    ]
    return f"The last run ended with {', '.join(other)}; what is set now counts for the next one." if other else ""


def words(name: str) -> str:
    """Write a Python name as words.

    Examples
    --------
    >>> words("reversal_weight")
    'reversal weight'
    """
    return name.replace("_", " ")


def told_value(value: Any) -> str:
    """Write the value of a setting in few letters.

    Examples
    --------
    >>> told_value(0.123456), told_value(True), told_value((0.5, 0.5)), told_value("cosine")
    ('0.1235', 'on', '0.5 : 0.5', 'cosine')
    """
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return " : ".join(f"{share:.3g}" for share in value)
    return str(value) if isinstance(value, str) else f"{value:.4g}"
