"""The boto3 clients of one identity in one region: made when needed, closed and forgotten together."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials

LACK_SECONDS = 3.0
"""How long missing credentials are not looked for again: a thousand objects ask at once."""


class Clients:
    """From any thread. `core` makes the botocore session; `credentials` take the place of its own."""

    def __init__(
        self,
        core: Callable[[], botocore.session.Session],
        connections: int,
        credentials: Credentials | None,
        monotonic: Callable[[], float],
    ) -> None:
        self._monotonic = monotonic
        self._core = core
        self._connections = connections
        self._credentials = credentials
        self._lock = threading.Lock()
        self._boto: boto3.Session | None = None
        self._failed: tuple[float, Exception] | None = None
        self._clients: dict[str, Any] = {}
        self.generation = 0
        """Counts how often they were closed: tells whose credentials an error is about."""

    def of(self, service: str) -> Any:
        """The client of a service. To make it may take as long as its credentials take to be fetched."""
        with self._lock:
            client = self._clients.get(service)
            if client is None:
                if self._failed is not None and self._monotonic() - self._failed[0] < LACK_SECONDS:
                    # Those who have waited for the lock would each wait for the same failure in turn.
                    raise self._failed[1]
                try:
                    client = self._session().client(  # type: ignore[call-overload]
                        service,
                        config=Config(
                            max_pool_connections=self._connections, user_agent_extra="ecr-operator"
                        ),
                    )
                except Exception as error:
                    self._failed = (self._monotonic(), error)
                    raise
                self._failed = None
                self._clients[service] = client
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
        """Close all connections and forget the credentials; the next client begins anew.

        Waits for a client that is just being made.
        """
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
