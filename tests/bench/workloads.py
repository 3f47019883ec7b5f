"""What uses images: Pods that no node runs, and Deployments scaled to zero."""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.api_server import ApiServer, Request
from tests.cluster import Object
from tests.fake_aws.client import ACCOUNT, REGION
from tests.kinds import path

HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
CONTAINERS = 50
"""Of one Deployment: fewer objects are quicker to create."""
BALLAST = "x" * 4000
"""Real Pods are 5 to 20 KB: environment, volumes, mounts, managed fields, status."""


@dataclass(frozen=True)
class Workloads:
    """The workloads of one namespace, which the controllers leave alone."""

    kubeconfig: Path
    namespace: str

    def use(self, repositories: Iterable[str], tag: str) -> None:
        """Let Deployments without replicas use an image of each repository."""
        images = [f"{HOST}/{name}:{tag}" for name in repositories]
        parts = (images[at : at + CONTAINERS] for at in range(0, len(images), CONTAINERS))
        requests = (
            Request("POST", path("Deployment", self.namespace), self._deployment(number, part))
            for number, part in enumerate(parts)
        )
        asyncio.run(self._send(requests))

    def create_pods(self, number: int, repositories: int, tags: int) -> None:
        """Create Pods with two containers; each of as many images as there are is used as often."""
        asyncio.run(self._send(self._pods(number, repositories, tags)))

    def delete_pods(self, number: int) -> None:
        """Delete them; without a node they are gone at once."""
        # One request for all would take longer than the API server lets a request take.
        names = map(_pod_name, range(number))
        asyncio.run(self._send(Request("DELETE", path("Pod", self.namespace, name)) for name in names))

    async def _send(self, requests: Iterable[Request]) -> None:
        async with ApiServer(self.kubeconfig) as server:
            await server.send(requests)

    def _pods(self, number: int, repositories: int, tags: int) -> Iterator[Request]:
        for pod in range(number):
            images = [_image(2 * pod + container, repositories, tags) for container in range(2)]
            metadata = {"name": _pod_name(pod), "annotations": {"example.com/ballast": BALLAST}}
            body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": _spec(images)}
            yield Request("POST", path("Pod", self.namespace), body)

    def _deployment(self, number: int, images: list[str]) -> Object:
        labels = {"bench": str(number)}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": f"d{number:05d}"},
            "spec": {
                "replicas": 0,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": _spec(images)},
            },
        }


def _pod_name(number: int) -> str:
    return f"p{number:05d}"


def _image(number: int, repositories: int, tags: int) -> str:
    """By tag, and every other one by digest too."""
    name, tag = f"bench/r{number % repositories:05d}", f"v{number // repositories % tags}"
    digest = hashlib.sha256(f"{name}:{tag}".encode()).hexdigest()
    return f"{HOST}/{name}:{tag}" + (f"@sha256:{digest}" if number % 2 else "")


def _spec(images: list[str]) -> Object:
    containers = [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]
    return {"automountServiceAccountToken": False, "containers": containers}
