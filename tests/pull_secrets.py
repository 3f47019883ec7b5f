"""EcrPullSecrets as a test writes them, and what becomes of its namespaces."""

import base64
import json
from collections.abc import Callable
from typing import Any

from ecr_operator.api.names import API_VERSION
from tests.cluster import ApiError, Cluster, Object
from tests.fake_aws.client import ACCOUNT, REGION, FakeAws
from tests.repositories import condition

KIND = "EcrPullSecret"
LABEL = "test"
HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
DOCKER_KEY = ".dockerconfigjson"
DOCKER_TYPE = "kubernetes.io/dockerconfigjson"


class PullSecrets:
    """Objects and namespaces are named `<prefix>-<name>`; by default an object selects all of the test's."""

    def __init__(self, cluster: Cluster, aws: FakeAws, prefix: str) -> None:
        self.cluster = cluster
        self.aws = aws
        self.prefix = prefix
        self._made: list[tuple[str, str]] = []

    def clean(self) -> None:
        """Delete what was made; namespaces go behind the next test, with all that is in them."""
        for kind, name in reversed(self._made):
            try:
                if kind == KIND:
                    # The operator of the test may have ended.
                    self.cluster.merge_patch(kind, None, name, {"metadata": {"finalizers": None}})
                self.cluster.delete(kind, None, name)
            except ApiError as error:
                if error.status not in (404, 409):
                    raise

    # Objects

    def name(self, name: str) -> str:
        """`metadata.name` of the object, or of the namespace, that the test calls so."""
        return f"{self.prefix}-{name}"

    def manifest(self, name: str, **spec: Any) -> Object:
        """An EcrPullSecret for the caller's own registry."""
        everywhere = {"selector": {"matchLabels": {LABEL: self.prefix}}}
        spec = {"registries": [{}], "namespaces": everywhere, "secretName": "ecr", **spec}
        spec = {field: value for field, value in spec.items() if value is not None}
        return {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": self.name(name)}, "spec": spec}

    def create(self, name: str = "pull", **spec: Any) -> Object:
        """Create the object."""
        self._made.append((KIND, self.name(name)))
        return self.cluster.create(self.manifest(name, **spec))

    def patch(self, name: str = "pull", **spec: Any) -> Object:
        """Merge into the spec; None removes."""
        return self.cluster.merge_patch(KIND, None, self.name(name), {"spec": spec})

    def annotate(self, name: str, key: str, value: str | None) -> Object:
        """Set an annotation; None removes it."""
        return self.cluster.merge_patch(
            KIND, None, self.name(name), {"metadata": {"annotations": {key: value}}}
        )

    def get(self, name: str = "pull") -> Object:
        """The object as it is."""
        return self.cluster.get(KIND, None, self.name(name))

    def delete(self, name: str = "pull", wait: bool = True) -> None:
        """Delete the object, and by default wait until it is gone."""
        self.cluster.delete(KIND, None, self.name(name), wait=wait)

    def ready(self, name: str = "pull", timeout: float = 20) -> Object:
        """Wait until the object is Ready at its present generation, and all of its namespaces are settled."""
        return self.wait(name, "Ready", "True", settled=True, timeout=timeout)

    def stalled(self, reason: str, name: str = "pull", timeout: float = 20) -> Object:
        """Wait until the object is stalled for `reason`, at its present generation."""
        return self.wait(name, "Stalled", "True", reason, timeout=timeout)

    def wait(
        self,
        name: str,
        type: str,
        status: str,
        reason: str | None = None,
        *,
        settled: bool = False,
        timeout: float = 20,
    ) -> Object:
        """Wait for a condition at the object's present generation."""

        def holds(obj: Object) -> bool:
            found = condition(obj, type)
            counts = obj["status"].get("namespaces") or {}
            return (
                found is not None
                and found["status"] == status
                and reason in (None, found["reason"])
                and found["observedGeneration"] == obj["metadata"]["generation"]
                and (not settled or counts["ready"] + counts["failed"] == counts["matched"])
            )

        what = f"{type}={status}{f' ({reason})' if reason else ''}"
        return self.wait_for(holds, what, name, timeout)

    def wait_for(
        self, holds: Callable[[Object], object], what: str, name: str = "pull", timeout: float = 20
    ) -> Object:
        """Wait for any state of the object."""
        return self.cluster.wait_for(KIND, None, self.name(name), holds, timeout, what)

    def failing(self, namespace: str, reason: str, name: str = "pull", timeout: float = 20) -> str:
        """Wait until the status says that the namespace fails for `reason`; the message."""

        def holds(obj: Object) -> bool:
            return any(
                (one["namespace"], one["reason"]) == (namespace, reason) for one in obj["status"]["failures"]
            )

        obj = self.wait_for(holds, f"{reason} in {namespace}", name, timeout)
        return next(one["message"] for one in obj["status"]["failures"] if one["namespace"] == namespace)

    def counted(
        self, matched: int, ready: int, failed: int, name: str = "pull", timeout: float = 20
    ) -> Object:
        """Wait until the status counts so, at the object's present generation and Ready."""
        counts = {"matched": matched, "ready": ready, "failed": failed}

        def holds(obj: Object) -> bool:
            return (
                obj["status"]["namespaces"] == counts
                and condition(obj, "Ready")["status"] == "True"  # type: ignore[index]
                and obj["status"]["observedGeneration"] == obj["metadata"]["generation"]
            )

        return self.wait_for(holds, str(counts), name, timeout)

    def healed(self, name: str = "pull", timeout: float = 20) -> Object:
        """Wait until the object is Ready, and all namespaces that it matches hold its Secret."""

        def holds(obj: Object) -> bool:
            counts = obj["status"]["namespaces"]
            return (
                condition(obj, "Ready")["status"] == "True"  # type: ignore[index]
                and obj["status"]["observedGeneration"] == obj["metadata"]["generation"]
                and counts["ready"] == counts["matched"] > 0
            )

        obj = self.wait_for(holds, "all namespaces ready", name, timeout)
        assert "failures" not in obj["status"]
        assert condition(obj, "NamespacesFailed") is None
        return obj

    # Namespaces, and what is in them

    def namespace(self, name: str, **labels: str) -> str:
        """Create a namespace that the test's objects select; its whole name."""
        whole = self.name(name)
        self._made.append(("Namespace", whole))
        metadata = {"name": whole, "labels": {LABEL: self.prefix, **labels}}
        self.cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        return whole

    def label(self, namespace: str, value: str | None = None) -> None:
        """Have the test's objects select the namespace, or, with another value, not."""
        labels = {LABEL: self.prefix if value is None else value}
        self.cluster.merge_patch("Namespace", None, namespace, {"metadata": {"labels": labels}})

    def foreign(
        self, namespace: str, data: dict[str, str], type: str = DOCKER_TYPE, name: str = "ecr", **more: Any
    ) -> Object:
        """A Secret of somebody else."""
        body = {"apiVersion": "v1", "kind": "Secret", "type": type, "data": data, **more}
        return self.cluster.create(body | {"metadata": {"name": name, "namespace": namespace}})

    def secret(self, namespace: str, name: str = "ecr") -> Object | None:
        """The Secret, or None."""
        return self.cluster.find("Secret", namespace, name)

    def wait_secret(
        self,
        namespace: str,
        holds: Callable[[Object], object] = bool,
        name: str = "ecr",
        timeout: float = 20,
    ) -> Object:
        """Wait for a state of the Secret."""
        return self.cluster.wait_for("Secret", namespace, name, holds, timeout)

    def wait_no_secret(self, namespace: str, name: str = "ecr", timeout: float = 20) -> None:
        """Wait until there is no such Secret."""
        self.cluster.wait_gone("Secret", namespace, name, timeout)

    def auths(self, namespace: str, name: str = "ecr") -> dict[str, str]:
        """{host: auth} of the Secret in the namespace."""
        secret = self.secret(namespace, name)
        assert secret is not None
        return auths(secret)

    def entries(self, namespace: str, account: str = "default") -> list[str]:
        """The names in `imagePullSecrets` of a service account."""
        found = self.cluster.get("ServiceAccount", namespace, account).get("imagePullSecrets") or []
        return [entry["name"] for entry in found]

    def wait_entries(self, namespace: str, names: list[str], account: str = "default") -> Object:
        """Wait until `imagePullSecrets` of the service account are exactly these."""

        def holds(obj: Object) -> bool:
            return [entry["name"] for entry in obj.get("imagePullSecrets") or []] == names

        return self.cluster.wait_for("ServiceAccount", namespace, account, holds, what=str(names))

    def mints(self) -> int:
        """How many tokens AWS was asked for."""
        return self.aws.calls().get("GetAuthorizationToken", 0)


def auths(secret: Object) -> dict[str, str]:
    """{host: auth} of a Docker configuration."""
    config = json.loads(base64.b64decode(secret["data"][DOCKER_KEY]))
    assert list(config) == ["auths"]
    assert all(list(entry) == ["auth"] for entry in config["auths"].values())
    return {host: entry["auth"] for host, entry in config["auths"].items()}


def docker_data(*hosts: str) -> dict[str, str]:
    """The data of a Docker configuration with somebody's passwords for the hosts."""
    auths = {host: {"auth": base64.b64encode(b"AWS:somebody's").decode()} for host in hosts}
    return {DOCKER_KEY: base64.b64encode(json.dumps({"auths": auths}).encode()).decode()}
