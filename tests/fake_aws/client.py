"""`FakeAws`: a fake AWS in a process of its own, for tests, the demo and the benchmark."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from .image_client import ImageTurns
from .lifecycle_client import LifecycleTurns
from .policy_client import PolicyTurns
from .process import Process
from .role_client import RoleTurns
from .scan_client import ScanTurns
from .session import ACCOUNT, REGION, SECRET, Session, client_with, key_of
from .token_client import TokenTurns
from .trouble_client import TroubleTurns


class FakeAws(
    ImageTurns, LifecycleTurns, PolicyTurns, RoleTurns, ScanTurns, TokenTurns, TroubleTurns, Process
):
    """The process, clients of it, and its knobs.

    A context manager; ``FakeAws(url=...)`` attaches to a process that runs already and never stops it.
    """

    def __init__(self, url: str | None = None, latency: float = 0.0, port: int = 0) -> None:
        super().__init__(url, latency, port)
        self._clients: dict[tuple[str, str, str, bool], Any] = {}

    def stop(self) -> None:
        """Close the clients and end the process."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        super().stop()

    def session(self, account: str = ACCOUNT, region: str = REGION, unseen: bool = False) -> Session:
        """An account and region to make clients of."""
        return Session(self.url, account, region, unseen)

    def client(
        self, service: str = "ecr", account: str = ACCOUNT, region: str = REGION, unseen: bool = False
    ) -> Any:
        """A client to look at AWS with, kept for the next time.

        With `unseen` its calls are neither counted nor logged, delayed, failed or denied.
        """
        key = (service, account, region, unseen)
        if key not in self._clients:
            self._clients[key] = self.session(account, region, unseen).client(service)
        return self._clients[key]

    def environment(self, account: str = ACCOUNT, region: str = REGION) -> dict[str, str]:
        """Environment variables for a process that is to find this AWS."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": key_of(account),
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client_with(
        self, credentials: Mapping[str, str] | None, service: str = "ecr", region: str = REGION
    ) -> Any:
        """A new client with credentials as STS writes them; with None an unsigned one, of a Region's
        endpoint.
        """
        url = self.regional_url(region) if credentials is None else self.url
        return client_with(url, credentials, service, region)

    def regional_url(self, region: str) -> str:
        """The endpoint of a Region, for calls without a signature (which would say the Region)."""
        return f"{self.url}/regional/{region}"

    def reset(self) -> None:
        """Empty all accounts, forget all calls, faults, rates and rights, and behave as at start."""
        self.turn("reset")

    def calls(self, prefix: str | None = None, account: str | None = None) -> dict[str, int]:
        """Calls per operation, refused ones too: all, or those that name a repository with `prefix`."""
        found: dict[str, int] = self.turn("calls", prefix=prefix, account=account)
        return found

    def writes(self, prefix: str | None = None, account: str | None = None) -> list[dict[str, Any]]:
        """Writes in the order of their answers: operation, account, region, repository, parameters, error,
        lost.

        `error` is None for one that took effect; `lost` says what came in the place of its answer, if
        anything.
        """
        found: list[dict[str, Any]] = self.turn("writes", prefix=prefix, account=account)
        return found

    def attempts(
        self,
        account: str | None = None,
        operation: str = "*",
        prefix: str | None = None,
        refused: bool | None = None,
    ) -> list[float]:
        """When calls came, refused ones too: all, or of operations that match a glob, or refused ones (or
        not).

        The moments are of `time.monotonic()`, which all processes of a machine share.
        """
        found: list[float] = self.turn(
            "attempts", account=account, operation=operation, prefix=prefix, refused=refused
        )
        return found

    def refusals(self, prefix: str | None = None, account: str | None = None) -> dict[str, dict[str, int]]:
        """Refused calls per operation and code; "Severed" and "CutShort" are those without a whole answer."""
        found: dict[str, dict[str, int]] = self.turn("refusals", prefix=prefix, account=account)
        return found

    def reset_calls(self) -> None:
        """Forget all calls and writes."""
        self.turn("reset_calls")

    def set_latency(self, seconds: float) -> None:
        """Let every call take this long, in parallel with others."""
        self.turn("set_latency", seconds=seconds)

    def set_propagation(self, seconds: float) -> None:
        """Let a new repository be found only after this long."""
        self.turn("set_propagation", seconds=seconds)

    def set_page_size(self, size: int | None) -> None:
        """Let no page of a listing hold more than this, whatever is asked for; None: as asked."""
        self.turn("set_page_size", size=size)

    def set_tagging(
        self,
        lag: float | None = None,
        ghosts_seconds: float | None = 0.0,
        frozen: bool | None = None,
    ) -> None:
        """GetResources: see writes only `lag` seconds later, list deleted repositories for `ghosts_seconds`.

        None leaves the lag as it is; ghosts_seconds=None keeps ghosts until `clear_ghosts`. `frozen` lets it
        see nothing that comes from now on, as a lag of 15 min does for the length of a test; False ends that.
        """
        self.turn("set_tagging", lag=lag, ghosts_seconds=ghosts_seconds, frozen=frozen)

    def clear_ghosts(self) -> None:
        """Let GetResources forget all deleted repositories."""
        self.turn("clear_ghosts")

    def create_repositories(
        self, names: list[str], account: str = ACCOUNT, region: str = REGION, **settings: Any
    ) -> int:
        """Create many repositories at once, uncounted.

        Settings for all: tags (a dict), mutability, scan_on_push, and, verbatim, lifecycle_policy and policy.
        """
        found: int = self.turn("create_repositories", names=names, account=account, region=region, **settings)
        return found

    def turn(self, knob: str, **arguments: Any) -> Any:
        """Call ``/_fake/<knob>``."""
        request = urllib.request.Request(  # noqa: S310 (http, to a process of ours)
            f"{self.url}/_fake/{knob}",
            data=json.dumps(arguments).encode(),
            headers={"Content-Type": "application/json", "Connection": "close"},
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
                return json.load(answer)["result"]
        except urllib.error.HTTPError as error:
            with error:
                raise RuntimeError(json.load(error)["error"]) from None
