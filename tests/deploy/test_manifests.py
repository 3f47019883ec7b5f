"""The manifests fit each other, the code, and what people do with them."""

import re
from pathlib import Path

import pytest

from ecr_operator.process.operator import DRAIN_SECONDS, EVENTS_SECONDS
from ecr_operator.settings import Settings
from ecr_operator.version import version
from tests.cluster import Cluster, Object
from tests.installation import BASE, NAMESPACE, rendered

EXAMPLE = BASE.parent / "example"
NAMESPACED = BASE.parent / "namespaced"
LEASE = "ecr-operator"
LEASE_SECONDS = 3.0
AWS_CALL_SECONDS = 13.0
"""Connect and read time-outs of a call that cannot be cancelled."""
"""How long giving back the Lease may take."""


@pytest.mark.parametrize("directory", [BASE, EXAMPLE], ids=lambda directory: directory.name)
def test_everything_is_in_the_namespace_and_the_lease_keeps_its_name(
    cluster: Cluster, directory: Path
) -> None:
    objects = rendered(cluster, directory)
    namespaces = {obj["metadata"].get("namespace", NAMESPACE) for obj in objects}
    role = _one(objects, "Role")

    assert namespaces == {NAMESPACE}
    # kustomize writes the hashed name of a ConfigMap wherever its name stands, in resourceNames too.
    assert [rule["resourceNames"] for rule in role["rules"] if "resourceNames" in rule] == [[LEASE]]


@pytest.mark.parametrize("directory", [BASE, EXAMPLE, NAMESPACED], ids=lambda directory: directory.name)
def test_the_image_is_of_this_version_and_of_no_registry(cluster: Cluster, directory: Path) -> None:
    container = _container(rendered(cluster, directory))

    assert container["image"] == f"ecr-operator:{version()}"


def test_an_overlay_sets_image_and_settings(cluster: Cluster) -> None:
    objects = rendered(cluster, EXAMPLE)
    settings = _one(objects, "ConfigMap")

    assert settings["data"] == {"ECR_OPERATOR_CLUSTER_NAME": "my-cluster", "AWS_REGION": "eu-west-1"}
    assert _container(objects)["envFrom"] == [{"configMapRef": {"name": settings["metadata"]["name"]}}]
    assert settings["metadata"]["name"] != _one(rendered(cluster), "ConfigMap")["metadata"]["name"]


def test_the_settings_that_are_named_exist() -> None:
    overlays = [(directory / "kustomization.yaml").read_text() for directory in (EXAMPLE, NAMESPACED)]
    text = "".join([(BASE / "settings.env").read_text(), *overlays])
    named = {name.lower() for name in re.findall(r"ECR_OPERATOR_(\w+)", text)}

    assert sorted(named - Settings.model_fields.keys()) == []


def test_the_probes_are_at_the_default_port(cluster: Cluster) -> None:
    container = _container(rendered(cluster))
    (port,) = container["ports"]

    assert port["containerPort"] == Settings.model_fields["http_port"].default
    for probe, where in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
        assert container[probe]["httpGet"] == {"path": where, "port": port["name"]}


def test_the_kubelet_waits_longer_than_the_end_takes(cluster: Cluster) -> None:
    spec = _one(rendered(cluster), "Deployment")["spec"]["template"]["spec"]

    ending = DRAIN_SECONDS + AWS_CALL_SECONDS + EVENTS_SECONDS + LEASE_SECONDS
    assert spec["terminationGracePeriodSeconds"] > ending


def _one(objects: list[Object], kind: str) -> Object:
    (found,) = (obj for obj in objects if obj["kind"] == kind)
    return found


def _container(objects: list[Object]) -> Object:
    (container,) = _one(objects, "Deployment")["spec"]["template"]["spec"]["containers"]
    found: Object = container
    return found
