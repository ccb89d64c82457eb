"""One lossless WebP sheet a style, and the table of emoji beside them, as `tlnb.data.emoji` reads them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from emoji.draw import SIDE

ACROSS = 30


def write_sheet(drawings: np.ndarray, file: Path) -> dict[str, Any]:
    """Write drawings, uint8 (N, 64, 64, 4), and say what is to be known of the file.

    Drawings in black ink are written as their alpha alone.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    ink = not drawings[..., :3].any()
    pixels = drawings[..., 3:].repeat(3, axis=-1) if ink else drawings
    rows = -(-len(pixels) // ACROSS)
    cells = np.zeros((rows * ACROSS, *pixels.shape[1:]), np.uint8)
    cells[: len(pixels)] = pixels
    cells = cells.reshape(rows, ACROSS, SIDE, SIDE, -1).transpose(0, 2, 1, 3, 4)
    sheet = cells.reshape(rows * SIDE, ACROSS * SIDE, -1)
    Image.fromarray(sheet).save(file, "WEBP", lossless=True, exact=True, quality=100, method=6)
    with Image.open(file) as written:
        if not np.array_equal(np.asarray(written), sheet):
            raise SystemExit(f"{file} does not hold what was written: another version of libwebp is needed.")
    data = file.read_bytes()
    return {"ink": ink, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def write_table(table: list[dict[str, Any]], sheets: dict[str, dict[str, Any]], file: Path) -> None:
    """Write what each cell of the sheets shows, one emoji a line."""
    places = list(dict.fromkeys((row["subcategory"], row["group"]) for row in table))
    rows = [[row["code"], row["name"], row["subcategory"], row["keywords"]] for row in table]
    parts = [
        f'"side": {SIDE}',
        f'"across": {ACROSS}',
        f'"sheets": {json.dumps(sheets, indent=1)}',
        f'"subcategories": {json.dumps(dict(places), indent=1)}',
        '"emoji": [\n' + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]",
    ]
    file.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")
