"""Archives opened without trust: they may be damaged, or made to write elsewhere or to fill the disk."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from tlnb.core.cache.room import CacheFullError, said_when_full
from tlnb.core.errors import DataError
from tlnb.core.progress import Progress
from tlnb.data.cards import printable

_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, RuntimeError, ValueError)
_SINGLE: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_TARS: dict[str, Callable[..., Any]] = {f".tar{ending}": opener for ending, opener in _SINGLE.items()}
_TARS |= {".tgz": gzip.open, ".tar": open}
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What an archive may unpack to.

    Parameters
    ----------
    bytes : int
        Of all files together.
    files : int
        How many.
    ratio : float
        Bytes of the files for each byte of the archive. Photographs have 1, text some 10, a bomb a million.
    small : int
        Bytes below which no ratio is asked for.
    """

    bytes: int = 100_000_000_000
    files: int = 3_000_000
    ratio: float = 100.0
    small: int = 10_000_000


def is_archive(path: Path) -> bool:
    """Whether a file is, by its name, one that `unpack` opens."""
    name = path.name.lower()
    return name.endswith((".zip", *_TARS, *_SINGLE))


def unpack(archive: Path, folder: Path, *, limits: Limits | None = None, progress: bool = True) -> int:
    """Unpack an archive into a folder: zip, tar (plain, gz, bz2, xz), or a single file in gz, bz2 or xz.

    What Mac OS leaves in archives is left out. Modes and owners are not taken over: files are one's own.

    Parameters
    ----------
    archive : Path
        The file; its name tells its kind.
    folder : Path
        Where its files go.
    limits : Limits, optional
        What it may unpack to.
    progress : bool
        Show a line of it.

    Returns
    -------
    int
        How many files were written.

    Raises
    ------
    DataError
        It is damaged, too large, or has something that writes outside the folder: links, devices, absolute paths or
        ``..``. What was written by then is left there: give a folder of its own.
    CacheFullError
        The disk is full.
    """
    name, size = archive.name.lower(), archive.stat().st_size
    label = f"Unpacking {archive.name}, MiB"
    with said_when_full(folder), _told_when_damaged(archive), Progress(max(size >> 20, 1), label, progress) as line:
        if not size:
            raise EOFError("it is empty")
        writer = _Writer(archive, folder, size, limits or Limits(), line)
        if name.endswith(".zip"):
            _unzip(archive, writer)
        elif name.endswith(tuple(_TARS)):
            _untar(archive, writer)
        else:
            with _SINGLE[archive.suffix.lower()](archive, "rb") as stream:
                writer.write(archive.stem, stream)
        return writer.files


class _Writer:
    """Writes an archive's members below a folder, and counts."""

    def __init__(self, archive: Path, folder: Path, size: int, limits: Limits, line: Progress) -> None:
        self.archive, self.folder, self.limits, self.line = archive, folder, limits, line
        self.most = min(limits.bytes, max(limits.small, int(limits.ratio * size)))
        self.files = self.bytes = 0
        self._ready: set[Path] = set()

    def refuse(self, reason: str) -> DataError:
        return DataError(f"{self.archive} is not unpacked: {reason}. It is no archive of pictures that one can trust.")

    def announce(self, size: int) -> None:
        """Refuse what is too large before anything of it is written."""
        if self.bytes + size > self.most:
            raise self.refuse(f"its files have more than {self.most:,} bytes")

    def place(self, name: str) -> Path | None:
        """Say where a member goes; None for what is left out."""
        path = PurePosixPath(name.replace("\\", "/"))  # as Windows would read it
        if path.is_absolute() or ".." in path.parts or re.search(r"[:\0]", name):
            raise self.refuse(f"{printable(name)!r} lies outside the folder it belongs to")
        left_out = not path.parts or path.name.startswith("._") or path.parts[0] == "__MACOSX"
        return None if left_out else self.folder.joinpath(*path.parts)

    def write(self, name: str, stream: IO[bytes], position: int = 0) -> None:
        target = self.place(name)
        if target is None:
            return
        self.files += 1
        if self.files > self.limits.files:
            raise self.refuse(f"it has more than {self.limits.files:,} files")
        if target.parent not in self._ready:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._ready.add(target.parent)
        with target.open("wb") as file:
            while chunk := stream.read(_CHUNK):
                self.bytes += len(chunk)
                self.announce(0)  # what headers say of sizes need not be true
                file.write(chunk)
        self.line.update((position >> 20) - self.line.done)


def _unzip(archive: Path, writer: _Writer) -> None:
    with zipfile.ZipFile(archive) as opened:
        members = opened.infolist()
        writer.announce(sum(member.file_size for member in members))
        position = 0
        for member in members:
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise writer.refuse(f"{printable(member.filename)!r} is a link or a device")
            position += member.compress_size
            if not member.is_dir():
                with opened.open(member) as stream:
                    writer.write(member.filename, stream, position)
            else:
                writer.place(member.filename)


def _untar(archive: Path, writer: _Writer) -> None:
    opener = next(opener for ending, opener in _TARS.items() if archive.name.lower().endswith(ending))
    with archive.open("rb") as raw, _plain(opener, raw) as stream, tarfile.open(fileobj=stream, mode="r|") as opened:
        for member in opened:
            if not (member.isfile() or member.isdir()):
                raise writer.refuse(f"{printable(member.name)!r} is a link or a device")
            writer.announce(member.size)
            content = opened.extractfile(member) if member.isfile() else None
            if content is not None:
                writer.write(member.name, content, raw.tell())
            else:
                writer.place(member.name)
            opened.members = []  # type: ignore[attr-defined]  # else it keeps all: a gigabyte for Places365
        _drain(stream, writer.most)
        if opener is open and not _ends_with_zeros(raw):
            raise EOFError("its end is missing")


def _plain(opener: Callable[..., Any], raw: IO[bytes]) -> Any:
    return nullcontext(raw) if opener is open else opener(raw, "rb")


def _drain(stream: IO[bytes], most: int) -> None:
    """Read what follows the last file: where an archive breaks off, its packer complains and `tarfile` does not."""
    for _ in range(0, most, _CHUNK):
        if not stream.read(_CHUNK):
            return


def _ends_with_zeros(raw: IO[bytes]) -> bool:
    """Whether a plain tar has the zeros that mark its end."""
    raw.seek(-512, os.SEEK_END)
    return not any(raw.read(512))


@contextmanager
def _told_when_damaged(archive: Path) -> Iterator[None]:
    try:
        yield
    except (DataError, CacheFullError):
        raise
    except (*_DAMAGED, FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise DataError(_damaged(archive, error)) from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise DataError(_damaged(archive, error)) from error  # so bz2 and gzip say it


def _damaged(archive: Path, error: Exception) -> str:
    return f"{archive} is damaged ({error}): remove it, and fetch it again."
