"""One EcrRepository under its controller: an API server that holds it, and an ECR that is a table."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from ecr_operator.api.names import API_VERSION, OWNER_TAG
from ecr_operator.aws.errors import AwsError
from ecr_operator.aws.registry import Registry
from ecr_operator.controllers.claims import BY_NAME, repository_names
from ecr_operator.controllers.repository import RepositoryController
from ecr_operator.controllers.subject import Subject
from ecr_operator.engine.queue import WorkQueue
from ecr_operator.kube.errors import KubeError, KubeUnavailable
from ecr_operator.kube.resources import LIFECYCLE_POLICIES, NAMESPACES, REPOSITORIES
from ecr_operator.planning.ownership import Cluster, ObjectKey
from ecr_operator.settings import Settings
from tests.controllers.lifecycle_world import NOW, World
from tests.planning.samples import ACCOUNT, ARN, NAME, OWNER, REGION

Json = dict[str, Any]
KEY = ("team-a", "web")


class RepositoryWorld(World):
    """AWS has the repository, and it is ours. `calls` are those to AWS, `written` the statuses written.

    The API server has no such object any more where it `is_gone`, and takes no write while it `is_down`.
    `preview` is what AWS says of a preview in place of a result without any image; `failing` are operations
    that AWS refuses. While images are described, `meanwhile` happens.
    """

    def __init__(self, spec: Json, status: Json | None = None) -> None:
        super().__init__(spec, status or {})
        self.preview: Json = {"status": "IN_PROGRESS"}
        self.failing = dict[str, AwsError]()
        self.looked = asyncio.Event()
        self.meanwhile: Callable[[], None] = lambda: None
        self.written = list[Json]()
        self.is_gone = self.is_down = False
        self.partition, self.region, self.is_answering = "aws", REGION, True
        self.registry = Registry(self, lambda: self.seconds)
        context = self._context
        context.registry, context.client, context.policies = self.registry, self, self.policies
        context.cluster = Cluster("prod")
        context.now = lambda: NOW + timedelta(seconds=self.seconds)
        context.registry_of = lambda _: self.registry
        context.subject = lambda obj: Subject.of(obj, context.cluster, Settings(), self.policies)
        self.store.add_index(REPOSITORIES.plural, BY_NAME, repository_names)
        self.queue: WorkQueue[ObjectKey] = WorkQueue()
        self.restart()
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": KEY[0], "uid": "n"}}
        namespace["metadata"]["resourceVersion"] = "1"
        self.store.put(NAMESPACES.plural, namespace)
        self.store.put(REPOSITORIES.plural, self.obj)

    @property
    def held(self) -> Json:
        """What the store holds of the object."""
        return self.store.get(REPOSITORIES.plural, *KEY) or {}

    def change(self, *, watched: bool = True, **metadata: Any) -> None:
        """Somebody changes the object; `watched`: the store knows already."""
        version = str(int(self.obj["metadata"]["resourceVersion"]) + 1)
        self.obj = self.obj | {"metadata": self.obj["metadata"] | metadata | {"resourceVersion": version}}
        if watched:
            self.store.put(REPOSITORIES.plural, self.obj)

    def policy(self, version: int, **spec: Any) -> None:
        """An EcrLifecyclePolicy `keep` that selects what has the label `app`."""
        metadata = self.obj["metadata"] | {"name": "keep", "uid": "keep", "generation": version}
        metadata["resourceVersion"] = str(version)
        selector = {"matchExpressions": [{"key": "app", "operator": "Exists"}]}
        policy = {"apiVersion": API_VERSION, "kind": "EcrLifecyclePolicy", "metadata": metadata}
        self.store.put(LIFECYCLE_POLICIES.plural, policy | {"spec": {"repositorySelector": selector, **spec}})

    def restart(self) -> None:
        """The operator forgets what it remembered."""
        self.controller = RepositoryController(self._context, self.queue)

    async def reconcile(self) -> tuple[float | None, list[str]]:
        """Seconds until the next look, and the calls to AWS that this one took."""
        self.calls.clear()
        self.written.clear()
        after = await self.controller.reconcile(KEY)
        return after, list(self.calls)

    async def next_inventory(self) -> list[str]:
        """The calls to AWS of the next look at the images that is due by itself; in virtual time."""
        self.calls.clear()
        self.written.clear()
        self.looked.clear()
        self.seconds += Settings().inventory_seconds
        running = asyncio.create_task(self.controller.inventories.run())
        with suppress(TimeoutError):
            # With jitter an interval is not as long as that.
            async with asyncio.timeout(1.5 * Settings().inventory_seconds):
                await self.looked.wait()
        await asyncio.sleep(1)
        running.cancel()
        return list(self.calls)

    # The client of the API server

    async def get(self, path: str, *_: Any) -> Json:
        """The object as it is now, or an EcrLifecyclePolicy as the store has it."""
        if f"/{LIFECYCLE_POLICIES.plural}/" in path:
            return self.store.get(LIFECYCLE_POLICIES.plural, KEY[0], path.rpartition("/")[2]) or {}
        if self.is_gone:
            raise KubeError(404, "NotFound", f'ecrrepositories.ecr-operator.dev "{KEY[1]}" not found')
        return self.obj

    async def apply(self, path: str, body: Json, *_: Any) -> Json:
        """The write of a status."""
        if self.is_down:
            raise KubeUnavailable("no answer")
        obj = await self.get(path)
        version = obj["metadata"]["resourceVersion"]
        if body["metadata"]["resourceVersion"] != version:
            raise KubeError(409, "Conflict", "the object has been modified")
        metadata = obj["metadata"] | {"resourceVersion": str(int(version) + 1)}
        self.obj = obj | {"metadata": metadata, "status": body["status"]}
        self.written.append(body["status"])
        return self.obj

    # The session of AWS

    async def write(self, service: str, operation: str, **parameters: Any) -> Json:
        """Also the policy itself."""
        if operation in ("put_lifecycle_policy", "delete_lifecycle_policy"):
            self.there = parameters.get("lifecyclePolicyText")
            self.calls.append(operation)
            return {}
        return await super().write(service, operation, **parameters)

    async def read(self, service: str, operation: str, **parameters: Any) -> Json:
        """What ECR answers."""
        answer = await super().read(service, operation, **parameters)
        if operation in self.failing:
            raise self.failing[operation].copy()
        match operation:
            case "describe_images":
                self.looked.set()
                self.meanwhile()
            case "describe_repositories":
                return {"repositories": [DESCRIPTION]}
            case "list_tags_for_resource":
                return {"tags": [{"Key": OWNER_TAG, "Value": OWNER}]}
            case "get_repository_policy":
                return {"policyText": None}
            case "get_lifecycle_policy_preview":
                return answer | self.preview
        return answer


DESCRIPTION = {
    "repositoryName": NAME,
    "repositoryArn": ARN,
    "repositoryUri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{NAME}",
    "registryId": ACCOUNT,
    "createdAt": NOW,
    "imageTagMutability": "MUTABLE",
}
