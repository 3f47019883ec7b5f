"""Which changes of an EcrRepository make an EcrLifecyclePolicy look at its repositories."""

from typing import Any

import pytest

from ecr_operator.api.names import API_VERSION
from ecr_operator.controllers.lifecycle_policies import BY_NAMESPACE
from ecr_operator.controllers.lifecycle_sources import LifecycleSources
from ecr_operator.engine.queue import WorkQueue
from ecr_operator.kube.index import namespaces
from ecr_operator.kube.resources import LIFECYCLE_POLICIES, REPOSITORIES
from ecr_operator.kube.store import Store

Json = dict[str, Any]
WHAT_COUNTS: dict[str, Json] = {
    "its labels": {"metadata": {"labels": {"app": "web"}}},
    "it is being deleted": {"metadata": {"deletionTimestamp": "2026-11-28T12:00:00Z"}},
    "it only observes": {"spec": {"managementPolicy": "Observe"}},
    "it is suspended": {"spec": {"suspend": True}},
    "it names a policy": {"spec": {"lifecyclePolicyRef": {"name": "keep"}}},
    "how far its policy has got": {"status": {"lifecyclePolicy": {"source": "keep", "state": "Held"}}},
    "nothing": {},
    "how many images it holds": {"status": {"images": {"count": 3}}},
}
NO_NEWS = {"nothing", "how many images it holds"}


def obj(kind: str, name: str, version: int, **parts: Json) -> Json:
    about = {"namespace": "team-a", "name": name, "uid": name, "resourceVersion": str(version)}
    metadata = about | {"generation": 1} | parts.get("metadata", {})
    return {"apiVersion": API_VERSION, "kind": kind, "spec": {}, **parts, "metadata": metadata}


@pytest.mark.parametrize("change", WHAT_COUNTS)
def test_what_its_status_depends_on_makes_a_policy_look(change: str) -> None:
    store = Store([LIFECYCLE_POLICIES.plural, REPOSITORIES.plural])
    store.add_index(LIFECYCLE_POLICIES.plural, BY_NAMESPACE, namespaces)
    store.put(LIFECYCLE_POLICIES.plural, obj("EcrLifecyclePolicy", "keep", 1))
    store.put(REPOSITORIES.plural, obj("EcrRepository", "web", 1))
    queue: WorkQueue[tuple[str, str]] = WorkQueue()
    LifecycleSources(store, queue)
    store.put(REPOSITORIES.plural, obj("EcrRepository", "web", 2, **WHAT_COUNTS[change]))
    assert len(queue) == (change not in NO_NEWS)
