"""A small convolutional network of our own, for digits and other images of 28 to 64 pixels.

After the network for MNIST of Ganin et al., "Domain-Adversarial Training of Neural Networks", JMLR 17, 2016: two
convolutions of 5 x 5 with pooling, then fully connected layers. Here with half the channels in the first, one
convolution more, and batch normalisation after each: so that it trains in seconds on a CPU.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from tlnb.backbones.cards import Preprocessing
from tlnb.core.errors import ModelError, WeightsError

NAME = "small_cnn"
SMALLEST = 24  # pixels: three poolings leave 3 x 3, which the last convolution needs


def layers(classes: int) -> OrderedDict[str, nn.Module]:
    """Return the network's parts by name, in their order; a script shows this function as it stands."""

    def block(channels: int, width: int, side: int, padding: int, *pooling: nn.Module) -> nn.Sequential:
        plain = nn.Conv2d(channels, width, side, padding=padding, bias=False)
        return nn.Sequential(plain, *pooling, nn.BatchNorm2d(width), nn.ReLU(inplace=True))

    return OrderedDict(
        stem=block(3, 16, 5, 2, nn.MaxPool2d(2)),  # (N, 3, S, S) -> (N, 16, S / 2, S / 2)
        stage1=block(16, 32, 5, 2, nn.MaxPool2d(2)),  # -> (N, 32, S / 4, S / 4)
        stage2=block(32, 64, 3, 1, nn.MaxPool2d(2)),  # -> (N, 64, S / 8, S / 8)
        last=block(64, 128, 3, 0),  # -> (N, 128, S / 8 - 2, S / 8 - 2)
        pool=nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),  # -> (N, 128)
        head=nn.Linear(128, classes),
    )


class SmallCNN(nn.Sequential):
    """Four convolutions with batch normalisation, and a linear head.

    Every convolution is followed by batch normalisation and ReLU; before these the first three are pooled, the largest
    of 2 x 2 numbers, so that the rest has a quarter of the work. The last has no padding: of 28 x 28 pixels it sees all
    that is left, 3 x 3, as a fully connected layer would; of larger images its outputs are averaged over the places.

    Parameters
    ----------
    num_classes : int
        Number of logits.

    Examples
    --------
    >>> import torch
    >>> network = SmallCNN(10)
    >>> network(torch.zeros(2, 3, 28, 28)).shape, network(torch.zeros(2, 3, 64, 64)).shape
    (torch.Size([2, 10]), torch.Size([2, 10]))
    >>> sum(parameter.numel() for parameter in network.parameters())
    107930
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__(layers(num_classes))
        self.num_classes = num_classes

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits of images, (N, 3, S, S) -> (N, classes)."""
        if min(images.shape[-2:]) < SMALLEST:
            raise ModelError(
                f"{NAME} was given images of {images.shape[-1]} x {images.shape[-2]} pixels, and needs {SMALLEST} a "
                "side: load them with size=28 or more."
            )
        logits: Tensor = super().forward(images)
        return logits


@dataclass(frozen=True)
class OwnModel:
    """A model that is part of tlnb, without published weights; with what `TimmModel` and `TorchvisionModel` have."""

    name: str = NAME
    library = "tlnb"
    address = ""
    fixed = True
    licence = ""
    accuracy = ""
    input_size = 28
    preprocessing = Preprocessing(1.0, "bicubic", (0.5,) * 3, (0.5,) * 3)

    @property
    def architecture(self) -> str:
        """The name; there are no tags."""
        return self.name

    @property
    def classes(self) -> tuple[str, ...]:
        """Of a pre-trained head, which there is not."""
        raise ModelError(f"{self.name} was not trained for ImageNet's 1000 classes. Give classes of your own.")

    def build(self) -> nn.Module:
        """Build the network, at random, with 1000 classes."""
        return SmallCNN(1000)

    def fetch(self, *, local_only: bool) -> Path:
        """Refuse: no weights are published."""
        raise WeightsError(f'{self.name} has no published weights. Use weights="random", or the path of a file.')

    def renamed(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give the tensors of a file the names of the model's, which they have."""
        return state

    def load(self, path: Path) -> nn.Module:
        """Refuse: no weights are published."""
        raise WeightsError(f'{self.name} has no published weights. Use weights="random", or the path of a file.')
