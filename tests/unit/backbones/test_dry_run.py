"""Passes without memory give what PyTorch's own shape rules give, by a shorter way."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tlnb.backbones.dry_run import DryRun

ACTIVATIONS = (nn.ReLU6, nn.Hardtanh, nn.Hardswish, nn.Hardsigmoid, nn.Mish, nn.ELU, nn.LeakyReLU)


def images(dtype: torch.dtype, memory_format: torch.memory_format) -> Tensor:
    return torch.empty(2, 3, 5, 4, dtype=dtype, device="meta").to(memory_format=memory_format)


def described(tensor: Tensor) -> tuple[object, ...]:
    return tensor.shape, tensor.dtype, tensor.stride(), tensor.device


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("layer", [nn.GELU(), *(kind(inplace=inplace) for kind in ACTIVATIONS for inplace in (0, 1))])
def test_an_activation_gives_the_shape_that_pytorch_finds(
    layer: nn.Module, dtype: torch.dtype, memory_format: torch.memory_format
) -> None:
    by_pytorch = layer(images(dtype, memory_format))
    taken = images(dtype, memory_format)
    with DryRun():
        given = layer(taken)
    assert described(given) == described(by_pytorch)
    assert (given.untyped_storage()._cdata == taken.untyped_storage()._cdata) == bool(getattr(layer, "inplace", False))
