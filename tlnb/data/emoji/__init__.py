"""849 emoji that show things, in seven styles, with their names, keywords and the meaning of both as vectors.

They lie beside this code, made by ``tools/build_emoji.py``: ``sheets`` (Apache-2.0, CC BY 4.0, MIT), and ``openmoji``
(CC BY-SA 4.0) apart from them, each with its notice.
"""

from __future__ import annotations

from tlnb.data.emoji.reading import Drawings, drawings
from tlnb.data.emoji.spaces import Attributes, attributes, embeddings
from tlnb.data.emoji.styles import STYLES, Style
from tlnb.data.emoji.table import EmojiTable, read_table

__all__ = [
    "STYLES",
    "Attributes",
    "Drawings",
    "EmojiTable",
    "Style",
    "attributes",
    "drawings",
    "embeddings",
    "read_table",
]
