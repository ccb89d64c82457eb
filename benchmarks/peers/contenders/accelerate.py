"""Accelerate: a loop by hand with its three calls, after the example ``cv_example.py`` in its repository."""

from __future__ import annotations

import torch
from accelerate import Accelerator
from torch.nn.functional import cross_entropy

from benchmarks.peers.loaders import make_loaders
from benchmarks.peers.network import freeze, make_network, make_optimizer
from benchmarks.peers.task import Data, Task
from benchmarks.peers.watch import Watch


def train(task: Task, data: Data, watch: Watch) -> None:
    """Train, and validate after each epoch."""
    accelerator = Accelerator(cpu=True)
    model = make_network(task)
    if task.tuned:
        model = model.to(memory_format=torch.channels_last)
    freeze(model, task.trainable, evaluating=task.tuned)
    optimizer = make_optimizer(model, task)
    train_loader, valid_loader = make_loaders(task, data)
    model, optimizer, train_loader, valid_loader = accelerator.prepare(model, optimizer, train_loader, valid_loader)
    for _ in range(task.epochs):
        model.train()
        for images, labels in train_loader:
            loss = cross_entropy(model(images), labels)
            accelerator.backward(loss)
            optimizer.step()
            optimizer.zero_grad()
            watch.step(loss)
        model.eval()
        logits = []
        with torch.inference_mode() if task.tuned else torch.no_grad():
            for images, labels in valid_loader:
                found, _ = accelerator.gather_for_metrics((model(images), labels))
                logits.append(found)
        watch.validated(logits, data.valid_labels)
