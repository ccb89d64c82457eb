"""How strongly one batch of real images pulls at each layer group, those that are frozen too: what they would do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from tlnb.backbones import model_card
from tlnb.core.devices import resolve_device
from tlnb.core.errors import NonFiniteLossError, RecipeError
from tlnb.core.random_lock import RANDOM_LOCK
from tlnb.core.tables import Table
from tlnb.training.batches import Batches
from tlnb.training.complaints import check_fit
from tlnb.training.initial import initial_model
from tlnb.training.layer_plan import LayerPlan, release
from tlnb.training.loss import training_loss
from tlnb.training.movement import exact, length_of, ratio_of
from tlnb.training.preview import thaw_epochs
from tlnb.training.randomness import RandomStream
from tlnb.training.recipe import Recipe
from tlnb.training.recipe.selection import fixed_groups

if TYPE_CHECKING:
    from torch import nn

    from tlnb.data import ImageData


@dataclass(frozen=True, repr=False)
class GradientRatios(Table, Mapping[str, float]):
    """The length of each layer group's gradient over that of its weights. A mapping, and shows itself as a table.

    Attributes
    ----------
    ratios : dict of str to float
        Layer group to ratio, input to head, >= 0: the first plain step at a rate of 1 would move it so far, relatively.
    training : tuple of str
        The groups that the recipe trains from the start; the others are frozen, and would have these gradients.
    loss : float
        Of the batch, in nats.
    images : int
        How many made the batch.
    """

    ratios: dict[str, float]
    training: tuple[str, ...]
    loss: float
    images: int

    def __getitem__(self, group: str) -> float:
        return self.ratios[group]

    def __iter__(self) -> Iterator[str]:
        return iter(self.ratios)

    def __len__(self) -> int:
        return len(self.ratios)

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows."""
        rows = [
            [name, "trains" if name in self.training else "frozen", f"{ratio:.2g}"]
            for name, ratio in self.ratios.items()
        ]
        return ["group", "from the start", "gradient / weights"], rows


def gradient_ratios(
    model: nn.Module, images: ImageData, recipe: Recipe, batch: int | None = None, *, device: str = "auto"
) -> GradientRatios:
    """Compute the gradient of the first batch that a training would see, for every layer group, in a copy.

    Images are chosen, augmented and normalised as `tlnb.fit` does it, and what the recipe freezes is in evaluation
    mode, as there; only that its weights get a gradient too. All parameters of a group count as one vector.

    Parameters
    ----------
    model : nn.Module
        A classifier; neither it nor random numbers change.
    images : ImageData
        With training images.
    recipe : Recipe
        Says what is frozen at the start, how the new head is drawn, and the loss.
    batch : int, optional
        Images to use; by default the recipe's batch.
    device : str
        As for `tlnb.fit`.

    Raises
    ------
    ModelError
        If the head does not fit the classes.
    RecipeError
        If the recipe does not fit the model, or `batch` is less than 1.
    NonFiniteLossError
        If the loss or a gradient is infinite or not a number.

    Examples
    --------
    >>> import tlnb
    >>> pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    >>> images = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> model = tlnb.create_model("resnet10t", images, weights="random")
    >>> found = gradient_ratios(model, images, tlnb.Recipe.preset("probe"), batch=8, device="cpu")
    >>> list(found)[0], found["head"] > 0, found.training
    ('stem', True, ('head',))
    """
    if batch is not None and batch < 1:
        raise RecipeError(f"batch={batch}: at least one image. Leave it out for the recipe's {recipe.batch_size}.")
    check_fit(model, images)
    where = resolve_device(device)
    with RANDOM_LOCK:  # a new head is drawn from torch's global generator
        own = initial_model(model, recipe, images.classes).to(where)
    release(own)
    batches = Batches(images, model_card(own), recipe, where)
    pixels, labels = batches.batch(0, torch.cat(batches.order(0))[: batch or recipe.batch_size])
    plan = LayerPlan(own, recipe.parameters)
    training = [name for name, epoch in thaw_epochs(recipe, plan.names).items() if epoch == 0]
    plan.keep_training(training, fixed_statistics=fixed_groups(plan.names, recipe.fixed_statistics))
    plan.train()
    trains = plan.trainable()
    own.requires_grad_(True)
    weights = images.class_weights().to(where) if recipe.class_weights == "balanced" else None
    with RandomStream(recipe.seed, where).active(), torch.enable_grad():
        loss = training_loss(own(pixels), labels, recipe.label_smoothing, weights)
        loss.backward()
    value = float(loss.detach())
    ratios = {}
    for name in plan.names:
        parameters = [parameter for _, parameter in plan.parameters(name)]
        pull = length_of(exact(parameter.grad) for parameter in parameters if parameter.grad is not None)
        if not math.isfinite(pull + value):
            raise NonFiniteLossError(
                f"The loss of {len(pixels)} images is {value:g}, and the gradient of {name} has length {pull:g}: "
                "look at the weights, which a training before may have left infinite, and at the pixels' preprocessing "
                "(tlnb.model_card(model))."
            )
        ratios[name] = ratio_of(pull, length_of(map(exact, parameters)))
    return GradientRatios(ratios, trains, value, len(pixels))
