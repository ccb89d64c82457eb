"""All of a training that a checkpoint keeps: tensors, and plain data that JSON can hold.

What is left out follows from the recipe, the images and the model: the order of the images and their augmentation
from seed and step, what thaws when from the recipe, class weights from the labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch

from tlnb.training.events import EpochRecord
from tlnb.training.session import Session
from tlnb.training.steering import Steered

Tensors = dict[str, torch.Tensor]


def read_state(session: Session) -> tuple[dict[str, Any], Tensors]:
    """Return a session's state between two steps.

    Parameters
    ----------
    session : Session
        Left as it is.

    Returns
    -------
    plain : dict
        What JSON can hold, every float exactly.
    tensors : dict of str to torch.Tensor
        On the CPU, each with memory of its own.
    """
    stepper, best = session.stepper, session.best
    optimizer, moments = _read_optimizer(stepper.optimizer)
    method, method_tensors = session.method.state_dict() if session.method else (None, {})
    best_plain, best_weights = best.state_dict() if best else ({}, {})
    plain = {
        "step": session.step,
        "stopped": "early" if session.stopped == "early" else "running",
        "part": stepper.part,
        "scales": dict(stepper.scales),
        "steering": [asdict(event) for event in session.steered],
        "plan": session.plan.state_dict(),
        "optimizer": optimizer,
        "clock": stepper.clock.state_dict(),
        "precision": stepper.precision_state(),
        "best": best_plain,
        "history": [asdict(record) for record in session.history],
        "seconds": session.seconds,
        "images_seen": session.images_seen,
        "epoch_began": list(session.epoch_began),
        "used": session.used.state_dict(),
        "choices": dict(session.choices),
        "cost": session.meter.state_dict(),
        "method": method,
    }
    tensors = {
        **_named("model", _weights(session)),
        **_named("optimizer", moments),
        **_named("best", best_weights),
        **_named("average", stepper.average.state_dict() if stepper.average else {}),
        **_named("random", {str(place): state for place, state in enumerate(stepper.stream.state)}),
        **_named("method", method_tensors),
        "losses": torch.tensor(session.losses, dtype=torch.float64),
    }
    # Copies: the file shall not change while the next step is under way, and no two may share memory in it.
    return plain, {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}


def load_state(session: Session, plain: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> None:
    """Put a new session where another one was when `read_state` read it.

    Parameters
    ----------
    session : Session
        Made from the same model, images and recipe; nothing is done yet.
    plain, tensors
        From `read_state`, perhaps by way of files.

    Raises
    ------
    RecipeError
        If the layer groups are not this model's.
    """
    stepper = session.stepper
    with torch.no_grad():
        saved = _part(tensors, "model")
        for name, tensor in _weights(session).items():
            tensor.copy_(saved[name])
    session.plan.load_state_dict(plain["plan"])
    _load_optimizer(stepper.optimizer, plain["optimizer"], _part(tensors, "optimizer"))
    stepper.clock.load_state_dict(plain["clock"])
    if stepper.average is not None:
        stepper.average.load_state_dict(_part(tensors, "average"))
    stepper.load_precision_state(plain["precision"])
    stepper.stream.state = tuple(_part(tensors, "random").values())
    stepper.done, stepper.part, stepper.scales = plain["step"], plain["part"], dict(plain["scales"])
    session.steered = [Steered.from_plain(event) for event in plain["steering"]]
    if session.method is not None:
        session.method.load_state_dict(plain["method"], _part(tensors, "method"))
    if session.best is not None:
        weights = {name: tensor.to(session.device) for name, tensor in _part(tensors, "best").items()}
        session.best.load_state_dict(plain["best"], weights)
    session.losses = tensors["losses"].tolist()
    session.history = [EpochRecord(**record) for record in plain["history"]]
    session.seconds, session.images_seen = plain["seconds"], plain["images_seen"]
    session.epoch_began = tuple(plain["epoch_began"])
    session.used.load_state_dict(plain["used"])
    session.meter.load_state_dict(plain["cost"])
    session.stopped = plain["stopped"]


def _weights(session: Session) -> Tensors:
    """Return parameters and all buffers, also those that a state dict leaves out: some of them count steps."""
    return {**dict(session.model.named_parameters()), **dict(session.model.named_buffers())}


def _read_optimizer(optimizer: torch.optim.Optimizer) -> tuple[dict[str, Any], Tensors]:
    """Part an optimiser's state into plain data and tensors, ``"parameter/name"`` or ``"group 0/name"``."""
    state = optimizer.state_dict()
    values: dict[str, dict[str, Any]] = {}
    tensors: Tensors = {}
    for parameter, entries in state["state"].items():
        for name, value in entries.items():
            if isinstance(value, torch.Tensor):
                tensors[f"{parameter}/{name}"] = value
            else:
                values.setdefault(str(parameter), {})[name] = value
    groups: list[dict[str, Any]] = []
    for place, group in enumerate(state["param_groups"]):  # timm's LAMB counts its steps in a tensor of each group
        held = {name: value for name, value in group.items() if isinstance(value, torch.Tensor)}
        tensors |= {f"group {place}/{name}": value for name, value in held.items()}
        groups.append({name: value for name, value in group.items() if name not in held})
    return {"groups": groups, "values": values}, tensors


def _load_optimizer(optimizer: torch.optim.Optimizer, plain: Mapping[str, Any], tensors: Tensors) -> None:
    state: dict[int, dict[str, Any]] = {int(parameter): dict(own) for parameter, own in plain["values"].items()}
    groups = [dict(group) for group in plain["groups"]]
    for key, tensor in tensors.items():
        owner, _, name = key.partition("/")
        own = (
            groups[int(owner.removeprefix("group "))]
            if owner.startswith("group ")
            else state.setdefault(int(owner), {})
        )
        own[name] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    for weight, entries in optimizer.state.items():
        for name, value in entries.items():
            if isinstance(value, torch.Tensor) and value.shape == weight.shape and value.stride() != weight.stride():
                # Laid out as before: other kernels, and so other roundings, serve tensors that lie differently.
                entries[name] = torch.empty_like(weight, dtype=value.dtype).copy_(value)


def _named(prefix: str, tensors: Mapping[str, torch.Tensor]) -> Tensors:
    return {f"{prefix}/{name}": tensor for name, tensor in tensors.items()}


def _part(tensors: Mapping[str, torch.Tensor], prefix: str) -> Tensors:
    return {name.removeprefix(f"{prefix}/"): t for name, t in tensors.items() if name.startswith(f"{prefix}/")}
