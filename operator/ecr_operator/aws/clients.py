"""The boto3 clients of one identity in one region: made when needed, closed and forgotten together."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials


class Clients:
    """From any thread. `core` makes the botocore session; `credentials` take the place of its own."""

    def __init__(
        self, core: Callable[[], botocore.session.Session], connections: int, credentials: Credentials | None
    ) -> None:
        self._core = core
        self._connections = connections
        self._credentials = credentials
        self._lock = threading.Lock()
        self._boto: boto3.Session | None = None
        self._clients: dict[str, Any] = {}
        self.generation = 0
        """Counts how often they were closed: tells whose credentials an error is about."""

    def of(self, service: str) -> Any:
        """The client of a service."""
        with self._lock:
            client = self._clients.get(service)
            if client is None:
                client = self._clients[service] = self._session().client(  # type: ignore[call-overload]
                    service,
                    config=Config(
                        connect_timeout=3,
                        read_timeout=10,
                        # What is sent again, and when, is decided here: botocore would repeat
                        # LimitExceededException, which is an answer, and a create whose answer was lost.
                        retries={"mode": "standard", "total_max_attempts": 1},
                        max_pool_connections=self._connections,
                        user_agent_extra="ecr-operator",
                    ),
                )
            return client

    @property
    def session_ends(self) -> datetime | None:
        """When the session ends whose credentials are in use; None: there is none, or it is not known."""
        if self._boto is None:
            return None
        credentials = self._boto.get_credentials()
        # botocore has no public way to tell it; only those that it refreshes have it.
        return getattr(credentials, "_expiry_time", None)

    def close(self) -> None:
        """Close all connections and forget the credentials; the next client begins anew."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()
            self._boto = None
            self.generation += 1

    def _session(self) -> boto3.Session:
        if self._boto is None:
            core = self._core()
            if self._credentials is not None:
                # botocore has no public way to give a session credentials that change.
                core._credentials = self._credentials  # type: ignore[attr-defined]
            self._boto = boto3.Session(botocore_session=core)
        return self._boto
