"""Every EcrPullSecret of `deploy/samples/` is accepted by the API server and becomes Ready."""

from typing import Any

import pytest

from ecr_operator.api.admission import problems
from tests.cluster import Cluster, Object
from tests.demo.test_samples import OBJECTS
from tests.pull_secrets import KIND
from tests.repositories import condition

SAMPLES = {obj["metadata"]["name"]: obj for obj in OBJECTS if obj["kind"] == KIND}


@pytest.mark.usefixtures("operator", "aws")
@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_becomes_ready(cluster: Cluster, name: str) -> None:
    assert problems(SAMPLES[name]) == ()
    # Those that another module has applied may still be going.
    cluster.wait_gone(KIND, None, name)
    made = cluster.create(SAMPLES[name])
    try:
        obj = cluster.wait_for(KIND, None, name, _is_ready, what="Ready")
    finally:
        cluster.delete(KIND, None, name, wait=True)

    assert made["spec"] == SAMPLES[name]["spec"]
    assert _condition(obj, "LeastPrivilege")["status"] == "True"
    # Nobody has labelled a namespace as some of them want it.
    matched = obj["status"]["namespaces"]["matched"]
    assert _condition(obj, "Ready")["reason"] == ("InSync" if matched else "NoNamespaceMatched")


def _is_ready(obj: Object) -> bool:
    return bool((condition(obj, "Ready") or {})["status"] == "True")


def _condition(obj: Object, type: str) -> dict[str, Any]:
    found = condition(obj, type)
    assert found is not None
    return found
