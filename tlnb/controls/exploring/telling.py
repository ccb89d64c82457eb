"""What the explorer tells its page beside the state: what can be chosen, what places see, the probes' scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tlnb.backbones import MapLayer, ReceptiveField
from tlnb.controls.exploring.look import Look, Message
from tlnb.controls.exploring.network import HEAD
from tlnb.controls.exploring.pictures import Pictures
from tlnb.controls.exploring.words import layer_title
from tlnb.evaluation import DepthScores, projection_methods
from tlnb.evaluation.features.projection import NAMES


def choices(look: Look, pictures: Pictures) -> dict[str, Any]:
    """Return what a view is told once: layers, classes, methods, whose pictures these are."""
    layers = [
        {"name": layer.name, "group": layer.group, "title": layer_title(layer), "maps": layer.shape is not None}
        for layer in look.after.layers
    ]
    return {
        "kind": "choices",
        "layers": layers,
        "ends": [HEAD, *(layer.name for layer in look.after.ends)],
        "classes": list(look.names[:1000]),
        "methods": [[name, NAMES[name]] for name in projection_methods()],
        "compared": look.before is not None,
        "count": len(pictures.rows),
        "credit": pictures.images.card.attribution,
    }


def fields_message(layer: MapLayer, found: Mapping[str, ReceptiveField] | str) -> Message:
    """Return the message with what each place of a layer's maps sees, or why that is not known."""
    if isinstance(found, str):
        return {"kind": "fields", "layer": layer.name, "height": 0, "width": 0, "says": found}, []
    field = found.get(layer.module)
    if field is None:
        says = "What a place of this layer sees could not be found: the network cannot be followed so far."
        return {"kind": "fields", "layer": layer.name, "height": 0, "width": 0, "says": says}, []
    height, width, _ = field.boxes.shape
    rows, columns = field.sides
    says = (
        f"Each place of {layer.name} sees the whole picture."
        if field.whole
        else f"A place of {layer.name} sees up to {rows} × {columns} of {field.size} × {field.size} pixels."
    )
    content = {"kind": "fields", "layer": layer.name, "height": height, "width": width, "says": says}
    return content, [field.boxes.contiguous().numpy().astype("<i2").tobytes()]


def depth_rows(depth: Mapping[str, DepthScores]) -> dict[str, Any]:
    """Return the scores of the probes with their intervals, as plain data."""
    sets = [
        {
            "when": when,
            "rows": [
                {"group": group, "mean": round(i.mean, 4), "low": round(i.low, 4), "high": round(i.high, 4)}
                for group, i in scores.intervals.items()
            ],
        }
        for when, scores in depth.items()
    ]
    first = next(iter(depth.values()))
    seeds = len(next(iter(first.scores.values())))
    return {"metric": first.metric, "seeds": seeds, "sets": sets}
