"""Convolutions that have got something of their own beside their weights: what low-rank updates and adapters share.

A convolution stays the module that it was, its weights under the names that they had: only its class changes, and
parameters are added to it. So weights still load, layer groups stay what they were, and parents notice nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tlnb.backbones import layer_groups
from tlnb.core.errors import ModelError
from tlnb.training.recipe.selection import Selector, check_selector, select_groups


def pointwise(images: Tensor, weight: Tensor, stride: tuple[int, ...]) -> Tensor:
    """Convolve by a 1 x 1 kernel, (N, C, H, W) -> (N, D, H', W'): every stride-th place first, then the kernel.

    The numbers are those of a strided convolution. Its own backward pass in channels_last on a CPU writes beyond its
    memory where there are fewer than 16 channels, and brings the process down (torch 2.15).
    """
    return F.conv2d(images[:, :, :: stride[0], :: stride[1]], weight)


class AddedConv2d(nn.Conv2d):
    """A convolution to which a method added parameters. Never made by itself: an `nn.Conv2d` becomes one.

    Attributes
    ----------
    tlnb_method : str
        What the method is called in the notes of what was used.
    tlnb_added_parameters : tuple of str
        The parameters that were added: what ``Recipe(parameters="added")`` trains.
    """

    tlnb_method: ClassVar[str] = ""
    tlnb_added_parameters: ClassVar[tuple[str, ...]] = ("down", "up")

    down: nn.Parameter
    up: nn.Parameter
    pads_same: bool

    def padded(self, images: Tensor) -> Tensor:
        """Pad as TensorFlow's "same" does, where this convolution did so: by the size of its input, in `forward`."""
        if not self.pads_same:
            return images
        from timm.layers import pad_same

        kernel, stride, dilation = (list(two) for two in (self.kernel_size, self.stride, self.dilation))
        return pad_same(images, kernel, stride, dilation)

    def extra_repr(self) -> str:
        """Return what `nn.Conv2d` says of itself, and the width of what was added."""
        return f"{super().extra_repr()}, width={len(self.down)}"


Added = TypeVar("Added", bound=AddedConv2d)


def is_plain(module: nn.Module) -> bool:
    """Return whether a module is torch's own convolution, or timm's with TensorFlow's padding: no other subclass.

    Others compute their weights (weight standardisation) or more than one of them; they are left alone.
    """
    return type(module) is nn.Conv2d or _is_same(module)


def body_convolutions(model: nn.Module, groups: Selector | Sequence[str] | None) -> Iterator[nn.Conv2d]:
    """Yield the plain convolutions of some layer groups below the head, in order of definition."""
    found = layer_groups(model)
    names = tuple(group.name for group in found)
    wanted = select_groups(names, "all" if groups is None else check_selector(groups, "groups"))
    own = {key for group in found[:-1] if group.name in wanted for key in group.parameters}
    for prefix, module in model.named_modules():
        if isinstance(module, nn.Conv2d) and is_plain(module) and f"{prefix}.weight" in own:
            yield module


def copy_without_additions(model: nn.Module) -> nn.Module:
    """Return a copy, or raise ModelError if something was added to the model already."""
    for module in model.modules():
        if isinstance(module, AddedConv2d):
            raise ModelError(
                f"This model has {module.tlnb_method} already. Start from the model without them, or fold low-rank "
                "updates in with merge_low_rank."
            )
    return copy.deepcopy(model)


def add_to(convolution: nn.Conv2d, kind: type[Added], down: Tensor, up: Tensor) -> Added:
    """Turn a convolution into one of another class with two parameters more, in place."""
    like = convolution.weight
    pads_same = _is_same(convolution)
    module: Any = convolution
    module.__class__ = kind
    module.pads_same = pads_same
    module.down = nn.Parameter(down.to(like.device, like.dtype))
    module.up = nn.Parameter(up.to(like.device, like.dtype))
    return module


def make_plain(module: AddedConv2d) -> None:
    """Turn a convolution back into what it was, in place; what was added is dropped."""
    plain: Any = module
    if module.pads_same:
        from timm.layers import Conv2dSame

        plain.__class__ = Conv2dSame
    else:
        plain.__class__ = nn.Conv2d
    del plain.down, plain.up, plain.pads_same


def drawn(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Draw a tensor as PyTorch draws the weights of a convolution, on the CPU, so that every device gets the same."""
    bound = float(torch.tensor(shape[1:]).prod()) ** -0.5
    return (torch.rand(shape, generator=generator) * 2 - 1) * bound


def _is_same(module: nn.Module) -> bool:
    # By name: timm takes a second to import, and whoever holds such a layer has done so.
    return type(module).__name__ == "Conv2dSame" and isinstance(module, nn.Conv2d)
