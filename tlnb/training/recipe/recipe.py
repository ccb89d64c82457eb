"""The recipe: the one object that says how to fine-tune, as frozen plain data.

It knows nothing of a particular model, so the same recipe serves many; `preview` shows what it means for one.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlnb.core.errors import RecipeError, did_you_mean
from tlnb.data.augmentation.steps import check_steps
from tlnb.training.recipe import checks
from tlnb.training.recipe import file as recipe_file
from tlnb.training.recipe.selection import Selector, check_fixed_statistics, check_selector

if TYPE_CHECKING:
    from torch import nn

    from tlnb.data import ImageData
    from tlnb.training.method import Method
    from tlnb.training.preview import RecipePreview
    from tlnb.training.rate_curves import RateCurves


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to fine-tune a pre-trained network.

    Parameters
    ----------
    trainable : str, int or sequence of str
        What trains from the start: ``"head"``; ``"all"``; a number ``n`` for the head and the last ``n`` groups below
        it; ``"from stage4"``; or a list of group names (see `tlnb.layer_groups`).
    thaw : sequence of (float, selector)
        Later thaws, ``(epoch, trainable)`` each: from that epoch on these groups train too. Howard & Ruder,
        "Universal Language Model Fine-tuning for Text Classification", 2018, thaw from the top downwards.
    parameters : {"all", "norms", "added"}
        What learns in the body's groups that train: everything; the weights and biases of normalisation (Frankle,
        Schwab & Morcos, "Training BatchNorm and Only BatchNorm", 2021); or what a method added (see `tlnb.methods`;
        the body's batch normalisation then stays frozen). The head always learns whole.
    fixed_statistics : bool or sequence of str
        Whether batch normalisation, and what else has running statistics, keeps them and normalises by them, even where
        its weights train: True in the whole body, or only in the groups named, ``["stage4", "stage5"]`` (kept in the
        order of their names; none is False). Sensible for small batches. Frozen groups always do.
    weights : {"keep", "random"}
        ``"random"`` forgets the pre-training and draws every weight from `seed`.
    learning_rate : float
        The head's peak rate, > 0.
    rate_ratio : float
        The rate of the group just below the head over the head's, in (0, 1].
    layer_decay : float
        Each further group's rate over that of the group above it, in (0, 1].
    rate_factors : mapping of str to float, or sequence of (str, float)
        Peak rates of single groups over `learning_rate`, > 0, instead of what `rate_ratio` and `layer_decay` give
        them: ``{"stem": 0.01, "stage4": 0.5}``. Kept as pairs in the order of their names.
    optimizer : str
        ``"sgd"``, with Nesterov `momentum`; ``"adamw"`` (Loshchilov & Hutter, "Decoupled Weight Decay Regularization",
        2019); ``"rmsprop"``; or a name of `timm.optim`: ``"lars"``, ``"lamb"``, ``"lion"``... timm's LARS
        gives no trust ratio to biases and normalisation, which take plain steps: above a rate of 1 a warning says so.
    momentum : float
        In [0, 1): the optimiser's momentum, or its first beta.
    weight_decay : float
        >= 0. Never applied to biases and normalisation weights.
    decay_to : {"zero", "pretrained"}
        Where decay pulls the body's weights: ``"pretrained"`` is L2-SP (Li, Grandvalet & Davoine, 2018). The head's
        always go to zero.
    ema_decay : float, optional
        In (0, 1): validate, test and keep an exponential moving average of the weights.
    dropout, drop_path : float, optional
        In [0, 1): dropout before the head, and stochastic depth, growing up to the last block. None leaves the
        network's own; one that has no place for it is refused.
    schedule : str
        Shape of every group's rate over the steps; groups keep their ratios: see `tlnb.training.SCHEDULES`.
    schedule_options : mapping of str to float, or sequence of (str, float)
        What can be set of the schedule, as in ``schedule="step", schedule_options={"every": 2, "factor": 0.1}``.
    warmup_epochs : float
        Linear rise from a hundredth at the start (for ``"one_cycle"``, the length of its rise; 0 means its option).
    epochs, batch_size, seed : int
        Passes over the training images, images a step, and what the new head, order, dropout and augmentation follow.
    augmentation : sequence of (str, float)
        Steps by name with a strength from 0 to 1, for training images only: see `tlnb.data.augmentation`.
    label_smoothing : float
        In [0, 1). Szegedy et al., "Rethinking the Inception Architecture", 2016.
    class_weights : {None, "balanced"}
        ``"balanced"`` weights the loss so that every class counts the same.
    clip_norm : float, optional
        Largest norm of the whole gradient.
    patience : int, optional
        Stop after so many epochs without a better `monitor`, and restore the best epoch.
    monitor : {"loss", "accuracy", "auc"}
        What `patience` watches on the validation images.
    precision : {"auto", "fp32", "bf16", "fp16"}
        ``"auto"`` is fp32 on a CPU and mixed precision on a GPU.
    store : {"auto", "off", "exact", "views"}
        Whether what frozen layers say of an image is computed once and kept: where that pays by measured seconds,
        never, or always; losses are the same to rounding. Random augmentation leaves validation images, and
        ``"views"``: `store_views` views of each training image, that come again after so many epochs.
    store_views, store_precision : int, {"fp32", "fp16", "bf16"}
        Views of each image, and what is kept: fp16 takes half the bytes and rounds to three digits; with bf16 what is
        frozen is also computed so, which newer processors do faster. ``run.cost.store`` says how far it rounds.

    Raises
    ------
    RecipeError
        If a value is out of range or contradicts another; the message names the mend.

    Examples
    --------
    >>> recipe = Recipe.preset("last_stage").with_(epochs=3, learning_rate=1e-3)
    >>> recipe.diff(Recipe.preset("last_stage"))
    {'learning_rate': (0.001, 0.003), 'epochs': (3, 5)}
    """

    trainable: Selector = "head"
    thaw: tuple[tuple[float, Selector], ...] = ()
    parameters: str = "all"
    fixed_statistics: bool | tuple[str, ...] = False
    weights: str = "keep"
    learning_rate: float = 3e-3
    rate_ratio: float = 1.0
    layer_decay: float = 1.0
    rate_factors: tuple[tuple[str, float], ...] = ()
    optimizer: str = "adamw"
    momentum: float = 0.9
    weight_decay: float = 1e-2
    decay_to: str = "zero"
    ema_decay: float | None = None
    dropout: float | None = None
    drop_path: float | None = None
    schedule: str = "cosine"
    schedule_options: tuple[tuple[str, float], ...] = ()
    warmup_epochs: float = 0.0
    epochs: int = 5
    batch_size: int = 32
    seed: int = 0
    augmentation: tuple[tuple[str, float], ...] = ()
    label_smoothing: float = 0.0
    class_weights: str | None = None
    clip_norm: float | None = None
    patience: int | None = None
    monitor: str = "loss"
    precision: str = "auto"
    store: str = "auto"
    store_views: int = 4
    store_precision: str = "fp32"

    def __post_init__(self) -> None:
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        put("trainable", check_selector(self.trainable, "trainable"))
        put("thaw", checks.checked_thaw(self.thaw, self.epochs))
        put("fixed_statistics", check_fixed_statistics(self.fixed_statistics))
        put("rate_factors", checks.checked_factors(self.rate_factors))
        put("augmentation", check_steps(self.augmentation))
        checks.check_choices(self)
        checks.check_numbers(self)
        put("schedule_options", checks.checked_options(self))
        checks.check_combinations(self)
        checks.check_store(self)

    @classmethod
    def preset(cls, name: str, **changes: Any) -> Recipe:
        """Return one of the named recipes: probe, last_stage, gradual, full, scratch.

        Parameters
        ----------
        name : str
            ``"probe"`` trains the head alone; ``"last_stage"`` the head and the group below it; ``"gradual"`` thaws
            from the top downwards; ``"full"`` trains everything; ``"scratch"`` forgets the pre-training.
        **changes
            Fields to set otherwise, as in `with_`. In a run too short for its warm-up or its thaws, these move in
            proportion.

        Raises
        ------
        RecipeError
            If there is no such preset.
        """
        from tlnb.training.recipe.presets import preset_fields

        return cls().with_(**preset_fields(name, changes))

    def with_(self, **changes: Any) -> Recipe:
        """Return a copy with some fields changed; the recipe itself never changes."""
        known = [field.name for field in fields(self)]
        for name in changes:
            if name not in known:
                raise RecipeError(
                    f"A recipe has no field {name!r}.{did_you_mean(name, known)} It has {', '.join(known)}."
                )
        return dataclasses.replace(self, **changes)

    def diff(self, other: Recipe) -> dict[str, tuple[Any, Any]]:
        """Return the fields that differ: name to (this one's value, the other's)."""
        pairs = {f.name: (getattr(self, f.name), getattr(other, f.name)) for f in fields(self)}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    def to_toml(self) -> str:
        """Return the recipe as TOML text; fields left at their defaults are written too."""
        return recipe_file.dumps({f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def from_toml(cls, text: str) -> Recipe:
        """Read what `to_toml` wrote. Unknown fields and newer formats are errors that say so."""
        return cls().with_(**recipe_file.loads(text))

    def save(self, path: str | Path) -> Path:
        """Write the recipe to a TOML file, whole or not at all."""
        return recipe_file.write(path, self.to_toml())

    @classmethod
    def load(cls, path: str | Path) -> Recipe:
        """Read a recipe from a TOML file."""
        return cls.from_toml(Path(path).read_text(encoding="utf-8"))

    def preview(self, model: nn.Module) -> RecipePreview:
        """Show what the recipe means for one model: for each group, its rate and when it trains."""
        from tlnb.training.preview import preview

        return preview(self, model)

    def rates(self, model: nn.Module, images: ImageData | int) -> RateCurves:
        """Return every layer group's rate at every step, read from the optimiser that would train.

        `images` may be how many training images there are. The result has ``.rates`` (steps, groups), 0 while a group
        is frozen, and ``.plot()``. A schedule that watches the validation images is shown as if each epoch were better
        than the one before.
        """
        from tlnb.training.rate_curves import rate_curves

        return rate_curves(self, model, images)

    def to_code(self, model: nn.Module, images: ImageData, method: Method | None = None) -> str:
        """Write the recipe as a short stand-alone PyTorch script that gives the same losses.

        See `tlnb.training.script.writing.write_script`, also for what it refuses.
        """
        from tlnb.training.script.writing import write_script

        return write_script(self, model, images, method=method)
