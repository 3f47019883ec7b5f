"""EcrLifecyclePolicies as a test writes and reads them, their images, and Pods that use these."""

from typing import Any

from ecr_operator.api.names import API_VERSION
from tests.cluster import Cluster, Object
from tests.fake_aws.client import ACCOUNT, REGION
from tests.repositories import Repositories, condition
from tests.running import RunningOperator

KIND = "EcrLifecyclePolicy"
DAY = 86_400.0
UNPULLED: dict[str, Any] = {
    "rulePriority": 1,
    "selection": {
        "tagStatus": "any",
        "countType": "sinceImagePulled",
        "countUnit": "days",
        "countNumber": 90,
    },
    "action": {"type": "transition", "targetStorageClass": "archive"},
}
"""The rule that archives what nobody has pulled for 90 days."""


def keep(number: int, **more: Any) -> dict[str, Any]:
    """The rule that keeps so many images."""
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": number}
    return {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}, **more}


def older_than(days: int, tag_status: str = "any", **more: Any) -> dict[str, Any]:
    """The rule that expires what is older."""
    selection = {"tagStatus": tag_status, "countType": "sinceImagePushed", "countUnit": "days"}
    return {
        "rulePriority": 1,
        "selection": selection | {"countNumber": days},
        "action": {"type": "expire"},
        **more,
    }


class LifecyclePolicies:
    """In the namespace of `repositories`."""

    def __init__(self, repositories: Repositories) -> None:
        self.repositories = repositories
        self.cluster: Cluster = repositories.cluster
        self.namespace = repositories.namespace

    def operator(self, **settings: Any) -> RunningOperator:
        """An operator for this namespace alone; not started yet."""
        return RunningOperator(
            self.cluster.operator_kubeconfig, watch_namespaces=(self.namespace,), **settings
        )

    # Policies

    def create(self, name: str, *rules: dict[str, Any], **spec: Any) -> Object:
        """Create an EcrLifecyclePolicy."""
        metadata = {"name": name, "namespace": self.namespace}
        spec = {"rules": list(rules), **spec}
        return self.cluster.create(
            {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec}
        )

    def patch(self, name: str, **spec: Any) -> Object:
        """Merge into the spec; None removes."""
        return self.cluster.merge_patch(KIND, self.namespace, name, {"spec": spec})

    def get(self, name: str) -> Object:
        """The object as it is."""
        return self.cluster.get(KIND, self.namespace, name)

    def delete(self, name: str) -> None:
        """Delete the object."""
        self.cluster.delete(KIND, self.namespace, name)

    def ready(self, name: str, timeout: float = 30, **counts: int) -> Object:
        """Wait until the policy is Ready, with these figures of repositories."""
        return self._wait(name, "Ready", "True", None, counts, timeout)

    def stalled(self, name: str, reason: str, timeout: float = 30, **counts: int) -> Object:
        """Wait until the policy is stalled for `reason`, with these figures of repositories."""
        return self._wait(name, "Stalled", "True", reason, counts, timeout)

    def _wait(
        self, name: str, type: str, status: str, reason: str | None, counts: dict[str, int], timeout: float
    ) -> Object:
        def holds(obj: Object) -> bool:
            found = condition(obj, type)
            there = obj.get("status", {}).get("repositories", {})
            return (
                found is not None
                and (found["status"], reason or found["reason"]) == (status, found["reason"])
                and found["observedGeneration"] == obj["metadata"]["generation"]
                and counts.items() <= there.items()
            )

        what = f"{type}={status} {reason or ''} {counts}"
        return self.cluster.wait_for(KIND, self.namespace, name, holds, timeout, what)

    # Repositories

    def repository(self, name: str, labels: dict[str, str] | None = None, **spec: Any) -> Object:
        """Create an EcrRepository with labels and wait until it is Ready."""
        manifest = self.repositories.manifest(name, **spec)
        manifest["metadata"]["labels"] = labels or {}
        self.cluster.create(manifest)
        return self.repositories.ready(name)

    def label(self, name: str, **labels: str | None) -> Object:
        """Set labels of an EcrRepository; None removes."""
        return self.cluster.merge_patch(
            "EcrRepository", self.namespace, name, {"metadata": {"labels": labels}}
        )

    def in_state(self, name: str, state: str | None, timeout: float = 30, **fields: Any) -> Object:
        """Wait until the EcrRepository's lifecycle policy is in this state; None: until none is told of."""

        def holds(obj: Object) -> bool:
            found = obj.get("status", {}).get("lifecyclePolicy", {})
            return found.get("state") == state and fields.items() <= found.items()

        what = f"lifecyclePolicy {state} {fields}"
        return self.cluster.wait_for("EcrRepository", self.namespace, name, holds, timeout, what)

    def live(self) -> None:
        """The life of a policy in which everything is asked of the API server that is ever asked for one."""
        self.create("keep", keep(30), repositorySelector={"matchLabels": {"life": "of-a-policy"}})
        self.repository("ruled")
        self.images("ruled", "v1", "v2")
        self.label("ruled", life="of-a-policy")
        self.in_state("ruled", "Applied")
        self.ready("keep", matched=1, applied=1)
        self.delete("keep")
        self.in_state("ruled", None)

    # Images

    def images(self, name: str, *tags: str, every: float = DAY) -> dict[str, str]:
        """Put images into a repository, the first the oldest; returns their digests by tag."""
        digests = {}
        for age, tag in enumerate(reversed(tags), start=1):
            put = self.repositories.aws.put_image(self.repositories.name(name), [tag], age=age * every)
            digests[tag] = str(put["imageDigest"])
        return digests

    def reference(self, name: str, image: str, account: str = ACCOUNT) -> str:
        """An image (`:tag` or `@digest`) of a repository as Pods name it."""
        return f"{account}.dkr.ecr.{REGION}.amazonaws.com/{self.repositories.name(name)}{image}"

    def pod(
        self,
        name: str,
        repository: str,
        image: str,
        *,
        image_id: str | None = None,
        account: str = ACCOUNT,
    ) -> Object:
        """Create a Pod that uses an image; `image_id` is the digest that its node has pulled."""
        reference = self.reference(repository, image, account)
        pod = self.cluster.create(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name, "namespace": self.namespace},
                "spec": {"containers": [{"name": "main", "image": reference}]},
            }
        )
        if image_id is not None:
            status = {
                "name": "main",
                "image": reference,
                "imageID": self.reference(repository, f"@{image_id}"),
                "ready": True,
                "restartCount": 0,
                "state": {"running": {}},
            }
            path = f"/api/v1/namespaces/{self.namespace}/pods/{name}/status"
            body = {"status": {"phase": "Running", "containerStatuses": [status]}}
            pod = self.cluster.request("PATCH", path, body, content_type="application/merge-patch+json")
        return pod

    def remove_pod(self, name: str) -> None:
        """Delete a Pod and wait until it is gone."""
        self.cluster.request(
            "DELETE", f"/api/v1/namespaces/{self.namespace}/pods/{name}", {"gracePeriodSeconds": 0}
        )
        self.cluster.wait_gone("Pod", self.namespace, name)
