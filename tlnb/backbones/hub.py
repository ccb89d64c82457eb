"""Weights from the network, without waiting for a network that is not there.

Servers are probed first, with a time limit on everything, the look-up of the name included; the answer is
remembered for a minute. Files land in the caches where timm and torchvision look for theirs: nothing is
stored twice.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from tlnb.core.errors import WeightsError
from tlnb.core.files import atomic_path, file_lock, sha256_file

log = logging.getLogger("tlnb")

PROBE_SECONDS = 3.0
READ_SECONDS = 10.0
REMEMBER_SECONDS = 60.0

_answers: dict[str, tuple[float, bool]] = {}


def offline() -> bool:
    """Say whether the user has forbidden the network: ``HF_HUB_OFFLINE=1``."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}


def endpoint() -> str:
    """Return the address of the Hugging Face hub: ``HF_ENDPOINT``, else the public one."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def reachable(address: str, seconds: float = PROBE_SECONDS) -> bool:
    """Say whether the server of an address answers within a few seconds.

    Parameters
    ----------
    address : str
        Any address on that server. The answer is remembered for a minute for each server.
    seconds : float
        How long to wait for it.

    Returns
    -------
    bool
        True for any answer, an error page included; False for a refusal, silence, or ``HF_HUB_OFFLINE=1``.
    """
    if offline():
        return False
    parts = urlsplit(address)
    server = f"{parts.scheme}://{parts.netloc}"
    when, answered = _answers.get(server, (float("-inf"), False))
    if time.monotonic() - when > REMEMBER_SECONDS:
        answered = _probe(server, seconds)
        _answers[server] = (time.monotonic(), answered)
    return answered


def _probe(server: str, seconds: float) -> bool:
    answered: list[bool] = []

    def ask() -> None:
        try:
            request = urllib.request.Request(server, method="HEAD")
            urllib.request.urlopen(request, timeout=seconds).close()
        except urllib.error.HTTPError as error:
            error.close()
        except (OSError, ValueError, HTTPException) as error:  # ValueError: not an address
            log.info("%s does not answer: %s", server, error)
            return
        answered.append(True)

    # A thread, because the look-up of a name has no time limit of its own and can hang for minutes.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    return bool(answered)


def hub_file(repository: str, filenames: list[str], *, local_only: bool) -> Path:
    """Return the path of a file of the Hugging Face hub, fetched or from its cache.

    Parameters
    ----------
    repository : str
        Such as ``"timm/resnet18.a1_in1k"``.
    filenames : list of str
        The first that exists is taken.
    local_only : bool
        Look in the local cache only.

    Returns
    -------
    Path
        Of a file whose content was compared with the SHA-256 that the hub names it by.

    Raises
    ------
    WeightsError
        If no such file is to be had, saying why, or if its content is damaged.
    """
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    reason: Exception | None = None
    for filename in filenames:
        try:
            found = hf_hub_download(
                repository,
                filename,
                endpoint=endpoint(),
                etag_timeout=PROBE_SECONDS,
                local_files_only=local_only,
            )
        except EntryNotFoundError as error:  # noqa: PERF203, two names at most
            reason = error
        except Exception as error:  # its releases differ in the client, and so in what a network error is
            raise WeightsError(f"{endpoint()}/{repository} was not fetched: {_first_line(error)}") from error
        else:
            path = Path(found)
            # The hub's cache names a large file by its SHA-256; small ones carry a git hash, which says less.
            name = path.resolve().name
            check_sha256(path, name if re.fullmatch(r"[0-9a-f]{64}", name) else "")
            return path
    raise WeightsError(f"{repository} has no {' or '.join(filenames)}: {_first_line(reason)}") from reason


def url_file(url: str, folder: Path, *, local_only: bool) -> Path:
    """Return the path of a file behind an address, fetched or from a folder.

    Parameters
    ----------
    url : str
        Where the file's name ends in ``-<hexadecimal digits>``, they start its SHA-256, and are checked.
    folder : Path
        Where the file is kept.
    local_only : bool
        Look in the folder only.

    Raises
    ------
    WeightsError
        If it is not there and cannot be fetched, saying why, or if its content is damaged.
    """
    path = folder / Path(urlsplit(url).path).name
    prefix = re.search(r"-([0-9a-f]{8,})\.\w+$", path.name)
    expected = prefix[1] if prefix else ""
    if not path.exists():
        if local_only:
            raise WeightsError(f"{path.name} is not in {folder}.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with file_lock(path):
                if not path.exists():  # another process may have fetched it while we waited
                    _download(url, path, expected)
        except WeightsError:
            raise
        except (OSError, ValueError, HTTPException) as error:
            raise WeightsError(f"{url} was not fetched: {_first_line(error)}") from error
    check_sha256(path, expected)
    return path


def _download(url: str, path: Path, expected: str) -> None:
    from tlnb.core.progress import Progress

    with atomic_path(path) as part, urllib.request.urlopen(url, timeout=READ_SECONDS) as answer:
        size = int(answer.headers.get("Content-Length") or 0)
        with part.open("wb") as file, Progress(max(size >> 20, 1), f"{path.name}, MiB") as progress:
            while chunk := answer.read(1 << 20):
                file.write(chunk)
                progress.update(len(chunk) >> 20)
        if size and part.stat().st_size != size:
            raise WeightsError(f"{url} broke off after {part.stat().st_size:,} of {size:,} bytes.")
        check_sha256(part, expected)


def check_sha256(path: Path, expected: str) -> str:
    """Compare a file with the SHA-256 expected of it, or with its first digits.

    Returns
    -------
    str
        The file's SHA-256.

    Raises
    ------
    WeightsError
        If they differ.
    """
    actual = sha256_file(path)
    if not actual.startswith(expected):
        raise WeightsError(
            f"{path} is damaged or was replaced: its SHA-256 is {actual}, expected {expected}… "
            "Delete the file and try again."
        )
    return actual


def _first_line(error: Exception | None) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
