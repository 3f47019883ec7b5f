"""A port of the loopback interface that stays ours for as long as we want it."""

import socket

HOST = "127.0.0.1"


class Address:
    """Reserves a free port: nobody else gets it, also while no server listens there.

    A bound socket that does not listen takes no connection (clients are refused, as they should be while
    the API server is down), and SO_REUSEPORT lets a server of the same user bind beside it: no gap in
    which another test run could take the port, neither at the start nor at a restart.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._socket.bind((HOST, 0))
        self.port: int = self._socket.getsockname()[1]

    def release(self) -> None:
        """Give the port back."""
        self._socket.close()
