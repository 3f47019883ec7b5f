"""What the Secrets look like in each format, and that a refresh keeps them so."""

import base64
import json

import pytest

from tests.cluster import Object
from tests.fake_aws.client import FakeAws
from tests.pull_secrets import HOST, PullSecrets

pytestmark = pytest.mark.usefixtures("operator")

MANAGED = "app.kubernetes.io/managed-by"


def _refreshed(pulls: PullSecrets, name: str) -> tuple[Object, Object]:
    """The Secret, before and after new credentials."""
    first = pulls.wait_secret(name)
    pulls.annotate("pull", "ecr-operator.dev/reconcile", "again")
    second = pulls.wait_secret(name, lambda secret: secret["data"] != first["data"])
    for part in ("uid", "labels"):
        assert first["metadata"][part] == second["metadata"][part]
    assert first["type"] == second["type"]
    return first, second


def _text(secret: Object, key: str) -> str:
    return base64.b64decode(secret["data"][key]).decode()


def test_a_docker_config_file_for_those_who_mount_it(pulls: PullSecrets, aws: FakeAws) -> None:
    name = pulls.namespace("a")
    pulls.create(format="DockerConfigFile")
    pulls.ready()
    for secret in _refreshed(pulls, name):
        assert secret["type"] == "Opaque"
        assert list(secret["data"]) == ["config.json"]
        config = json.loads(_text(secret, "config.json"))
        assert list(config) == ["auths"]
        assert list(config["auths"]) == [HOST]
        assert aws.token(config["auths"][HOST]["auth"])["valid"]


def test_credentials_for_argo_cd(pulls: PullSecrets, aws: FakeAws) -> None:
    name = pulls.namespace("a")
    pulls.create(format="ArgoCDRepoCreds")
    obj = pulls.ready()
    for secret in _refreshed(pulls, name):
        assert secret["type"] == "Opaque"
        assert secret["metadata"]["labels"]["argocd.argoproj.io/secret-type"] == "repo-creds"
        assert secret["metadata"]["labels"][MANAGED] == "ecr-operator"
        texts = {key: _text(secret, key) for key in secret["data"]}
        password = texts.pop("password")
        assert texts == {"enableOCI": "true", "type": "helm", "url": HOST, "username": "AWS"}
        assert aws.token(password)["valid"]
    assert obj["status"]["registries"] == [{"host": HOST}]
