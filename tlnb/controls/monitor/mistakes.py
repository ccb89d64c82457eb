"""What a model gets wrong on the validation images: the worst of them, and which classes it confuses."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from tlnb.training.assess import Outputs

MOST_CLASSES = 12
OTHERS = "others"
SIDE = 72  # pixels of a small picture
_MOST_BYTES = 3600


@dataclass(frozen=True)
class Mistake:
    """One image that the model is far from.

    Attributes
    ----------
    row : int
        Its place in the data set.
    given, said : str
        Its class by its label, and the one that the model finds likeliest.
    probability : float
        That the model gives to what it says, in [0, 1].
    loss : float
        In nats.
    """

    row: int
    given: str
    said: str
    probability: float
    loss: float

    @property
    def text(self) -> str:
        """The two classes in words."""
        if self.given == self.said:
            told = f"{self.given}, right ({self.probability:.0%})"
        else:
            told = f"is {self.given}, said {self.said} ({self.probability:.0%})"
        return f"{told}, loss {self.loss:.2f}"


def worst(outputs: Outputs, classes: Sequence[str], n: int = 8) -> tuple[Mistake, ...]:
    """Return the images of highest loss, the worst first.

    Examples
    --------
    >>> said = Outputs(torch.tensor([7, 9]), torch.tensor([0, 0]), torch.tensor([[2.0, 0.0], [0.0, 2.0]]))
    >>> [(one.row, one.text) for one in worst(said, ["cat", "dog"], n=1)]
    [(9, 'is cat, said dog (88%), loss 2.13')]
    """
    losses = cross_entropy(outputs.logits, outputs.labels, reduction="none")
    chances = outputs.logits.softmax(1)
    places = losses.argsort(descending=True, stable=True)[:n]
    return tuple(
        Mistake(
            int(outputs.indices[i]),
            classes[int(outputs.labels[i])],
            classes[int(chances[i].argmax())],
            float(chances[i].max()),
            float(losses[i]),
        )
        for i in places
    )


@dataclass(frozen=True)
class Confusion:
    """How often images of each class (rows) were taken for each class (columns)."""

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def says(self) -> str:
        """How many are right, and how to read it."""
        right, total = sum(row[i] for i, row in enumerate(self.counts)), sum(map(sum, self.counts))
        return f"{right:,} of {total:,} are right. Rows: the label; columns: what the model says."


def confusion(labels: torch.Tensor, said: torch.Tensor, classes: Sequence[str]) -> Confusion:
    """Count which classes were taken for which; of many, the eleven with most mistakes, and the others together.

    Parameters
    ----------
    labels, said : torch.Tensor
        int64 (n,): what is true, and what the model says.
    classes : sequence of str
        All of them.

    Examples
    --------
    >>> confusion(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1]), ["cat", "dog"]).counts
    ((1, 1), (0, 1))
    """
    n = len(classes)
    if n > MOST_CLASSES:
        wrong = labels != said
        mistakes = torch.bincount(labels[wrong], minlength=n) + torch.bincount(said[wrong], minlength=n)
        shown = sorted(mistakes.argsort(descending=True, stable=True)[: MOST_CLASSES - 1].tolist())
        places = torch.full((n,), MOST_CLASSES - 1)
        places[shown] = torch.arange(len(shown))
        return confusion(places[labels], places[said], [*(classes[i] for i in shown), OTHERS])
    counts = torch.bincount(labels * n + said, minlength=n * n).reshape(n, n)
    return Confusion(tuple(classes), tuple(tuple(row) for row in counts.tolist()))


def small_picture(pixels: Any) -> bytes:
    """Return an image as a JPEG file of 72 pixels a side and at most 3,600 bytes.

    Parameters
    ----------
    pixels : torch.Tensor
        uint8 (C, H, W), C = 1 or 3.
    """
    from PIL import Image

    array = pixels.permute(1, 2, 0).contiguous().numpy()
    picture = Image.fromarray(array[:, :, 0] if array.shape[2] == 1 else array)
    side = SIDE
    while True:
        # Few pixels stay as they are: seen large, they are squares and not a blur.
        how = Image.Resampling.BICUBIC if min(picture.size) > side else Image.Resampling.NEAREST
        small = picture.resize((side, side), how)
        for quality in (88, 75, 60):
            file = io.BytesIO()
            small.save(file, "JPEG", quality=quality)
            if file.tell() <= _MOST_BYTES:
                return file.getvalue()
        side -= 12  # noise does not compress
