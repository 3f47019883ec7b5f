"""What all sessions of a process share."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from time import monotonic as system_monotonic
from typing import Any

import botocore.session
from botocore.config import Config

from ecr_operator.aws.identity import DEFAULT_IDENTITY, Identity
from ecr_operator.clock import Clock
from ecr_operator.metrics import Metrics


@dataclass
class Surroundings:
    """Where the sessions run, and whom they ask and tell."""

    executor: Executor
    """The threads that calls are made in."""
    metrics: Metrics
    identity: Identity = DEFAULT_IDENTITY
    """Asked again when its credentials have expired."""
    clock: Clock = field(default_factory=Clock)
    """Learns from the answers."""
    monotonic: Callable[[], float] = system_monotonic
    """A clock in seconds, for rates and pauses."""
    connections: int = 20
    """Of each client."""
    probe_seconds: float = 5.0
    """How often a service is asked whether it answers again."""
    may_write: Callable[[], bool] = lambda: True
    """Asked, from any thread, right before each call that changes something."""
    on_answering: Callable[[], None] = lambda: None
    """Called when AWS answers again after `CircuitOpen` errors."""
    ends_at: float | None = None
    """When (by `monotonic`) the process ends: no call is sent again, and from then on none at all."""
    loader: Any = None
    """botocore's, that reads the models of the services."""

    def core(self, region: str) -> botocore.session.Session:
        """A new botocore session of the operator's own identity in a region."""
        core = self.identity()
        core.set_config_variable("region", region)
        # Also for a web identity: what the global endpoint hands out is refused in Regions that an account
        # has to enable (IAM User Guide, "Manage AWS STS in an AWS Region").
        core.set_config_variable("sts_regional_endpoints", "regional")
        # Of every client, also of those by which botocore itself fetches credentials: their own time-outs are
        # 60 s. What is sent again, and when, is decided by us: botocore would repeat LimitExceededException,
        # which is an answer, and a create whose answer was lost.
        core.set_default_client_config(
            Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 1})
        )
        # The models of the services are the same for all, and most of a session: 9 MB and 150 ms (measured).
        if self.loader is None:
            self.loader = core.get_component("data_loader")
        else:
            core.register_component("data_loader", self.loader)
        return core
