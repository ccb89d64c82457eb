"""What every control is: an anywidget whose page half sends what a hand does, and gets states back.

The widget's own traits hold next to nothing. Its page half is asked for once a page (see widgets/shared/bootstrap.ts),
and the state goes by messages after a ``ready``: so a saved notebook stays small however many controls it has.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from tlnb.controls.bundles import bundle
from tlnb.core.errors import TlnbError

if TYPE_CHECKING:
    from tlnb.core.figures import Figure  # matplotlib: a quiz has no need of it

try:
    import anywidget
except ImportError as error:
    raise ImportError('The controls need anywidget: pip install "tlnb[controls]"') from error

log = logging.getLogger("tlnb")


class Control(anywidget.AnyWidget):
    """Base of all controls; those that are views of a recipe are `RecipeControl`.

    A subclass names its bundle and gives `_state`, `_says`, `_picture` and, where it amounts to any, `_code`. For each
    thing that a hand can do it has a method ``_do_<action>``: the message's fields and ``commit`` come by keyword.
    """

    bundle_name: ClassVar[str]

    _esm = traitlets.Unicode(bundle("bootstrap").module.decode()).tag(sync=True)
    module = traitlets.Unicode(read_only=True).tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self.set_trait("module", bundle(self.bundle_name).key)
        self._views: set[str] = set()
        self._answering = False
        self.on_msg(self._receive)

    def _says(self) -> str:
        raise NotImplementedError

    def _code(self) -> str | None:
        return None

    def _state(self) -> dict[str, Any]:
        raise NotImplementedError

    def _picture(self) -> Figure:
        raise NotImplementedError

    def _still(self) -> dict[str, Any]:
        """Return what stands where no script runs."""
        return {"text/plain": repr(self), "image/png": self._picture().png()}

    def _greeting(self) -> list[dict[str, Any]]:
        """Messages that a view gets once, before its first state: what does not change."""
        return []

    def _seen(self) -> None:
        """Begin what only somebody who looks has need of."""

    def _changed(self) -> None:
        """Tell the page of what Python's side, and not an action of the page, has changed."""
        if not self._answering:  # else the answer brings the state
            self._tell_state()

    def _whole_state(self) -> dict[str, Any]:
        return {"says": self._says(), "code": self._code(), **self._state()}

    def _tell_state(self, **answer: Any) -> None:
        if self._views:  # nobody looks: nothing is computed
            self.send({"kind": "state", "state": self._whole_state(), **answer})

    def _receive(self, _: Any, content: Any, __: Any) -> None:
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind == "module":
            key, module, style = bundle(self.bundle_name)
            self.send({"kind": "module", "module": key}, [module, style])
        elif kind == "ready":
            self._views.add(str(content.get("view")))
            for message in self._greeting():
                self.send(message)
            self._seen()
            self._tell_state()
        elif kind == "gone":
            self._views.discard(str(content.get("view")))
        elif kind == "do":
            self._do(content)
        else:
            log.debug("%s was sent %r, which means nothing to it.", type(self).__name__, content)

    def _do(self, content: dict[str, Any]) -> None:
        answer = {"view": content.get("view"), "number": content.get("number")}
        error = None
        self._answering = True
        try:
            self._act(str(content.get("action")), dict(content.get("fields", {})), bool(content.get("commit", True)))
        except TlnbError as refused:
            error = str(refused)
        except Exception as failure:  # whatever a page sends must not end the kernel's loop
            log.debug("%s could not do %r", type(self).__name__, content, exc_info=True)
            error = f"This could not be done: {failure}"
        finally:
            self._answering = False
        # The answer carries the state as it is now, so that a page whose wish was refused shows what holds.
        self._tell_state(**answer)
        if error is not None:
            self.send({"kind": "error", "text": error, **answer})

    def _act(self, action: str, fields: dict[str, Any], commit: bool) -> None:
        handler = getattr(self, f"_do_{action}", None)
        if handler is None:
            raise TlnbError(f"{type(self).__name__} has no action {action!r}.")
        handler(**fields, commit=commit)

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self._says()}"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        made: Any = super()._repr_mimebundle_(**options) or ({}, {})
        data, metadata = made if isinstance(made, tuple) else (made, {})
        return {**data, **self._still()}, metadata
