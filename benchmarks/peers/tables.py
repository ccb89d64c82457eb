"""From the files of results to tables in Markdown: medians, and the least and greatest of the repeats."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.figures import epochs_to, images_per_second, seconds_until, training_seconds
from benchmarks.peers.plan import CONTENDERS, TRAINABLE, steps_per_epoch
from benchmarks.peers.results import Results

TITLES = {
    "head": "(b) {epochs} epochs of the head, seconds",
    "last_stage": "(c) {epochs} epochs of the last stage, seconds",
    "views": "(c) {epochs} epochs of the last stage with random augmentation, seconds",
}


def write_tables(folder: Path, target: float) -> Path:
    """Write ``tables.md`` beside the results, from those that are there; return it."""
    found = {path.stem: Results.read(path) for path in sorted(folder.glob("*.json"))}
    parts = [part for table in (*TRAINABLE, "growth") if table in found for part in _of_table(table, found[table])]
    if "head" in found:
        parts.append(_to_target(found["head"], target))
    parts.append(_costs(found))
    if found:
        parts.insert(0, _measured_on(next(iter(found.values())).content))
    path = folder / "tables.md"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(parts) + "\n")
    return path


def _of_table(table: str, results: Results) -> Iterator[str]:
    if table == "full":
        yield _compared("(a) Full fine-tuning, images/s", results, images_per_second, over="loop")
    elif table == "growth":
        yield _growth(results)
    else:
        epochs = results.content["settings"]["epochs"]
        yield _compared(
            TITLES[table].format(epochs=epochs),
            results,
            lambda run: training_seconds(run, epochs, results.sizes),
            over="tlnb",
        )


def _compared(title: str, results: Results, figure: Callable[[dict[str, Any]], float], over: str) -> str:
    figures = {name: [figure(run) for run in runs] for name in CONTENDERS if (runs := results.of(name))}
    base = statistics.median(figures[over]) if over in figures else None
    rows = []
    for name, values in figures.items():
        median = statistics.median(values)
        how = "whole" if results.of(name)[0]["whole"] else "part"
        ratio = f"{median / base:.2f}" if base else ""
        rows.append([name, f"{median:.1f}", f"{min(values):.1f} to {max(values):.1f}", ratio, how])
    return _markdown(title, ["contender", "median", "range", f"over {over}", "measured"], rows)


def _to_target(results: Results, target: float) -> str:
    """Tell when each contender reached an AUC: by its own, or, measured in part, in as many epochs as a whole one."""
    whole = next((runs for name in ("cached", "tlnb", "loop") if (runs := _whole(results, name))), [])
    reference = {run["seed"]: epochs_to(run["auc"], target) for run in whole if None not in run["auc"]}
    title = f"(d) Process start to validation AUC {target:g}, or to the best of all epochs, seconds"
    header = [f"seed {seed}: {auc:.3f}, {_epochs(epoch)}" for seed, (epoch, auc) in reference.items()]
    rows = []
    for name in CONTENDERS:
        runs = {run["seed"]: run for run in results.of(name)}
        cells = []
        for seed, (epoch, _) in reference.items():
            own = runs.get(seed)
            if own is not None and own["whole"] and None not in own["auc"]:
                epoch, _ = epochs_to(own["auc"], target)
            cells.append("" if own is None else f"{seconds_until(own, epoch, results.sizes):.1f}")
        if runs:
            rows.append([name, *cells])
    return _markdown(title, ["contender", *header], rows)


def _whole(results: Results, contender: str) -> list[dict[str, Any]]:
    return [run for run in results.of(contender) if run["whole"]]


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count} epochs"


def _costs(found: dict[str, Results]) -> str:
    tables = [table for table in TRAINABLE if table in found]
    rows = []
    for name in CONTENDERS:
        by_table = {table: found[table].of(name) for table in tables}
        everything = [run for runs in by_table.values() for run in runs]
        if everything:
            imports = statistics.median(run["imported"] - run["python"] for run in everything)
            rows.append([name, f"{imports:.1f}", *(_peak(runs) for runs in by_table.values())])
    header = ["contender", "import, s", *(f"peak in {table}, MB" for table in tables)]
    return _markdown("(e) Import time, and peak memory", header, rows)


def _peak(runs: Sequence[dict[str, Any]]) -> str:
    peaks = [run["peak_bytes"] for run in runs if run["peak_bytes"]]
    return f"{statistics.median(peaks) / 1e6:,.0f}" if peaks else ""


def _growth(results: Results) -> str:
    rows = []
    for name in ("tlnb", "loop"):
        for run in results.of(name):
            ends = run["epoch_ends"]
            kept = sum(use["bytes"] for use in run.get("store", ()))
            rows.append(
                [
                    name,
                    f"{run['images']:,}",
                    f"{ends[0] - run['began']:.1f}",
                    f"{ends[-1] - ends[-2]:.2f}",
                    f"{1000 * (ends[-1] - ends[-2]) / steps_per_epoch(run['images']):.2f}",
                    f"{run['peak_bytes'] / 1e6:,.0f}",
                    f"{run['anonymous_peak_bytes'] / 1e6:,.0f}",
                    f"{kept / 1e6:,.0f}",
                ]
            )
    size = results.content["settings"]["growth_size"]
    header = [
        "contender",
        "images",
        "first epoch, s",
        "a later one, s",
        "ms a step",
        "peak, MB",
        "not files, MB",
        "kept, MB",
    ]
    return _markdown(f"(f) Growth: the head on scenes of {size} px", header, rows)


def _measured_on(content: dict[str, Any]) -> str:
    machine = content["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items() if number)
    return (
        f"Measured on {content['measured']}: {machine['cores']} cores of {machine['processor']}, "
        f"{machine['memory_bytes'] / 1e9:.0f} GB; Python {machine['python']}, {versions}."
    )


def _markdown(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (header, ["---"] * len(header), *rows)]
    return "\n".join([f"### {title}", "", *lines])
