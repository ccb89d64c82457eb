"""Measures: the contenders in turn, each in a process of its own, every result saved as soon as it is there."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.peers.figures import thinned
from benchmarks.peers.launch import ContenderError, environment, launch
from benchmarks.peers.machine import describe_machine, installed
from benchmarks.peers.plan import CONTENDERS, LIBRARIES, QUICK, TABLES, Job, Settings, jobs
from benchmarks.peers.results import Results
from benchmarks.peers.tables import write_tables

HERE = Path(__file__).parent
AGREEMENT_SIZE = 64


def main(arguments: list[str] | None = None) -> None:
    """Measure what the command line asks for."""
    asked = parse(arguments)
    settings = QUICK if asked.quick else Settings(repeats=asked.repeats, whole=asked.whole)
    if asked.growth:
        settings = dataclasses.replace(settings, growth=tuple(asked.growth))
    out = asked.out or (Path("out/peers-quick") if asked.quick else HERE / "results")
    contenders = tuple(name for name in CONTENDERS if wanted(name, asked.contenders))
    for name in LIBRARIES:
        if installed(name) is None:
            print(f"{name} is not installed and left out: pip install -e '.[bench]'", file=sys.stderr)
    data = asked.data or Path(tempfile.gettempdir()) / "tlnb-peers"
    failed = measure(asked.tables or list(TABLES), settings, contenders, out, data, fresh=asked.fresh)
    print(write_tables(out, asked.target).read_text())
    if failed:
        sys.exit(f"{len(failed)} failed; the same command tries them again: {'; '.join(failed)}")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"which tables: {', '.join(TABLES)} (all)")
    parser.add_argument("--quick", action="store_true", help="few images, small ones, one repeat: does it run?")
    parser.add_argument("--whole", action="store_true", help="all epochs of all contenders: hours")
    parser.add_argument("--fresh", action="store_true", help="measure again what is there")
    parser.add_argument("--repeats", type=int, default=3, help="processes of each contender (3)")
    parser.add_argument("--target", type=float, default=0.92, help="validation AUC to reach (.92)")
    parser.add_argument("--contenders", nargs="+", metavar="NAME", help=f"some of: {', '.join(CONTENDERS)}")
    parser.add_argument("--growth", nargs="+", type=int, metavar="N", help="numbers of images for the table of growth")
    parser.add_argument("--out", type=Path, help="folder of the results (benchmarks/peers/results)")
    parser.add_argument(
        "--data", type=Path, help="folder for the tensors; 2 GB with growth (the system's temporary one)"
    )
    asked = parser.parse_args(arguments)
    for name in asked.tables:
        if name not in TABLES:
            parser.error(f"there is no table {name!r}: {', '.join(TABLES)}")
    for name in asked.contenders or ():
        if name not in CONTENDERS:
            parser.error(f"there is no contender {name!r}: {', '.join(CONTENDERS)}")
    return asked


def wanted(contender: str, asked: list[str] | None) -> bool:
    """Say whether a contender takes part: it was asked for, or nothing was, and its library is there."""
    library = contender.partition("-")[0]
    return (not asked or contender in asked) and (library not in LIBRARIES or installed(library) is not None)


def measure(
    tables: list[str], settings: Settings, contenders: tuple[str, ...], out: Path, data: Path, *, fresh: bool
) -> list[str]:
    """Measure tables, save each result, and return what failed."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ.update(environment(cache))
        from benchmarks.peers.agreement import check_agreement
        from benchmarks.peers.contenders.tlnb import stores
        from benchmarks.peers.prepare import prepare_elpv

        machine = describe_machine()
        results = {table: Results.open(out, table, settings, machine, fresh=fresh) for table in tables}
        waiting = [
            job
            for table in tables
            for job in jobs(table, settings, contenders, stores())
            if job.key not in results[table].runs
        ]
        if not waiting:
            return []
        name = "-".join(map(str, ("elpv", settings.size, *filter(None, settings.most))))
        elpv = prepare_elpv(data / name, settings.size, settings.repeats, *settings.most)
        small = prepare_elpv(data / f"elpv-{AGREEMENT_SIZE}", AGREEMENT_SIZE, 1)
        print("Do all compute the same? Twenty steps each.", flush=True)
        agreement = check_agreement(sorted({job.contender for job in waiting}), small)
        for table in tables:
            results[table].note(agreement=agreement, sizes=sizes_of(elpv))
        return [told for job in waiting if (told := do(job, results[job.table], settings, elpv)) is not None]


def do(job: Job, results: Results, settings: Settings, elpv: Path) -> str | None:
    """Do one job and save its result; return what went wrong, or None."""
    from benchmarks.peers.prepare import prepare_scenes

    folder = elpv
    if job.images:
        name = f"scenes-{settings.growth_size}-{job.images}"
        folder = prepare_scenes(elpv.parent / name, job.images, settings.growth_size, elpv / "weights_0.safetensors")
    start = time.perf_counter()
    try:
        (found,) = launch([{"contender": job.contender, "data": str(folder), **job.task}])
    except ContenderError as error:
        print(f"{job.table}: {job.key} failed\n{error}", file=sys.stderr, flush=True)
        return f"{job.table}: {job.key}"
    results.add(job, thinned(found, job.task.get("epochs", 1)))
    print(f"{job.table}: {job.key}: {time.perf_counter() - start:.0f} s", flush=True)
    return None


def sizes_of(folder: Path) -> dict[str, Any]:
    """Return how many images a folder of data has for training and validation."""
    from safetensors import safe_open

    with safe_open(folder / "images.safetensors", "pt") as tensors:
        return {part: tensors.get_slice(f"{part}_labels").get_shape()[0] for part in ("train", "valid")}
