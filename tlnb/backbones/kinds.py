"""What layers are called, in the words of the lessons, and which modules count as layers."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.modules.instancenorm import _InstanceNorm
from torch.nn.utils.parametrize import is_parametrized

_NAMES: tuple[tuple[type[nn.Module], str], ...] = (
    (_InstanceNorm, "instance normalisation"),
    (_BatchNorm, "batch normalisation"),
    (nn.LayerNorm, "layer normalisation"),
    (nn.GroupNorm, "group normalisation"),
    (nn.Linear, "linear"),
    (nn.MultiheadAttention, "attention"),
    (nn.Embedding, "embedding"),
)


def kind_of(layer: nn.Module) -> str:
    """Return what a layer is, in plain words; the name of its class where there are none.

    Examples
    --------
    >>> kind_of(nn.Conv2d(8, 16, 3)), kind_of(nn.Conv2d(8, 8, 5, groups=8)), kind_of(nn.Conv2d(8, 8, (1, 7), groups=2))
    ('convolution 3x3', 'depthwise convolution 5x5', 'grouped convolution 1x7')
    >>> kind_of(nn.BatchNorm2d(8)), kind_of(nn.PReLU())
    ('batch normalisation', 'PReLU')
    """
    if isinstance(layer, _ConvNd):
        split = "" if layer.groups == 1 else "depthwise " if layer.groups == layer.in_channels else "grouped "
        back = "transposed " if isinstance(layer, _ConvTransposeNd) else ""
        return f"{split}{back}convolution {'x'.join(map(str, layer.kernel_size))}"
    return next((name for kind, name in _NAMES if isinstance(layer, kind)), type(layer).__name__)


def layers_in(module: nn.Module, name: str = "") -> Iterator[tuple[str, nn.Module]]:
    """Yield the innermost modules that hold parameters, in the order of their definition.

    A module whose children hold none is one layer with them (timm's batch normalisation with its activation), and so
    are attention and layers with computed weights, which compute with their children's parameters themselves.

    Examples
    --------
    >>> [name for name, _ in layers_in(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Sequential(nn.Linear(8, 2))))]
    ['0', '2.0']
    """
    whole = isinstance(module, nn.MultiheadAttention) or is_parametrized(module)
    inside = [(own, child) for own, child in module.named_children() if any(True for _ in child.parameters())]
    if whole or not inside:
        if any(True for _ in module.parameters()):
            yield name, module
        return
    for own, child in inside:
        yield from layers_in(child, f"{name}.{own}" if name else own)


def map_shape(layer: nn.Module, shape: tuple[int, ...] | None) -> tuple[int, int, int] | None:
    """Return (C, H, W) of the map that a layer gave; None where it gave none.

    Linear layers, and layer normalisation of torch's own, work on the last dimension: there the channels come last.

    Examples
    --------
    >>> map_shape(nn.Conv2d(3, 8, 3), (8, 30, 20)), map_shape(nn.Linear(3, 8), (30, 20, 8)), map_shape(nn.ReLU(), (8,))
    ((8, 30, 20), (8, 30, 20), None)
    """
    if shape is None or len(shape) != 3:
        return None
    first, second, third = shape
    plain_norm = isinstance(layer, nn.LayerNorm) and "2d" not in type(layer).__name__
    return (third, first, second) if plain_norm or isinstance(layer, nn.Linear) else (first, second, third)
