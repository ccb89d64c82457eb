"""What the explorer shows, said in words and written as plain PyTorch."""

from __future__ import annotations

from collections.abc import Sequence

from tlnb.backbones import MapLayer
from tlnb.controls.exploring.pictures import Shown
from tlnb.controls.exploring.sheet import Sheet

TITLES = {"change": "by change", "mean": "by strength", "number": "by number"}


def sentence(sheet: Sheet, shown: Shown, order: str, scores: Sequence[tuple[str, float]]) -> str:
    """Say what is looked at, and what stands out."""
    shape = sheet.layer.shape or tuple(sheet.maps.shape)
    best = int(sheet.ranked("change" if sheet.changes is not None else "mean")[0])
    stands_out = f"map {best} has changed most" if sheet.changed else f"map {best} answers most"
    if sheet.changes is not None and not sheet.changed:
        stands_out = "none has changed since before the training"
    of = f"{shown.title} ({shown.label})" if shown.label else shown.title
    name, chance = scores[0]
    maps = f"{shape[0]} maps of {shape[1]} × {shape[2]}"
    return f"{sheet.layer.name} gives {maps} for {of}; {stands_out}. The network says {name}, {chance:.2f}."


def layer_title(layer: MapLayer) -> str:
    """Return a layer's name and what it gives, for a list."""
    shape = " × ".join(map(str, layer.shape)) if layer.shape else layer.reason
    return f"{layer.name}, {layer.kind}: {shape}"


def code(sheet: Sheet) -> str:
    """Write what gives the maps as plain PyTorch: it needs a ``model`` and normalised ``images``."""
    lines = [
        "import torch",
        "",
        "",
        "def maps_of(network):",
        "    kept = []",
        f"    layer = network.get_submodule({sheet.layer.module!r})",
        "    handle = layer.register_forward_hook(lambda module, inputs, output: kept.append(output.clone()))",
        "    network.eval()",
        "    with torch.no_grad():",
        "        network(images)  # float32 (N, 3, H, W), normalised",
        "    handle.remove()",
        "    return kept[0]",
        "",
        "",
        "maps = maps_of(model)",
    ]
    if sheet.changes is not None:
        lines += [
            "old = maps_of(before)",
            "change = (maps - old).square().mean((0, 2, 3)).sqrt() / old.square().mean().sqrt()",
            "most_changed = change.argsort(descending=True)",
        ]
    return "\n".join(lines) + "\n"
