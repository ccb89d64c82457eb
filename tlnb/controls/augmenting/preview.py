"""The control: one's own training images under a recipe's augmentation, the same draw whatever the strength."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from tlnb.backbones import model_card
from tlnb.controls.augmenting import pipeline
from tlnb.controls.augmenting.hand import PipelineHand
from tlnb.controls.augmenting.judge import Judge
from tlnb.controls.augmenting.pictures import draw
from tlnb.controls.augmenting.rendering import STRENGTHS, Rendering, Wish, labels_of
from tlnb.controls.recipe_control import RecipeControl
from tlnb.controls.shared_recipe import SharedRecipe, shared
from tlnb.core.errors import RecipeError
from tlnb.core.figures import Figure
from tlnb.data.show import choose
from tlnb.training import Recipe, Run
from tlnb.training.seen import SeenImages

if TYPE_CHECKING:
    from torch import nn

    from tlnb.data import ImageData

TILES = 12


class AugmentationPreview(PipelineHand):
    """Twelve training images under a recipe's pipeline, pixel for pixel what training sees; drag a strength and look.

    Each image keeps its draw whatever the strength, so that only the slider's effect changes. Steps are added, removed,
    put into another order, and switched off without losing their sliders. The sentence on the model's confidence
    follows one rule, fixed beforehand: `tlnb.training.confidence.ConfidenceFall`.

    Parameters
    ----------
    model : nn.Module or Run
        Says how images are resized, and, once it is trained, how sure it is of each image's own class. Never changed.
    recipe : Recipe, SharedRecipe or control
        What is shown and changed; give another control to keep both in step.
    images : ImageData
        Only its training images are looked at.
    places : sequence of int, optional
        Which of them, by their numbers among ``images.train``; twelve, each class in turn, if not given.

    Attributes
    ----------
    recipe : Recipe
        As it is now; set it to change what is shown.
    epoch : int
        Whose draws are shown, from 1.

    Raises
    ------
    TypeError
        If `recipe` is none of these.
    RecipeError
        If there is no such training image.

    Examples
    --------
    >>> import torch, tlnb
    >>> pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    >>> images = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> model = tlnb.create_model("resnet10t", images, weights="random")
    >>> preview = AugmentationPreview(model, tlnb.Recipe(augmentation=[("rotation", 0.5)]), images)
    >>> preview
    AugmentationPreview: Rotation (by up to 22 degrees either way). 12 training images, as epoch 1 draws them.
    >>> preview.add("flip")
    >>> preview.switch("rotation", on=False)
    >>> preview.recipe.augmentation
    (('rotation', 0.0), ('flip', 0.5))
    >>> preview.pixels().shape
    torch.Size([12, 3, 32, 32])
    """

    bundle_name: ClassVar[str] = "augmentation_preview"
    _rendering: Rendering | None = None

    def __init__(
        self,
        model: nn.Module | Run,
        recipe: Recipe | SharedRecipe | RecipeControl,
        images: ImageData,
        places: Sequence[int] | None = None,
    ) -> None:
        held = shared(recipe)
        if places is None:
            places = choose(images.train.labels.numpy(), TILES, seed=0).tolist()
        self._images = images
        self._shown = SeenImages(images, model_card(model.model if isinstance(model, Run) else model), places)
        self._judge = Judge(model, images.classes, self._shown)
        self._epoch = self._chosen = self._opened = 0
        super().__init__(held)
        self._rendering = Rendering(self._shown, lambda *message: self.send(*message))

    @property
    def epoch(self) -> int:
        """Whose draws are shown, from 1; set it for another draw of every image."""
        return self._epoch + 1

    @epoch.setter
    def epoch(self, epoch: int) -> None:
        if isinstance(epoch, bool) or not isinstance(epoch, int) or epoch < 1:
            raise RecipeError(f"epoch={epoch!r} is no epoch: give a whole number of at least 1.")
        self._epoch = epoch - 1
        self._look()

    def judge_by(self, trained: nn.Module | Run) -> None:
        """Ask another network how sure it is: a run's, once there is one.

        Parameters
        ----------
        trained : nn.Module or Run
            On the same classes. ``monitor.on_end(preview.judge_by)`` takes each run as it ends.

        Raises
        ------
        TlnbError
            If a run knows other classes.
        """
        self._judge = Judge(trained, self._images.classes, self._shown)
        self._look()

    def pixels(self) -> torch.Tensor:
        """Return the images as they are shown: uint8 ``(n, C, size, size)``."""
        return self._shown.by(self.recipe, self._epoch)[0]

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until all that is to be seen has been sent; return whether that is so."""
        return self._rendering is None or self._rendering.wait(seconds)

    def close(self) -> None:
        """End the widget and its thread."""
        if self._rendering is not None:  # it was made to its end
            self._rendering.close()
        super().close()

    # What a hand does beside changing the steps.

    def _do_draw(self, epoch: int, commit: bool = True) -> None:
        self.epoch = epoch

    def _do_choose(self, image: int, commit: bool = True) -> None:
        self._chosen = min(max(int(image), 0), len(self._shown) - 1)
        self._look()

    def _look(self) -> None:
        self._render()
        self._changed()

    def _render(self) -> None:
        if self._views and self._rendering is not None:  # nobody looks: nothing is computed
            wish = Wish(self.recipe, self._epoch, self._chosen, self._focus, self._judge, self._opened)
            self._rendering.want(wish)

    def _receive(self, widget: Any, content: Any, buffers: Any) -> None:
        if isinstance(content, dict) and content.get("kind") == "arrived" and self._rendering is not None:
            self._rendering.arrived(int(content.get("number", 0)))
        else:
            super()._receive(widget, content, buffers)

    # What the page is told.

    def _seen(self) -> None:
        self._opened += 1
        self._render()

    def _greeting(self) -> list[dict[str, Any]]:
        images = self._images
        return [
            {
                "kind": "about",
                "table": pipeline.table(grey=self._shown.untouched.shape[1] == 1),
                "classes": list(images.classes),
                "count": len(self._shown),
                "size": images.size,
                "train": len(images.train),
                "strengths": STRENGTHS,
                "evaluation": self._shown.evaluation(),
                "credit": images.card.attribution,
            }
        ]

    def _state(self) -> dict[str, Any]:
        return {
            "steps": pipeline.rows(self.recipe.augmentation, self._kept),
            "focus": self._focus,
            "image": self._chosen,
            "epoch": self.epoch,
            "note": self._note(),
        }

    def _note(self) -> str:
        views = self.recipe.store_views if self.recipe.store == "views" else 0
        again = f"; with {views} stored views, the draws come again after so many epochs" if views else ""
        return f"Epoch {self.epoch} of a training with seed {self.recipe.seed}{again}"

    def _says(self) -> str:
        return pipeline.sentence(self.recipe.augmentation, len(self._shown), self.epoch)

    def _code(self) -> str:
        return pipeline.code(self.recipe, self._images.size, len(self._images.classes))

    def _picture(self) -> Figure:
        pixels, shares = self._shown.by(self.recipe, self._epoch)
        names = [pipeline.label_words(labels_of(row), self._images.classes) for row in shares]
        silence = self._judge.silence() if self._judge.known else ""
        fall = self._judge.fall(pixels, shares) if self._judge.known and not silence else None
        says = [self._says(), fall.says if fall else silence]
        return draw(pixels, names, fall.after if fall else None, says, self._images.card.attribution)
