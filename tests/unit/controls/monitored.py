"""What the tests of the controls share: images that are learnt at once, and what stands for a page."""

from __future__ import annotations

import json
import threading
import time

import torch

import tlnb

RECIPE = tlnb.Recipe(epochs=2, batch_size=8, learning_rate=1e-2)
LONG = RECIPE.with_(epochs=10_000, schedule="constant")


def squares(classes: int = 2, n: int = 80):
    """Make squares of one brightness each, in noise."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(n) % classes
    noise = torch.randint(0, 100, (n, 3, 32, 32), generator=generator)
    return (noise + 120 * labels[:, None, None, None] // (classes - 1)).to(torch.uint8), labels


class HeardPage:
    """What stands for a page: sends as one does, and keeps what it hears, with the time and the thread."""

    def __init__(self, control):
        self.control, self.heard, self._number = control, [], 0
        self._real = control.send
        control.send = self._hear

    def _hear(self, content, buffers=None):
        json.dumps(content)  # as the real line does
        self.heard.append((time.monotonic(), threading.current_thread().name, content, buffers or []))
        self._real(content, buffers)

    def open(self, view="a"):
        self.control._receive(None, {"kind": "ready", "view": view}, [])

    def close(self, view="a"):
        self.control._receive(None, {"kind": "gone", "view": view}, [])

    def do(self, action, commit=True, **fields):
        self._number += 1
        message = {"kind": "do", "view": "a", "number": self._number, "action": action, "fields": fields}
        self.control._receive(None, {**message, "commit": commit}, [])

    def of(self, kind):
        return [content for _, _, content, _ in self.heard if content["kind"] == kind]

    def last(self, kind):
        return self.of(kind)[-1]

    @property
    def state(self):
        return self.of("state")[-1]["state"]


def rows(messages, name):
    """Put one list of a run together as the page does."""
    found = []
    for message in messages:
        if message.get("fresh"):
            found = []
        if name in message:
            assert message[f"{name}_at"] <= len(found)
            found[message[f"{name}_at"] :] = message[name]
    return found


def wait_for_step(monitor, step):
    until = time.monotonic() + 60
    while monitor._watch.history is None or monitor._watch.history.step < step:
        assert time.monotonic() < until and monitor._running()
        time.sleep(0.005)


def ran(monitor, recipe=None):
    """Train to the end, by another recipe if one is given."""
    if recipe is not None:
        monitor.recipe = recipe
    monitor.start()
    return monitor.run.result(60)


def shown(control):
    page = HeardPage(control)
    page.open()
    return page


def drags(page, name, *values):
    """Move a slider, and do not let go of it."""
    for value in values:
        message = {"kind": "do", "action": "set", "fields": {"name": name, "value": value}, "commit": False}
        page.control._receive(None, message, [])


def wait_until(true, seconds=60):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)
