"""What every control is: an anywidget whose page half sends what a hand does, and gets states back.

The widget's own traits hold next to nothing. Its page half is asked for once a page (see widgets/shared/bootstrap.ts),
and the state goes by messages after a ``ready``: so a saved notebook stays small however many controls it has.
"""

from __future__ import annotations

import logging
from typing import Any, ClassVar

import traitlets

from tlnb.controls.bundles import bundle
from tlnb.controls.shared_recipe import SharedRecipe
from tlnb.core.errors import TlnbError
from tlnb.core.figures import Figure
from tlnb.training import Recipe

try:
    import anywidget
except ImportError as error:
    raise ImportError('The controls need anywidget: pip install "tlnb[controls]"') from error

log = logging.getLogger("tlnb")


class Control(anywidget.AnyWidget):
    """Base of the controls that are views of a recipe.

    A subclass names its bundle, gives `_state`, `_says`, `_code` and `_picture`, and has a method ``_do_<action>`` for
    each thing that a hand can do, which takes the message's fields and ``commit`` by keyword.

    Parameters
    ----------
    held : SharedRecipe
        The recipe, which other controls may show too.

    Attributes
    ----------
    shared : SharedRecipe
        Give it to another control to keep both in step.
    """

    bundle_name: ClassVar[str]

    _esm = traitlets.Unicode(bundle("bootstrap").module.decode()).tag(sync=True)
    module = traitlets.Unicode(read_only=True).tag(sync=True)

    def __init__(self, held: SharedRecipe) -> None:
        super().__init__()
        self.shared = held
        self.set_trait("module", bundle(self.bundle_name).key)
        self._views: set[str] = set()
        self._answering = False
        self.on_msg(self._receive)
        held.observe(self._recipe_changed)

    @property
    def recipe(self) -> Recipe:
        """The recipe as it is now; set it, and every control on it follows."""
        return self.shared.recipe

    @recipe.setter
    def recipe(self, recipe: Recipe) -> None:
        self.shared.recipe = recipe

    def _says(self) -> str:
        raise NotImplementedError

    def _code(self) -> str:
        raise NotImplementedError

    def _state(self) -> dict[str, Any]:
        raise NotImplementedError

    def _picture(self) -> Figure:
        raise NotImplementedError

    def _greeting(self) -> list[dict[str, Any]]:
        """Messages that a view gets once, before its first state: what does not change."""
        return []

    def _seen(self) -> None:
        """Begin what only somebody who looks has need of."""

    def _recipe_changed(self, _: Recipe) -> None:
        if not self._answering:  # else the answer brings the state
            self._tell_state()

    def _whole_state(self) -> dict[str, Any]:
        undo = {"undo": self.shared.can_undo, "redo": self.shared.can_redo}
        return {"says": self._says(), "code": self._code(), **undo, **self._state()}

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
        if action in ("undo", "redo"):
            getattr(self.shared, action)()
            return
        handler = getattr(self, f"_do_{action}", None)
        if handler is None:
            raise TlnbError(f"{type(self).__name__} has no action {action!r}.")
        handler(**fields, commit=commit)

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self._says()}"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        made: Any = super()._repr_mimebundle_(**options) or ({}, {})
        data, metadata = made if isinstance(made, tuple) else (made, {})
        picture = self._picture()
        still = {"text/plain": repr(self), "image/png": picture.png()}
        return {**data, **still}, metadata
