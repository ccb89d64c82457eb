"""Exercises of lesson 3.3."""

from __future__ import annotations

from typing import Any

from tlnb.course.answering import call_answer, shown
from tlnb.course.checks import Exercise


def _mixed(answer: Any) -> str | None:
    import torch

    generator = torch.Generator().manual_seed(0)
    images = torch.rand(4, 3, 8, 8, generator=generator)
    labels = torch.tensor([0, 0, 0, 1])
    called = call_answer(answer, images, labels, 0.3)
    if not (isinstance(called.returned, tuple) and len(called.returned) == 2):
        return f"Two things are asked for, images and labels; your function returns {shown(called.returned)}."
    blended, targets = called.returned
    if not all(isinstance(part, torch.Tensor) for part in (blended, targets)):
        return "Return two tensors: the images, and their labels."
    if not torch.equal(called.arguments[0], images):
        return "Your function changes the images that it is given. Others may need them: make new ones."
    if blended.shape != images.shape:
        return f"The images have shape {tuple(blended.shape)} now; they had {tuple(images.shape)}."
    wanted = 0.7 * images + 0.3 * images.flip(0)
    if not torch.allclose(blended, wanted, atol=1e-5):
        if torch.allclose(blended, 0.3 * images + 0.7 * images.flip(0), atol=1e-5):
            return "The other way round: `share` is that of the partner, and the rest is the image's own."
        return "The images are not yet the asked-for blend of each with its partner, the same place from the end."
    if targets.shape != (4, 2):
        return (
            f"The labels have shape {tuple(targets.shape)}. One number cannot say 'mostly class 0, partly class 1': "
            "give each image a share for each of the two classes."
        )
    one_hot = torch.nn.functional.one_hot(labels, 2).float()
    if torch.allclose(targets.float(), one_hot, atol=1e-5):
        return "The images are blended, and the labels are not: each image still counts wholly as its own class."
    if not torch.allclose(targets.float(), 0.7 * one_hot + 0.3 * one_hot.flip(0), atol=1e-5):
        return "The images are right. The labels should be blended in just the same shares."
    return None


def _erased(answer: Any) -> str | None:
    import torch

    images = torch.rand(12, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 0.4 + 0.1
    torch.manual_seed(0)
    called = call_answer(answer, images, 6)
    erased = called.returned
    if not isinstance(erased, torch.Tensor) or erased.shape != images.shape:
        return f"A batch of the same shape is asked for; your function returns {shown(erased)}."
    if not torch.equal(called.arguments[0], images):
        return "Your function writes into the images that it is given, and the next epoch will find them with holes."
    changed = (erased != images).all(1)  # (N, H, W)
    if not changed.any():
        return "Nothing is covered."
    if not bool((erased.movedim(1, -1)[changed] == 0.5).all()):
        return "What is covered should be grey: 0.5 in all three channels."
    if not bool((changed.flatten(1).sum(1) == 36).all()):
        counts = sorted(set(changed.flatten(1).sum(1).tolist()))
        return f"A square of 6 by 6 covers 36 pixels of each image, and lies wholly inside; yours cover {counts}."
    rows, columns = changed.any(2), changed.any(1)
    if not bool(((rows.sum(1) == 6) & (columns.sum(1) == 6)).all()):
        return "Each image should have one whole square."
    if len({tuple(row.tolist()) for row in changed.flatten(1)}) == 1:
        return "All images are covered at the same place: one draw for the whole batch. Let each have its own."
    again = call_answer(answer, images, 6).returned
    if torch.equal(again, erased):
        return "The squares lie where they lay the last time. Draw anew at each call."
    return None


_MIX = """def mix(images, labels, share):
    targets = torch.nn.functional.one_hot(labels, 2).float()
    return (1 - share) * images + share * images.flip(0), (1 - share) * targets + share * targets.flip(0)
"""

_ERASE = """def erase(images, side):
    covered = images.clone()
    for image in covered:
        top, left = torch.randint(0, images.shape[-1] - side + 1, (2,)).tolist()
        image[:, top : top + side, left : left + side] = 0.5
    return covered
"""

EXERCISES = (
    Exercise(
        "3.3.a",
        _mixed,
        hints=(
            "images.flip(0) is the batch from its end: the partner of each image is at the same place there.",
            "For the labels, torch.nn.functional.one_hot(labels, 2).float() gives each image a share for each class; "
            "these can be blended like pixels.",
        ),
        solution=_MIX,
        wrong=(
            _MIX.replace(
                "(1 - share) * images + share * images.flip(0)", "share * images + (1 - share) * images.flip(0)"
            ),
            "def mix(images, labels, share):\n    return (1 - share) * images + share * images.flip(0), labels\n",
            _MIX.replace(", (1 - share) * targets + share * targets.flip(0)", ", targets"),
            _MIX.replace(
                ", (1 - share) * targets + share * targets.flip(0)", ", 0.5 * targets + 0.5 * targets.flip(0)"
            ),
            "def mix(images, labels, share):\n    return (1 - share) * images + share * images.flip(0)\n",
        ),
        setup="import torch",
    ),
    Exercise(
        "3.3.b",
        _erased,
        hints=(
            "Copy the batch first; then go through its images, and draw a corner for each.",
            "torch.randint(0, size - side + 1, (2,)) draws a corner from which a square of that side lies inside.",
        ),
        solution=_ERASE,
        wrong=(
            "def erase(images, side):\n"
            "    covered = images.clone()\n"
            "    top, left = torch.randint(0, images.shape[-1] - side + 1, (2,)).tolist()\n"
            "    covered[:, :, top : top + side, left : left + side] = 0.5\n"
            "    return covered\n",
            _ERASE.replace("images.clone()", "images"),
            _ERASE.replace("= 0.5", "= 0.0"),
            _ERASE.replace("images.shape[-1] - side + 1", "images.shape[-1]"),
            "def erase(images, side):\n    return images\n",
        ),
        setup="import torch",
    ),
)
