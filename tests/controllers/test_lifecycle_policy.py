"""How often an EcrLifecyclePolicy looks at its repositories: a thousand of them change, one by one."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from ecr_operator.api.names import API_VERSION
from ecr_operator.controllers.claims import BY_NAMESPACE
from ecr_operator.controllers.lifecycle_policies import LifecyclePolicies
from ecr_operator.controllers.lifecycle_policy import LifecyclePolicyController
from ecr_operator.controllers.subject import Subject
from ecr_operator.kube.index import namespaces
from ecr_operator.kube.resources import LIFECYCLE_POLICIES, NAMESPACES, REPOSITORIES
from ecr_operator.kube.store import Store
from ecr_operator.planning.lifecycle_progress import text_hash
from ecr_operator.planning.ownership import Cluster
from ecr_operator.settings import Settings
from tests.policies import RULE

Json = dict[str, Any]
SUMMARY_SECONDS = Settings().summary_seconds
KEY = ("shop", "bench")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def obj(kind: str, name: str, version: int, spec: Json, status: Json | None = None, **metadata: Any) -> Json:
    """An object of the namespace."""
    about = {"namespace": KEY[0], "name": name, "uid": f"uid of {name}", "resourceVersion": str(version)}
    created = {"generation": 1, "creationTimestamp": "2026-11-23T08:00:00Z"}
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {**about, **created, **metadata},
        "spec": spec,
        "status": status or {},
    }


class Repositories:
    """A policy, one repository that it selects, and how often somebody looked at that one."""

    def __init__(self) -> None:
        self.seconds, self.looks, self.written = 1000.0, 0, list[Json]()
        self._store = Store([one.plural for one in (LIFECYCLE_POLICIES, REPOSITORIES, NAMESPACES)])
        self._store.add_index(REPOSITORIES.plural, BY_NAMESPACE, namespaces)
        self._policies = LifecyclePolicies(self._store)
        context: Any = SimpleNamespace(
            client=SimpleNamespace(apply=self._apply),
            store=self._store,
            now=lambda: NOW,
            monotonic=lambda: self.seconds,
            subject=self._subject,
            settings=Settings(),
        )
        self.controller = LifecyclePolicyController(context)
        self.policy(1)
        self.repository(2, "Pending")

    def policy(self, generation: int) -> None:
        """The policy's spec is as it is in this generation."""
        spec = {"rules": [{**RULE, "description": str(generation)}], "repositorySelector": {}}
        policy = obj("EcrLifecyclePolicy", KEY[1], 10 * generation, spec, generation=generation)
        self._store.put(LIFECYCLE_POLICIES.plural, policy)

    def repository(self, version: int, state: str) -> None:
        """The repository's status says this of the policy of the first generation."""
        [policy] = self._policies.of_namespace(KEY[0])
        entry = {"source": KEY[1], "state": state, "hash": text_hash(policy.text)}
        self._store.put(
            REPOSITORIES.plural, obj("EcrRepository", "web", version, {}, {"lifecyclePolicy": entry})
        )

    def applied(self) -> int:
        """The repositories that have it, by the status written last."""
        number: int = self.written[-1]["repositories"]["applied"]
        return number

    async def _apply(self, path: str, body: Json, *_: Any, **__: Any) -> Json:
        self.written.append(body["status"])
        held = self._store.get(LIFECYCLE_POLICIES.plural, *KEY)
        assert held is not None
        version = str(int(held["metadata"]["resourceVersion"]) + 1)
        return {
            **held,
            "metadata": {**held["metadata"], "resourceVersion": version},
            "status": body["status"],
        }

    def _subject(self, repository: Json) -> Subject:
        self.looks += 1
        return Subject.of(repository, Cluster("test"), Settings(), self._policies)


def test_repositories_are_looked_at_once_in_a_while_however_often_they_change() -> None:
    async def main() -> None:
        world = Repositories()
        assert await world.controller.reconcile(KEY) is None
        assert (world.looks, world.applied()) == (1, 0)

        world.seconds += 1
        world.repository(3, "Applied")
        assert await world.controller.reconcile(KEY) == SUMMARY_SECONDS - 1
        assert world.looks == 1

        world.seconds += SUMMARY_SECONDS - 1
        assert await world.controller.reconcile(KEY) is None
        assert (world.looks, world.applied()) == (2, 1)

    asyncio.run(main())


def test_a_look_that_has_shown_nothing_new_counts_as_well() -> None:
    async def main() -> None:
        world = Repositories()
        await world.controller.reconcile(KEY)
        world.seconds += SUMMARY_SECONDS
        await world.controller.reconcile(KEY)
        world.seconds += 1
        assert await world.controller.reconcile(KEY) == SUMMARY_SECONDS - 1
        assert (world.looks, len(world.written)) == (2, 1)

    asyncio.run(main())


def test_a_changed_spec_is_looked_at_at_once() -> None:
    async def main() -> None:
        world = Repositories()
        await world.controller.reconcile(KEY)
        world.policy(2)
        assert await world.controller.reconcile(KEY) is None
        assert world.looks == 2
        assert world.written[-1]["observedGeneration"] == 2

    asyncio.run(main())
