"""Packages of the npm registry, pinned: fetched once into a folder, and checked before a byte of them is used."""

from __future__ import annotations

import base64
import hashlib
import tarfile
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

REGISTRY = "https://registry.npmjs.org"


@dataclass(frozen=True)
class Package:
    """One version of a package, and the SHA-512 that the registry publishes for its archive."""

    name: str
    version: str
    integrity: str

    @property
    def file(self) -> str:
        """Name of its archive."""
        return f"{self.name.rpartition('/')[2]}-{self.version}.tgz"

    @property
    def url(self) -> str:
        """Where the archive is."""
        return f"{REGISTRY}/{self.name}/-/{self.file}"


PACKAGES = {
    package.name: package
    for package in (
        Package(
            "@iconify-json/fluent-emoji-flat",
            "1.2.6",
            "sha512-RY47RgPb47fYUiyrA64sIOL0+UU02s29sXpNBbIQRBUlPlfNFTKUmZDERGuxDs/7yNGWqQYvuaSYM1M4fRXlUw==",
        ),
        Package(
            "@iconify-json/fluent-emoji-high-contrast",
            "1.2.6",
            "sha512-esqhZPpkrF7sNX3NsLoh8KW64okEr/bzko7WNnFP+qTJGAqDPDYjp0925yxuivXy3HtVQB8xhIKu3+Nq1byX5w==",
        ),
        Package(
            "@lobehub/fluent-emoji-3d",
            "1.1.0",
            "sha512-Wlq2lVStTnr8BDpIJ0pEnTKO4LuDxxqTEhTvRtD1DLRF0me7ogeRQjKoehDHXuVJ2Qaecgl5wRBv60lUAG3h7g==",
        ),
        Package(
            "emoji-datasource-google",
            "16.0.0",
            "sha512-ZRexfzs7MVoLnmzZmNsO4TKhnAJp5D++Vm6PpUpH/jEQQlemp3l88CjZ+DoZ2faM9R4QxZkOPJCoT8DlPhfQ3A==",
        ),
        Package(
            "emoji-datasource-twitter",
            "16.0.0",
            "sha512-7F+uCuHH+7Qnrc15P5tnbvKkg9E6tlzi4MnT2uW1RlN4pLYTza6cP/dstIfSDMtpjFLWuZewWg8jBbuL2eyELQ==",
        ),
        Package(
            "emojibase-data",
            "17.0.0",
            "sha512-Yvgb5AWoHViHV/gq1qr5ZAarcBip+B27/ZLRsUJkbgAEaLlZ/fof9g882LTpmEpyhBNEC0m2SEmItljHsTygjA==",
        ),
        Package(
            "openmoji",
            "17.0.0",
            "sha512-EBnYrNGdcdw+OSXmENeNE1yBNRu6tOraTmoOyUbJkTmvT/+XETp8RZLSJFzD3lrPc5N9CzsyPnRTk0Vp4UaI9w==",
        ),
        Package(
            "unicode-emoji-json",
            "0.9.0",
            "sha512-HdrQW/7SdbXUsTd8uTATv7LvQJkCSgbAgRCDCtOhQ6xn3EAx+xZHQtRniOXWJK3ywIqPegkNhP4U4EbuFsiQng==",
        ),
    )
}


def read_members(name: str, folder: Path, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """Read files of a package, which is fetched where the folder lacks it.

    Parameters
    ----------
    name : str
        One of `PACKAGES`.
    folder : Path
        Where archives are kept.
    wanted : callable
        Told each path in the package, without the leading ``package/``, says whether to read it.

    Returns
    -------
    dict of str to bytes
        By that path.
    """
    package = PACKAGES[name]
    archive = folder / package.file
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(package.url) as answer:
            archive.write_bytes(answer.read())
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != package.integrity:
        raise SystemExit(f"{archive} is not {name} {package.version} as published ({found}): delete it, run again.")
    read = {}
    with tarfile.open(archive) as members:
        for member in members:
            path = member.name.partition("/")[2]
            if member.isfile() and wanted(path):
                content = members.extractfile(member)
                assert content is not None
                read[path] = content.read()
    return read
