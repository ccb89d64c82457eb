"""One file brought here whole: from several addresses, resumed where it broke off, and compared with its checksum."""

from __future__ import annotations

import json
import logging
import random
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tlnb.core.cache.room import CacheFullError, said_when_full
from tlnb.core.errors import DataError
from tlnb.core.files import PART, file_lock, remove, write_json
from tlnb.core.progress import Progress, duration
from tlnb.data.online.remote import RemoteFile
from tlnb.data.online.web import FAILURES, LONGEST_WAIT, SILENCE_SECONDS, Answer, RefusedError, ask, told

log = logging.getLogger("tlnb")

_CHUNK = 1 << 18
_GAINED = 1 << 20  # bytes that show a connection to be worth another one
_TELL_SECONDS = 10.0
_SPARE = 50_000_000  # bytes that a disk keeps free


@dataclass(frozen=True)
class Patience:
    """How long to go on trying.

    Parameters
    ----------
    rounds : int
        How often all addresses may fail in a row.
    wait : float
        Seconds after the first round; each further wait is twice as long. Servers that say how long are believed.
    silence : float
        Seconds without a byte, after which a connection is given up.
    slowest : float
        Bytes a second, over ten times `silence`, below which it is given up as well.
    """

    rounds: int = 5
    wait: float = 2.0
    silence: float = SILENCE_SECONDS
    slowest: float = 1000.0


