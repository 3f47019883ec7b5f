"""HTTP/1.1 with keep-alive, one thread per connection, for a WSGI application.

moto's development server closes every connection; that costs the client and the server a third of their CPU.
AWS keeps connections open, sends a Date header and an id with each answer.
"""

from __future__ import annotations

import socketserver
import sys
from collections.abc import Callable, Iterable
from email.utils import formatdate
from io import BufferedReader, BytesIO
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from .clock import CLOCK

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

LONGEST_LINE = 65536


class Severed(Exception):
    """Raised by an application for a request whose connection is closed without an answer."""


class CutShort(list[bytes]):
    """An answer of which half the body arrives before the connection is closed."""


def read_request(stream: BufferedReader) -> Environ | None:
    """The WSGI environment of the next request; None when the client has gone."""
    line = stream.readline(LONGEST_LINE).decode("latin-1").split()
    if len(line) != 3:
        return None
    method, target, version = line
    path, _, query = target.partition("?")
    environ: Environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path, "latin-1"),
        "RAW_URI": target,
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": version,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    while (header := stream.readline(LONGEST_LINE)) not in (b"\r\n", b"\n", b""):
        name, _, value = header.decode("latin-1").partition(":")
        key = name.strip().upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        environ[key] = value.strip()
    environ["wsgi.input"] = BytesIO(stream.read(int(environ.get("CONTENT_LENGTH") or 0)))
    return environ


class Connection(socketserver.StreamRequestHandler):
    """One client's connection: its requests one after the other."""

    disable_nagle_algorithm = True
    server: Server
    rfile: BufferedReader

    def handle(self) -> None:
        """Answer until the client leaves."""
        try:
            while environ := read_request(self.rfile):
                if not self._answer(environ):
                    return
        except (ConnectionError, TimeoutError, Severed):
            return

    def _answer(self, environ: Environ) -> bool:
        """Answer one request; whether the connection stays open."""
        host, port = self.server.server_address[:2]
        environ["SERVER_NAME"], environ["SERVER_PORT"] = str(host), str(port)
        environ["REMOTE_ADDR"] = self.client_address[0]
        head: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            head[:] = [status, headers]

        parts = self.server.application(environ, start_response)
        body = b"".join(parts)
        if close := getattr(parts, "close", None):
            close()
        status, headers = head
        keep: bool = (
            environ.get("HTTP_CONNECTION", "").lower() != "close" and environ["SERVER_PROTOCOL"] != "HTTP/1.0"
        )
        lines = [f"HTTP/1.1 {status}", f"Date: {http_date()}", f"x-amzn-RequestId: {uuid4()}"]
        dropped = ("date", "content-length", "connection", "x-amzn-requestid", "status")
        lines.extend(f"{name}: {value}" for name, value in headers if name.lower() not in dropped)
        lines.append(f"Content-Length: {len(body)}")
        lines.append("Connection: keep-alive" if keep else "Connection: close")
        if environ["REQUEST_METHOD"] == "HEAD":
            body = b""
        if isinstance(parts, CutShort):
            body, keep = body[: len(body) // 2], False
        self.wfile.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        return keep


def http_date() -> str:
    """The present in the form of a Date header."""
    return formatdate(CLOCK.time(), usegmt=True)


class Server(socketserver.ThreadingTCPServer):
    """Serves `application` on a TCP port, 0 for any that is free."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, host: str, port: int, application: Application) -> None:
        self.application = application
        super().__init__((host, port), Connection)

    @property
    def url(self) -> str:
        """Where clients find the server."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"
