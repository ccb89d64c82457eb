"""What a recipe's freezing costs and saves: parameters, bytes, operations, seconds estimated from a measured speed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlnb.backbones.dry_run import usual_size
from tlnb.core.errors import RecipeError
from tlnb.core.naming import listed
from tlnb.core.tables import Table
from tlnb.training.batches import training_count
from tlnb.training.freeze_counts import Counts, FreezeCounts, counts_of, pattern_of
from tlnb.training.optimizer_state import state_bytes
from tlnb.training.preview import thaw_epochs
from tlnb.training.recipe import Recipe
from tlnb.training.step_speed import StepSpeed

if TYPE_CHECKING:
    from torch import nn

    from tlnb.data import ImageData


@dataclass(frozen=True)
class StageCost:
    """What training costs while the same layer groups train.

    Attributes
    ----------
    from_epoch : float
        Where the stage begins.
    training : tuple of str
        Layer groups of which anything learns, input to head.
    parameters : int
        Numbers that learn.
    gradient_bytes, optimizer_bytes : int
        Of their gradients, and of what the recipe's optimiser keeps for them between steps. Copies of the weights that
        L2-SP or an average of the weights keep are not among them.
    activation_bytes : int or None
        Kept from the forward pass of a batch for its backward pass, in 32-bit numbers; None where the network cannot be
        followed without data.
    forward_macs, backward_macs : int or None
        Multiplications with addition of one step.
    seconds : float or None
        Of an epoch's training steps, estimated: without loading, the optimiser's update and validation. None without
        a speed.
    stored_seconds : float or None
        What of that an epoch does without, from the second on, if what the frozen groups below say of each image is
        stored (for `store="views"`, from as many epochs on as there are views). None without a speed.
    """

    from_epoch: float
    training: tuple[str, ...]
    parameters: int
    gradient_bytes: int
    optimizer_bytes: int
    activation_bytes: int | None
    forward_macs: int | None
    backward_macs: int | None
    seconds: float | None
    stored_seconds: float | None

    @property
    def training_bytes(self) -> int | None:
        """Memory that training takes beside the weights: gradients, the optimiser's, and activations."""
        if self.activation_bytes is None:
            return None
        return self.gradient_bytes + self.optimizer_bytes + self.activation_bytes