def download(file: RemoteFile, folder: Path, *, progress: bool = True, patience: Patience | None = None) -> str:
    """Bring a file into a folder, if it is not there yet; many processes may ask at once, one works.

    What broke off, also by Ctrl-C, goes on where it stopped the next time. A file that somebody put there by hand is
    taken if it is the one that was published.

    Parameters
    ----------
    file : RemoteFile
        What to bring.
    folder : Path
        Where to. It is made where it is missing.
    progress : bool
        Show a line of it.
    patience : Patience, optional
        How long to go on trying.

    Returns
    -------
    str
        The file's SHA-256.

    Raises
    ------
    DataError
        No address gave it. The error says what each answered, and where to put the file by hand.
    CacheFullError
        The disk has no room for it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file.name
    with _alone(path):
        if not path.exists():
            with said_when_full(folder, file.bytes):
                return _Download(file, path, patience or Patience(), progress).run()
        sha256, wrong = file.compared_with(path)
    if wrong:
        raise DataError(f"{path} is not the file that was published ({wrong}): remove it, and it is fetched again.")
    return sha256


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(file_lock(path, timeout=_TELL_SECONDS))
        except TimeoutError:
            log.info("Another process is fetching %s: waiting for it", path.name)
            stack.enter_context(file_lock(path))
        yield


class _Download:
    """One file on its way: its part, and what is known of where that came from."""

    def __init__(self, file: RemoteFile, path: Path, patience: Patience, progress: bool) -> None:
        self.file, self.path, self.patience, self.progress = file, path, patience, progress
        self.part = path.with_name(f".{path.name}{PART}")
        self.note = path.with_name(f".{path.name}.json")
        self.failures: dict[str, str] = {}  # address -> what it answered last
        self.not_before: dict[str, float] = {}  # address -> until when it asks to be left alone

    def run(self) -> str:
        if self.file.published and self._have() == self.file.bytes > 0:
            try:
                return self._finish("an earlier try")  # which was killed before it could put it in place
            except RefusedError as error:
                log.info("%s: %s", self.part, error)
        addresses = list(self.file.addresses)
        failed_rounds = 0
        with self._line() as line:
            while addresses and failed_rounds < self.patience.rounds:
                before = self._have()
                for address in addresses[:]:
                    if time.monotonic() < self.not_before.get(address, 0.0):
                        continue
                    try:
                        self._try(address, line)
                        return self._finish(address)
                    except RefusedError as error:
                        if not self._bear(address, error):
                            addresses.remove(address)
                failed_rounds = 0 if self._have() >= before + _GAINED else failed_rounds + 1
                if addresses and failed_rounds < self.patience.rounds:
                    self._wait(addresses, failed_rounds, line)
        raise DataError(self._complaint())

    def _bear(self, address: str, error: RefusedError) -> bool:
        """Note a refusal; False where the address is not worth another try."""
        log.info("%s: %s", address, error)
        self.failures[address] = str(error)
        self.not_before[address] = time.monotonic() + error.wait
        if error.stale:
            self._forget()
        return error.again and error.wait <= LONGEST_WAIT

    def _try(self, address: str, line: Progress) -> None:
        """Fetch what is missing from one address."""
        start, mark = self._resumable(address)
        answer = ask(address, start, mark, self.patience.silence)
        with answer.stream:
            if answer.size and self.file.published and self.file.bytes and answer.size != self.file.bytes:
                raise RefusedError(f"it has {answer.size:,} bytes, published were {self.file.bytes:,}", again=False)
            if answer.start and mark and answer.mark not in ("", mark):
                raise RefusedError("the file has changed since it was begun", again=True, stale=True)
            self._check_room(answer)
            write_json(self.note, {"address": address, "mark": answer.mark})
            line.total = max((answer.size or self.file.bytes) >> 20, 1)
            self._receive(answer, line)
        if answer.size is not None and self._have() < answer.size:
            raise RefusedError(f"it broke off after {self._have():,} of {answer.size:,} bytes", again=True)

    def _receive(self, answer: Answer, line: Progress) -> None:
        most = answer.size or (self.file.bytes if self.file.published else 0)
        began, received, have = time.monotonic(), 0, answer.start
        line.update((have >> 20) - line.done, note="resumed" if have else "")
        with self.part.open("r+b" if answer.start else "wb") as part:
            part.seek(answer.start)
            while True:
                try:
                    chunk = answer.stream.read1(_CHUNK)
                except FAILURES as error:
                    raise RefusedError(f"{told(error)} after {have:,} bytes", again=True) from error
                if not chunk:
                    break
                part.write(chunk)
                received, have = received + len(chunk), have + len(chunk)
                if most and have > most:
                    raise RefusedError(f"it sends more than {most:,} bytes", again=False, stale=True)
                line.update((have >> 20) - line.done)
                seconds = time.monotonic() - began
                if seconds > 10 * self.patience.silence and received < self.patience.slowest * seconds:
                    raise RefusedError(f"it sends {received / seconds:.0f} bytes a second", again=True)

    def _finish(self, address: str) -> str:
        """Compare the whole with its checksum, and put it in place."""
        sha256, wrong = self.file.compared_with(self.part)
        if wrong:
            self._forget()
            raise RefusedError(f"it sent another file: {wrong}", again=False)
        self.part.replace(self.path)
        remove(self.note)
        log.info("%s fetched from %s, SHA-256 %s", self.path.name, address, sha256)
        return sha256

    def _resumable(self, address: str) -> tuple[int, str]:
        """Say how many bytes are worth keeping, and the server's mark of them.

        Bytes of two servers may be put together only where a checksum tells whether they belong together.
        """
        try:
            known = json.loads(self.note.read_text(encoding="utf-8"))
            same, mark = known["address"] == address, str(known["mark"])
        except (OSError, ValueError, KeyError, TypeError):
            same, mark = False, ""
        have = self._have()
        if same and (mark or self.file.published):
            return have, mark
        return (have, "") if self.file.published else (0, "")

    def _check_room(self, answer: Answer) -> None:
        needed = (answer.size or self.file.bytes) - answer.start
        free = shutil.disk_usage(self.path.parent).free
        if needed + _SPARE > free:
            raise CacheFullError(
                f"{self.path.name} needs {needed / 1e6:,.1f} MB in {self.path.parent}, where {free / 1e6:,.1f} MB are "
                "free. Free some, or set TLNB_CACHE to a folder on a larger disk."
            )

    def _wait(self, addresses: list[str], failed_rounds: int, line: Progress) -> None:
        asked = min(self.not_before[address] for address in addresses) - time.monotonic()
        seconds = max(asked, self.patience.wait * 2 ** max(failed_rounds - 1, 0))
        seconds *= random.uniform(1, 1.25)  # a class that was cut off together comes back apart
        line.update(0, note=f"{self.failures[addresses[0]]}; again in {duration(seconds)}")
        time.sleep(seconds)

    def _have(self) -> int:
        try:
            return self.part.stat().st_size
        except OSError:
            return 0

    def _forget(self) -> None:
        remove(self.part)
        remove(self.note)

    @contextmanager
    def _line(self) -> Iterator[Progress]:
        with Progress(max(self.file.bytes >> 20, 1), f"{self.path.name}, MiB", enabled=self.progress) as line:
            yield line

    def _complaint(self) -> str:
        tried = "; ".join(f"{address}: {reason}" for address, reason in self.failures.items())
        kept = f" {self._have():,} bytes are kept, and the next try goes on from there." if self._have() else ""
        return (
            f"{self.path.name} could not be fetched ({tried}).{kept} Try again later, or download it yourself and put "
            f"it into {self.path.parent}."
        )
