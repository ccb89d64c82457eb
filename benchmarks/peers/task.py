"""What a contender is asked to do, and the files that all of them read. Imports neither torch nor a library by itself.

A folder of data holds ``images.safetensors`` (uint8 pixels and int64 labels of both parts, as `tlnb.ImageData.save`
writes them) and, for each seed, ``weights_SEED.safetensors``, with a head drawn once. The order of the images is drawn
from the seed by `order`, as tlnb draws it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

MODEL, CLASSES = "tf_efficientnet_lite0", ("functional", "defective")
MEAN = STD = (0.5, 0.5, 0.5)  # of the model's card; a test compares
BATCH, WEIGHT_DECAY, BETAS = 32, 0.01, (0.9, 0.999)
VIEWS = 4
LEAST_AREA = 0.54  # of what random resized crop keeps: tlnb's at strength .5

# What trains -> the head's rate, and the body's over it: those of tlnb's presets full, probe and last_stage.
RATES = {"all": (1e-3, 0.3), "head": (1e-2, 1.0), "last_stage": (3e-3, 0.3)}


@dataclass(frozen=True)
class Task:
    """One training.

    Parameters
    ----------
    contender : str
        ``"tlnb"``, ``"loop"``, ``"cached"``, or a library's name with ``"-documented"`` or ``"-tuned"``.
    trainable : {"all", "head", "last_stage"}
        What trains.
    data : str
        The folder.
    seed : int
        Of the head, and of the order.
    train, valid : int, optional
        How many of the first images of each part are used; all of them by default.
    epochs : int
        How often.
    augment : bool
        Whether training images are flipped and cropped at random.
    started : float
        ``time.time()`` when the process was started.
    rate_scale : float
        Multiplies every rate.
    """

    contender: str
    trainable: str
    data: str
    seed: int = 0
    train: int | None = None
    valid: int | None = None
    epochs: int = 1
    augment: bool = False
    started: float = 0.0
    rate_scale: float = 1.0

    @property
    def library(self) -> str:
        """The contender without its variant: the name of its module."""
        return self.contender.partition("-")[0]

    @property
    def tuned(self) -> bool:
        """Whether a library is to do what a careful user would have it do, beyond its documentation."""
        return self.contender.endswith("-tuned")

    @property
    def rate(self) -> float:
        """The head's learning rate."""
        return RATES[self.trainable][0] * self.rate_scale

    @property
    def rate_ratio(self) -> float:
        """The body's rate over the head's."""
        return RATES[self.trainable][1]

    def state_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Data:
    """The images of a task, those for training first, and the order in which they are seen.

    Parameters
    ----------
    images, labels : Tensor
        uint8 ``(N, C, S, S)``, int64 ``(N,)``.
    train : int
        How many are for training.
    order : Tensor
        int64 ``(epochs, train)``.
    """

    images: Tensor
    labels: Tensor
    train: int
    order: Tensor

    @property
    def train_images(self) -> Tensor:
        """Those for training."""
        return self.images[: self.train]

    @property
    def train_labels(self) -> Tensor:
        """Theirs."""
        return self.labels[: self.train]

    @property
    def valid_images(self) -> Tensor:
        """Those for validation."""
        return self.images[self.train :]

    @property
    def valid_labels(self) -> Tensor:
        """Theirs."""
        return self.labels[self.train :]

    @property
    def size(self) -> int:
        """Side of an image in pixels."""
        return self.images.shape[-1]


def read_data(task: Task) -> Data:
    """Read the images of a task, as many as it uses."""
    import torch
    from safetensors.torch import load_file

    tensors = load_file(Path(task.data) / "images.safetensors")
    many = {"train": task.train, "valid": task.valid}
    images, labels = (
        torch.cat([tensors[f"{part}_{what}"][:most] for part, most in many.items()]) for what in ("images", "labels")
    )
    train = len(tensors["train_labels"][: task.train])
    return Data(images, labels, train, order(task.seed, train, task.epochs))


def weights_file(task: Task) -> Path:
    """Return the file of the weights that a task starts from."""
    return Path(task.data) / f"weights_{task.seed}.safetensors"


def order(seed: int, count: int, epochs: int) -> Tensor:
    """Return the order of the training images in each epoch, int64 ``(epochs, count)``: tlnb's own draw."""
    import torch

    draws = [torch.Generator().manual_seed(seed * 100_003 + epoch) for epoch in range(epochs)]
    return torch.stack([torch.randperm(count, generator=draw) for draw in draws])
