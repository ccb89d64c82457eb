"""A file on servers: where it is, and by what it is known to be the one that was published."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RemoteFile:
    """A file on servers.

    Parameters
    ----------
    name : str
        What it is called here.
    addresses : tuple of str
        Where it is; each is tried, the first first.
    bytes : int
        Its size; 0 where nobody says.
    sha256, md5 : str
        What was published of its content; empty where nothing was. The first of them that is there is compared.
    """

    name: str
    addresses: tuple[str, ...]
    bytes: int = 0
    sha256: str = ""
    md5: str = ""

    @property
    def published(self) -> bool:
        """Whether there is a checksum to compare it with."""
        return bool(self.sha256 or self.md5)

    def compared_with(self, path: Path) -> tuple[str, str]:
        """Give the SHA-256 of a file here, and in words how it differs from this one; empty where it does not."""
        sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        by_md5 = bool(self.md5) and not self.sha256
        buffer = memoryview(bytearray(1 << 20))
        with path.open("rb", buffering=0) as opened:
            while count := opened.readinto(buffer):
                sha256.update(buffer[:count])
                if by_md5:
                    md5.update(buffer[:count])
        kind, found, published = ("MD5", md5, self.md5) if by_md5 else ("SHA-256", sha256, self.sha256)
        wrong = ""
        if published and found.hexdigest() != published:
            wrong = f"its {kind} is {found.hexdigest()}, published was {published}"
        return sha256.hexdigest(), wrong
