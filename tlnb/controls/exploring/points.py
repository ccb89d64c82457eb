"""A whole set as points of a plane: computed in a thread, drawn by the page, chosen from by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from tlnb.controls.exploring.job import Tell, counting
from tlnb.controls.exploring.network import HEAD, Network, titled
from tlnb.controls.exploring.pictures import Pictures, as_bytes
from tlnb.evaluation import Projection, project
from tlnb.evaluation.features.projection import NAMES

THUMBNAIL = 64  # pixels of a side
SHOWN = 24  # pictures of those that a lasso has caught


@dataclass(frozen=True, eq=False)
class Points:
    """A projection of the pictures' features.

    Attributes
    ----------
    projection : Projection
        After, or before and after a training.
    layer : str
        Whose features: a layer's title, or `HEAD`.
    """

    projection: Projection
    layer: str

    def says(self) -> str:
        """Say what the plane shows."""
        found = self.projection
        of = f"{NAMES[found.method]} of {self.layer}, {len(found.points[0]):,} images"
        if found.explained:
            shares = [f"{100 * share:.0f} %" for share in found.explained]
            if len(shares) == 1:
                return f"{of}. The plane shows {shares[0]} of the variance."
            both = f"{shares[0]} of the variance before and {shares[1]} after the training"
            return f"{of}. The plane shows {both}, on the same axes."
        return f"{of}. Who is near whom means something; distances between groups, and their sizes, do not."

    def message(self, pictures: Pictures) -> tuple[dict[str, Any], list[bytes]]:
        """Return the message with all points, and by what they can be coloured."""
        colourings = pictures.colourings()
        content = {
            "kind": "points",
            "count": len(pictures.rows),
            "sets": len(self.projection.points),
            "says": self.says(),
            "colourings": [{"name": one.name, "values": list(one.values)} for one in colourings],
        }
        places = np.concatenate(self.projection.points).astype("<f4")
        return content, [places.tobytes(), *(one.codes.astype("<u2").tobytes() for one in colourings)]


def compute_points(
    networks: Mapping[str, Network],
    pictures: Pictures,
    layer: tuple[str, str],
    method: str,
    seed: int,
    tell: Tell,
) -> Points:
    """Compute features where they are not stored, and lay them out; to be called in a thread.

    Parameters
    ----------
    networks : mapping of str to Network
        When (``"before"``, ``"after"``) to what is compared.
    pictures : Pictures
        The set.
    layer : (str, str)
        The module and its title; `HEAD` twice for what the head gets.
    method, seed : str, int
        As for `tlnb.evaluation.project`.
    tell : callable
        Told of the progress.
    """
    module, title = layer
    sets: list[Tensor] = []
    for when, network in networks.items():
        sets.append(network.features(pictures, module, counting(tell, titled("Features", when, networks))))
    slow = "" if method == "pca" else " This takes a while, about half a minute for two thousand images."
    tell(f"{NAMES.get(method, method)} lays out {len(pictures.rows):,} images.{slow}")
    return Points(project(*sets, method=method, seed=seed), HEAD if module == HEAD else title)


def thumbnail(pictures: Pictures, place: int) -> tuple[dict[str, Any], list[bytes]]:
    """Return the message with one point's picture."""
    row = pictures.rows[place : place + 1]
    pixels = pictures.thumbnails(row, THUMBNAIL)
    label = pictures.images.classes[int(pictures.images.labels[row[0]])]
    content = {
        "kind": "thumb",
        "place": place,
        "says": f"image {int(row[0]):,}, {label}",
        "size": pixels.shape[-1],
        "channels": pixels.shape[1],
    }
    return content, [as_bytes(pixels)]


def caught(pictures: Pictures, places: Tensor) -> tuple[dict[str, Any], list[bytes]]:
    """Return the message with some pictures of those that a lasso has caught, spread over all of them."""
    some = places[:: max(1, -(-len(places) // SHOWN))]
    pixels = pictures.thumbnails(pictures.rows[some], THUMBNAIL)
    content = {
        "kind": "caught",
        "places": some.tolist(),
        "size": pixels.shape[-1],
        "channels": pixels.shape[1],
        "says": says_caught(pictures, places),
    }
    return content, [as_bytes(pixels)]


def says_caught(pictures: Pictures, places: Tensor) -> str:
    """Say how many pictures were chosen, of which classes."""
    if not len(places):
        return "No point is chosen."
    labels = pictures.images.labels[pictures.rows[places]]
    names, counts = np.unique(labels.numpy(), return_counts=True)
    order = np.argsort(-counts, kind="stable")[:6]
    told = ", ".join(f"{counts[i]:,} {pictures.images.classes[int(names[i])]}" for i in order)
    more = f" and {len(names) - 6} classes more" if len(names) > 6 else ""
    return f"{len(places):,} of {len(pictures.rows):,} images are chosen: {told}{more}."
