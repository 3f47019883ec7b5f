"""What all controllers work with, assembled once by the process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from ecr_operator.aws.registry import Registry
from ecr_operator.aws.tokens import Tokens
from ecr_operator.clock import Clock
from ecr_operator.controllers.images_in_use import ImagesInUse
from ecr_operator.controllers.lifecycle_policies import LifecyclePolicies
from ecr_operator.controllers.subject import Json, Subject
from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.events import EventRecorder
from ecr_operator.kube.store import Store
from ecr_operator.metrics import Metrics
from ecr_operator.planning.ownership import Cluster
from ecr_operator.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """`now` is the time, aware; `monotonic` seconds for durations."""

    settings: Settings
    cluster: Cluster
    client: KubeClient
    store: Store
    policies: LifecyclePolicies
    in_use: ImagesInUse
    events: EventRecorder
    metrics: Metrics
    registry: Registry
    """The operator's own registry, until an object can name another: see `registry_of`."""
    tokens: Tokens
    clock: Clock
    """The time as AWS has it: what expires, expires by it."""
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    chance: Random = field(default_factory=Random)

    def registry_of(self, subject: Subject) -> Registry:
        """The registry that holds the object's repository."""
        del subject
        return self.registry

    def subject(self, obj: Json) -> Subject:
        """The object, understood. Raises `UnsupportedSpecError`."""
        return Subject.of(obj, self.cluster, self.settings, self.policies)

    def jittered(self, seconds: float, part: float = 0.2) -> float:
        """`seconds` +- `part`, so that many objects do not come back at once."""
        return seconds * self.chance.uniform(1 - part, 1 + part)
