"""Many repositories whose images and scans are looked at, an ECR that is a table, and a clock that jumps."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Self

from botocore.exceptions import ClientError

from ecr_operator.api.names import API_VERSION
from ecr_operator.aws.errors import AwsError, translate
from ecr_operator.controllers.call_budget import CallBudget
from ecr_operator.controllers.figures import Figures
from ecr_operator.controllers.inventories import Inventories
from ecr_operator.controllers.lifecycle_policies import LifecyclePolicies
from ecr_operator.controllers.memory import Memories
from ecr_operator.controllers.scan_turns import ScanTurns
from ecr_operator.controllers.scans import Scans
from ecr_operator.controllers.subject import Subject, object_key
from ecr_operator.engine.queue import WorkQueue
from ecr_operator.kube.resources import LIFECYCLE_POLICIES, NAMESPACES, REPOSITORIES
from ecr_operator.kube.store import Store
from ecr_operator.metrics import Metrics
from ecr_operator.planning.ownership import Cluster, ObjectKey
from ecr_operator.planning.usage import RepositoryUsage, UsageUnknown
from ecr_operator.settings import Settings
from tests.planning.samples import ACCOUNT, REGION

Json = dict[str, Any]
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
INDEX = "application/vnd.oci.image.index.v1+json"
IMAGE = "application/vnd.oci.image.manifest.v1+json"
FINDINGS = "describe_image_scan_findings"
MANIFEST = "batch_get_image"
DAY = 86_400.0


def scanned(status: str = "COMPLETE", *, enhanced: bool = False, **counts: int) -> Json:
    """An answer about a scan; all findings are on its one page."""
    listed = [
        {
            "severity": severity,
            "name": f"{severity}-{one}",
            "title": f"{severity}-{one}",
            "fixAvailable": "YES",
        }
        for severity, number in counts.items()
        for one in range(number)
    ]
    kind = "enhancedFindings" if enhanced else "findings"
    findings = {"findingSeverityCounts": counts, "imageScanCompletedAt": NOW, kind: listed}
    return {"imageScanStatus": {"status": status}, "imageScanFindings": findings}


RUNNING: Json = {"imageScanStatus": {"status": "IN_PROGRESS"}}


class ScanWorld:
    """To be used with `async with`: as long as that lasts, images and scans are looked at.

    Repositories have the names of their objects. `answers` are those of DescribeImageScanFindings by digest,
    errors too; without one an image was never scanned. `failures` are errors by operation;
    `meanwhile` is what happens while AWS is asked.
    """

    def __init__(self, **settings: Any) -> None:
        self.images: dict[str, list[Json]] = {}
        self.answers: dict[str, Json | AwsError] = {}
        self.manifests: dict[str, list[Json]] = {}
        self.failures: dict[str, AwsError] = {}
        self.meanwhile: dict[str, Callable[[Json], None]] = {}
        self.scan_type = "BASIC"
        self.frequencies: dict[str, Json] = {}
        self.lifecycle: dict[str, str] = {}
        self.excluded: list[str] = []
        self.used: RepositoryUsage | UsageUnknown = RepositoryUsage({})
        self.calls: list[tuple[float, str, Json]] = []
        self.writes = 0
        self.events: list[tuple[str, str]] = []
        self.arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/ecr-operator/session"
        self.loop = asyncio.get_running_loop()
        self.store = Store([one.plural for one in (LIFECYCLE_POLICIES, REPOSITORIES, NAMESPACES)])
        self._settings = Settings(**settings)
        self._policies = LifecyclePolicies(self.store)
        self._registry: Any = SimpleNamespace(session=self, region=REGION, known_account=ACCOUNT)
        self._tasks: list[asyncio.Task[None]] = []
        self.start()

    def start(self) -> None:
        """Begin with nothing remembered."""
        self.context: Any = SimpleNamespace(
            settings=self._settings,
            store=self.store,
            client=self,
            registry=self._registry,
            registry_of=lambda _: self._registry,
            subject=self.subject,
            metrics=Metrics(),
            chance=random.Random(1),
            in_use=SimpleNamespace(get=self._used),
            events=SimpleNamespace(record=self._record),
            now=lambda: NOW + timedelta(seconds=self.loop.time()),
            monotonic=self.loop.time,
            jittered=lambda seconds, part=0.2: seconds * random.Random(2).uniform(1 - part, 1 + part),
        )
        self.memories = Memories(self.context)
        self.queue: WorkQueue[ObjectKey] = WorkQueue()
        budget = CallBudget(self._settings.inventory_calls_per_minute)
        self.scans = Scans(self.context, self.memories)
        figures = Figures(self.context, self.memories, self.scans)
        self.turns = ScanTurns(self.context, self.queue, self.memories, self.scans, figures, budget)
        self.inventories = Inventories(
            self.context, self.queue, self.memories, self.scans, self.turns, figures, budget
        )

    async def restart(self) -> None:
        """Begin with nothing remembered, and look on."""
        await self.__aexit__()
        self.start()
        await self.__aenter__()
        for obj in list(self.store.items(REPOSITORIES.plural)):
            self.inventories.pace.add(object_key(obj))

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(one.run()) for one in (self.turns, self.inventories)]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            assert not task.done(), task
            task.cancel()

    # Objects and images

    def add(self, name: str, *images: Json, status: Json | None = None, **spec: Any) -> None:
        """An object whose repository has these images."""
        self.images[name] = list(images)
        metadata = {
            "namespace": "team-a",
            "name": name,
            "uid": f"uid of {name}",
            "resourceVersion": "1",
            "generation": 1,
            "creationTimestamp": "2026-11-01T00:00:00Z",
        }
        arn = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}"
        there = {"observedGeneration": 1, "repositoryArn": arn}
        self.store.put(
            REPOSITORIES.plural,
            {
                "apiVersion": API_VERSION,
                "kind": "EcrRepository",
                "metadata": metadata,
                "spec": spec,
                "status": there | (status or {}),
            },
        )

    def obj(self, name: str) -> Json:
        """The object as it is."""
        found = self.store.get(REPOSITORIES.plural, "team-a", name)
        assert found is not None
        return found

    def subject(self, obj: Json) -> Subject:
        """The object, read."""
        return Subject.of(obj, Cluster("prod"), self._settings, self._policies)

    def scan(self, name: str) -> Json:
        """`status.scan`."""
        found: Json = self.obj(name)["status"].get("scan", {})
        return found

    def verdict(self, name: str) -> Json:
        """The condition ScanPassed."""
        conditions = self.obj(name)["status"].get("conditions", [])
        found: Json = next((one for one in conditions if one["type"] == "ScanPassed"), {})
        return found

    @staticmethod
    def image(digest: str, *, age: float = DAY, index: bool = False, **members: Any) -> Json:
        """An ImageDetail."""
        return {
            "imageDigest": digest,
            "imageTags": [f"tag-of-{digest}"],
            "imagePushedAt": NOW - timedelta(seconds=age),
            "imageManifestMediaType": INDEX if index else IMAGE,
            "imageSizeInBytes": 1,
            **members,
        }

    async def look(self, name: str, *, asked: bool = False) -> None:
        """Count the images now; their scans are looked at when it is their turn."""
        subject = self.subject(self.obj(name))
        arn = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}"
        await self.inventories.read(subject, self._registry, arn, asked=asked)

    def asked(self, operation: str = FINDINGS, since: float = 0.0) -> list[str]:
        """About which images an operation was called, in order; or about which repository."""
        return [
            what
            for when, one, parameters in self.calls
            if one == operation and when >= since
            for what in self._named(parameters)
        ]

    def per_operation(self, since: float = 0.0) -> Counter[str]:
        """How many calls there were."""
        return Counter(operation for when, operation, _ in self.calls if when >= since)

    @staticmethod
    def _named(parameters: Json) -> Iterable[str]:
        if "imageId" in parameters:
            assert parameters["imageId"].keys() == {"imageDigest"}, "a tag may have moved"
            return [parameters["imageId"]["imageDigest"]]
        if "imageIds" in parameters:
            assert all(one.keys() == {"imageDigest"} for one in parameters["imageIds"])
            return [one["imageDigest"] for one in parameters["imageIds"]]
        return [parameters.get("repositoryName", "")]

    # What the context has

    async def _used(self, **_: Any) -> Any:
        return self.used if isinstance(self.used, UsageUnknown) else SimpleNamespace(of=lambda *_: self.used)

    def _record(self, obj: Json, reason: str, note: str, **_: Any) -> None:
        self.events.append((str(reason), note))

    async def apply(self, path: str, body: Json, *_: Any) -> Json:
        """The write of a status; as from an API server, the names in the answer are in alphabetical order."""
        name = path.split("/")[-2]
        now = self.obj(name)
        assert body["metadata"]["resourceVersion"] == now["metadata"]["resourceVersion"]
        self.writes += 1
        version = str(int(now["metadata"]["resourceVersion"]) + 1)
        status = json.loads(json.dumps(body["status"], sort_keys=True))
        return {**now, "metadata": {**now["metadata"], "resourceVersion": version}, "status": status}

    # The session of AWS

    async def read(self, service: str, operation: str, **parameters: Any) -> Json:
        """What ECR answers."""
        self.calls.append((self.loop.time(), operation, parameters))
        self.meanwhile.get(operation, lambda _: None)(parameters)
        if operation in self.failures:
            raise self.failures[operation]
        name = parameters.get("repositoryName", "")
        match operation:
            case "describe_images":
                return {"imageDetails": self.images[name]}
            case "get_registry_scanning_configuration":
                return {"scanningConfiguration": {"scanType": self.scan_type}}
            case "batch_get_repository_scanning_configuration":
                assert len(parameters["repositoryNames"]) <= 25
                found = (
                    {"repositoryName": one, "scanFrequency": "MANUAL", **self.frequencies.get(one, {})}
                    for one in parameters["repositoryNames"]
                )
                return {"scanningConfigurations": list(found)}
            case "get_lifecycle_policy":
                return {"lifecyclePolicyText": self.lifecycle.get(name)}
            case "list_pull_time_update_exclusions":
                return {"pullTimeUpdateExclusions": self.excluded}
            case "batch_get_image":
                asked = [one["imageDigest"] for one in parameters["imageIds"]]
                return {"images": [self._manifest(one) for one in asked if one in self.manifests]}
            case "describe_image_scan_findings":
                return self._scan(parameters["imageId"]["imageDigest"])
        raise AssertionError(operation)

    def _scan(self, digest: str) -> Json:
        answer = self.answers.get(digest)
        if answer is None:
            raise refusal("ScanNotFoundException")
        if isinstance(answer, AwsError):
            raise answer
        return answer

    def _manifest(self, index: str) -> Json:
        return {
            "imageId": {"imageDigest": index},
            "imageManifest": json.dumps({"manifests": self.manifests[index]}),
        }


def refusal(
    code: str, message: str = "no", *, status: int = 400, operation: str = "DescribeImageScanFindings"
) -> AwsError:
    """An error of AWS as the session raises it."""
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}},
    }
    return translate(ClientError(answer, operation), operation, NOW)
