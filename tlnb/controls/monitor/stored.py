"""What a notebook stores of the monitor: where no page draws it, the picture of the whole run, once it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MOST = 8


class StoredOutput:
    """The places where a control was displayed, so that what is stored there can be replaced."""

    def __init__(self) -> None:
        self._handles: list[Any] = []

    def __bool__(self) -> bool:
        return bool(self._handles)

    def show(self, data: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
        """Display it in the cell that runs."""
        from IPython.display import display

        handle = display(dict(data), raw=True, metadata=dict(metadata), display_id=True)
        if handle is not None:
            self._handles = [*self._handles, handle][-_MOST:]

    def replace(self, data: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
        """Put another picture wherever it was displayed. Only the cell that runs may do so: call it from there."""
        for handle in self._handles:
            handle.update(dict(data), raw=True, metadata=dict(metadata))
