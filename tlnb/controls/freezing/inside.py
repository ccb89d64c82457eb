"""What is in a network, before and after a training: the first filters as pictures, all weights as histograms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlnb.backbones import first_filters, weight_histograms

if TYPE_CHECKING:
    from torch import nn

MOST_FILTERS = 64


def inside_messages(model: nn.Module, after: nn.Module | None) -> list[tuple[dict[str, Any], list[bytes]]]:
    """Return messages for the page, each with its bytes: the filters of each network, and the histograms of both.

    Raises
    ------
    ModelError
        If the network has no convolution, or the two are of different architectures.
    """
    messages = [_filters(model, None, "The first filters" if after is None else "The first filters, before")]
    if after is not None:
        messages.append(_filters(after, model, "The first filters, after the run"))
    return [*messages, (_weights(model, after), [])]


def _filters(model: nn.Module, like: nn.Module | None, title: str) -> tuple[dict[str, Any], list[bytes]]:
    pixels = first_filters(model, MOST_FILTERS, like=like)
    count, height, width, _ = pixels.shape
    says = f"{title}: {count} of {height} × {width} pixels"
    return {"kind": "filters", "count": count, "height": height, "width": width, "says": says}, [pixels.tobytes()]


def _weights(model: nn.Module, after: nn.Module | None) -> dict[str, Any]:
    found = weight_histograms(model, after)
    groups = [
        {
            "name": name,
            "before": counts.tolist(),
            "after": found.others[name].tolist() if found.others is not None else None,
            "deviations": [f"{value:.2g}" for value in found.deviations[name]],
        }
        for name, counts in found.counts.items()
    ]
    return {"kind": "weights", "reach": float(found.edges[-1]), "groups": groups}
