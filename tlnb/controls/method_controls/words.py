"""The settings of a method in words, as Python, and as plain data for the page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tlnb.controls.following import told_value, words
from tlnb.core.setting_values import Settings
from tlnb.core.settings import Number

_LONGEST = 500  # letters of one text


def sentence(name: str, settings: Settings) -> str:
    """Say what is set.

    Examples
    --------
    >>> from tlnb.core.settings import Number, Switch
    >>> sentence("DANN", Settings([Number("hidden", 8, 512, 100, unit="units"), Switch("schedule", True)]))
    'DANN: hidden 100 units, schedule on.'
    """
    parts = []
    for setting in settings.declared:
        value = settings[setting.name]
        unit = setting.unit_of(value) if isinstance(setting, Number) else ""
        parts.append(f"{words(setting.name)} {told_value(value)}{unit}")
    return f"{name}: {', '.join(parts) or 'nothing can be set'}."


def code(settings: Settings, steered: bool) -> str:
    """Write what sets these values; `steered` also for a training that is under way."""
    changed = {one.name: settings[one.name] for one in settings.declared if settings[one.name] != one.default}
    if not changed:
        return "# All is as by default.\nmethod.settings.reset()\n"
    given = ", ".join(f"{name}={value!r}" for name, value in changed.items())
    lines = ["# What is not as by default. A training takes it when it begins.", f"method.settings.change({given})"]
    taken = [name for name in changed if settings.setting(name).while_training]
    if steered and taken:
        lines += ["", "# The same for one that is under way, from its next step on: fit(..., steering=steering)."]
        lines += [f"steering.set({name!r}, {changed[name]!r})" for name in taken]
    return "\n".join(lines) + "\n"


def plain(settings: Settings) -> list[dict[str, Any]]:
    """Return what was declared, for the page."""
    made = []
    for setting in settings.declared:
        fields = asdict(setting)
        fields["says"] = fields["says"][:_LONGEST]
        if isinstance(setting, Number):
            fields["stops"] = list(setting.stops)
        made.append({"kind": setting.kind, "label": words(setting.name)[:60], **fields})
    return made
