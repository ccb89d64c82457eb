"""Linear probes on every layer group, before and after a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tlnb.controls.exploring.job import Tell, counting
from tlnb.controls.exploring.network import Network, scattered, titled
from tlnb.controls.exploring.pictures import Pictures
from tlnb.evaluation import DepthScores, probe_by_depth


def probe_networks(
    networks: Mapping[str, Network], pictures: Pictures, seeds: Sequence[int], tell: Tell
) -> dict[str, DepthScores]:
    """Score a linear classifier on each layer group of networks; to be called in a thread.

    Parameters
    ----------
    networks : mapping of str to Network
        When (``"before"``, ``"after"``) to what is compared.
    pictures : Pictures
        The set.
    seeds : sequence of int
        Of the divisions.
    tell : callable
        Told of the progress.
    """
    found = {}
    for when, network in networks.items():
        modules = list(dict.fromkeys(network.depths.values()))
        means = network.means(pictures, modules, counting(tell, titled("Features", when, networks)))
        count = len(pictures.images)
        rows = {name: scattered(means[module], pictures.rows, count) for name, module in network.depths.items()}
        title = titled("Classifiers", when, networks)
        tell(f"{title}.")
        on_score = counting(tell, title, "layer groups")
        found[when] = probe_by_depth(rows, pictures.images, seeds, on_score)
    return found
