"""What users have asked of the API server, by its own audit log."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

import yaml


class Request(NamedTuple):
    """One request for a resource; `resource` has its subresource, `verb` is RBAC's."""

    group: str
    resource: str
    verb: str
    namespace: str
    name: str
    allowed: bool


class AuditLog:
    """A context manager: what `user` asks of the API server that is started with `flags`.

    Requests of others, and for anything but resources (discovery, `/healthz`), are left out.
    """

    def __init__(self, user: str) -> None:
        self._user = user
        self._directory = tempfile.TemporaryDirectory(prefix="audit-")
        self._log = Path(self._directory.name) / "audit.log"
        self._policy = Path(self._directory.name) / "policy.yaml"
        self._policy.write_text(yaml.safe_dump(_policy(user)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._directory.cleanup()

    @property
    def flags(self) -> list[str]:
        """For kube-apiserver; each entry is written before its request ends."""
        return [f"--audit-policy-file={self._policy}", f"--audit-log-path={self._log}"]

    def requests(self) -> Iterator[Request]:
        """The requests so far, watches from their beginning."""
        if not self._log.exists():
            return
        with self._log.open("rb") as log:
            for line in log:
                # The last one may be about to be written.
                if line.endswith(b"\n"):
                    yield _request(json.loads(line))


def _policy(user: str) -> dict[str, object]:
    rules = [
        {"level": "None", "nonResourceURLs": ["*"]},
        {"level": "Metadata", "users": [user]},
        {"level": "None"},
    ]
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": rules,
    }


def _request(entry: dict[str, object]) -> Request:
    about = entry["objectRef"]
    annotations = entry["annotations"]
    assert isinstance(about, dict)
    assert isinstance(annotations, dict)
    return Request(
        group=about.get("apiGroup", ""),
        resource="/".join(filter(None, (about["resource"], about.get("subresource")))),
        verb=str(entry["verb"]),
        namespace=about.get("namespace", ""),
        name=about.get("name", ""),
        allowed=annotations["authorization.k8s.io/decision"] == "allow",
    )
