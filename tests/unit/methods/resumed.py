"""A training that is stopped in its middle and goes on from its checkpoint."""

from __future__ import annotations

import pytest

import tlnb


def stopped_and_resumed(model, images, recipe, folder, epoch=1, **options):
    """Interrupt a training after an epoch, run the same line again, and return the run."""

    def hear(event):
        if event.kind == "epoch" and event.record.epoch == epoch:
            raise KeyboardInterrupt

    options |= {"checkpoint": folder / "run", "progress": False, "device": "cpu"}
    with pytest.raises(KeyboardInterrupt):
        tlnb.fit(model, images, recipe, on_event=hear, **options)
    return tlnb.fit(model, images, recipe, resume=True, **options)
