"""The monitor's line to the page: which messages go out, when, and what a page may ask for."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from tlnb.controls.monitor import expectation, mistakes, words
from tlnb.controls.monitor.feed import MOST_BYTES, Feed
from tlnb.controls.monitor.hand import Hand
from tlnb.controls.monitor.past import PastRun
from tlnb.controls.monitor.watch import RunWatch
from tlnb.controls.shared_recipe import SharedRecipe
from tlnb.core.errors import RecipeError, TlnbError
from tlnb.core.group_colours import group_colours
from tlnb.core.setting_values import Settings
from tlnb.training import Event, Recipe, Started, Steered, StepDone
from tlnb.training.batches import in_batches

_GHOSTS = 4
_GHOST_POINTS = 60
_ALERTS = 4
_LONGEST = 500  # letters of one text


class Page(Hand):
    """What of the monitor is about messages; `TrainingMonitor` is the rest."""

    bundle_name = "training_monitor"
    # Set by the monitor, before messages come.
    model: Any
    images: Any
    method: Any
    baseline: float | None
    expected: dict[int, float]
    _checkpoint: Any
    _past: list[PastRun]

    def __init__(self, held: SharedRecipe, metric: str) -> None:
        # Held while a history changes or is told; never while anything waits for a training.
        self._lock = threading.RLock()
        self._watch = None
        self._feed = Feed(metric)
        self._owed = False  # whether a state is due that was held back
        self._epochs_spoken = 0
        self._code_key = 0
        super().__init__(held)

    def _code(self) -> str:
        try:
            return str(self.recipe.to_code(self.model, self.images, self.method))
        except RecipeError as refused:
            return f"# There is no script for this recipe.\n# {refused}\n"

    def _whole_state(self) -> dict[str, Any]:
        # The code has messages of its own: it is long, and asked for only where it is looked at.
        with self._lock:
            code = {"code": "", "code_key": self._code_key}
            return {"says": self._says(), **code, **self._state(), **self._undoable()}

    def _state(self) -> dict[str, Any]:
        watch = self._watch
        recipe = self.recipe if watch is None else watch.recipe
        history = None if watch is None else watch.history
        per_epoch = len(in_batches(self.images.train.indices, recipe.batch_size))
        alerts = [] if history is None else history.alerts[-_ALERTS:]
        return {
            "status": "ready" if watch is None else watch.status,
            "run": 0 if watch is None else watch.number,
            "epochs": recipe.epochs,
            "steps": recipe.epochs * per_epoch if history is None else history.steps,
            "resumable": self._checkpoint is not None and (watch is None or watch.status in ("stopped", "failed")),
            "expected": [[e, s] for e, s in self._expectation().items()],
            "points": list(expectation.points(self.recipe.epochs)),
            "verdict": self._verdict(),
            "note": "" if watch is None else watch.note[:_LONGEST],
            "alerts": [[a.text[:_LONGEST], f"{a.todo} (After step {step}.)"] for step, a in alerts],
        }

    def expect(self, scores: Mapping[int, float] | Sequence[float]) -> None:
        """Say before a run which validation scores you expect; afterwards it is compared in words.

        Parameters
        ----------
        scores : sequence of float, or mapping of int to float
            By epoch, from 1; in [0, 1]. None at all forget what was expected.

        Raises
        ------
        TlnbError
            If a run is under way, an epoch is not one of the recipe's, or a score is none.
        """
        if self._running():
            raise TlnbError("What you expect is drawn before the run: stop() it first, or wait for its end.")
        self.expected = expectation.checked(scores, self.recipe.epochs, self.metric)
        self._tell_state()

    def _expectation(self) -> dict[int, float]:
        if self._watch is not None and self._watch.under_way:
            return self._watch.expected
        return {epoch: score for epoch, score in self.expected.items() if epoch <= self.recipe.epochs}

    def _verdict(self) -> str:
        watch = self._watch
        if watch is None or watch.under_way or watch.history is None:
            return ""
        return expectation.compared(watch.expected, watch.history.score(watch.metric), watch.metric)

    def _greeting(self) -> list[dict[str, Any]]:
        from tlnb.backbones import layer_groups

        names = [group.name for group in layer_groups(self.model)]
        about = {
            "kind": "about",
            "groups": [list(pair) for pair in zip(names, group_colours(len(names)), strict=True)],
            "metric": self._feed.metric,
            "chance": 0.5 if self._feed.metric == "AUC" else 1 / len(self.images.classes),
            "baseline": self.baseline,
            "valid": len(self.images.valid),
            "checkpoint": self._checkpoint is not None,
            "measured": words.measured(self.method),
            "credit": self.images.card.attribution[:_LONGEST],
        }
        watch = self._watch
        whole = [] if watch is None or watch.history is None else self._feed.whole(watch.number, watch.history)
        return [about, *self._ghosts(), *whole]

    def _ghosts(self) -> list[dict[str, Any]]:
        shown = 0 if self._watch is None else self._watch.number
        found = [run for run in self._past if run.number != shown and run.scores][-_GHOSTS:]
        made = []
        for run in found:
            scores = list(run.scores.items())
            stride = -(-len(scores) // _GHOST_POINTS)
            kept = [[e, float(f"{s:.4g}")] for i, (e, s) in enumerate(scores, 1) if i % stride == 0 or i == len(scores)]
            per_epoch = len(in_batches(self.images.train.indices, run.recipe.batch_size))
            made.append({"kind": "ghost", "number": run.number, "scores": kept, "per_epoch": per_epoch})
        return [{"kind": "ghosts", "numbers": [run.number for run in found]}, *made]

    def _receive(self, widget: Any, content: Any, buffers: Any) -> None:
        if isinstance(content, dict) and content.get("kind") == "ready":
            with self._lock:  # or what is new would come before the whole
                super()._receive(widget, content, buffers)
        else:
            super()._receive(widget, content, buffers)

    def _recipe_changed(self, recipe: Recipe) -> None:
        self._code_key += 1
        if self._watch is not None:
            self._watch.follow(recipe)
        super()._recipe_changed(recipe)

    def _settings_changed(self, _: Settings) -> None:
        if self._watch is not None:
            self._watch.follow(self.recipe)
        self._changed()

    @property
    def method_note(self) -> str:
        """What of the method's settings the run under way cannot take, in words; empty if there is nothing."""
        return "" if self._watch is None else self._watch.method_note

    def _tell_begin(self, watch: RunWatch) -> None:
        with self._lock:
            self._epochs_spoken = 0
            if self._views:
                for message in self._ghosts():
                    self.send(message)
                self._tell_run(watch, whole=True)
        if not self._answering:
            self._tell_state()

    # What follows runs in the training's thread.

    def _told(self, watch: RunWatch, event: Event) -> None:
        if watch is not self._watch:
            return
        if isinstance(event, Started):
            watch.follow(self.recipe)
        if not self._views:
            return
        waits = isinstance(event, Started) or (isinstance(event, Steered) and event.action == "pause")
        self._owed = self._owed or not isinstance(event, StepDone)
        if not waits and not self._feed.due:
            return  # the next step's message brings it
        with self._lock:
            self._tell_run(watch, whole=isinstance(event, Started))
        if self._owed:
            self._owed = False
            self._tell_state()

    def _tell_end(self, watch: RunWatch) -> None:
        if watch is self._watch and self._views:
            with self._lock:
                self._tell_run(watch, whole=False)
            self._tell_state()

    def _tell_run(self, watch: RunWatch, *, whole: bool) -> None:
        history = watch.history
        if history is None:
            if whole:
                self.send({"kind": "progress", "run": watch.number, "fresh": True})
            return
        messages = (self._feed.whole if whole else self._feed.news)(watch.number, history)
        if len(history.epochs) > self._epochs_spoken:
            self._epochs_spoken = len(history.epochs)
            messages[-1]["say"] = words.spoken(history.epochs[-1], history.epochs_planned, watch.metric)
        for message in messages:
            self.send(message)

    # What a page asks for.

    def _do_expect(self, *, scores: list[list[float]], commit: bool) -> None:
        self.expect({int(epoch): score for epoch, score in scores})

    def _do_code(self, *, commit: bool) -> None:
        text, key = self._code(), self._code_key
        parts = [text[i : i + MOST_BYTES // 2] for i in range(0, len(text), MOST_BYTES // 2)] or [""]
        for at, part in enumerate(parts):
            self.send({"kind": "code", "key": key, "at": at, "of": len(parts), "text": part})

    def _do_matrix(self, *, epoch: int, commit: bool) -> None:
        history = self._looked_at()
        outputs = history.outputs
        if outputs is None or epoch not in history.said:
            kept = f"kept are {min(history.said)} to {max(history.said)}" if history.said else "there is none yet"
            raise TlnbError(f"What the model said after epoch {epoch} is not kept: {kept}.")
        found = mistakes.confusion(outputs.labels, history.said[epoch], self.images.classes)
        says = f"After epoch {epoch}, {found.says}"
        classes = [name[:40] for name in found.classes]
        self.send({"kind": "matrix", "at": epoch, "says": says, "classes": classes, "counts": found.counts})

    def _do_worst(self, *, commit: bool) -> None:
        history = self._looked_at()
        with self._lock:
            outputs, epoch = history.outputs, len(history.epochs)
        if outputs is None:
            return
        found = mistakes.worst(outputs, self.images.classes)
        for at, one in enumerate(found):
            head = {"kind": "worst", "epoch": epoch, "at": at, "of": len(found), "text": one.text}
            self.send(head, [mistakes.small_picture(self.images.images[one.row])])

    def _looked_at(self) -> Any:
        if self._watch is None or self._watch.history is None:
            raise TlnbError("Nothing has run yet. Press Start.")
        return self._watch.history
