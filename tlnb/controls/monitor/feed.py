"""A run as messages of at most 4 kB: what is new, at most five times a second, and the whole for who comes late."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from tlnb.controls.monitor.history import RunHistory
from tlnb.controls.monitor.words import in_order, line

BETWEEN = 0.2  # seconds between two messages of one run
MOST_BYTES = 3600  # of what is said, so that with its envelope it stays under 4 kB
MOST_EPOCHS = 300


class Feed:
    """What has been told of a run, and what is to be told next. Called under the monitor's lock.

    Parameters
    ----------
    metric : {"AUC", "accuracy"}
        The score that is shown.
    clock : callable
        Gives seconds.
    """

    def __init__(self, metric: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.metric, self._clock = metric, clock
        self._last = -BETWEEN
        self._told = {"bins": 0, "width": 1, "epochs": 0, "marks": 0}

    @property
    def due(self) -> bool:
        """Whether it is time for the next message."""
        return self._clock() - self._last >= BETWEEN

    def whole(self, run: int, history: RunHistory) -> list[dict[str, Any]]:
        """Return all that there is to tell, in pieces."""
        self._told = {"bins": 0, "width": history.curve.width, "epochs": 0, "marks": 0}
        return self._pieces(run, history, fresh=True)

    def news(self, run: int, history: RunHistory) -> list[dict[str, Any]]:
        """Return what is new since the last time, mostly in one message."""
        if history.curve.width != self._told["width"]:  # its bins are other ones now
            return self.whole(run, history)
        return self._pieces(run, history, fresh=False)

    def _pieces(self, run: int, history: RunHistory, *, fresh: bool) -> list[dict[str, Any]]:
        self._last = self._clock()
        curve, told = history.curve, self._told
        # The last bin, and the last mark, may have changed since.
        bins = max(0, told["bins"] - 1)
        at = {"bins": bins, "measured": bins, "epochs": told["epochs"], "marks": max(0, told["marks"] - 1)}
        rows = {
            "bins": [[*map(_few, (b.low, b.high, b.mean, b.deviation, *b.rates))] for b in curve.bins[at["bins"] :]],
            "measured": [[*map(_few, (b.low, b.high, b.mean))] for b in history.of_method.bins[at["bins"] :]],
            "epochs": _thinned(self._epochs(history)[at["epochs"] :], MOST_EPOCHS),
            "marks": [[mark.step, mark.action, mark.text, mark.by_hand] for mark in history.marks[at["marks"] :]],
        }
        self._told = {
            "bins": len(curve.bins),
            "width": curve.width,
            "epochs": len(history.epochs),
            "marks": len(history.marks),
        }
        head = {
            "kind": "progress",
            "run": run,
            "first": curve.first,
            "width": curve.width,
            "step": history.step,
            "line": line(history),
            "trains": in_order(history),
            "ratios": _last_ratios(history),
        }
        made: list[dict[str, Any]] = []
        for name in rows:
            for start, part in _parts(rows[name]):
                piece = {"kind": "progress", "run": run, f"{name}_at": at[name] + start, name: part}
                if name == "epochs":  # these are known by their numbers
                    del piece["epochs_at"]
                # Small parts of different kinds go together.
                if made and name not in made[-1] and _size(made[-1]) + _size(piece) < MOST_BYTES:
                    made[-1].update(piece)
                else:
                    made.append(piece)
        if made and _size(made[-1]) + _size(head) < MOST_BYTES:
            made[-1].update(head)
        else:
            made.append(head)
        if fresh:
            made[0]["fresh"] = True
        return made

    def _epochs(self, history: RunHistory) -> list[list[Any]]:
        scores = history.score(self.metric)
        return [
            [r.epoch, step, _few(r.train_loss), _few(r.valid_loss), _few(scores.get(r.epoch))]
            for r, step in zip(history.epochs, history.epoch_steps, strict=True)
        ]


def _parts(rows: list[Any]) -> Iterator[tuple[int, list[Any]]]:
    start, size = 0, 0
    for i, row in enumerate(rows):
        length = _size(row) + 2
        if size + length > MOST_BYTES - 200:
            yield start, rows[start:i]
            start, size = i, 0
        size += length
    if rows[start:]:
        yield start, rows[start:]


def _size(value: Any) -> int:
    return len(json.dumps(value))


def _few(value: float | None) -> float | None:
    """Round to four digits: finer is not seen."""
    return None if value is None else float(f"{value:.4g}")


def _thinned(rows: list[Any], most: int) -> list[Any]:
    """Keep the last of every so many, and the very last."""
    stride = -(-len(rows) // most)
    return rows if stride <= 1 else [row for i, row in enumerate(rows, 1) if i % stride == 0 or i == len(rows)]


def _last_ratios(history: RunHistory) -> list[Any]:
    """Return for each group its last measured ratio, and at which step that was."""
    found: dict[str, tuple[float, int]] = {}
    for step, ratios, _ in history.ratios:
        found.update({name: (ratio, step) for name, ratio in ratios.items()})
    return [[_few(found[name][0]), found[name][1]] if name in found else None for name in history.groups]
