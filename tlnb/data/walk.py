"""Finding the image files below a folder, through links, past what systems and archives leave behind."""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tlnb.core.errors import DataError
from tlnb.data.cards import Problem, printable
from tlnb.data.opening import reason_of

READ = ".png .jpg .jpeg .jpe .jfif .mpo .bmp .dib .gif .tif .tiff .webp .ppm .pgm .pbm .pnm"
# Images that people have and Pillow reads not at all, or not everywhere: told, not passed over.
_NOT_READ = ".heic .heif .avif .jxl .jp2 .dng .cr2 .cr3 .nef .arw .svg .psd .dcm .eps"
SUFFIXES, _OTHER_IMAGES = frozenset(READ.split()), frozenset(_NOT_READ.split())
# What Windows, network drives and disk checks put beside images: their thumbnails are no second images.
_OF_SYSTEMS = {"thumbs.db", "ehthumbs.db", "desktop.ini", "@eadir", "#recycle", "#snapshot", "$recycle.bin"} | {
    "system volume information",
    "lost+found",
}


class Walk:
    """Image files below a folder in a stable order, and what was found beside them.

    Links to folders are followed, each folder once. Hidden files and what systems leave behind are passed over.

    Parameters
    ----------
    root : Path
        Where to look.

    Attributes
    ----------
    files : list of Path
        Those whose name is an image's; each folder's files before its sub-folders.
    problems : list of Problem
        Folders and links that lead nowhere, and images of kinds that cannot be read.
    passed_over : Counter
        Ending -> how many files have it that are no images.

    Raises
    ------
    DataError
        The folder itself cannot be read.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: list[Path] = []
        self.problems: list[Problem] = []
        self.passed_over: Counter[str] = Counter()
        self._seen: set[str] = set()  # real paths; numbers of files are not to be trusted on network drives
        self._links: list[Path] = []
        try:
            os.scandir(root).close()
        except OSError as error:
            raise DataError(f"the folder {printable(root)} cannot be read: {reason_of(error)}.") from error
        self._below(root)
        while self._links:  # real folders come first, so that a link to one of them is the one that is told
            links, self._links = sorted(self._links), []
            for link in links:
                self._follow(link)
        self.files.sort(key=self._place)

    def _place(self, file: Path) -> list[tuple[bool, str]]:
        *folders, name = file.relative_to(self.root).parts
        return [*((True, folder) for folder in folders), (False, name)]

    def _tell(self, path: Path, reason: str) -> None:
        self.problems.append(Problem(path, reason))

    def _below(self, top: Path) -> None:
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            real = os.path.realpath(folder)
            if real in self._seen:
                self._tell(folder, "the folder is here already, by a link")
                continue
            self._seen.add(real)
            try:
                entries = sorted(_entries(folder), key=lambda entry: entry.name)
            except OSError as error:
                self._tell(folder, f"the folder cannot be read: {reason_of(error)}")
                continue
            for entry in entries:
                path = folder / entry.name
                if entry.is_symlink():
                    self._link(path)
                elif entry.is_dir(follow_symlinks=False):
                    waiting.append(path)
                else:
                    self._file(path)

    def _link(self, path: Path) -> None:
        try:
            kind = path.stat().st_mode
        except OSError as error:
            if error.errno == errno.ENOENT:
                self._tell(path, f"a broken link: {printable(path.readlink())} is not there")
            else:
                self._tell(path, "a link in a loop" if error.errno == errno.ELOOP else reason_of(error))
            return
        if stat.S_ISDIR(kind):
            self._links.append(path)
        else:
            self._file(path)

    def _follow(self, link: Path) -> None:
        target = os.path.realpath(link)
        if Path(target) in (Path(os.path.realpath(link.parent)) / link.name).parents:
            self._tell(link, f"a link in a loop: it leads back to {printable(target)}")
        elif target in self._seen:
            self._tell(link, f"a link to a folder that is here already: {printable(target)}")
        else:
            self._below(link)

    def _file(self, path: Path) -> None:
        suffix = path.suffix.lower()
        if suffix in SUFFIXES:
            self.files.append(path)
        elif suffix in _OTHER_IMAGES:
            self._tell(path, f"{suffix} files cannot be read: save it as PNG or JPEG")
        else:
            self.passed_over[suffix] += 1


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            hidden = name.startswith(".") or name.lower() in _OF_SYSTEMS
            if not (hidden or (name.startswith("__") and entry.is_dir())):
                yield entry
