"""A kind of our own on the real API server: the tests of ``kube`` need no CRD of the product."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.errors import KubeError

GROUP_VERSION = "test.ecr-operator.dev/v1"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CRD: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "gadgets.test.ecr-operator.dev"},
    "spec": {
        "group": "test.ecr-operator.dev",
        "scope": "Namespaced",
        "names": {"kind": "Gadget", "plural": "gadgets"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                            "status": {
                                "type": "object",
                                "default": {"observedGeneration": -1},
                                "properties": {
                                    "observedGeneration": {"type": "integer", "maximum": 1000},
                                    "note": {"type": "string"},
                                    "conditions": {
                                        "type": "array",
                                        "x-kubernetes-list-type": "map",
                                        "x-kubernetes-list-map-keys": ["type"],
                                        "items": {
                                            "type": "object",
                                            "required": ["type", "status"],
                                            "properties": {
                                                "type": {"type": "string"},
                                                "status": {"type": "string"},
                                            },
                                        },
                                    },
                                },
                            },
                        },
                    }
                },
            }
        ],
    },
}

Test = Callable[[KubeClient], Awaitable[None]]


class Gadgets:
    """Gadgets of one namespace, and a client for each test body."""

    def __init__(self, kubeconfig: str, namespace: str) -> None:
        self.kubeconfig = kubeconfig
        self.namespace = namespace
        self.path = f"/apis/{GROUP_VERSION}/namespaces/{namespace}/gadgets"

    def run(self, test: Test) -> None:
        """Run ``test`` with a client of its own, in an event loop of its own."""

        async def main() -> None:
            async with await KubeClient.connect(self.kubeconfig) as client:
                await test(client)

        asyncio.run(main())

    def manifest(self, name: str, **metadata: Any) -> dict[str, Any]:
        return {
            "apiVersion": GROUP_VERSION,
            "kind": "Gadget",
            "metadata": {"name": name, "namespace": self.namespace, **metadata},
            "spec": {"size": 1},
        }

    async def create(self, client: KubeClient, name: str, **metadata: Any) -> dict[str, Any]:
        return await client.post(self.path, self.manifest(name, **metadata))


async def _install(kubeconfig: str) -> None:
    async with await KubeClient.connect(kubeconfig) as client:
        try:
            await client.post(CRDS, CRD)
        except KubeError as error:
            if error.reason != "AlreadyExists":
                raise
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                await client.get(f"/apis/{GROUP_VERSION}/gadgets")
            except KubeError:
                await asyncio.sleep(0.05)
            else:
                return
        raise AssertionError("the CRD of the tests is not served")


@pytest.fixture(scope="session")
def kubeconfig(cluster: Any) -> str:
    asyncio.run(_install(str(cluster.kubeconfig)))
    return str(cluster.kubeconfig)


@pytest.fixture
def gadgets(kubeconfig: str, namespace: str) -> Gadgets:
    return Gadgets(kubeconfig, namespace)
