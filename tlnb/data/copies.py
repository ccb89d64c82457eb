"""Which decoded copies of a named set the cache holds: found by what they were made from, with no image read for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tlnb.core.cache.entry import plain
from tlnb.core.errors import DataError
from tlnb.core.files import cache_dir, shared_cache_dir
from tlnb.data.catalogue import NamedSet, digest_of_files, digest_of_hashes
from tlnb.data.online.stored import note_digest, noted_digest

_OF_ALL_OPTIONS = ("set", "version", "maker", "decoder")  # what options do not change of what images are made by


@dataclass(frozen=True)
class StoredCopy:
    """Decoded pixels of a set in the shared cache: how they were made, their file, and its bytes."""

    resize: int
    crop: int
    interpolation: str
    path: Path
    bytes: int

    @property
    def plain(self) -> bool:
        """Whether this is the copy that `load_data` opens; others serve a model's own preprocessing."""
        return self.resize == self.crop and self.interpolation == "bicubic"


def stored_copies(entry: NamedSet) -> tuple[StoredCopy, ...]:
    """Say which copies of a set the cache holds that this version would open, the smallest first.

    Of a set that was downloaded, the files are taken for those that they were when it was last asked.
    """
    known = _Known(entry)
    found = []
    folders = [folder for folder in (cache_dir(), shared_cache_dir()) if folder is not None]
    for place in (meta for folder in folders for meta in sorted((folder / "images").glob("[!.]*/meta.json"))):
        pixels = place.with_name("images.npy")
        try:
            key = json.loads(place.read_text(encoding="utf-8"))["key"]
            if known.made(key["made"]) if "made" in key else known.decoded(key, pixels):
                size = pixels.stat().st_size
                found.append(StoredCopy(key["resize"], key["crop"], key["interpolation"], pixels, size))
        except (OSError, ValueError, KeyError, TypeError, DataError):  # damaged, of another version, or not here
            continue
    return tuple(sorted(found, key=lambda copy: (copy.crop, copy.resize, copy.interpolation)))


class _Known:
    """What pixels of a set are known by: found out when the first of them may be its own, and then once."""

    def __init__(self, entry: NamedSet) -> None:
        self.entry = entry
        self._key: dict[str, Any] | None = None
        self._digest = ""

    def made(self, key: dict[str, Any]) -> bool:
        """Whether images were made from this set, as they would be now."""
        if key["set"] != self.entry.name:
            return False
        if self._key is None:
            made = self.entry.find().made
            self._key = plain(made.key) if made is not None else {}
        if not self.entry.options:
            return key == self._key
        return all(key.get(name) == self._key.get(name) for name in _OF_ALL_OPTIONS)

    def decoded(self, key: dict[str, Any], pixels: Path) -> bool:
        """Whether images were decoded from the files of this set, as they would be now."""
        import PIL

        if len(np.load(pixels, mmap_mode="r")) != self.entry.images or not key["decoder"].endswith(PIL.__version__):
            return False
        self._digest = self._digest or _digest(self.entry)
        return bool(key["files"] == self._digest)


def _digest(entry: NamedSet) -> str:
    """Give the SHA-256 over the hashes of a set's files; of a downloaded set it is noted, for it may have 100,000."""
    mark = entry.mark() if entry.mark is not None else ""
    if not mark:
        return digest_of_files(entry.find())
    digest = noted_digest(mark)
    if not digest:
        from tlnb.data.index import index_files  # which knows them since they were decoded

        listing = entry.find()
        records = index_files(listing.root, listing.files, progress=False)
        digest = digest_of_hashes([record.sha256 for record in records if not record.reason])
        note_digest(mark, digest)
    return digest
