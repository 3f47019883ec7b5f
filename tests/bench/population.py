"""Many EcrRepositories, as their users create, change and delete them."""

import asyncio
import time
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecr_operator.api.names import API_VERSION
from tests.bench.api_server import ApiServer, Holds, Request
from tests.cluster import Object
from tests.kinds import path
from tests.policies import AUDIT, RULE
from tests.repositories import condition

KIND = "EcrRepository"


@dataclass(frozen=True)
class Wave:
    """How long it took, and for how many it took too long."""

    seconds: float
    missing: int = 0


@dataclass(frozen=True)
class Population:
    """`size` objects in a namespace of their own; their repositories are `<namespace>/<name>`.

    `own_policies`: each says its lifecycle policy itself; else another object may select it. `spec` are
    further members of each spec.
    """

    kubeconfig: Path
    namespace: str
    size: int
    deletion_policy: str = "Retain"
    own_policies: bool = True
    spec: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The names of the objects."""
        return [f"r{number:05d}" for number in range(self.size)]

    def repositories(self, number: int) -> list[str]:
        """The names of the first `number` repositories."""
        return [f"{self.namespace}/{name}" for name in self.names[:number]]

    def create(self, timeout: float) -> Wave:
        """Post all and wait until all are Ready; timed from the first POST."""
        return _run(self._wave(self._posts(), _is_ready, timeout))

    def change(self) -> None:
        """Change every spec, and wait for nothing."""
        _run(self._send(self._each("PATCH", {"spec": {"imageScanningConfiguration": {"scanOnPush": False}}})))

    def wait_ready(self, timeout: float) -> Wave:
        """Wait until all are Ready as their specs are now."""
        return _run(self._wave(iter(()), _is_ready, timeout))

    def delete(self, timeout: float) -> Wave:
        """Delete all and wait until all are gone; timed from the first DELETE."""
        return _run(self._wave(self._each("DELETE"), _is_gone, timeout))

    def ask(self, value: str, number: int, timeout: float) -> Wave:
        """Ask for a reconcile of the first `number`, and wait until they have had it."""
        ask = {"metadata": {"annotations": {"ecr-operator.dev/reconcile": value}}}
        requests = (Request("PATCH", path(KIND, self.namespace, name), ask) for name in self.names[:number])

        def is_handled(obj: Object | None) -> bool:
            return obj is not None and obj.get("status", {}).get("lastHandledReconcileAt") == value

        return _run(self._wave(requests, is_handled, timeout, number))

    def wait(self, holds: Holds, timeout: float, *requests: Request) -> Wave:
        """Send `requests`, and wait until all are as `holds` wants them; timed from the first request."""
        return _run(self._wave(iter(requests), holds, timeout))

    def edit_last(self, timeout: float) -> Wave:
        """Change the spec of the last one in any list; timed from then until it is Ready with that spec."""
        return _run(self._edit(self.names[-1], timeout))

    def delete_namespace(self, timeout: float) -> Wave:
        """Delete the namespace with all in it and wait until all are gone."""
        delete = Request("DELETE", path("Namespace", name=self.namespace))
        return _run(self._wave(iter((delete,)), _is_gone, timeout))

    async def _send(self, requests: Iterator[Request]) -> Wave:
        begin = time.monotonic()
        async with ApiServer(self.kubeconfig) as server:
            await server.send(requests)
        return Wave(time.monotonic() - begin)

    async def _edit(self, name: str, timeout: float) -> Wave:
        objects = path(KIND, self.namespace)
        edit = Request("PATCH", path(KIND, self.namespace, name), {"spec": {"tags": {"team": "b"}}})
        async with ApiServer(self.kubeconfig) as server:
            begin = time.monotonic()
            # Looked at afterwards only: until then it is Ready, with the spec that it had.
            await server.send((edit,))
            missing = await server.seen(objects, [name], _is_ready, timeout, only=name)
            return Wave(time.monotonic() - begin, len(missing))

    async def _wave(
        self, requests: Iterator[Request], holds: Holds, timeout: float, number: int | None = None
    ) -> Wave:
        listening = asyncio.Event()
        async with ApiServer(self.kubeconfig) as server:
            begin = time.monotonic()
            seen = asyncio.create_task(
                server.seen(path(KIND, self.namespace), self.names[:number], holds, timeout, listening)
            )
            first, _ = await asyncio.wait(
                {seen, asyncio.create_task(listening.wait())}, return_when=asyncio.FIRST_COMPLETED
            )
            if seen not in first:
                begin = time.monotonic()
                await server.send(requests)
            missing = await seen
            return Wave(time.monotonic() - begin, len(missing))

    def _each(self, method: str, body: Object | None = None) -> Iterator[Request]:
        for name in self.names:
            yield Request(method, path(KIND, self.namespace, name), body)

    def _posts(self) -> Iterator[Request]:
        for name in self.names:
            yield Request("POST", path(KIND, self.namespace), self._manifest(name))

    def _manifest(self, name: str) -> Object:
        spec: Object = {
            "repositoryName": f"{self.namespace}/{name}",
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            **({"lifecyclePolicy": {"rules": [RULE]}} if self.own_policies else {}),
            "repositoryPolicy": {"statements": [AUDIT]},
            "tags": {"team": "a", "cost-center": "4711", "stage": "production"},
            "deletionPolicy": self.deletion_policy,
            **self.spec,
        }
        metadata = {"name": name, "namespace": self.namespace}
        return {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec}


def _run(work: Coroutine[Any, Any, Wave]) -> Wave:
    return asyncio.run(work)


def _is_ready(obj: Object | None) -> bool:
    found = condition(obj, "Ready") if obj else None
    if obj is None or found is None:
        return False
    seen = {obj["metadata"]["generation"], found["observedGeneration"], obj["status"]["observedGeneration"]}
    return found["status"] == "True" and len(seen) == 1


def _is_gone(obj: Object | None) -> bool:
    return obj is None
