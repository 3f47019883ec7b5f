"""One EcrRepository, and an ECR that is a table of images: what is in between is tested alone."""

import random
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from ecr_operator.api.names import API_VERSION
from ecr_operator.controllers.call_budget import CallBudget
from ecr_operator.controllers.figures import Figures
from ecr_operator.controllers.inventories import Inventories
from ecr_operator.controllers.lifecycle_gate import LifecycleGates
from ecr_operator.controllers.lifecycle_memory import LifecycleMemory
from ecr_operator.controllers.lifecycle_policies import LifecyclePolicies
from ecr_operator.controllers.memory import Memories
from ecr_operator.controllers.scan_turns import ScanTurns
from ecr_operator.controllers.scans import Scans
from ecr_operator.controllers.subject import Subject
from ecr_operator.engine.queue import WorkQueue
from ecr_operator.kube.resources import LIFECYCLE_POLICIES, NAMESPACES, REPOSITORIES
from ecr_operator.kube.store import Store
from ecr_operator.metrics import Metrics
from ecr_operator.planning.lifecycle_progress import LifecycleProgress
from ecr_operator.planning.managed import Reads
from ecr_operator.planning.ownership import Cluster, ObjectKey
from ecr_operator.planning.repository import ObservedRepository
from ecr_operator.planning.usage import Usage, UsageBuilder, UsageUnknown, Workload
from ecr_operator.settings import Settings
from tests.planning.samples import ACCOUNT, ARN, NAME, REGION

Json = dict[str, Any]
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
INDEX = "application/vnd.oci.image.index.v1+json"


def digest(letter: str) -> str:
    """A digest that is easy to tell from others."""
    return "sha256:" + letter * 64


class World:
    """`images` are ImageDetails, `listed` the previewResults, `children` the manifests of indexes."""

    def __init__(self, spec: Json, status: Json) -> None:
        self.images, self.listed = list[Json](), list[Json]()
        self.children, self.calls = dict[str, list[str]](), list[str]()
        self.there: str | None = None
        self.previewed: str | None = None
        self.usage: Usage | UsageUnknown = self.used()
        self.seconds = 1000.0
        self.obj = {
            "apiVersion": API_VERSION,
            "kind": "EcrRepository",
            "metadata": {
                "namespace": "team-a",
                "name": "web",
                "uid": "1",
                "resourceVersion": "1",
                "generation": 1,
                "creationTimestamp": "2026-11-01T00:00:00Z",
            },
            "spec": {"repositoryName": NAME, **spec},
            "status": {"repositoryArn": ARN, **status},
        }
        self.store = Store([one.plural for one in (LIFECYCLE_POLICIES, REPOSITORIES, NAMESPACES)])
        self.policies = LifecyclePolicies(self.store)
        self.registry: Any = SimpleNamespace(session=self, region=REGION)
        context: Any = SimpleNamespace(
            settings=Settings(),
            store=self.store,
            registry=self.registry,
            metrics=Metrics(),
            chance=random.Random(1),
            in_use=SimpleNamespace(get=self._get),
            events=SimpleNamespace(record=lambda *_, **__: None),
            now=lambda: NOW,
            monotonic=lambda: self.seconds,
            jittered=lambda seconds, _=0.2: seconds,
        )
        self.memories = Memories(context)
        self.gates = LifecycleGates(context)
        self._context = context

    @property
    def subject(self) -> Subject:
        """The object as it is now."""
        return Subject.of(self.obj, Cluster("prod"), Settings(), self.policies)

    @property
    def memory(self) -> LifecycleMemory:
        """What is remembered of it."""
        return self.memories.of(self.obj).lifecycle

    @staticmethod
    def used(*images: str) -> Usage:
        """A Pod for each of these images (`:tag` or `@digest`)."""
        found = UsageBuilder(0.0)
        for image in images:
            name = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{NAME}{image}"
            found.add(Workload("team-a", "Pod", image), name)
        return found.build()

    async def look(self) -> Any:
        """Count the images and judge the policy."""
        queue: WorkQueue[ObjectKey] = WorkQueue()
        budget = CallBudget(300)
        scans = Scans(self._context, self.memories)
        figures = Figures(self._context, self.memories, scans)
        turns = ScanTurns(self._context, queue, self.memories, scans, figures, budget)
        inventories = Inventories(self._context, queue, self.memories, scans, turns, figures, budget)
        return await inventories.read(self.subject, self.registry, ARN)

    async def judge(self) -> LifecycleProgress:
        """How far the policy gets."""
        observed = ObservedRepository(
            name=NAME,
            arn=ARN,
            uri="",
            registry_id=ACCOUNT,
            created_at=NOW,
            tags={},
            lifecycle_policy=self.there,
            known=Reads(lifecycle=True),
        )
        return await self.gates.progress(self.subject, self.registry, observed, self.memory)

    async def _get(self, **_: Any) -> Usage | UsageUnknown:
        return self.usage

    # The session of AWS

    async def write(self, service: str, operation: str, **parameters: Any) -> Json:
        """Start a preview."""
        self.calls.append(operation)
        self.previewed = parameters.get("lifecyclePolicyText")
        return {}

    async def read(self, service: str, operation: str, **parameters: Any) -> Json:
        """What ECR answers. What it is asked about scans is none of the world's."""
        match operation:
            case "get_registry_scanning_configuration":
                return {"scanningConfiguration": {"scanType": "BASIC"}}
            case "batch_get_repository_scanning_configuration":
                return {"scanningConfigurations": []}
        self.calls.append(operation)
        match operation:
            case "describe_images":
                return {"imageDetails": self.images}
            case "list_images":
                return {"imageIds": [{"imageDigest": one["imageDigest"]} for one in self.images]}
            case "get_lifecycle_policy":
                return {"lifecyclePolicyText": self.there}
            case "batch_get_image":
                asked = [one["imageDigest"] for one in parameters["imageIds"]]
                return {"images": [self._manifest(one) for one in asked if one in self.children]}
        archiving = sum(one["action"]["type"] == "TRANSITION" for one in self.listed)
        asked = {one.get("imageDigest") for one in parameters.get("imageIds", ())}
        return {
            "status": "COMPLETE",
            "lifecyclePolicyText": self.previewed,
            "summary": {
                "expiringImageTotalCount": len(self.listed) - archiving,
                "transitioningImageTotalCounts": [
                    {"targetStorageClass": "ARCHIVE", "imageTotalCount": archiving}
                ],
            },
            "previewResults": [one for one in self.listed if one["imageDigest"] in asked],
        }

    def _manifest(self, index: str) -> Json:
        manifests = ",".join(f'{{"digest": "{one}"}}' for one in self.children[index])
        return {"imageId": {"imageDigest": index}, "imageManifest": f'{{"manifests": [{manifests}]}}'}
