"""Where sequences run: one operator for all of them, and what a fresh object gives for a spec."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ecr_operator.api.names import API_VERSION
from tests.cluster import ApiError, Cluster, Object
from tests.fake_aws.client import ACCOUNT, REGION, FakeAws
from tests.kinds import path
from tests.repositories import KIND, condition
from tests.running import RunningOperator
from tests.sequences.holdings import Holdings, look
from tests.sequences.specs import Spec
from tests.sequences.vocabulary import MISSING_PRINCIPALS, OWN_ARN

SETTLE_SECONDS = 60.0
APPLY = "application/apply-patch+yaml"
QUICK: dict[str, Any] = {
    "adoption": "Everywhere",
    "workers": 40,
    "propagation_seconds": 0.6,
    "adoption_seconds": 0.2,
    "waiting_recheck_seconds": 0.2,
    "stalled_recheck_seconds": 0.6,
    "backoff_max_seconds": 1.0,
}
ASIDE = frozenset({"suspend", "adoptionPolicy", "adoptFrom", "managementPolicy"})
"""What says nothing of a fresh repository that the object manages."""


class Divergence(AssertionError):
    """The operator does not do what it promises."""


@dataclass(frozen=True)
class Fresh:
    """What a new object makes of a spec: Ready, or stalled with a reason."""

    reason: str
    held: Holdings | None

    @property
    def is_ready(self) -> bool:
        return self.reason == "InSync"


class World:
    """A namespace, and an operator for it."""

    def __init__(self, cluster: Cluster, aws: FakeAws, namespace: str) -> None:
        self.cluster = cluster
        self.aws = aws
        self.namespace = namespace
        self._fresh: dict[str, Fresh] = {}
        self._lock = threading.Lock()
        self._names = 0

    @contextmanager
    def running(self, **settings: Any) -> Iterator[RunningOperator]:
        """The operator at work; the roles that are to be missing are missing."""
        self.aws.set_principals([MISSING_PRINCIPALS])
        try:
            with self.operator(**settings) as running:
                yield running
        finally:
            self.aws.set_principals()

    def operator(self, **settings: Any) -> RunningOperator:
        """An operator for this namespace, not started yet."""
        watched = {"watch_namespaces": (self.namespace,), **QUICK, **settings}
        return RunningOperator(self.cluster.operator_kubeconfig, **watched)

    def new_name(self, kind: str) -> str:
        """A name for an object and its repository that was never used."""
        with self._lock:
            self._names += 1
            return f"{kind}-{self._names:05}"

    def repository(self, name: str) -> str:
        """The repository of the object `name`."""
        return f"{self.namespace}/{name}"

    def arn(self, name: str) -> str:
        """Its ARN."""
        return f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{self.repository(name)}"

    def held(self, name: str) -> Holdings | None:
        """What AWS holds for the object."""
        return look(self.aws, self.repository(name))

    def apply(self, name: str, spec: Spec) -> Object:
        """Apply as `kubectl apply --server-side` does, unknown fields refused. Raises `ApiError`."""
        text = json.dumps({"repositoryName": self.repository(name), **spec})
        body = {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": json.loads(text.replace(OWN_ARN, self.arn(name))),
        }
        query = {"fieldManager": "user", "fieldValidation": "Strict"}
        where = path(KIND, self.namespace, name)
        return self.cluster.request("PATCH", where, body, query=query, content_type=APPLY)

    def find(self, name: str) -> Object | None:
        """The object; None: there is none."""
        return self.cluster.find(KIND, self.namespace, name)

    def settled(self, name: str, handled: str | None = None) -> Object:
        """Wait until the operator has said its last word on the present generation.

        `handled` is the value of the reconcile annotation that has to be answered. Raises `Divergence`.
        """

        def holds(obj: Object) -> bool:
            if handled is not None and obj["status"].get("lastHandledReconcileAt") != handled:
                return False
            return has_settled(obj)

        try:
            return self.cluster.wait_for(KIND, self.namespace, name, holds, SETTLE_SECONDS, "its end")
        except AssertionError as error:
            raise Divergence(f"it does not settle: {error}") from error

    def delete(self, name: str) -> None:
        """Delete the object and wait until it is gone. Raises `Divergence`."""
        self.cluster.delete(KIND, self.namespace, name)
        self.wait_gone(name)

    def wait_gone(self, name: str) -> None:
        """Wait until the object is gone. Raises `Divergence`."""
        try:
            self.cluster.wait_gone(KIND, self.namespace, name, SETTLE_SECONDS)
        except AssertionError as error:
            raise Divergence(f"it does not go: {error}") from error

    def forget(self) -> None:
        """Find out anew what fresh objects make of specs."""
        self._fresh.clear()

    def fresh(self, spec: Spec) -> Fresh:
        """What a fresh object makes of the spec."""
        spec = {name: value for name, value in spec.items() if name not in ASIDE}
        key = json.dumps(spec, sort_keys=True)
        if key not in self._fresh:
            name = self.new_name("fresh")
            self.apply(name, spec)
            reason = reason_of(self.settled(name))
            self._fresh[key] = Fresh(reason, self.held(name))
            self.clean(name)
        return self._fresh[key]

    def clean(self, name: str) -> None:
        """Remove the object and its repository, whatever state they are in."""
        try:
            self.cluster.merge_patch(
                KIND, self.namespace, name, {"metadata": {"finalizers": None}, "spec": {"suspend": True}}
            )
            self.cluster.delete(KIND, self.namespace, name)
        except ApiError as error:
            if error.status != 404:
                raise
        self.cluster.wait_gone(KIND, self.namespace, name)
        ecr = self.aws.client("ecr", unseen=True)
        try:
            ecr.delete_repository(repositoryName=self.repository(name), force=True)
        except ecr.exceptions.RepositoryNotFoundException:
            return


def has_settled(obj: Object) -> bool:
    """Whether status speaks of the present generation and is no way station."""
    generation = obj["metadata"]["generation"]
    ready = condition(obj, "Ready")
    if ready is None or ready["observedGeneration"] != generation:
        return False
    if obj["status"]["observedGeneration"] != generation:
        return False
    if obj["spec"].get("suspend"):
        return bool(ready["reason"] == "Suspended")
    if ready["reason"] == "Suspended":
        return False
    ended = ready["status"] == "True" or condition(obj, "Stalled") is not None
    return ended or bool(ready["reason"] == "RepositoryNotFound")


def reason_of(obj: Object) -> str:
    """The reason of Ready."""
    ready = condition(obj, "Ready")
    return "" if ready is None else str(ready["reason"])
