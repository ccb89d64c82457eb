"""A small web server with the habits of real ones: slow, busy, moved, cut off, of the wrong bytes."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Serves `files` by path.

    `moods` tells how it answers the next requests for a path, one each: a status such as 503, ``(503, "7")`` with
    Retry-After, or a word: "cut" sends half and hangs up, "stall" sends half and falls silent, "drip" sends a few bytes
    a second, "junk" other bytes of the same size, "page" a web page, "chunked" tells no size, "from the start" knows no
    ranges, "shifted" sends another part. Then it is well again.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.moved: dict[str, str] = {}  # path -> where it leads
        self.moods: dict[str, deque[object]] = {}
        self.requests: list[tuple[str, str | None]] = []  # path and range
        self.marks = True
        self.active: Counter[str] = Counter()
        self.done = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def offer(self, path: str, content: bytes, *moods: object) -> str:
        """Put up a file, and say how the first requests for it go; give its address."""
        self.files[path], self.moods[path] = content, deque(moods)
        return self.at(path)

    def at(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"

    def close(self) -> None:
        self.done.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.requests.append((self.path, asked))
        self.close_connection = True
        if self.path in self.server.moved:
            self._head(302, {"Location": self.server.moved[self.path], "Content-Length": "0"})
            return
        content = self.server.files.get(self.path)
        moods = self.server.moods.get(self.path, deque())
        mood = moods.popleft() if moods else "well"
        if content is None:
            mood = 404
        if isinstance(mood, (int, tuple)):
            status, wait = mood if isinstance(mood, tuple) else (mood, "")
            self._head(status, {"Content-Length": "0", **({"Retry-After": wait} if wait else {})})
            return
        self._send(content or b"", asked, str(mood))

    def _send(self, content: bytes, asked: str | None, mood: str) -> None:
        mark = f'"{hashlib.md5(content).hexdigest()}"' if self.server.marks else ""
        whole, start = len(content), 0
        if asked and mood != "from the start" and self.headers.get("If-Range", mark) == mark:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            if start >= whole:
                self._head(416, {"Content-Length": "0"})
                return
        if mood == "junk":
            content = bytes(byte ^ 255 for byte in content)
        if mood == "page":
            content, start = b"<html>Please log in</html>", 0
        body = content[start:]
        told = start + 1 if mood == "shifted" else start
        headers = {"ETag": mark} if mark else {}
        headers["Content-Type"] = "text/html; charset=utf-8" if mood == "page" else "application/octet-stream"
        if start:
            headers["Content-Range"] = f"bytes {told}-{whole - 1}/{whole}"
        headers |= {"Transfer-Encoding": "chunked"} if mood == "chunked" else {"Content-Length": str(len(body))}
        self._head(206 if start else 200, headers)
        if mood == "chunked":
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        if mood in ("cut", "stall"):
            body = body[: len(body) // 2]
        for byte in range(0, len(body), 10 if mood == "drip" else max(len(body), 1)):
            self.wfile.write(body[byte : byte + (10 if mood == "drip" else len(body))])
            self.wfile.flush()
            if mood == "drip":
                time.sleep(0.05)
        if mood == "stall":
            self.server.done.wait(30)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass
