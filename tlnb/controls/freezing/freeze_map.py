"""The freeze map: what trains, what is frozen, what that costs, and when each block thaws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from tlnb.backbones import anatomy, layer_groups
from tlnb.controls.freezing import words
from tlnb.controls.freezing.costs import UNKNOWN, Costs
from tlnb.controls.freezing.states import BlockStates
from tlnb.controls.recipe_control import RecipeControl
from tlnb.controls.shared_recipe import SharedRecipe, shared
from tlnb.core.errors import TlnbError
from tlnb.core.figures import Figure
from tlnb.core.group_colours import group_colours
from tlnb.training import Recipe, Run
from tlnb.training.recipe.presets import PRESETS

if TYPE_CHECKING:
    from torch import nn

    from tlnb.data import ImageData

TITLES = {"probe": "Probe", "last_stage": "Last stage", "gradual": "Gradual", "full": "Full"}
CHANGED = ("trainable", "thaw", "fixed_statistics", "parameters", "learning_rate", "rate_ratio", "layer_decay")


class FreezeMap(RecipeControl):
    """A network as blocks, input to head: click, paint or type to freeze and thaw them.

    A view of a recipe: it changes ``trainable``, ``thaw`` and ``fixed_statistics``, shows at once what that costs, and
    follows what other controls on the same recipe do. A training that follows the recipe too (`TrainingMonitor`) thaws
    at its next step.

    Parameters
    ----------
    model : nn.Module
        Any classifier; never changed, and nothing is trained.
    recipe : Recipe, SharedRecipe or control
        Where it begins; what another control shows too stays in step with it.
    images : ImageData, optional
        What will be trained on: for the seconds of an epoch, and the gradients of a batch.

    Attributes
    ----------
    recipe : Recipe
        As it is now; set it to change what is shown.
    shared : SharedRecipe
        For other controls on the same recipe.

    Raises
    ------
    TypeError
        If `recipe` is none of these.
    RecipeError
        If the recipe names blocks that the model does not have.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("resnet10t", 2, weights="random")
    >>> frozen = FreezeMap(model, tlnb.Recipe.preset("probe"))
    >>> frozen
    FreezeMap: Head trains; stem to stage4 are frozen. 1,026 of 4,923,514 parameters learn (0.021 %).
    >>> frozen.set_states({"stage4": "trains"})
    >>> frozen.recipe.trainable
    'from stage4'
    """

    bundle_name: ClassVar[str] = "freeze_map"

    def __init__(
        self, model: nn.Module, recipe: Recipe | SharedRecipe | RecipeControl, images: ImageData | None = None
    ) -> None:
        held = shared(recipe)
        self._model, self._images = model, images
        self._groups = layer_groups(model)
        self._names = tuple(group.name for group in self._groups)
        self._anatomy = anatomy(model, images.size if images is not None else None)
        self._costs = Costs(model, images, self._anatomy.size)
        self._after: nn.Module | None = None
        self._ratios: Mapping[str, float] | None = None
        BlockStates.of(held.recipe, self._names)  # or its error, now and not in the page
        super().__init__(held)

    def set_states(self, states: Mapping[str, str]) -> None:
        """Put blocks into states, as a click does.

        Parameters
        ----------
        states : mapping of str to {"frozen", "fixed_statistics", "trains"}
            Of the blocks that shall change.

        Raises
        ------
        RecipeError
            If a block or a state is unknown, or nothing would train at the start.
        """
        self._do_set_states(states)

    def thaw(self, starts: Mapping[str, float | None]) -> None:
        """Say from which epoch blocks train; None for never.

        Raises
        ------
        RecipeError
            If a block is unknown, or the epoch lies outside the run.
        """
        self._do_set_starts(starts)

    def compare(self, after: Run | nn.Module) -> None:
        """Show filters and weights of a network that was trained beside those that it began with.

        Parameters
        ----------
        after : Run or nn.Module
            Of the same architecture.
        """
        self._after = after.model if isinstance(after, Run) else after

    def _blocks(self) -> BlockStates:
        return BlockStates.of(self.recipe, self._names)

    # What the page asks for.

    def _do_set_states(self, states: Mapping[str, str], commit: bool = True) -> None:
        self.shared.set(self._blocks().put(states).recipe(self.recipe), commit=commit)

    def _do_set_starts(self, starts: Mapping[str, float | None], commit: bool = True) -> None:
        self.shared.set(self._blocks().thaw(starts).recipe(self.recipe), commit=commit)

    def _do_preset(self, name: str, commit: bool = True) -> None:
        self.shared.set(self._preset(name), commit=commit)

    def _do_gradients(self, commit: bool = True) -> None:
        if self._images is None:
            raise TlnbError("Gradients need images: FreezeMap(model, recipe, images).")
        from tlnb.training import gradient_ratios

        self._ratios = dict(gradient_ratios(self._model, self._images, self.recipe))

    def _do_inside(self, commit: bool = True) -> None:
        from tlnb.controls.freezing.inside import inside_messages

        for content, buffers in inside_messages(self._model, self._after):
            self.send(content, buffers)

    # What the page is told.

    def _seen(self) -> None:
        self._costs.measure(self._tell_state)

    def _greeting(self) -> list[dict[str, Any]]:
        block_of = {layer.name: i for i, block in enumerate(self._anatomy.blocks) for layer in block.layers}
        colours = group_colours(len(self._names))
        blocks = [
            {
                "name": block.name,
                "colour": colour,
                "parameters": block.parameters,
                "side": block.shape[1] if block.shape else None,
                "shape": _told(block.shape),
                "statistics": block.statistics,
            }
            for block, colour in zip(self._anatomy.blocks, colours, strict=True)
        ]
        layers = [
            [block_of[layer.name], layer.name, layer.kind, layer.parameters, _told(layer.shape)]
            for layer in self._anatomy.layers
        ]
        arcs = [list(arc) for arc in self._anatomy.arcs]
        return [{"kind": "network", "network": {"blocks": blocks, "layers": layers, "arcs": arcs}}]

    def _state(self) -> dict[str, Any]:
        blocks, ratios = self._blocks(), self._ratios
        return {
            "states": [blocks.state(name) for name in self._names],
            "starts": [blocks.starts[name] for name in self._names],
            "epochs": self.recipe.epochs,
            "totals": self._costs.rows(self.recipe),
            "presets": [
                {"name": name, "title": title, "changes": self._changes(name)} for name, title in TITLES.items()
            ],
            "ratios": None if ratios is None else [f"{ratios[name]:.2g}" for name in self._names],
            "can": {"gradients": self._images is not None},
        }

    def _says(self) -> str:
        preview = self.recipe.preview(self._model)
        return words.sentence(self._blocks(), preview.trainable_parameters, self._anatomy.parameters)

    def _code(self) -> str:
        return words.code(self._blocks(), self._groups)

    def _picture(self) -> Figure:
        from tlnb.controls.freezing.picture import draw

        known = [row for row in self._costs.rows(self.recipe) if row[1] not in UNKNOWN]
        return draw(self._anatomy, self._blocks(), known)

    def _preset(self, name: str) -> Recipe:
        own = {field: value for field, value in PRESETS[name].items() if field in CHANGED}
        fresh = {field: getattr(Recipe(), field) for field in CHANGED}
        changes: dict[str, Any] = {**fresh, **own}
        epochs = self.recipe.epochs
        last = max((epoch for epoch, _ in changes["thaw"]), default=0)
        if last >= epochs:  # a run too short for these thaws: they move in proportion
            changes["thaw"] = tuple((e * epochs / PRESETS[name]["epochs"], groups) for e, groups in changes["thaw"])
        return self.recipe.with_(**changes)

    def _changes(self, name: str) -> str:
        differ = self._preset(name).diff(self.recipe)
        told = [f"{field} from {before!r} to {after!r}" for field, (after, before) in differ.items()]
        return f"{TITLES[name]} changes {'; '.join(told)}." if told else f"{TITLES[name]}: this is what it is now."


def _told(shape: tuple[int, ...] | None) -> str:
    return " × ".join(map(str, shape)) if shape else ""
