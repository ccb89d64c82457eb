"""How a digit moves, and how its frames are drawn.

Where a digit is, how it is turned and how large it is are four phases, each on a circle: what leaves at the left comes
back at the right, what has grown to the largest starts again from the smallest. A motion moves one phase, at a constant
speed. All phases start uniformly, so at any one time they are uniform whatever the motion: a frame holds no trace of
its class, by construction. And a motion played backwards is another motion: frames without their order tell at most
which of the four pairs it is.
"""

from __future__ import annotations

import numpy as np
import torch

# Motion -> the phase it moves (0 across, 1 down, 2 turn, 3 size), and in which direction.
MOTIONS: dict[str, tuple[int, int]] = {
    "left": (0, -1),
    "right": (0, 1),
    "up": (1, -1),
    "down": (1, 1),
    "clockwise": (2, 1),
    "counter-clockwise": (2, -1),
    "growing": (3, 1),
    "shrinking": (3, -1),
}
SLOWEST, FASTEST = 0.05, 0.1  # of a circle, from frame to frame
_SMALLEST, _LARGEST = 0.3, 0.75  # side of the digit's picture, as a share of the frame's


def move(labels: np.ndarray, frames: int, seed: int) -> np.ndarray:
    """Give the four phases at each frame.

    Parameters
    ----------
    labels : ndarray of int, shape (N,)
        Indices into `MOTIONS`.
    frames, seed : int
        How many, and what draws where each clip starts and how fast it is.

    Returns
    -------
    ndarray
        float64 (N, frames, 4) in [0, 1).

    Examples
    --------
    >>> phases = move(np.array([1]), frames=3, seed=0)
    >>> steps = np.diff(phases[0], axis=0) % 1
    >>> bool(SLOWEST <= steps[0, 0] <= FASTEST), steps[:, 1:].any().item()
    (True, False)
    """
    generator = np.random.RandomState(seed)  # numpy promises to keep its stream
    start = generator.random_sample((len(labels), 1, 4))
    speed = SLOWEST + (FASTEST - SLOWEST) * generator.random_sample(len(labels))
    moves = np.zeros((len(MOTIONS), 4))
    for row, (phase, direction) in enumerate(MOTIONS.values()):
        moves[row, phase] = direction
    steps = moves[labels] * speed[:, None]  # (N, 4)
    return (start + steps[:, None] * np.arange(frames)[:, None]) % 1.0


def draw(digits: np.ndarray, phases: np.ndarray, size: int) -> np.ndarray:
    """Draw frames of one digit each.

    Parameters
    ----------
    digits : ndarray
        uint8 (N, 28, 28).
    phases : ndarray
        (N, T, 4), from :func:`move`.
    size : int
        Side of a frame in pixels.

    Returns
    -------
    ndarray
        uint8 (N, T, 1, size, size).
    """
    count, frames, _ = phases.shape
    pixels = torch.from_numpy(np.ascontiguousarray(digits)).float()[:, None]  # (N, 1, 28, 28)
    place = (torch.arange(size) + 0.5) / size
    out = np.empty((count, frames, 1, size, size), np.uint8)
    for time in range(frames):
        across, down, turn, growth = torch.from_numpy(phases[:, time]).float().T[:, :, None, None]
        # From the digit's centre to each pixel by the shorter way round the circle. (N, size, size)
        x = (place[None, None, :] - across + 0.5) % 1 - 0.5
        y = (place[None, :, None] - down + 0.5) % 1 - 0.5
        cosine, sine = (torch.cos(2 * torch.pi * turn), torch.sin(2 * torch.pi * turn))
        half = _SMALLEST * (_LARGEST / _SMALLEST) ** growth / 2
        # Which point of the upright digit is seen there. y points down, so a greater angle is further clockwise.
        grid = torch.stack([(cosine * x + sine * y) / half, (cosine * y - sine * x) / half], -1)
        seen = torch.nn.functional.grid_sample(pixels, grid, align_corners=False)
        out[:, time] = seen.round().clamp(0, 255).byte().numpy()
    return out
