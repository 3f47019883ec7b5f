"""An admission webhook that refuses all that it is asked, with a status and words of the test's choice."""

import json
import ssl
import tempfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.controlplane.pki import Authority

HOST = "127.0.0.1"


class Answering:
    """A context manager; `url` is where it listens, `authority` signs for it.

    `words` makes the message from the object that is to be written.
    """

    def __init__(self, status: int, words: Callable[[dict[str, Any]], str]) -> None:
        self._status = status
        self._words = words
        self._asked = 0
        authority = Authority()
        self.authority = authority.certificate
        self._server = ThreadingHTTPServer((HOST, 0), self._handler())
        self._server.daemon_threads = True
        self._server.socket = _context(authority).wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, name="answering", daemon=True)
        self.url = f"https://{HOST}:{self._server.server_port}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()

    def count(self) -> int:
        """How often it was asked."""
        return self._asked

    def _answer(self, review: dict[str, Any]) -> bytes:
        self._asked += 1
        request = review["request"]
        status = {"code": self._status, "message": self._words(request["object"] or {})}
        response = {"uid": request["uid"], "allowed": False, "status": status}
        return json.dumps({**review, "request": None, "response": response}).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Tests say what matters."""

        return Handler


def _context(authority: Authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory(prefix="answering-") as directory:
        pair = Path(directory) / "pair.pem"
        pair.write_bytes(b"".join(reversed(authority.serving_certificate(HOST))))
        context.load_cert_chain(pair)
    return context
