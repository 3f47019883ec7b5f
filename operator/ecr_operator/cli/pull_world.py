"""A cluster as it is or would be, and what the namespace controller would do in each of its namespaces."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ecr_operator.cli.cluster_lists import Json, Lists
from ecr_operator.controllers.handouts import Handouts
from ecr_operator.controllers.observed_namespace import BY_NAMESPACE, namespaces, observe
from ecr_operator.controllers.proof import released_by
from ecr_operator.controllers.pull_subject import PullSubject
from ecr_operator.controllers.sight import Home
from ecr_operator.kube.resources import NAMESPACES, PULL_SECRETS, SECRETS, SERVICE_ACCOUNTS
from ecr_operator.kube.store import Store
from ecr_operator.planning.namespace_selection import Namespace
from ecr_operator.planning.namespace_state import ObservedNamespace, Release, Released
from ecr_operator.planning.pull_secret import NamespacePlan, owners_to_look_up, plan_namespace
from ecr_operator.planning.secret_data import SecretContent
from ecr_operator.settings import Settings


@dataclass(frozen=True, slots=True)
class _Sight:
    settings: Settings
    store: Store
    registry: Home
    monotonic: Callable[[], float] = field(default=time.monotonic)


class World:
    """`lists` with `pull_secrets` in place of theirs; `contents` are the credentials that each hands out."""

    def __init__(
        self,
        lists: Lists,
        settings: Settings,
        registry: Home,
        pull_secrets: Iterable[Json],
        contents: Mapping[str, SecretContent],
    ) -> None:
        self._lists = lists
        self._store = store = Store(
            kind.plural for kind in (PULL_SECRETS, NAMESPACES, SECRETS, SERVICE_ACCOUNTS)
        )
        for kind in (SECRETS, SERVICE_ACCOUNTS):
            store.add_index(kind.plural, BY_NAMESPACE, namespaces)
        for resource, objects in (
            (PULL_SECRETS, pull_secrets),
            (NAMESPACES, lists.namespaces),
            (SECRETS, lists.secrets),
            (SERVICE_ACCOUNTS, lists.accounts),
        ):
            store.replace(resource.plural, objects, store.begin(resource.plural))
        self.handouts = Handouts(_Sight(settings, store, registry))
        for subject in self.handouts.subjects():
            if subject.name in contents:
                handout = self.handouts.of(subject)
                handout.content = contents[subject.name]
                handout.spec = subject.credentials_hash(registry.region)

    def namespaces(self) -> list[Namespace]:
        """All, by name."""
        return sorted(self.handouts.namespaces(), key=lambda one: one.name)

    def subject(self, name: str) -> PullSubject | None:
        """An EcrPullSecret of this world."""
        return self.handouts.subject(name)

    def plan(self, namespace: Namespace) -> tuple[ObservedNamespace, NamespacePlan]:
        """What the namespace holds, and the plan of the namespace controller."""
        observed = observe(self._store, namespace, {})
        wanted = self.handouts.wanted_in(namespace, observed)
        # Where the controller would meet a Secret that it does not see, when it comes to write its own.
        keys = ((namespace.name, one.name) for one in wanted)
        met = {key[1]: self._lists.named[key] for key in keys if key in self._lists.named}
        if met:
            observed = observe(self._store, namespace, met)
        released = {
            name: found
            for name in owners_to_look_up(wanted, observed)
            if (found := self._released(name, namespace)) is not None
        }
        return observed, plan_namespace(wanted, observed, released=released)

    def _released(self, name: str, namespace: Namespace) -> Released | None:
        obj = self._store.get(PULL_SECRETS.plural, None, name)
        return Released(Release.GONE) if obj is None else released_by(obj, namespace)
