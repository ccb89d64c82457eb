"""Drawings of each style as RGBA of 64 x 64 pixels, by code."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from emoji.packages import read_members
from emoji.table import plain_code

SIDE = 64
STYLES = (
    "noto",
    "twemoji",
    "fluent_3d",
    "fluent_flat",
    "fluent_high_contrast",
    "openmoji",
    "openmoji_black",
)

# Style -> package, and the folder and the ending of its images; the others are icon sets in one JSON file.
_FILES = {
    "noto": ("emoji-datasource-google", "img/google/64/", ".png"),
    "twemoji": ("emoji-datasource-twitter", "img/twitter/64/", ".png"),
    "fluent_3d": ("@lobehub/fluent-emoji-3d", "assets/", ".webp"),
    "openmoji": ("openmoji", "color/svg/", ".svg"),
    "openmoji_black": ("openmoji", "black/svg/", ".svg"),
}
_ICONS = {
    "fluent_flat": "@iconify-json/fluent-emoji-flat",
    "fluent_high_contrast": "@iconify-json/fluent-emoji-high-contrast",
}


def read_style(style: str, folder: Path) -> dict[str, bytes]:
    """Read the pictures of a style as they were published. Code -> PNG, WebP or SVG."""
    if style in _ICONS:
        return _read_icons(_ICONS[style], folder)
    package, place, ending = _FILES[style]
    found = read_members(package, folder, lambda path: path.startswith(place) and path.endswith(ending))
    return {plain_code(path[len(place) : -len(ending)]): picture for path, picture in found.items()}


def draw(picture: bytes) -> np.ndarray:
    """Turn a picture into uint8 (64, 64, 4), straight alpha, zero where nothing is to be seen."""
    if picture.lstrip().startswith(b"<"):
        import resvg_py

        picture = bytes(
            resvg_py.svg_to_bytes(svg_string=picture.decode(), width=SIDE, height=SIDE, skip_system_fonts=True)
        )
    image = Image.open(io.BytesIO(picture)).convert("RGBA")
    if image.size != (SIDE, SIDE):  # premultiplied, or the colour of what is not seen comes in at the edges
        image = image.convert("RGBa").resize((SIDE, SIDE), Image.Resampling.BICUBIC).convert("RGBA")
    pixels = np.array(image)
    pixels[pixels[..., 3] == 0] = 0
    return pixels


def _read_icons(package: str, folder: Path) -> dict[str, bytes]:
    """Write the icons of an Iconify set as SVG files."""
    read = read_members(package, folder, lambda path: path in ("icons.json", "chars.json"))
    icons, signs = json.loads(read["icons.json"]), json.loads(read["chars.json"])
    return {plain_code(code): _svg(name, icons) for code, name in signs.items()}


def _svg(name: str, icons: dict[str, Any]) -> bytes:
    turned = {key for key in icons["aliases"].get(name, {}) if key != "parent"}
    if turned:
        raise SystemExit(f"icon {name} is its parent changed by {turned}: add that to draw.py.")
    icon = icons["icons"][icons["aliases"].get(name, {}).get("parent", name)]
    width, height = icon.get("width", icons["width"]), icon.get("height", icons["height"])
    body = icon["body"].replace("currentColor", "#000")
    start = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
    return f"{start}{body}</svg>".encode()
