"""What the tests of the range test share: small networks, recipes, and all that a sweep could leave changed."""

import random
import signal
from pathlib import Path

import numpy as np
import torch
from torch import nn

from tlnb.backbones.heads import random_state
from tlnb.training import Recipe
from tlnb.training.range_test.finding import find_rates

BUSY = Recipe(
    trainable=1,
    rate_ratio=0.3,
    layer_decay=0.5,
    batch_size=8,
    dropout=0.3,
    schedule="one_cycle",
    augmentation=(("flip", 0.5), ("colour_jitter", 0.5)),
    label_smoothing=0.1,
    class_weights="balanced",
    clip_norm=1.0,
    patience=1,
)
SGD = Recipe(trainable="all", optimizer="sgd", learning_rate=0.05, batch_size=12)
WHOLE = BUSY.with_(trainable="all", augmentation=(), dropout=0.0, batch_size=12)


class Small(nn.Module):
    """Two stages with batch normalisation, dropout and a head: quick, and all that could leave a trace."""

    def __init__(self):
        super().__init__()
        with random_state(0):
            self.stem = nn.Sequential(nn.Conv2d(3, 8, 5, 4), nn.BatchNorm2d(8), nn.ReLU())
            self.stage = nn.Sequential(nn.Conv2d(8, 16, 3), nn.BatchNorm2d(16), nn.ReLU())
            self.drop, self.head = nn.Dropout(0.1), nn.Linear(16, 2)

    def forward(self, images):
        return self.head(self.drop(self.stage(self.stem(images)).mean((2, 3))))


def sweep_of(model, images, recipe=BUSY, steps=12, **options):
    return find_rates(model, images, recipe, steps=steps, progress=False, **options)


def everything_about(model):
    return {
        "tensors": {name: tensor.clone() for name, tensor in model.state_dict().items()},
        "grads": {name: None if p.grad is None else p.grad.clone() for name, p in model.named_parameters()},
        "learns": [p.requires_grad for p in model.parameters()],
        "identities": [id(t) for t in (*model.parameters(), *model.buffers())],
        "modes": [module.training for module in model.modules()],
        "hooks": [(len(m._forward_pre_hooks), len(m._forward_hooks), len(m._backward_hooks)) for m in model.modules()],
        "layout": [(t.stride(), t.dtype, t.device) for t in model.state_dict().values()],
        "torch": torch.get_rng_state(),
        "numpy": [np.asarray(part) for part in np.random.get_state()],  # noqa: NPY002  that is what is to stay
        "python": random.getstate(),
        "folder": sorted(path.name for path in Path.cwd().iterdir()),
        "interrupt": signal.getsignal(signal.SIGINT),
    }


def same(before, after):
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(same(before[key], after[key]) for key in before)
    if isinstance(before, list):
        return len(before) == len(after) and all(map(same, before, after))
    if isinstance(before, torch.Tensor):
        return torch.equal(before, after)
    if isinstance(before, np.ndarray):
        return np.array_equal(before, after)
    return before == after


def in_use(model, images):
    """Put a model into a state that a careless range test would lose: half frozen, gradients, mixed modes."""
    model.train()
    model(images.images[:4].float()).sum().backward()
    first, second = list(model.children())[:2]
    first.eval().requires_grad_(False)
    second[0].requires_grad_(False) if isinstance(second, nn.Sequential) else second.eval()
    return model


def at_training_step(model, step, do):
    """Have something happen in the forward pass of one step of training."""
    seen = []

    def look(module, _inputs):
        seen.append(module.training)
        if module.training and sum(seen) == step:
            do()

    model.register_forward_pre_hook(look)


class Shallow(nn.Module):
    """Three numbers an image, one layer: a convex problem."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.head = nn.Linear(3, 2)
        self.head.weight.data = torch.randn(2, 3, generator=generator)
        self.head.bias.data.zero_()

    def forward(self, images):
        return self.head(images.mean((2, 3)))
