"""The values that settings have now: checked by what was declared, and told to whoever listens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tlnb.core.errors import SettingError, did_you_mean
from tlnb.core.observers import Observers
from tlnb.core.settings import Setting


class Settings(Mapping[str, Any]):
    """Name to value; set one, and controls and a training that is under way follow.

    Copies and pickles have values of their own, and nobody who listens.

    Parameters
    ----------
    declared : iterable of Number, Switch, Choice or Weights
        What can be set.
    **values
        What is not to begin at its default.

    Attributes
    ----------
    declared : tuple
        What can be set.

    Raises
    ------
    SettingError
        If there is no such setting, or it cannot have that value.

    Examples
    --------
    >>> from tlnb.core.settings import Number, Switch
    >>> settings = Settings([Number("threshold", 0.5, 1.0, 0.9), Switch("balanced", False)], threshold=0.8)
    >>> stop = settings.observe(lambda now: print(dict(now)))
    >>> settings["balanced"] = True
    {'threshold': 0.8, 'balanced': True}
    >>> settings.change(threshold=0.95, balanced=False)
    {'threshold': 0.95, 'balanced': False}
    """

    def __init__(self, declared: Iterable[Setting], **values: Any) -> None:
        self.declared = tuple(declared)
        self._declared = {setting.name: setting for setting in self.declared}
        if len(self._declared) != len(self.declared):
            raise SettingError(f"Two settings have one name: {', '.join(one.name for one in self.declared)}.")
        self._values = {setting.name: setting.default for setting in self.declared}
        self._observers: Observers[Settings] = Observers()
        self._lock = threading.RLock()
        self._values |= {name: self.check(name, value) for name, value in values.items()}

    def __getitem__(self, name: str) -> Any:
        return self._values[self.setting(name).name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.change(**{name: value})

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in self._values.items())})"

    def __reduce__(self) -> Any:
        return _made_again, (self.declared, dict(self._values))

    def setting(self, name: str) -> Setting:
        """Return what was declared of one.

        Raises
        ------
        SettingError
            If there is none of that name.
        """
        if name not in self._declared:
            there = ", ".join(self._declared) or "none at all"
            raise SettingError(f"There is no setting {name!r}: {there}.{did_you_mean(str(name), self._declared)}")
        return self._declared[name]

    def check(self, name: str, value: Any) -> Any:
        """Return a value as it would be kept; nothing is changed.

        Raises
        ------
        SettingError
            If there is no such setting, or it cannot have that value.
        """
        return self.setting(name).check(value)

    def change(self, **values: Any) -> None:
        """Set several at once: all, or none where one of them cannot be.

        Raises
        ------
        SettingError
            If there is no such setting, or it cannot have that value.
        """
        checked = {name: self.check(name, value) for name, value in values.items()}
        with self._lock:
            if all(self._values[name] == value for name, value in checked.items()):
                return
            self._values = {**self._values, **checked}
            self._observers.tell(self)

    def reset(self, *names: str) -> None:
        """Set some back to their defaults, or all if none is named."""
        self.change(**{name: self.setting(name).default for name in names or self._values})

    def observe(self, listener: Callable[[Settings], None]) -> Callable[[], None]:
        """Call back after each change, in the thread that made it; return how to stop that.

        A bound method is held weakly: who listens may go.
        """
        return self._observers.add(listener)


def _made_again(declared: tuple[Setting, ...], values: dict[str, Any]) -> Settings:
    return Settings(declared, **values)