@dataclass(frozen=True, repr=False)
class FreezingCost(Table):
    """What a recipe costs on one network, stage by stage. Shows itself as a table.

    Attributes
    ----------
    stages : tuple of StageCost
        One from the start, and one from each epoch in which something thaws.
    everything : StageCost
        To compare with: if all of the network trained.
    images, batch, size : int
        Training images, how many make a step, and their side in pixels.
    uses_store : bool
        Whether the recipe may store what frozen groups say of training images; `fit` does so where that pays.
    speed : StepSpeed or None
        What the seconds are estimated from.
    """

    stages: tuple[StageCost, ...]
    everything: StageCost
    images: int
    batch: int
    size: int
    uses_store: bool
    speed: StepSpeed | None

    @property
    def says(self) -> str:
        """What the seconds are, in a sentence; without any, how to get them."""
        if self.speed is None:
            return "No seconds: give the speed of this network here, from tlnb.training.measure_speed(model, size)."
        speed = self.speed
        return (
            f"Seconds are an estimate, from {speed.rounds} steps of {speed.batch} images of {speed.size} px, measured "
            f"on {speed.device} ({speed.precision}, {speed.memory_format}) with everything frozen and with everything "
            "training; loading images, the optimiser's update and validation come on top."
        )

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return header and rows: a column for each stage, and one for a network that trains whole."""
        columns = [*self.stages, self.everything]
        begun = ["start" if s.from_epoch == 0 else f"epoch {s.from_epoch:g}" for s in self.stages]
        rows = [
            ["train", *(listed(s.training, self.everything.training) for s in self.stages), "everything"],
            ["parameters that learn", *(f"{s.parameters:,}" for s in columns)],
            ["gradients", *(_mib(s.gradient_bytes) for s in columns)],
            ["optimiser", *(_mib(s.optimizer_bytes) for s in columns)],
            [f"activations, {self.batch} images", *(_mib(s.activation_bytes) for s in columns)],
            ["multiply-adds a step", *(_billions(s.forward_macs, s.backward_macs) for s in columns)],
        ]
        if self.speed is not None:
            rows.append([f"an epoch of {self.images:,}, about", *(_seconds(s.seconds) for s in columns)])
            if self.uses_store:
                rows.append(["stored features save, about", *(_seconds(s.stored_seconds) for s in columns)])
        return ["cost", *begun, "if all trained"], rows


def freezing_cost(
    model: nn.Module,
    recipe: Recipe,
    images: ImageData | int,
    size: int | None = None,
    *,
    speed: StepSpeed | None = None,
) -> FreezingCost:
    """Say what a recipe's freezing costs and saves. Nothing is trained, and neither model nor random numbers change.

    What learns is counted in a copy without memory, once for each pattern: a tenth of a second for a new one, less than
    a millisecond for one that is known. It may be called while another thread trains.

    Parameters
    ----------
    model : nn.Module
        A classifier of images with three channels.
    recipe : Recipe
        What trains, from when, with which optimiser and batch size.
    images : ImageData or int
        Or how many training images there are.
    size : int, optional
        Side of the images in pixels; by default that of the image data, else what the model's card names.
    speed : StepSpeed, optional
        From `measure_speed`, of this network and size; without it there are no seconds.

    Raises
    ------
    RecipeError
        If the recipe does not fit the model, there are no training images, or the speed is another network's or size's.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("resnet18", 2, weights="random")
    >>> cost = freezing_cost(model, tlnb.Recipe.preset("gradual", epochs=4, thaw=[(2, 1)]), 100, 64)
    >>> [(stage.from_epoch, stage.training, stage.parameters) for stage in cost.stages]
    [(0.0, ('head',), 1026), (2.0, ('stage4', 'head'), 8394754)]
    >>> cost.everything.activation_bytes > 100 * cost.stages[0].activation_bytes
    True
    """
    count = training_count(images)
    if size is None:
        size = usual_size(model) if isinstance(images, int) else images.size
    if size < 1:
        raise RecipeError(f"size={size}: images have a side of at least 1 pixel.")
    counts = counts_of(model, size)
    names = counts.names
    if speed is not None and (tuple(speed.groups) != names or speed.size != size):
        raise RecipeError(
            f"The speed was measured with images of {speed.size} px and the groups {', '.join(speed.groups)}; here "
            f"they are {size} px and {', '.join(names)}. Measure it again: measure_speed(model, {size})."
        )
    batch = min(recipe.batch_size, count)
    epochs = thaw_epochs(recipe, names)
    stages = []
    for begin in sorted({0.0, *(epoch for epoch in epochs.values() if epoch is not None)}):
        training = tuple(name for name, epoch in epochs.items() if epoch is not None and epoch <= begin)
        stages.append(_stage(counts, recipe, begin, training, batch, count, speed))
    whole = recipe if recipe.parameters == "all" else recipe.with_(parameters="all")
    everything = _stage(counts, whole, 0.0, names, batch, count, speed)
    random = any(strength > 0 for _, strength in recipe.augmentation)
    uses_store = recipe.store != "off" and (recipe.store == "views" or not random)
    return FreezingCost(tuple(stages), everything, count, batch, size, uses_store, speed)


def _stage(
    counts: FreezeCounts,
    recipe: Recipe,
    begin: float,
    training: tuple[str, ...],
    batch: int,
    images: int,
    speed: StepSpeed | None,
) -> StageCost:
    counted = counts.of(pattern_of(recipe, training, counts.names, batch))
    below = counts.names[: next(i for i, name in enumerate(counts.names) if name in training)]
    return StageCost(
        from_epoch=begin,
        training=tuple(counted.learns),
        parameters=counted.parameters,
        gradient_bytes=sum(shape.numel() * dtype.itemsize * n for (shape, dtype), n in counted.tensors),
        optimizer_bytes=_optimizer_bytes(recipe, counted),
        activation_bytes=counted.activation_bytes,
        forward_macs=counted.forward_macs,
        backward_macs=counted.backward_macs,
        seconds=None if speed is None else images * sum(speed.seconds_an_image(counted.learns)),
        stored_seconds=None if speed is None else images * sum(speed.groups[name].frozen for name in below),
    )


def _optimizer_bytes(recipe: Recipe, counted: Counts) -> int:
    kind = (recipe.optimizer, recipe.momentum)
    return sum(state_bytes(*kind, shape, dtype) * n for (shape, dtype), n in counted.tensors)


def _mib(count: int | None) -> str:
    return "" if count is None else f"{count / 2**20:,.1f} MiB"


def _billions(forward: int | None, backward: int | None) -> str:
    return "" if forward is None or backward is None else f"{(forward + backward) / 1e9:,.3g} billion"


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:,.1f} s"
