"""A web server on this machine that serves one archive, well or badly."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """What the server does; changed by the tests while it runs.

    Attributes
    ----------
    content
        Of every address.
    ranges
        Whether it knows ranges.
    drop_after
        Bytes after which each answer breaks off; taken once a break, None for never.
    status
        Answer with this error instead.
    validator
        ETag; empty for none.
    length
        Whether it says how long the content is.
    kind
        Content type.
    gate
        Awaited before each chunk but the first.
    requests
        The Range header of each request, '' for none.
    """

    content: bytes = b""
    ranges: bool = True
    drop_after: list[int] = field(default_factory=list)
    status: int = 200
    validator: str = '"one"'
    length: bool = True
    kind: str = "application/zip"
    gate: threading.Event | None = None
    requests: list[str] = field(default_factory=list)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Served

    def log_message(self, *args) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        served = self.served
        asked = self.headers.get("Range", "")
        served.requests.append(asked)
        if served.status != 200:
            self._head(served.status, 0)
            return
        start = self._start(asked)
        if start is not None and start >= len(served.content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(served.content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = served.content[start or 0 :]
        self._head(200 if start is None else 206, len(body), start)
        self._body(body)

    def _start(self, asked: str) -> int | None:
        found = re.fullmatch(r"bytes=(\d+)-", asked)
        if found is None or not self.served.ranges:
            return None
        same = self.headers.get("If-Range", self.served.validator) == self.served.validator
        return int(found[1]) if same else None

    def _head(self, status: int, length: int, start: int | None = None) -> None:
        served = self.served
        self.send_response(status)
        self.send_header("Content-Type", served.kind)
        if served.validator:
            self.send_header("ETag", served.validator)
        if start is not None:
            end = len(served.content)
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
        if served.length:
            self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def _body(self, body: bytes) -> None:
        served = self.served
        limit = served.drop_after.pop(0) if served.drop_after else None
        sent = body if limit is None else body[:limit]
        for at in range(0, len(sent), 1 << 16):
            if at and served.gate is not None:
                served.gate.wait(20)
            try:
                self.wfile.write(sent[at : at + (1 << 16)])
                self.wfile.flush()
            except OSError:
                return


class Server:
    """Runs it in threads until closed."""

    def __init__(self) -> None:
        self.served = Served()
        handler = type("Handler", (_Handler,), {"served": self.served})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.served.url = f"http://127.0.0.1:{self._server.server_port}/archive.zip"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        if self.served.gate is not None:
            self.served.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
