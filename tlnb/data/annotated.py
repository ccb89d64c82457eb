"""Objects in images, as torchvision's detection models take them: boxes around masks, targets, and a look at both."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from tlnb.core.figures import CYCLE, Figure


def boxes_around(masks: np.ndarray) -> np.ndarray:
    """Give the box of each mask, x1 y1 x2 y2; it ends after its last pixel.

    Else an object one pixel wide would have a box of no width, which torchvision refuses in training. (Its
    ``masks_to_boxes`` ends boxes at their last pixel.)

    Parameters
    ----------
    masks : ndarray of bool, shape (n, H, W)
        None of them empty.

    Returns
    -------
    ndarray
        float32 (n, 4).

    Examples
    --------
    >>> mask = np.zeros((1, 4, 6), bool)
    >>> mask[0, 1, 2:5] = True
    >>> boxes_around(mask).tolist()
    [[2.0, 1.0, 5.0, 2.0]]
    """
    down, across = np.any(masks, axis=2), np.any(masks, axis=1)  # (n, H), (n, W)
    first_x, first_y = across.argmax(1), down.argmax(1)
    last_x, last_y = (lines.shape[1] - lines[:, ::-1].argmax(1) for lines in (across, down))
    return np.stack([first_x, first_y, last_x, last_y], 1).astype(np.float32)


def detection_target(
    image_id: int, numbers: np.ndarray, ids: np.ndarray, labels: np.ndarray, **more: np.ndarray
) -> dict[str, torch.Tensor]:
    """Describe the objects of one image as torchvision's detection models and its evaluation take them.

    Parameters
    ----------
    image_id : int
        Which image this is.
    numbers : ndarray of int, shape (H, W)
        The number of the object that each pixel shows, 0 for none: objects do not overlap, what is covered is not seen.
    ids, labels : ndarray of int, shape (n,)
        The numbers of the objects to describe, and their classes; 0 is the background, so labels start at 1.
    **more : ndarray, shape (n,)
        What else is known of each.

    Returns
    -------
    dict of str to torch.Tensor
        ``boxes`` float32 (n, 4), ``labels`` int64 (n,), ``masks`` uint8 (n, H, W), ``area`` float32 (n,), ``iscrowd``
        int64 (n,), ``image_id`` int64 (), and `more`.
    """
    masks = np.equal(numbers[None], ids[:, None, None])  # (n, H, W)
    return {
        "boxes": torch.from_numpy(boxes_around(masks)),
        "labels": torch.from_numpy(labels.astype(np.int64)),
        "masks": torch.from_numpy(masks.astype(np.uint8)),
        "area": torch.from_numpy(masks.sum((1, 2)).astype(np.float32)),
        "iscrowd": torch.zeros(len(ids), dtype=torch.int64),
        "image_id": torch.tensor(image_id),
        **{name: torch.from_numpy(values) for name, values in more.items()},
    }


def draw_objects(axes: Any, target: dict[str, torch.Tensor], names: Sequence[str] = ()) -> None:
    """Draw the outlines and boxes of a target's objects into axes that show the image.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where.
    target : dict of str to torch.Tensor
        From :func:`detection_target`.
    names : sequence of str, optional
        The class of each object, written above its box.
    """
    for number, (box, mask) in enumerate(zip(target["boxes"], target["masks"], strict=True)):
        colour = CYCLE[number % len(CYCLE)]
        axes.contour(mask.numpy(), [0.5], colors=[colour], linewidths=1)
        left, top, right, bottom = (box - 0.5).tolist()  # matplotlib's pixels are centred on whole numbers
        axes.plot([left, right, right, left, left], [top, top, bottom, bottom, top], color=colour, linewidth=0.6)
        if names:
            middle = (left + right) / 2 / mask.shape[1]
            beside = {"ha": "left", "x": max(left, 0)} if middle < 0.6 else {"ha": "right", "x": right}
            beside |= {"va": "bottom", "y": top} if top > 8 else {"va": "top", "y": bottom}  # within the image
            paper = {"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}
            axes.text(s=names[number], fontsize=7, color="#222222", bbox=paper, clip_on=True, **beside)


def objects_figure(pairs: int, height: float, credit: str) -> tuple[Figure, list[Any]]:
    """Make a figure for images, each beside itself with its objects, two of these pairs in a row."""
    rows = -(-pairs // 2)
    below = textwrap.fill(credit, 110)
    figure = Figure(7.0, rows * height + 0.15 + 0.16 * len(below.splitlines()))
    cells = list(figure.subplots(rows, 4, squeeze=False).flat)
    for axes in cells:
        axes.set_axis_off()
    figure.supxlabel(below, fontsize=8, color="#555555")
    return figure, cells
