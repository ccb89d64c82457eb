"""From which places of what an operation takes the places of what it gives are made; see `receptive`.

What a tensor's numbers depend on is four tensors of its own shape: of each number the first row of the image, minus the
last row, the first column, minus the last column. So the smallest box around several is always the least of each, and
infinity stands for nothing. A dimension along which all is the same takes no memory (a stride of 0), and stays so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

Extent = tuple[Tensor, ...]
Known = Callable[[Tensor], "Extent | None"]

_aten = torch.ops.aten
_FRESH = {_aten.zeros_like, _aten.ones_like, _aten.empty_like, _aten.full_like, _aten.new_zeros, _aten.new_empty}
_MOVES = {  # numbers change places, or are repeated: the same is done to what they depend on
    *(_aten.permute, _aten.transpose, _aten.t, _aten.unsqueeze, _aten.squeeze, _aten.expand, _aten.repeat),
    *(_aten.slice, _aten.select, _aten.split, _aten.split_with_sizes, _aten.unbind, _aten.roll, _aten.flip),
    *(_aten.pixel_shuffle, _aten.pixel_unshuffle, _aten.reflection_pad2d, _aten.replication_pad2d),
}
_SHAPES = {_aten.view, _aten._unsafe_view, _aten.reshape, _aten._reshape_alias}
_SINGLY = {  # each number by itself, though PyTorch does not say so of all of them
    *(_aten.alias, _aten.detach, _aten.clone, _aten._to_copy, _aten.native_batch_norm, _aten.cudnn_batch_norm),
    *(_aten.hardtanh, _aten.hardtanh_, _aten.hardswish, _aten.hardswish_, _aten.hardsigmoid, _aten.hardsigmoid_),
    *(_aten.relu, _aten.relu_, _aten.silu, _aten.silu_, _aten.gelu, _aten.mish, _aten.mish_, _aten.elu, _aten.elu_),
    *(_aten.leaky_relu, _aten.leaky_relu_, _aten._prelu_kernel, _aten.sigmoid_, _aten.clamp_, _aten.clamp_min_),
    *(_aten.add_, _aten.mul_, _aten.sub_, _aten.div_),
}
_ALONG = {_aten.mean, _aten.sum, _aten.amax, _aten.amin, _aten.var, _aten.std, _aten.max, _aten.var_mean}
_PRODUCTS = {_aten.mm, _aten.bmm, _aten.addmm, _aten.baddbmm}
_POOLS = {_aten.max_pool2d_with_indices, _aten.max_pool2d, _aten.avg_pool2d}


def extents_of(
    func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], known: Known, outputs: Sequence[Tensor]
) -> Sequence[Extent] | None:
    """Return what each output of an operation depends on; None for an operation that is not known."""
    of, shape = func.overloadpacket, outputs[0].shape
    if of in _FRESH:
        return ()
    if of is _aten.copy_:
        source = known(args[1])
        return () if source is None else [_union([source], shape)]
    if of is _aten.cat:
        return [_joined(args, kwargs, known)]
    if of in _PRODUCTS:
        return [_product(known(args[-2]), known(args[-1]), shape)]
    if torch.Tag.pointwise in func.tags or of in _SINGLY:
        taken = [known(one) for one in (*args, *kwargs.values()) if isinstance(one, Tensor)]
        whole = _union([extent for extent in taken if extent is not None], shape)
        return [whole, *(everything([whole], one.shape) for one in outputs[1:])]
    first = known(args[0]) if isinstance(args[0], Tensor) else None
    if first is None:
        return None
    if of in _SHAPES:
        return [tuple(one.reshape(shape) for one in first)]
    if of in _MOVES:
        moved = [func(one, *args[1:], **kwargs) for one in first]
        several = isinstance(moved[0], (list, tuple))
        return list(zip(*moved, strict=True)) if several else [tuple(moved)]
    return _gathered(of, args, first, outputs)


def _gathered(of: Any, args: tuple[Any, ...], first: Extent, outputs: Sequence[Tensor]) -> list[Extent] | None:
    """Return what outputs depend on of which each number is made of several."""
    shape = outputs[0].shape
    if of is _aten.constant_pad_nd:
        return [tuple(F.pad(one, args[1], value=math.inf) for one in first)]
    if of is _aten.convolution and not args[6] and len(args[3]) == 2:
        return [tuple(_convolution(one, args, shape) for one in first)]
    if of in _POOLS:
        kernel, padding = _pair(args, 1, (1, 1)), _pair(args, 3, (0, 0))
        stride = _pair(args, 2, kernel)
        dilation = (1, 1) if of is _aten.avg_pool2d else _pair(args, 4, (1, 1))
        least = (_least_in_window(_slim(one, 1), kernel, stride, padding, dilation, shape) for one in first)
        return [tuple(one.expand(shape) for one in least)] * len(outputs)
    if of in (_aten._adaptive_avg_pool2d, _aten.adaptive_max_pool2d) and len(shape) == 4:
        return [tuple(_adaptive(_adaptive(one, 2, shape[2]), 3, shape[3]) for one in first)] * len(outputs)
    if of in (_aten._softmax, _aten._log_softmax):
        return [tuple(_least(one, [args[1]]).expand(shape) for one in first)]
    if of is _aten.native_layer_norm:
        last = list(range(-len(args[1]), 0))
        whole = tuple(_least(one, last).expand(shape) for one in first)
        return [whole, *(everything([whole], one.shape) for one in outputs[1:])]
    if of in _ALONG and len(args) > 1 and isinstance(args[1], (list, tuple, int)):
        along = [args[1]] if isinstance(args[1], int) else list(args[1])
        return [tuple(_least(one, along).reshape(shape) for one in first)] * len(outputs)
    return None


def everything(extents: Sequence[Extent], shape: Sequence[int]) -> Extent:
    """Let every number depend on all that any of these depends on."""
    least = [min(float(extent[i].min()) for extent in extents if extent[i].numel()) for i in range(4)]
    return tuple(torch.tensor(one).expand(tuple(shape)) for one in least)


def _slim(one: Tensor, dim: int | None = None) -> Tensor:
    """Keep one of what is all the same along a dimension; of one dimension only, if that is given."""
    for place in range(one.ndim) if dim is None else (dim,):
        if one.stride(place) == 0 and one.shape[place] > 1:
            one = one.narrow(place, 0, 1)
    return one


def _union(extents: Sequence[Extent], shape: Sequence[int]) -> Extent:
    """Return the boxes around several, number by number, as PyTorch broadcasts."""
    each = ([_slim(extent[i]) for extent in extents] for i in range(4))
    return tuple(reduce(torch.minimum, some).expand(tuple(shape)) for some in each)


def _least(one: Tensor, along: list[int]) -> Tensor:
    """Return the least along some dimensions, which stay with a length of 1."""
    kept = [1 if place in {d % one.ndim for d in along} else size for place, size in enumerate(one.shape)]
    return _slim(one).amin(along, keepdim=True).expand(kept)


def _joined(args: tuple[Any, ...], kwargs: dict[str, Any], known: Known) -> Extent:
    parts = []
    for tensor in args[0]:
        extent = known(tensor)
        nothing = torch.tensor(math.inf).expand(tensor.shape)
        parts.append(extent or (nothing,) * 4)
    along = args[1] if len(args) > 1 else kwargs.get("dim", 0)
    return tuple(_cat([part[i] for part in parts], along) for i in range(4))


def _cat(parts: list[Tensor], along: int) -> Tensor:
    """Join along a dimension, and stay slim along the others where all parts are alike there."""
    along %= parts[0].ndim
    whole = [sum(part.shape[along] for part in parts) if d == along else n for d, n in enumerate(parts[0].shape)]
    for place in range(parts[0].ndim):
        if place != along and all(part.stride(place) == 0 for part in parts):
            parts = [_slim(part, place) for part in parts]
    return torch.cat(parts, along).expand(whole)


def _product(rows: Extent | None, columns: Extent | None, shape: Sequence[int]) -> Extent:
    """Of a product of matrices: number (i, j) is made of row i of the one and column j of the other."""
    taken = []
    if rows is not None:
        taken.append(tuple(_least(one, [-1]) for one in rows))
    if columns is not None:
        taken.append(tuple(_least(one, [-2]) for one in columns))
    return _union(taken, shape)


def _convolution(one: Tensor, args: tuple[Any, ...], shape: Sequence[int]) -> Tensor:
    _, weight, _, stride, padding, dilation, _, _, groups = args
    if one.stride(1) == 0 or one.shape[1] == 1:
        one = one[:, :1]
    else:  # (N, C, H, W) -> (N, groups, H, W)
        one = one.unflatten(1, (groups, -1)).amin(2)
    least = _least_in_window(one, weight.shape[2:], stride, padding, dilation, shape)
    if least.shape[1] > 1:
        least = least.repeat_interleave(shape[1] // groups, 1)
    return least.expand(tuple(shape))


def _least_in_window(
    one: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    shape: Sequence[int],
) -> Tensor:
    """Return the least in each window, of which as many are taken as the output has places; outside is nothing."""
    around: list[int] = []
    for i in (1, 0):  # F.pad begins with the last dimension
        needed = (shape[i - 2] - 1) * stride[i] + (kernel[i] - 1) * dilation[i] + 1
        around += [padding[i], needed - one.shape[i - 2] - padding[i]]
    padded = F.pad(one, around, value=math.inf)
    return -F.max_pool2d(-padded, tuple(kernel), tuple(stride), 0, tuple(dilation))


def _adaptive(one: Tensor, along: int, count: int) -> Tensor:
    size, whole = one.shape[along], list(one.shape)
    whole[along] = count
    slim = _slim(one, 1)
    ends = [(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]
    parts = [slim.narrow(along, start, end - start).amin(along, keepdim=True) for start, end in ends]
    return torch.cat(parts, along).expand(whole)


def _pair(args: tuple[Any, ...], place: int, default: Sequence[int]) -> tuple[int, int]:
    given = list(args[place]) if len(args) > place and isinstance(args[place], (list, tuple)) else []
    first, *rest = given or default
    return (first, rest[0] if rest else first)
