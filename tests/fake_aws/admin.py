"""The knobs of a running fake: ``POST /_fake/<method>`` with a JSON object of its arguments.

The answer is ``{"result": ...}``, or HTTP 400 with ``{"error": "..."}``. `client.FakeAws` has a method for
each; ``README.md`` lists them.
"""

from __future__ import annotations

import json
import time
from typing import Any

from moto.core.base_backend import BackendDict
from moto.ecr.models import ecr_backends

from . import accounts, behaviour
from .aws_error import Answer
from .behaviour import BEHAVIOUR
from .dispatch import LOCK
from .ecr.backend import StoredRegistry, registry_of
from .ecr.other_writer import OTHER_WRITER
from .ecr.previews import PREVIEWS
from .ecr.principals import PRINCIPALS
from .ecr.scan import SCANS
from .ecr.seeding import seed_repository
from .gates import Gates
from .image_admin import ImageKnobs
from .lifecycle_admin import LifecycleKnobs
from .policy_admin import PolicyKnobs
from .role_admin import RoleKnobs
from .scan_admin import ScanKnobs
from .token_admin import TokenKnobs
from .trouble_admin import TroubleKnobs

UNSET = "unset"


class Knobs(ImageKnobs, LifecycleKnobs, PolicyKnobs, RoleKnobs, ScanKnobs, TokenKnobs, TroubleKnobs):
    """What can be turned: every public method is one knob."""

    def __init__(self, gates: Gates) -> None:
        self._gates = gates
        self._ledger = gates.ledger

    def health(self) -> str:
        """Say that the fake is up."""
        return "ok"

    def reset(self) -> None:
        """Empty all accounts, open all gates, forget calls, and behave again."""
        with LOCK:
            BackendDict.reset()
            accounts.CALLERS.clear()
            self._gates.clear()
            OTHER_WRITER.clear()
            PREVIEWS.clear()
            PRINCIPALS.clear()
            SCANS.clear()
            behaviour.reset()

    def calls(self, prefix: str | None = None, account: str | None = None) -> dict[str, int]:
        """Calls per operation."""
        return self._ledger.calls(prefix, account)

    def attempts(self, **chosen: Any) -> list[float]:
        """When calls came; see `ledger.Ledger.attempts`."""
        return self._ledger.attempts(**chosen)

    def refusals(self, prefix: str | None = None, account: str | None = None) -> dict[str, dict[str, int]]:
        """Refused calls per operation and code."""
        return self._ledger.refusals(prefix, account)

    def writes(self, prefix: str | None = None, account: str | None = None) -> list[dict[str, Any]]:
        """Writes in order."""
        return self._ledger.writes(prefix, account)

    def reset_calls(self) -> None:
        """Forget all calls and writes."""
        self._ledger.clear()

    def set_latency(self, seconds: float) -> None:
        """Let every call take this long."""
        BEHAVIOUR.latency = seconds

    def set_propagation(self, seconds: float) -> None:
        """Let a new repository be found only after this long."""
        BEHAVIOUR.propagation = seconds

    def set_page_size(self, size: int | None) -> None:
        """Let no page hold more than this, whatever is asked for."""
        BEHAVIOUR.page_size = size

    def set_tagging(
        self,
        lag: float | None = None,
        ghosts_seconds: float | str | None = UNSET,
        frozen: bool | None = None,
    ) -> None:
        """Set GetResources' lag, how long it lists deleted repositories (null: until cleared), and whether it
        sees nothing that comes from now on.
        """
        if frozen is not None:
            BEHAVIOUR.tagging_frozen_at = time.monotonic() if frozen else None
        if lag is not None:
            BEHAVIOUR.tagging_lag = lag
        if ghosts_seconds != UNSET:
            BEHAVIOUR.ghosts_seconds = ghosts_seconds  # type: ignore[assignment]

    def clear_ghosts(self) -> None:
        """Let GetResources forget all deleted repositories."""
        with LOCK:
            for _, _, registry in ecr_backends.iter_backends():
                if isinstance(registry, StoredRegistry):
                    registry.tag_history.clear_ghosts()

    def create_repositories(self, account: str, region: str, names: list[str], **settings: Any) -> int:
        """Create many repositories at once, for the benchmark; see `seeding.seed_repository`."""
        with LOCK:
            for name in names:
                seed_repository(registry_of(account, region), name, **settings)
            return len(names)


class Admin:
    """The HTTP side of the knobs."""

    def __init__(self, gates: Gates) -> None:
        self._knobs = Knobs(gates)

    def answer(self, name: str, body: bytes) -> Answer:
        """Turn one knob."""
        headers = {"Content-Type": "application/json"}
        try:
            if name.startswith("_") or not hasattr(self._knobs, name):
                raise LookupError(f"there is no /_fake/{name}")
            result = getattr(self._knobs, name)(**(json.loads(body) if body else {}))
        except Exception as error:
            return 400, headers, json.dumps({"error": f"{type(error).__name__}: {error}"}).encode()
        return 200, headers, json.dumps({"result": result}).encode()
