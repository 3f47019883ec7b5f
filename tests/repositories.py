"""EcrRepositories as a test writes and reads them, and the repositories behind them as AWS holds them."""

from typing import Any

from ecr_operator.api.names import API_VERSION, OWNER_TAG
from tests.cluster import Cluster, Object
from tests.fake_aws.client import ACCOUNT, REGION, FakeAws
from tests.running import CLUSTER

KIND = "EcrRepository"


class Repositories:
    """Objects are named by their metadata.name; their repositories are `<namespace>/<name>`."""

    def __init__(self, cluster: Cluster, aws: FakeAws, namespace: str) -> None:
        self.cluster = cluster
        self.aws = aws
        self.namespace = namespace
        self.ecr = aws.client("ecr", unseen=True)

    # Objects

    def manifest(self, name: str, **spec: Any) -> Object:
        """An EcrRepository; `repositoryName` keeps repositories of tests apart."""
        spec = {"repositoryName": self.name(name), **spec}
        metadata = {"name": name, "namespace": self.namespace}
        return {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec}

    def create(self, name: str, **spec: Any) -> Object:
        """Create the object."""
        return self.cluster.create(self.manifest(name, **spec))

    def created(self, name: str, **spec: Any) -> Object:
        """Create the object and wait until it is Ready."""
        self.create(name, **spec)
        return self.ready(name)

    def patch(self, name: str, **spec: Any) -> Object:
        """Merge into the spec; None removes."""
        return self.cluster.merge_patch(KIND, self.namespace, name, {"spec": spec})

    def annotate(self, name: str, key: str, value: str | None) -> Object:
        """Set an annotation; None removes it."""
        return self.cluster.merge_patch(
            KIND, self.namespace, name, {"metadata": {"annotations": {key: value}}}
        )

    def get(self, name: str) -> Object:
        """The object as it is."""
        return self.cluster.get(KIND, self.namespace, name)

    def delete(self, name: str) -> None:
        """Ask for the object's deletion."""
        self.cluster.delete(KIND, self.namespace, name)

    def ready(self, name: str, timeout: float = 20) -> Object:
        """Wait until the object is Ready at its present generation."""
        return self.wait(name, "Ready", "True", timeout=timeout)

    def stalled(self, name: str, reason: str, timeout: float = 20) -> Object:
        """Wait until the object is stalled for `reason`, at its present generation."""
        return self.wait(name, "Stalled", "True", reason, timeout)

    def reconciling(self, name: str, reason: str, timeout: float = 20) -> Object:
        """Wait until the object is not Ready for `reason`, and worked on."""
        return self.wait(name, "Ready", "False", reason, timeout)

    def wait(
        self, name: str, type: str, status: str, reason: str | None = None, timeout: float = 20
    ) -> Object:
        """Wait for a condition at the object's present generation."""

        def holds(obj: Object) -> bool:
            found = condition(obj, type)
            return (
                found is not None
                and found["status"] == status
                and reason in (None, found["reason"])
                and found["observedGeneration"] == obj["metadata"]["generation"]
                and obj["status"]["observedGeneration"] == obj["metadata"]["generation"]
            )

        what = f"{type}={status}{f' ({reason})' if reason else ''}"
        return self.cluster.wait_for(KIND, self.namespace, name, holds, timeout, what)

    def wait_gone(self, name: str, timeout: float = 20) -> None:
        """Wait until the object is gone."""
        self.cluster.wait_gone(KIND, self.namespace, name, timeout)

    def reconcile_now(self, name: str, value: str) -> Object:
        """Ask for a reconcile by the annotation and wait until it was answered."""
        self.annotate(name, "ecr-operator.dev/reconcile", value)
        return self.cluster.wait_for(
            KIND,
            self.namespace,
            name,
            lambda obj: obj["status"].get("lastHandledReconcileAt") == value,
            what=f"lastHandledReconcileAt={value}",
        )

    def event(self, obj: Object, reason: str) -> Object:
        """Wait for an event on the object."""
        for _ in self.cluster.polls(30):
            for event in self.cluster.events(obj):
                if event["reason"] == reason:
                    return event
        reasons = [event["reason"] for event in self.cluster.events(obj)]
        raise AssertionError(f"no event {reason} on {obj['metadata']['name']}: {reasons}")

    # AWS

    def name(self, name: str) -> str:
        """The repository of the object `name`."""
        return f"{self.namespace}/{name}"

    def owner(self, name: str) -> str:
        """The owner value of the object `name`."""
        return f"{CLUSTER}/{self.namespace}/{name}"

    def arn(self, name: str, account: str = ACCOUNT) -> str:
        """The ARN of the object's repository."""
        return f"arn:aws:ecr:{REGION}:{account}:repository/{self.name(name)}"

    def in_aws(self, name: str) -> Object | None:
        """The repository as AWS describes it, with `tags` as a map; None: it does not exist."""
        try:
            found = self.ecr.describe_repositories(repositoryNames=[self.name(name)])["repositories"][0]
        except self.ecr.exceptions.RepositoryNotFoundException:
            return None
        tags = self.ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
        return {**found, "tags": {tag["Key"]: tag["Value"] for tag in tags}}

    def by_hand(self, name: str, owner: str | None = None, **parameters: Any) -> str:
        """Create a repository beside the operator; returns its ARN."""
        tags = [{"Key": OWNER_TAG, "Value": owner}] if owner else []
        answer = self.ecr.create_repository(repositoryName=self.name(name), tags=tags, **parameters)
        arn: str = answer["repository"]["repositoryArn"]
        return arn

    def tag_by_hand(self, name: str, **tags: str) -> None:
        """Set tags beside the operator."""
        entries = [{"Key": key, "Value": value} for key, value in tags.items()]
        self.ecr.tag_resource(resourceArn=self.arn(name), tags=entries)

    def writes(self) -> list[str]:
        """The operations that wrote to the test's repositories, in order, refused ones left out."""
        return [
            write["operation"]
            for write in self.aws.writes(prefix=f"{self.namespace}/")
            if not write.get("error")
        ]

    def calls(self) -> dict[str, int]:
        """Calls that named the test's repositories, by operation."""
        return self.aws.calls(prefix=f"{self.namespace}/")


def condition(obj: Object, type: str) -> Object | None:
    """The condition of that type."""
    conditions = obj.get("status", {}).get("conditions", [])
    return next((entry for entry in conditions if entry["type"] == type), None)


def message(obj: Object, type: str = "Ready") -> str:
    """The message of a condition."""
    found = condition(obj, type)
    assert found is not None, f"no condition {type}"
    text: str = found["message"]
    return text
