"""What tests use to talk to a cluster, whichever it is: JSON objects, and waits with a deadline."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Self

import yaml

from tests.controlplane.client import ApiError, Client, Object
from tests.kinds import KINDS, Kind, path

__all__ = ["KINDS", "ApiError", "Cluster", "Kind", "Object", "install_crds"]

Objects = list[Object]

MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

WATCH_SLICE = 5.0
"""Seconds after which a watch is begun anew, so that one that died unnoticed costs no more."""

SHOWN_METADATA = ("generation", "resourceVersion", "finalizers", "deletionTimestamp")


class Cluster:
    """A synchronous client of the cluster that a kubeconfig names, with its user's rights.

    `namespace` is None for kinds without one. Every method raises `ApiError` unless it says otherwise.
    """

    def __init__(
        self, kubeconfig: str | Path, *, kubectl: str | Path = "kubectl", timeout: float = 30
    ) -> None:
        self.kubeconfig = Path(kubeconfig).absolute()
        self.operator_kubeconfig: Path
        """That of the operator's account; `tests.installation.install_account` sets it."""
        self._kubectl = str(kubectl)
        self._client = Client(self.kubeconfig, timeout)
        self.request = self._client.request
        self._directory = tempfile.TemporaryDirectory(prefix="cluster-")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close connections and remove files."""
        self._client.close()
        self._directory.cleanup()

    # Reading

    def get(self, kind: str, namespace: str | None, name: str) -> Object:
        """The object."""
        return self.request("GET", path(kind, namespace, name))

    def find(self, kind: str, namespace: str | None, name: str) -> Object | None:
        """The object, or None when there is none."""
        try:
            return self.get(kind, namespace, name)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def list(
        self, kind: str, namespace: str | None = None, *, labels: str | None = None, fields: str | None = None
    ) -> Objects:
        """The objects of one namespace, or of all, that match the selectors."""
        query = {"labelSelector": labels, "fieldSelector": fields}
        page = self.request("GET", path(kind, namespace), query=query)
        return [_with_type(kind, item) for item in page["items"]]

    def events(self, obj: Object) -> Objects:
        """The events (events.k8s.io/v1) that regard the object, the oldest first."""
        metadata = obj["metadata"]
        found = self.list(
            "Event", metadata.get("namespace", "default"), fields=f"regarding.uid={metadata['uid']}"
        )
        return sorted(found, key=lambda event: event["metadata"]["creationTimestamp"])

    # Writing

    def create(self, obj: Object) -> Object:
        """Create the object; the API server's version of it."""
        return self.request("POST", path(obj["kind"], _namespace(obj)), obj)

    def apply(self, obj: Object, field_manager: str = "kubectl", *, force: bool = False) -> Object:
        """Server-side apply."""
        query = {"fieldManager": field_manager, "force": str(force).lower()}
        return self.request("PATCH", _path_of(obj), obj, query=query, content_type=APPLY_PATCH)

    def apply_status(self, obj: Object, field_manager: str) -> Object:
        """Server-side apply of the status alone, by force, as the controller of that name does it."""
        metadata = {name: obj["metadata"][name] for name in ("name", "namespace")}
        body = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": metadata}
        where = path(obj["kind"], metadata["namespace"], metadata["name"], "status")
        query = {"fieldManager": field_manager, "force": "true"}
        return self.request(
            "PATCH", where, body | {"status": obj["status"]}, query=query, content_type=APPLY_PATCH
        )

    def replace(self, obj: Object) -> Object:
        """Replace the object; `Conflict` when its resourceVersion is old."""
        return self.request("PUT", _path_of(obj), obj)

    def merge_patch(
        self, kind: str, namespace: str | None, name: str, patch: Object, *, subresource: str | None = None
    ) -> Object:
        """JSON merge patch: None removes a field."""
        where = path(kind, namespace, name, subresource)
        return self.request("PATCH", where, patch, content_type=MERGE_PATCH)

    def json_patch(
        self, kind: str, namespace: str | None, name: str, patch: Objects, *, subresource: str | None = None
    ) -> Object:
        """JSON patch: a list of operations."""
        where = path(kind, namespace, name, subresource)
        return self.request("PATCH", where, patch, content_type=JSON_PATCH)

    def status_patch(self, kind: str, namespace: str | None, name: str, status: Object) -> Object:
        """Merge `status` into the object's status."""
        return self.merge_patch(kind, namespace, name, {"status": status}, subresource="status")

    def delete(
        self, kind: str, namespace: str | None, name: str, *, wait: bool = False, timeout: float = 30
    ) -> None:
        """Ask for deletion, and with `wait` wait until the object is gone."""
        self.request("DELETE", path(kind, namespace, name))
        if wait:
            self.wait_gone(kind, namespace, name, timeout)

    # Waiting

    def wait_for(
        self,
        kind: str,
        namespace: str | None,
        name: str,
        predicate: Callable[[Object], object],
        timeout: float = 30,
        what: str = "the expected state",
    ) -> Object:
        """The first state of the object that `predicate` holds for, seen through a watch.

        A KeyError, IndexError or TypeError of the predicate counts as "not yet": status fills up by and by.
        `AssertionError` with the last status after `timeout` seconds.
        """
        last: Object | None = None
        with closing(self._states(kind, namespace, name, timeout)) as states:
            for state in states:
                last = state
                if state is not None and _holds(predicate, state):
                    return state
        raise AssertionError(
            f"{_title(kind, namespace, name)} did not reach {what} in {timeout} s; {_shown(last)}"
        )

    def history(self, kind: str, namespace: str | None, name: str, since: str) -> Objects:
        """The states of the object after the resourceVersion `since`, as a watch replays them."""
        query = {"fieldSelector": f"metadata.name={name}", "resourceVersion": since}
        events = self._client.watch(path(kind, namespace), query, 0.5)
        return [event["object"] for event in events if event["type"] == "MODIFIED"]

    def wait_gone(self, kind: str, namespace: str | None, name: str, timeout: float = 30) -> None:
        """Wait until the object is gone; `AssertionError` after `timeout` seconds."""
        last: Object | None = None
        with closing(self._states(kind, namespace, name, timeout)) as states:
            for state in states:
                if state is None:
                    return
                last = state
        raise AssertionError(
            f"{_title(kind, namespace, name)} is still there after {timeout} s; {_shown(last)}"
        )

    @staticmethod
    def polls(timeout: float, interval: float = 0.05) -> Iterator[None]:
        """Beats for a loop that waits for something else than one object; ends when the time is over."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            yield
            time.sleep(interval)

    def _states(
        self, kind: str, namespace: str | None, name: str, timeout: float
    ) -> Generator[Object | None, None, None]:
        """Every state of the object from now on (None: it is absent) until the time is over.

        Outages are sat out: tests restart API servers while they wait. `AssertionError` when there was no
        answer to the end.
        """
        failure: ApiError | None = None
        deadline = time.monotonic() + timeout
        where, query = path(kind, namespace), {"fieldSelector": f"metadata.name={name}"}
        while (left := deadline - time.monotonic()) > 0:
            left = min(left, WATCH_SLICE)
            try:
                page = self.request("GET", where, query=query, timeout=left)
                failure = None
                yield _with_type(kind, page["items"][0]) if page["items"] else None
                version = page["metadata"]["resourceVersion"]
                for event in self._client.watch(where, query | {"resourceVersion": version}, left):
                    yield None if event["type"] == "DELETED" else event["object"]
                    if time.monotonic() > deadline:
                        return
            except ApiError as error:
                failure = error
                time.sleep(0.05)
        if failure:
            raise AssertionError(f"No answer about {_title(kind, namespace, name)} in {timeout} s: {failure}")

    # As other users and with other tools

    def kubeconfig_of(self, namespace: str, service_account: str) -> Path:
        """A kubeconfig with a token of the service account, valid for a day or until `close`."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}
        where = path("ServiceAccount", namespace, service_account, "token")
        answer = self.request("POST", where, body | {"spec": {"expirationSeconds": 86400}})
        file = Path(self._directory.name) / f"{namespace}.{service_account}.kubeconfig"
        file.write_text(self._client.kubeconfig(service_account, answer["status"]["token"]))
        return file

    def kubectl(
        self, *args: str, input: str | None = None, check: bool = True, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl as a user would; with `check` a failure is an `AssertionError` with its stderr."""
        # kubectl keeps its discovery by host and port, which the next control plane may get again.
        cache = f"{self._directory.name}/kubectl"
        environment = os.environ | {"KUBECONFIG": str(self.kubeconfig), "KUBECACHEDIR": cache}
        done = subprocess.run(
            [self._kubectl, *args],
            input=input,
            capture_output=True,
            text=True,
            timeout=timeout,
            env=environment,
            check=False,
        )
        assert not check or done.returncode == 0, f"kubectl {' '.join(args)}: {done.stderr}"
        return done


def install_crds(cluster: Cluster, directory: Path) -> None:
    """Apply every CRD of the directory's YAML files, and wait until their kinds are served."""
    files = sorted(directory.glob("*.yaml"))
    documents = [d for file in files for d in yaml.safe_load_all(file.read_text()) if d]
    # A kustomization, which may lie there too, need not say its kind.
    crds = [d for d in documents if d.get("kind") == "CustomResourceDefinition"]
    for crd in crds:
        cluster.apply(crd, force=True)
    for crd in crds:
        name = crd["metadata"]["name"]
        cluster.wait_for("CustomResourceDefinition", None, name, _is_established, what="Established")


def _is_established(crd: Object) -> bool:
    return any(c["type"] == "Established" and c["status"] == "True" for c in crd["status"]["conditions"])


def _namespace(obj: Object) -> str | None:
    namespace: str | None = obj["metadata"].get("namespace")
    return namespace


def _path_of(obj: Object) -> str:
    return path(obj["kind"], _namespace(obj), obj["metadata"]["name"])


def _with_type(kind: str, item: Object) -> Object:
    """Built-in kinds come without their type in lists."""
    return {"apiVersion": KINDS[kind].api_version, "kind": kind} | item


def _holds(predicate: Callable[[Object], object], obj: Object) -> bool:
    try:
        return bool(predicate(obj))
    except (KeyError, IndexError, TypeError):
        return False


def _title(kind: str, namespace: str | None, name: str) -> str:
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def _shown(obj: Object | None) -> str:
    """The end of a failed wait's message: what was seen last."""
    if obj is None:
        return "it is absent"
    metadata = {name: value for name, value in obj["metadata"].items() if name in SHOWN_METADATA}
    shown = {"metadata": metadata, "status": obj.get("status")}
    return "last seen:\n" + yaml.safe_dump(shown, sort_keys=False)
