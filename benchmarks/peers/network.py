"""The network that all but tlnb train, and how a user freezes it: plain timm and torch."""

from __future__ import annotations

import types

import timm
import torch
from safetensors.torch import load_file
from torch import nn

from benchmarks.careful import parameter_groups
from benchmarks.peers.task import BETAS, CLASSES, MODEL, WEIGHT_DECAY, Task, weights_file


def make_network(task: Task) -> nn.Module:
    """Return the network with the weights that the task starts from."""
    model = timm.create_model(MODEL, num_classes=len(CLASSES))
    model.load_state_dict(load_file(weights_file(task)))
    return model


def frozen_modules(model: nn.Module, trainable: str) -> list[nn.Module]:
    """Return what does not train: below the head, or below the last stage with its 1x1 convolution."""
    if trainable == "all":
        return []
    stem = [model.conv_stem, model.bn1]
    if trainable == "head":
        return [*stem, model.blocks, model.conv_head, model.bn2]
    return [*stem, *model.blocks[:-1]]


def freeze(model: nn.Module, trainable: str, *, evaluating: bool) -> None:
    """Take gradients from what does not train.

    Parameters
    ----------
    evaluating : bool
        Whether it is also held in evaluation mode, whatever ``model.train()`` says later. Without, batch normalisation
        goes on normalising by each batch and moving its statistics, as in most tutorials.
    """
    for module in frozen_modules(model, trainable):
        module.requires_grad_(False)
        if evaluating:
            module.eval()
            module.train = types.MethodType(_stay, module)


def _stay(module: nn.Module, mode: bool = True) -> nn.Module:
    return module


def make_optimizer(model: nn.Module, task: Task) -> torch.optim.Optimizer:
    """Return AdamW over what trains, with the task's rates, and no decay on biases and normalisation."""
    groups = parameter_groups(
        model,
        model.get_classifier(),
        learning_rate=task.rate,
        rate_ratio=task.rate_ratio,
        weight_decay=WEIGHT_DECAY,
    )
    return torch.optim.AdamW(groups, betas=BETAS)
