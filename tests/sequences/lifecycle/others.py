"""What happens beside the operator's own objects: images, Pods, and other hands in AWS."""

import json
from typing import Any

from tests.cluster import Cluster
from tests.fake_aws.client import ACCOUNT, REGION, FakeAws
from tests.lifecycle import DAY
from tests.sequences.lifecycle.images import IMAGES, OTHER


class Others:
    """In the namespace of one sequence; its repositories in AWS are `<namespace>/<letter>`."""

    def __init__(self, cluster: Cluster, aws: FakeAws, namespace: str) -> None:
        self._cluster = cluster
        self._aws = aws
        self._namespace = namespace
        self._digests: dict[tuple[str, str], str] = {}

    def push(self, letter: str, name: str) -> None:
        """Put an image into a repository."""
        image = IMAGES[name]
        tags = [image.tag] if image.tag else []
        put = self._aws.put_image(self._name(letter), tags, age=image.age * DAY)
        self._digests[letter, name] = str(put["imageDigest"])

    def use(self, pod: str, letter: str, name: str, by_digest: bool) -> None:
        """Create a Pod that uses an image, which is there."""
        digest = by_digest or not IMAGES[name].tag
        image = f"@{self._digests[letter, name]}" if digest else f":{IMAGES[name].tag}"
        reference = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{self._name(letter)}{image}"
        self._cluster.create(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": pod, "namespace": self._namespace},
                "spec": {"containers": [{"name": "main", "image": reference}]},
            }
        )

    def unuse(self, pod: str) -> None:
        """Delete a Pod; returns when it is gone."""
        where = f"/api/v1/namespaces/{self._namespace}/pods/{pod}"
        self._cluster.request("DELETE", where, {"gracePeriodSeconds": 0})
        self._cluster.wait_gone("Pod", self._namespace, pod)

    def run_policies(self, letter: str) -> set[str]:
        """Let AWS run the repository's policy; returns what went."""
        went = self._aws.run_lifecycle_policies(self._name(letter)).get(self._name(letter), [])
        digests = {one["imageDigest"] for one in went}
        return {
            name for (where, name), digest in self._digests.items() if where == letter and digest in digests
        }

    def set_policy(self, letter: str) -> None:
        """Set another policy."""
        text = json.dumps({"rules": OTHER})
        self._ecr.put_lifecycle_policy(repositoryName=self._name(letter), lifecyclePolicyText=text)

    def remove_policy(self, letter: str) -> None:
        """Remove the policy, which is there."""
        self._ecr.delete_lifecycle_policy(repositoryName=self._name(letter))

    @property
    def _ecr(self) -> Any:
        return self._aws.client("ecr", unseen=True)

    def _name(self, letter: str) -> str:
        return f"{self._namespace}/{letter}"
