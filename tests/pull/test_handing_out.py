"""Namespaces that are selected hold the Secret, and others do not."""

import pytest

from tests.fake_aws.client import FakeAws
from tests.pull_secrets import HOST, LABEL, PullSecrets
from tests.repositories import condition

pytestmark = pytest.mark.usefixtures("operator")


def test_all_selected_namespaces_get_the_same_bytes_with_one_token(pulls: PullSecrets, aws: FakeAws) -> None:
    names = [pulls.namespace(name) for name in ("a", "b", "c")]
    other = pulls.namespace("other", **{LABEL: "none"})
    pulls.create()
    obj = pulls.ready()

    secrets = [pulls.secret(name) for name in names]
    assert len({secret["data"][".dockerconfigjson"] for secret in secrets if secret}) == 1
    assert all(secret and secret["type"] == "kubernetes.io/dockerconfigjson" for secret in secrets)
    assert list(pulls.auths(names[0])) == [HOST]
    assert aws.token(pulls.auths(names[0])[HOST])["valid"]
    assert pulls.secret(other) is None
    assert pulls.mints() == 1
    status = obj["status"]
    assert status["namespaces"] == {"matched": 3, "ready": 3, "failed": 0}
    assert status["registries"] == [{"host": HOST}]
    assert status["secretName"] == "ecr"
    assert condition(obj, "LeastPrivilege")["reason"] == "OperatorIdentityUsed"  # type: ignore[index]
    assert condition(obj, "Ready")["message"] == "3 of 3 namespaces hold the Secret"  # type: ignore[index]


def test_a_new_namespace_gets_it_and_one_no_longer_selected_loses_it(pulls: PullSecrets) -> None:
    pulls.create()
    pulls.wait("pull", "Ready", "True", "NoNamespaceMatched")
    late = pulls.namespace("late")
    secret = pulls.wait_secret(late)
    pulls.cluster.merge_patch("Namespace", None, late, {"metadata": {"labels": {LABEL: "none"}}})
    pulls.wait_no_secret(late)
    pulls.wait_for(lambda obj: obj["status"]["namespaces"]["matched"] == 0, "nothing matched")

    pulls.cluster.merge_patch("Namespace", None, late, {"metadata": {"labels": {LABEL: pulls.prefix}}})
    again = pulls.wait_secret(late)
    assert again["metadata"]["uid"] != secret["metadata"]["uid"]
    assert again["data"] == secret["data"]
    assert pulls.mints() == 1


def test_what_somebody_edits_or_deletes_is_restored(pulls: PullSecrets) -> None:
    name = pulls.namespace("a")
    pulls.create()
    pulls.ready()
    secret = pulls.wait_secret(name)
    data = secret["data"]

    pulls.cluster.merge_patch("Secret", name, "ecr", {"data": {".dockerconfigjson": "e30="}})
    edited = pulls.wait_secret(name, lambda obj: obj["data"] == data)
    assert edited["metadata"]["uid"] == secret["metadata"]["uid"]

    pulls.cluster.delete("Secret", name, "ecr")
    pulls.wait_secret(name, lambda obj: obj["metadata"]["uid"] != secret["metadata"]["uid"])
    assert pulls.secret(name)["data"] == data  # type: ignore[index]
    assert pulls.mints() == 1
