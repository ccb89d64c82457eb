"""What was done to a run and when, as marks on its time axis with a word each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tlnb.controls.following import told_value, words
from tlnb.training import Steered, Thawed
from tlnb.training.steering import CHANGES

# Steps: what is done again so soon is one movement of a hand. Settings are told by their value, so nothing is lost.
_ONE_DRAG = {"scale_rate": 3, "set": 25}


@dataclass(frozen=True)
class Mark:
    """One thing that was done.

    Attributes
    ----------
    step : int
        The first step that it counted for.
    action : str
        ``"thaw"``, ``"freeze"``, ``"scale_rate"``, ``"set"`` or ``"stop"``.
    groups : tuple of str
        To which layer groups; none for all.
    by_hand : bool
        False for what the recipe had planned.
    factor : float
        What the rates were multiplied by.
    setting, value : str
        Which setting of the method, and what to, in words.
    """

    step: int
    action: str
    groups: tuple[str, ...] = ()
    by_hand: bool = True
    factor: float = 1.0
    setting: str = ""
    value: str = ""

    @property
    def text(self) -> str:
        """The word beside it.

        Examples
        --------
        >>> Mark(12, "thaw", ("stage4",)).text, Mark(20, "scale_rate", (), factor=0.5).text
        ('thaw stage4', 'all rates × 0.5')
        """
        if self.action == "stop":
            return "stop"
        if self.action == "set":
            return f"{self.setting} {self.value}"
        if self.action == "scale_rate":
            whose = f"rate of {named(self.groups)}" if self.groups else "all rates"
            return f"{whose} as before" if abs(self.factor - 1) < 1e-3 else f"{whose} × {self.factor:.3g}"
        return f"{self.action} {named(self.groups)}"


def named(groups: Sequence[str]) -> str:
    """Name some groups in few words: one, two, or a number of them.

    Examples
    --------
    >>> named(["stem"]), named(["stem", "stage1"]), named(["a", "b", "c"])
    ('stem', 'stem and stage1', 'a … c')
    """
    if len(groups) <= 2:
        return " and ".join(groups)
    return f"{groups[0]} … {groups[-1]}"


def marked(marks: Sequence[Mark], event: Steered | Thawed) -> list[Mark]:
    """Return the marks with what an event adds to them; a drag of a rate becomes one mark.

    Examples
    --------
    >>> one = marked([], Steered(5, "scale_rate", (), 0.5))
    >>> [mark.text for mark in marked(one, Steered(6, "scale_rate", (), 0.5))]
    ['all rates × 0.25']
    """
    if isinstance(event, Thawed):
        return [*marks, Mark(event.step, "thaw", event.groups, by_hand=False)]
    if event.action not in CHANGES:
        return list(marks)
    setting, value = (words(event.name or ""), told_value(event.value)) if event.action == "set" else ("", "")
    mark = Mark(event.step, event.action, event.groups, factor=event.factor or 1.0, setting=setting, value=value)
    last = marks[-1] if marks else None
    if last is None or not _one_drag(last, mark):
        return [*marks, mark]
    return [*marks[:-1], replace(last, factor=last.factor * mark.factor, value=value)]


def _one_drag(last: Mark, mark: Mark) -> bool:
    soon = mark.step - last.step <= _ONE_DRAG.get(mark.action, -1)
    return soon and (last.action, last.groups, last.setting) == (mark.action, mark.groups, mark.setting)
