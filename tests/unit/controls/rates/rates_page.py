"""What the tests of LearningRates share: a recipe, and a page that looks at a control."""

from __future__ import annotations

import json

from tlnb.training import Recipe

START = Recipe(trainable=1, rate_ratio=0.1, learning_rate=0.01, epochs=4, batch_size=8)
NAMES = ("stem", "stage1", "stage2", "stage3", "stage4", "head")


class Page:
    """One view of a control, as far as messages go."""

    def __init__(self, control):
        self.control, self.heard = control, []
        control.send = lambda message, buffers=(): self.heard.append((json.loads(json.dumps(message)), buffers))
        control._receive(None, {"kind": "ready", "view": "a"}, None)

    def do(self, action, commit=True, **fields):
        """Send what a hand did; return the error that came back, if any."""
        del self.heard[:]
        message = {"kind": "do", "view": "a", "number": 1, "action": action, "fields": fields, "commit": commit}
        self.control._receive(None, message, None)
        return next((message["text"] for message, _ in self.heard if message["kind"] == "error"), None)

    def last(self, kind):
        return next((message for message, _ in reversed(self.heard) if message["kind"] == kind), None)

    def kinds(self):
        return [message["kind"] for message, _ in self.heard]
