"""The feature explorer: what a network sees in a picture and in a set, and what a training has changed of that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from tlnb.controls.exploring import words
from tlnb.controls.exploring.hand import ExplorerHand
from tlnb.controls.exploring.job import Job, Tell
from tlnb.controls.exploring.look import Look, class_names
from tlnb.controls.exploring.network import HEAD, Network
from tlnb.controls.exploring.pictures import Pictures
from tlnb.controls.exploring.points import Points, compute_points
from tlnb.controls.exploring.probing import probe_networks
from tlnb.controls.exploring.telling import choices, depth_rows, fields_message
from tlnb.controls.untested import untested
from tlnb.core.errors import TlnbError
from tlnb.core.figures import Figure
from tlnb.evaluation import DepthScores, Projection

if TYPE_CHECKING:
    from torch import nn

    from tlnb.backbones import ReceptiveField
    from tlnb.data import ImageData
    from tlnb.training import Run

SEEDS = range(5)


class FeatureExplorer(ExplorerHand):
    """What a network sees in a picture, and in a whole set; with the network before its training, what changed.

    The maps of any layer, ranked by their change, and what of the picture each of their places sees; where in the
    picture a layer finds what speaks for a class; what the network says when a part is covered; all images as points,
    before and after; and how well a linear classifier reads the classes from each layer group. The test images are not
    looked at.

    Parameters
    ----------
    model : nn.Module or Run
        Any classifier; never changed.
    images : ImageData
        The set whose pictures are looked at.
    before : nn.Module or Run, optional
        The same architecture before its training: maps are then ranked by their change.
    image : int, path, PIL image, array or tensor, optional
        The picture to begin with: a row of the set, or one of your own; by default the first validation image.
    layer : str, optional
        The layer to begin with: a layer group, or a module as in ``model.named_modules()``.
    seed : int
        For t-SNE and UMAP.

    Attributes
    ----------
    selected : tuple of int
        Rows of the images that were caught with the lasso, or chosen by class.
    projection : Projection or None
        The points of the plane, once they are computed.
    depth : dict of str to DepthScores, or None
        The linear probes, ``"before"`` and ``"after"``, once they are computed.

    Raises
    ------
    ModelError
        If the network gives no maps, or the two differ in architecture.
    DataError
        If the picture cannot be used.

    Examples
    --------
    >>> import tlnb, torch
    >>> labels = torch.arange(40) % 2
    >>> pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    >>> images = tlnb.ImageData.from_tensors(pixels, labels, ["dark", "bright"])
    >>> explorer = FeatureExplorer(tlnb.create_model("resnet10t", images, weights="random"), images, layer="stage1")
    >>> explorer.project("pca")
    >>> explorer.wait(), explorer.projection.points[0].shape
    (True, (30, 2))
    """

    bundle_name: ClassVar[str] = "feature_explorer"

    def __init__(
        self,
        model: nn.Module | Run,
        images: ImageData,
        *,
        before: nn.Module | Run | None = None,
        image: Any = None,
        layer: str | None = None,
        seed: int = 0,
    ) -> None:
        after = Network(model, images.size)
        self._pictures = Pictures(untested(images), after.now)
        old = None if before is None else Network(before, images.size)
        self._look = Look(after, old, self._pictures.shown(image), layer, class_names(after, self._pictures))
        self._fields: dict[str, ReceptiveField] = {}
        self._points: Points | None = None
        self._seed = seed
        self.depth: dict[str, DepthScores] | None = None
        self.selected: tuple[int, ...] = ()
        super().__init__()
        self._projecting, self._probing = Job(self._changed), Job(self._changed)
        self._finding = Job(self._tell_fields)

    @property
    def projection(self) -> Projection | None:
        """The points of the plane, once they are computed."""
        return None if self._points is None else self._points.projection

    def show(self, image: Any) -> None:
        """Look at another picture.

        Parameters
        ----------
        image : int, path, PIL image, array or tensor
            A row of the set that is not for testing, or a picture of your own, as for `tlnb.Run.predict`.

        Raises
        ------
        DataError
            If it cannot be used.
        """
        self._look.choose_picture(self._pictures.shown(image))
        self._tell("image", "maps", "map", "heat")
        self._changed()

    def choose(self, layer: str | None = None, map: int | None = None, order: str | None = None) -> None:
        """Look at another layer, at one of its maps, or rank them otherwise.

        Parameters
        ----------
        layer : str, optional
            A layer group, or a module as in ``model.named_modules()``.
        map : int, optional
            Its number.
        order : {"change", "mean", "number"}, optional
            What maps are ranked by.
        """
        if layer is not None:
            self._look.choose_layer(layer)
        if order is not None:
            self._look.choose_order(order)
        if map is not None:
            self._look.choose_map(map)
        self._tell("maps", "map", "heat")
        self._tell_fields()
        self._changed()

    def project(self, method: str = "pca", layer: str | None = None) -> None:
        """Begin to lay the images out in a plane, in a thread; returns at once.

        Parameters
        ----------
        method : {"pca", "tsne", "umap"}
            UMAP only where umap-learn is installed.
        layer : str, optional
            Whose features; by default what the head gets.
        """
        module = title = HEAD
        if layer is not None and layer != HEAD:
            found = self._look.layer_named(layer)
            module, title = found.module, found.name

        def work(tell: Tell) -> Points:
            return compute_points(self._look.networks, self._pictures, (module, title), method, self._seed, tell)

        self._projecting.start(work, self._laid_out)
        self._changed()

    def probe(self, seeds: Sequence[int] = SEEDS) -> None:
        """Begin to score a linear classifier on each layer group, in a thread; returns at once.

        Parameters
        ----------
        seeds : sequence of int
            Two or more: each divides the training and validation images anew.
        """

        def work(tell: Tell) -> dict[str, DepthScores]:
            return probe_networks(self._look.networks, self._pictures, list(seeds), tell)

        self._probing.start(work, self._probed)
        self._changed()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until what was begun has ended, and return whether it has; raise a TlnbError if it failed."""
        ended = [job.wait(seconds) for job in (self._projecting, self._probing)]
        if error := self._projecting.error or self._probing.error:
            raise TlnbError(error)
        return all(ended)

    # What is computed in threads.

    def _laid_out(self, found: Points) -> None:
        self._points = found
        self._tell_points()

    def _probed(self, found: dict[str, DepthScores]) -> None:
        self.depth = found

    def _found(self, fields: dict[str, ReceptiveField]) -> None:
        self._fields = fields

    # What the page is told.

    def _tell_fields(self) -> None:
        found = self._finding.error or self._fields
        if self._views and found:
            self.send(*fields_message(self._look.layer, found))

    def _tell_points(self) -> None:
        if self._views and self._points is not None:
            self.send(*self._points.message(self._pictures))

    def _greeting(self) -> list[dict[str, Any]]:
        return [choices(self._look, self._pictures)]

    def _seen(self) -> None:
        self._tell("image", "maps", "map", "heat")
        self._tell_fields()
        self._tell_points()
        if not (self._fields or self._finding.error or self._finding.running):
            self._finding.start(lambda _: self._look.after.fields(), self._found)

    def _state(self) -> dict[str, Any]:
        return {
            **self._look.state(),
            "projecting": self._projecting.state(),
            "probing": self._probing.state(),
            "depth": None if self.depth is None else depth_rows(self.depth),
            "selected": len(self.selected),
        }

    def _says(self) -> str:
        look = self._look
        return words.sentence(look.sheet, look.shown, look.order, look.scores())

    def _code(self) -> str:
        return words.code(self._look.sheet)

    def _picture(self) -> Figure:
        from tlnb.controls.exploring.picture import draw

        return draw(self._look, self._pictures, self._points, self.depth)
