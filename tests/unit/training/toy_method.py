"""A method with all that one can have, for tests of the training loop."""

from __future__ import annotations

import torch
from torch import nn

import tlnb
from tlnb.training import Number, Recipe, Settings, Steering, Switch, Weights

RECIPE = Recipe(trainable="all", epochs=3, batch_size=12, optimizer="adamw", learning_rate=0.01)
DECLARED = (
    Number("pull", 0.0, 10.0, 1.0),
    Switch("noisy", False),
    Weights("kinds", ("scale", "shift"), (0.5, 0.5)),
    Number("width", 1, 64, 4, whole=True, while_training=False),
)


class Toy:
    """A method with all that one can have: parameters, memory, random numbers, images of its own."""

    name = "toy"

    def __init__(self, others=None, *, times=1.0, **settings):
        self.others, self.times = others, times
        self.settings = Settings(DECLARED, **settings)

    def start(self, training):
        return ToyLoss(training, self.others, self.times)


class ToyLoss(nn.Module):
    tlnb_methods = ("a further name",)

    def __init__(self, training, others, times):
        super().__init__()
        self.map = nn.Linear(training.features, training.settings["width"])
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))
        self.others = None if others is None else training.unlabelled(others)
        self.times, self.heard, self.rows = times, [], []

    def forward(self, step):
        self.calls += 1
        self.heard.append((step.step, dict(step.settings), step.part, step.parts))
        features = step.features
        if self.others is not None:
            batch = step.share(self.others.batch(step.step, step.batch))
            features = torch.cat([features, step.forward(batch)[0]])
        if step.settings["noisy"]:
            features = features + torch.randn_like(features)
        scale, shift = step.settings["kinds"]
        mapped = self.map(features)
        loss = scale * mapped.square().mean() + shift * mapped.mean()
        return self.times * step.settings["pull"] * loss * (1 + self.calls / 100)


def quiet_fit(model, images, recipe=RECIPE, **options):
    return tlnb.fit(model, images, recipe, progress=False, device="cpu", **options)


def assert_same(run, other):
    assert run.losses == other.losses and run.method.losses == other.method.losses
    assert run.steering == other.steering and run.method.settings == other.method.settings
    for own, theirs in ((run.model, other.model), (run.method.module, other.method.module)):
        for ours, these in zip(own.state_dict().values(), theirs.state_dict().values(), strict=True):
            assert torch.equal(ours, these)


HAND = {
    2: lambda s: s.set("pull", 3),
    4: lambda s: (s.set("noisy", True), s.set("kinds", [0.9, 0.1])),
    6: lambda s: s.scale_rate(0.5),
}


def steered_fit(model, images, method, at=HAND, **options):
    steering = Steering()

    def hear(event):
        if event.kind == "step" and event.step in at:
            at[event.step](steering)

    return quiet_fit(model, images, method=method, steering=steering, on_event=hear, **options)
