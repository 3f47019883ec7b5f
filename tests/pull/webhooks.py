"""Admission webhooks on Secrets, in namespaces of a test that it labels for them."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from tests.cluster import ApiError
from tests.kinds import path
from tests.pull_secrets import PullSecrets

GROUP = "admissionregistration.k8s.io/v1"
REFUSED = "refused"
"""Namespaces with this label, and the test's prefix for its value, are asked for."""


class Server(Protocol):
    """What serves a webhook."""

    url: str

    def count(self) -> int:
        """How often it was asked."""


@contextmanager
def webhook(pulls: PullSecrets, server: Server, authority: bytes = b"") -> Iterator[None]:
    """`server` is asked for each write of a Secret; `authority` has signed its certificate."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["secrets"]}
    config: dict[str, Any] = {"url": server.url}
    if authority:
        config["caBundle"] = base64.b64encode(authority).decode()
    asked = {
        "name": "house.example.com",
        "clientConfig": config,
        "rules": [rule],
        "namespaceSelector": {"matchLabels": {REFUSED: pulls.prefix}},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 30,
    }
    kind, name = "ValidatingWebhookConfiguration", pulls.name("house")
    pulls.cluster.create({"apiVersion": GROUP, "kind": kind, "metadata": {"name": name}, "webhooks": [asked]})
    try:
        yield
    finally:
        pulls.cluster.delete(kind, None, name)


def wait_asked(pulls: PullSecrets, namespace: str, server: Server) -> None:
    """Until the API server has learnt of the webhook; nobody waits for its answer."""
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "probe", "namespace": namespace}}
    for _ in pulls.cluster.polls(20):
        with suppress(ApiError):
            pulls.cluster.request("POST", path("Secret", namespace), body, timeout=1)
            pulls.cluster.delete("Secret", namespace, "probe")
        if server.count():
            return
    raise AssertionError("the webhook is not asked")
