"""One address asked, as servers really are: slow, busy, moved, or not there at all."""

from __future__ import annotations

import http.client
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from tlnb._version import __version__

SILENCE_SECONDS = 30.0  # without a byte, after which a server counts as gone
LONGEST_WAIT = 300.0  # that a server may ask for by Retry-After
_BUSY = {408, 425, 429, 500, 502, 503, 504}
FAILURES = (OSError, http.client.HTTPException, ValueError)  # ValueError: an address that is none


class RefusedError(Exception):
    """An address did not give what it was asked for.

    Parameters
    ----------
    reason : str
        Why, in a few words.
    again : bool
        Whether another try may do better.
    wait : float
        Seconds that the server asks to be left alone.
    stale : bool
        What is here of the file is no part of it any more.
    """

    def __init__(self, reason: str, again: bool, wait: float = 0.0, stale: bool = False) -> None:
        super().__init__(reason)
        self.again, self.wait, self.stale = again, wait, stale


@dataclass(frozen=True)
class Answer:
    """What a server sends: a stream from a place on, and how long the whole file is, if it says so.

    Attributes
    ----------
    stream : HTTPResponse
        Its bytes.
    start : int
        Where in the file they begin: 0 where the server does not resume, or the file is another one by now.
    size : int or None
        Of the whole file.
    mark : str
        What the server knows this state of the file by; empty where it does not say.
    """

    stream: http.client.HTTPResponse
    start: int
    size: int | None
    mark: str


def ask(url: str, start: int = 0, mark: str = "", silence: float = SILENCE_SECONDS) -> Answer:
    """Ask for a file, from a byte on.

    Parameters
    ----------
    url : str
        ``http`` or ``https``; nothing else is followed, a file of this machine least of all.
    start : int
        How many bytes are here.
    mark : str
        Of the answer that these came from: where the file has changed since, it is sent from its start.
    silence : float
        Seconds without a byte, after which it counts as gone.

    Raises
    ------
    RefusedError
        No answer, or no file in it.
    """
    headers = {"User-Agent": f"tlnb/{__version__}", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if mark:
            headers["If-Range"] = mark
    try:
        request = urllib.request.Request(url, headers=headers)
        answer = _opener.open(request, timeout=silence)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416:  # what is here is as long as the file, or longer: of another file
            raise RefusedError("it is shorter than what was here of it", again=True, stale=True) from None
        words = f"{error.code} {error.reason}".strip()
        raise RefusedError(words, error.code in _BUSY, _retry_after(error.headers.get("Retry-After"))) from None
    except FAILURES as error:
        raise RefusedError(told(error), again=not isinstance(error, ValueError)) from error
    return _understood(answer, start)


def told(error: BaseException) -> str:
    """Say what went wrong on the way, in a few words."""
    reason = getattr(error, "reason", error)  # urllib wraps the system's errors
    if isinstance(reason, TimeoutError):
        return "the server fell silent"
    return str(getattr(reason, "strerror", None) or reason) or type(reason).__name__


def _understood(answer: http.client.HTTPResponse, start: int) -> Answer:
    """Read the headers of an answer; one that makes no sense is refused."""
    mark = answer.headers.get("ETag") or ""
    mark = answer.headers.get("Last-Modified") or "" if not mark or mark.startswith("W/") else mark
    length = answer.headers.get("Content-Length")
    size = int(length) if length and length.isdecimal() else None
    if answer.status == 206:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
        if found is None or int(found[1]) != start:
            answer.close()
            raise RefusedError("it sent another part than it was asked for", again=True)
        return Answer(answer, start, int(found[2]) if found[2] != "*" else None, mark)
    if answer.status != 200:
        answer.close()
        raise RefusedError(f"{answer.status} {answer.reason}", again=False)
    if "text/html" in (answer.headers.get("Content-Type") or ""):
        answer.close()  # log-in pages of hotels and universities, and "you want too much" pages of hosts, come as 200
        raise RefusedError("it sent a web page instead of the file", again=False)
    return Answer(answer, 0, size, mark)


def _retry_after(text: str | None) -> float:
    """Read seconds or a date, as servers give either."""
    if not text:
        return 0.0
    try:
        seconds = float(text) if text.strip().isdecimal() else parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return max(0.0, seconds)


class _OnlyWeb(urllib.request.HTTPRedirectHandler):
    """Follow a redirection to the web only, and never from https back to http."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        before, after = urlsplit(req.full_url).scheme, urlsplit(newurl).scheme
        if after not in ("http", "https") or (before == "https" and after == "http"):
            fp.close()
            raise urllib.error.URLError(f"it leads on to {newurl}, which is not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _make_opener() -> urllib.request.OpenerDirector:
    """Open http and https and nothing else: urllib would also open files and FTP."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _OnlyWeb(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


_opener = _make_opener()
