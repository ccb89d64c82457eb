"""What the tests of the preview share: pictures out of messages."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from tlnb.controls import AugmentationPreview
from tlnb.training import Recipe

START = Recipe(augmentation=[("rotation", 0.6), ("flip", 0.5)], batch_size=8)
NAMES = ("rotation", "flip")


def opened(page, control):
    """Open a view, and wait until it has been sent all."""
    view = page(control)
    view.open()
    assert control.wait(60)
    return view


def did(view, action, **fields):
    """Do what a hand does, and wait for all that follows; return the error, if there was one."""
    del view.heard[:]
    view.do(action, **fields)
    assert view.control.wait(60)
    return next((content["text"] for content in view.of("error")), None)


def parts(view, kind):
    """Return the messages of a kind, each with its pictures as arrays."""
    return [
        (content, [np.asarray(Image.open(io.BytesIO(bytes(one)))) for one in buffers])
        for _, _, content, buffers in view.heard
        if content["kind"] == kind
    ]


def tiles(view):
    """Return the pictures of the newest tiles, in their order."""
    found = {}
    for content, pictures in parts(view, "tiles"):
        found |= dict(enumerate(pictures, content["first"]))
    return [found[i] for i in range(len(found))]


__all__ = ["NAMES", "START", "AugmentationPreview", "did", "opened", "parts", "tiles"]
