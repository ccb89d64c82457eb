"""What a model costs: parameters, operations, memory for training, and measured speed."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tlnb.backbones.counting import Multiplications
from tlnb.backbones.dry_run import DryRun
from tlnb.backbones.modes import evaluating
from tlnb.backbones.structure import weightless_copy
from tlnb.core.tables import Table

WARM_UP = 2
SINGLE_RUNS = 9
BATCH_RUNS = 3


@dataclass(frozen=True, repr=False)
class CostCard(Table):
    """What a model costs at one size of image.

    Attributes
    ----------
    parameters : int
        Numbers that training can change.
    macs : int
        Multiplications with addition for one image, as PyTorch's counter has them: convolutions and matrix
        products, without normalisation, activation and pooling.
    activation_bytes : int
        What is kept for the backward pass when a whole batch is trained through all layers; weights excluded.
    latency_seconds : float or None
        Median time for a single image, evaluated; None where it was not measured.
    images_per_second : float or None
        Evaluated in batches; None where it was not measured.
    size, batch : int
        Side of the images in pixels, and how many make a batch.
    device : str
        Where it was measured.
    """

    parameters: int
    macs: int
    activation_bytes: int
    latency_seconds: float | None
    images_per_second: float | None
    size: int
    batch: int
    device: str

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows, as text."""
        rows = [
            ["parameters", f"{self.parameters / 1e6:.2f} million"],
            ["multiply-adds an image", f"{self.macs / 1e6:,.0f} million"],
            ["activations for training", f"{self.activation_bytes / 2**20:,.0f} MiB for {self.batch} images"],
        ]
        if self.latency_seconds is not None:
            rows.append(["latency, one image", f"{self.latency_seconds * 1e3:.1f} ms"])
        if self.images_per_second is not None:
            rows.append([f"speed in batches of {self.batch}", f"{self.images_per_second:,.0f} images/s"])
        return ["cost", f"{self.size} px, {self.device}"], rows


def cost_card(model: nn.Module, size: int = 160, batch: int = 16, measure: bool = True) -> CostCard:
    """Count, and measure, what a model costs. The model is not changed.

    Parameters
    ----------
    model : nn.Module
        Any model of images with three channels.
    size : int
        Side of the images, in pixels.
    batch : int
        Images at a time, for the activations and the speed.
    measure : bool
        Whether to run the model, for latency and speed; the rest is counted without computing anything.

    Examples
    --------
    >>> from tlnb.backbones import create_model
    >>> card = cost_card(create_model("resnet18", 2, weights="random"), size=224, measure=False)
    >>> card.parameters, round(card.macs / 1e9, 2)
    (11177538, 1.81)
    """
    device = next(model.parameters()).device
    latency = speed = None
    if measure:
        latency = _seconds(model, 1, size, SINGLE_RUNS)
        speed = batch / _seconds(model, batch, size, BATCH_RUNS)
    return CostCard(
        sum(parameter.numel() for parameter in model.parameters()),
        count_macs(model, size),
        count_activation_bytes(model, size, batch),
        latency,
        speed,
        size,
        batch,
        str(device),
    )


def count_macs(model: nn.Module, size: int) -> int:
    """Count the multiplications with addition for one image of side `size`."""
    with torch.no_grad(), Multiplications() as counted:
        weightless_copy(model).eval()(torch.empty(1, 3, size, size, device="meta"))
    return counted.forward


def count_activation_bytes(model: nn.Module, size: int, batch: int) -> int:
    """Count the bytes that autograd keeps between forward and backward, for training all layers.

    Each piece of memory counts once, however many layers keep it; the weights do not count.
    """
    twin = weightless_copy(model).train().requires_grad_(True)
    with DryRun():
        return kept_for_backward(twin, torch.empty(batch, 3, size, size, device="meta"))


def kept_for_backward(network: nn.Module, images: Tensor) -> int:
    """Count the bytes that autograd keeps between forward and backward, for what requires a gradient now.

    Parameters
    ----------
    network : nn.Module
        In the mode in which it trains. It is run once, so let it be a copy without memory (`weightless_copy`).
    images : Tensor
        ``(N, C, H, W)``, on the meta device too.

    Examples
    --------
    >>> body, head = nn.Linear(12, 5), nn.Linear(5, 2)
    >>> network, images = nn.Sequential(body, head).to("meta"), torch.empty(4, 12, device="meta")
    >>> kept_for_backward(network, images), 4 * (4 * 12 + 4 * 5)  # both layers' inputs, in 4 bytes each
    (272, 272)
    >>> _ = network[0].requires_grad_(False)
    >>> kept_for_backward(network, images)
    80
    """
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage._cdata] = storage.nbytes()
        return tensor  # it lives as long as the graph, so that no other storage can get its address

    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        logits = network(images)
    for parameter in network.parameters():
        kept.pop(parameter.untyped_storage()._cdata, None)
    del logits
    return sum(kept.values())


def _seconds(model: nn.Module, batch: int, size: int, runs: int) -> float:
    """Return the median time of a forward pass in evaluation mode."""
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(0)  # noise, not zeros: subnormal numbers would be slow
    pixels = torch.rand(batch, 3, size, size, generator=generator)
    pixels = pixels.to(device, memory_format=torch.channels_last)
    seconds = []
    with evaluating(model), torch.inference_mode():
        for _ in range(WARM_UP + runs):
            start = time.perf_counter()
            model(pixels)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[WARM_UP:])
