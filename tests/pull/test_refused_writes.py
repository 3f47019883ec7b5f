"""Writes that the API server refuses: said in its words, seldom repeated, healed by themselves."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.cluster import ApiError, Object
from tests.controlplane.audit import AuditLog
from tests.pull.webhooks import GROUP, REFUSED
from tests.pull_secrets import LABEL, PullSecrets
from tests.repositories import condition

pytestmark = pytest.mark.usefixtures("operator")


class Attempts:
    """How often the operator has tried to write in a namespace, against the time that it took."""

    def __init__(self, audit: AuditLog, namespace: str) -> None:
        self._audit = audit
        self._namespace = namespace
        self._began = time.monotonic()

    def count(self) -> int:
        """Since the namespace was created."""
        return sum(
            one.namespace == self._namespace and one.verb in ("create", "patch")
            for one in self._audit.requests()
        )

    def assert_seldom(self) -> None:
        """The tests' operators look again after a second, or on a change."""
        assert self.count() <= 4 + 2 * (time.monotonic() - self._began)


@contextmanager
def quota(pulls: PullSecrets, namespace: str) -> Iterator[None]:
    pulls.cluster.create(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "few", "namespace": namespace},
            "spec": {"hard": {"secrets": "0"}},
        }
    )
    pulls.cluster.wait_for("ResourceQuota", namespace, "few", lambda one: one["status"]["hard"])
    yield
    pulls.cluster.delete("ResourceQuota", namespace, "few")


@contextmanager
def policy(pulls: PullSecrets, resource: str, operations: list[str]) -> Iterator[None]:
    """Refuses writes of the resource in namespaces with the label `REFUSED`."""
    name = pulls.name("policy")
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": operations, "resources": [resource]}
    selector = {"matchLabels": {REFUSED: pulls.prefix}}
    match = {"resourceRules": [rule], "namespaceSelector": selector}
    validation = {"expression": "object.metadata.name == 'free'", "message": "not in this house"}
    spec: dict[str, Any] = {"failurePolicy": "Fail", "matchConstraints": match, "validations": [validation]}
    kind = "ValidatingAdmissionPolicy"
    pulls.cluster.create({"apiVersion": GROUP, "kind": kind, "metadata": {"name": name}, "spec": spec})
    spec = {"policyName": name, "validationActions": ["Deny"]}
    pulls.cluster.create(
        {"apiVersion": GROUP, "kind": f"{kind}Binding", "metadata": {"name": name}, "spec": spec}
    )
    try:
        yield
    finally:
        pulls.cluster.delete(f"{kind}Binding", None, name)
        pulls.cluster.delete(kind, None, name)


def refusal(pulls: PullSecrets, obj: Object) -> str:
    """What the API server says to it; "" where it takes it."""
    try:
        pulls.cluster.create(obj)
    except ApiError as error:
        return error.message
    pulls.cluster.delete(obj["kind"], obj["metadata"]["namespace"], obj["metadata"]["name"])
    return ""


def wait_refused(pulls: PullSecrets, kind: str, namespace: str) -> None:
    """Until the API server has learnt of the policy."""
    obj = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "probe", "namespace": namespace}}
    for _ in pulls.cluster.polls(20):
        if "not in this house" in refusal(pulls, obj):
            return
    raise AssertionError("the policy refuses nothing")


def test_a_quota(pulls: PullSecrets, audit: AuditLog) -> None:
    bad = pulls.namespace("bad", **{LABEL: "none"})
    with quota(pulls, bad):
        good = pulls.namespace("good")
        pulls.create(serviceAccounts={"names": ["default"]})
        pulls.wait_secret(good)
        pulls.label(bad)
        attempts = Attempts(audit, bad)
        message = pulls.failing(bad, "WriteRefused")
        late = pulls.namespace("late")
        pulls.wait_entries(late, ["ecr"])
        obj = pulls.counted(matched=3, ready=2, failed=1)

        assert "exceeded quota: few" in message
        assert condition(obj, "NamespacesFailed")["reason"] == "WriteRefused"  # type: ignore[index]
        for _ in pulls.cluster.polls(20):
            if attempts.count() >= 3:
                break
        attempts.assert_seldom()
        # A Secret that is not there is not named.
        assert pulls.entries(bad) == []
    pulls.healed()
    pulls.wait_entries(bad, ["ecr"])
    assert pulls.mints() == 1


def test_a_policy_on_secrets(pulls: PullSecrets, audit: AuditLog) -> None:
    good, bad = pulls.namespace("good"), pulls.namespace("bad", **{REFUSED: pulls.prefix})
    with policy(pulls, "secrets", ["CREATE", "UPDATE"]):
        wait_refused(pulls, "Secret", bad)
        attempts = Attempts(audit, bad)
        pulls.create()
        assert "not in this house" in pulls.failing(bad, "WriteRefused")
        pulls.counted(matched=2, ready=1, failed=1)
        for _ in pulls.cluster.polls(20):
            if attempts.count() >= 3:
                break
        attempts.assert_seldom()
        assert pulls.secret(good) is not None
    pulls.healed()
    assert pulls.auths(bad) == pulls.auths(good)


def test_a_policy_on_service_accounts(pulls: PullSecrets, audit: AuditLog) -> None:
    """Its answer looks as that of a JSON patch that came too late."""
    good, bad = pulls.namespace("good"), pulls.namespace("bad", **{REFUSED: pulls.prefix})
    for name in (good, bad):
        pulls.cluster.wait_for("ServiceAccount", name, "default", bool)
    with policy(pulls, "serviceaccounts", ["CREATE", "UPDATE"]):
        wait_refused(pulls, "ServiceAccount", bad)
        attempts = Attempts(audit, bad)
        pulls.create(serviceAccounts={"names": ["default"]})
        message = pulls.failing(bad, "WriteRefused")
        pulls.counted(matched=2, ready=1, failed=1)
        for _ in pulls.cluster.polls(20):
            if attempts.count() >= 4:
                break
        attempts.assert_seldom()
        assert "not in this house" in message
        assert "service account" in message
        # The Secret itself is there all the same.
        assert pulls.auths(bad) == pulls.auths(good)
        assert pulls.entries(good) == ["ecr"]
    pulls.healed()
    pulls.wait_entries(bad, ["ecr"])
