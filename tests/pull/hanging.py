"""An admission webhook that takes connections and never says a word."""

import socket
import threading
from typing import Self


class Hanging:
    """A context manager; `url` is where it listens."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._taken: list[socket.socket] = []
        self._thread = threading.Thread(target=self._take, name="hanging", daemon=True)
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listener.close()
        for taken in self._taken:
            taken.close()

    def count(self) -> int:
        """How many connections were taken."""
        return len(self._taken)

    def _take(self) -> None:
        while True:
            try:
                self._taken.append(self._listener.accept()[0])
            except OSError:
                return
